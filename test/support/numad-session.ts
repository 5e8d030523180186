/** What crash prints of numad inside a KSM walk of do_migrate_pages, on 4.4. */
export const NUMAD_BT: readonly string[] = [
  'crash> bt 101',
  'PID: 101    TASK: ffff885f8fb4c600  CPU: 3   COMMAND: "numad"',
  ' #0 [ffff885f8fb4fb00] smp_call_function_many at ffffffff81109a33',
  ' #1 [ffff885f8fb4fb40] rmap_walk_ksm at ffffffff811d9fa0',
  ' #2 [ffff885f8fb4fb80] try_to_unmap at ffffffff811c7f15',
  ' #3 [ffff885f8fb4fc00] migrate_pages at ffffffff811fd0a1',
  ' #4 [ffff885f8fb4fe80] do_migrate_pages at ffffffff811ea6d5',
]
