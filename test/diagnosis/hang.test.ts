import { describe, expect, test } from 'vitest'
import { checkOthers } from '../../src/diagnosis/checks.ts'
import type { HangFacts, StackFact, WalkedList } from '../../src/diagnosis/hang-facts.ts'
import { readHang } from '../../src/diagnosis/hang.ts'
import { holdersOf } from '../../src/diagnosis/holders.ts'
import { innermostOf } from '../../src/diagnosis/innermost.ts'
import type { Checked } from '../../src/diagnosis/types.ts'
import type { LogEvent } from '../../src/parsers/klog-events.ts'
import { facts, readLock, stackFact, task, walkedList } from '../support/hang-facts.ts'

const WALK = 'try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages do_migrate_pages'
const RESTORE = 'remove_migration_pte rmap_walk_ksm migrate_folio_move migrate_pages_batch do_migrate_pages'
const WRITER = 'schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff'
const MIGRATION = 'io_schedule migration_entry_wait_on_locked migration_entry_wait do_swap_page do_user_addr_fault'
const CMDLINE = 'do_swap_page __get_user_pages __access_remote_vm proc_pid_cmdline_read vfs_read'
const IRQ = 'sysvec_apic_timer_interrupt asm_sysvec_apic_timer_interrupt'

const qemu = task(500, 'qemu', { state: 'S' })
const vcpu = task(501, 'CPU 0/KVM', { mm: qemu.mm, tgid: 500 })
const numad = task(101, 'numad', { state: 'R', running: true })
const ps = task(156, 'ps')
const ksmd = task(30, 'ksmd', { state: 'S', kthread: true, mm: 0n })

const walker = (text = WALK): StackFact => stackFact(numad, text, { mms: new Set([qemu.mm]) })

/** numad walks, and holds the lock that a thread of qemu waits for. */
const typical = (text = WALK, list: Partial<WalkedList> = {}): HangFacts =>
  facts([walker(text), stackFact(vcpu, WRITER)], [readLock(qemu.mm, [vcpu])], walkedList(list), [qemu, ksmd])

describe('who holds a mmap_lock', () => {
  const holders = (stacks: readonly StackFact[], lock = readLock(qemu.mm, [vcpu])): [string | null, string][] =>
    holdersOf(facts(stacks, [lock]), lock).map((holder) => [holder.task.comm, holder.confidence])

  test('the one walker that works on the mm', () => {
    expect(holders([walker()])).toEqual([['numad', 'strong']])
  })

  test('the owner word is never believed alone: here it names a waiter', () => {
    const lock = readLock(qemu.mm, [vcpu], { ownerWord: vcpu.id | 1n, lastOwner: vcpu.id })
    expect(holders([stackFact(vcpu, WRITER)], lock)).toEqual([])
    expect(holders([stackFact(vcpu, WRITER), walker()], lock)).toEqual([['numad', 'strong']])
  })

  test('a walker that works on another mm, or waits in the queue, does not hold it', () => {
    expect(holders([stackFact(numad, WALK, { mms: new Set([ps.mm]) })])).toEqual([])
    expect(holders([walker()], readLock(qemu.mm, [numad]))).toEqual([])
  })

  test('two walkers for one reader: both are possible, none is sure', () => {
    const other = stackFact(task(102, 'migratepages'), WALK, { mms: new Set([qemu.mm]) })
    expect(holders([walker(), other])).toEqual([
      ['numad', 'weak'],
      ['migratepages', 'weak'],
    ])
  })

  test('a reader of another process holds that mm, not its own', () => {
    const reader = stackFact(ps, CMDLINE, { mms: new Set([qemu.mm]) })
    expect(holders([reader])).toEqual([['ps', 'strong']])
    expect(holders([reader], readLock(ps.mm, []))).toEqual([])
  })

  test('its own mm stands on its stack too: still the other one', () => {
    const reader = stackFact(ps, CMDLINE, { mms: new Set([ps.mm, qemu.mm]) })
    expect(holders([reader])).toEqual([['ps', 'strong']])
    expect(holders([reader], readLock(ps.mm, []))).toEqual([])
  })

  test('two others on its stack: either, so weak', () => {
    const reader = stackFact(ps, CMDLINE, { mms: new Set([qemu.mm, numad.mm]) })
    expect(holders([reader])).toEqual([['ps', 'weak']])
  })

  test('no other on its stack: it reads itself', () => {
    expect(holders([stackFact(ps, CMDLINE)], readLock(ps.mm, []))).toEqual([['ps', 'strong']])
  })

  test('get_user_pages for KVM holds its own mm', () => {
    const gup = stackFact(vcpu, 'do_swap_page __get_user_pages get_user_pages_unlocked hva_to_pfn kvm_vcpu_ioctl', {
      mms: new Set([ps.mm]),
    })
    expect(holders([gup], readLock(vcpu.mm, []))).toEqual([['CPU 0/KVM', 'strong']])
    expect(holders([gup], readLock(ps.mm, []))).toEqual([])
  })

  test('a reader that waits for the lock holds nothing', () => {
    const waits = 'schedule rwsem_down_read_slowpath down_read_killable __access_remote_vm proc_pid_cmdline_read'
    expect(holders([stackFact(ps, waits, { mms: new Set([qemu.mm]) })])).toEqual([])
  })

  test('held for writing: the owner word counts, unless it names a waiter', () => {
    const held = { held: 'write', readers: null } as const
    const owner = stackFact(ps, 'schedule wait_for_completion')
    expect(holders([owner], readLock(qemu.mm, [vcpu], { ...held, lastOwner: ps.id }))).toEqual([['ps', 'strong']])
    expect(holders([owner], readLock(qemu.mm, [ps], { ...held, lastOwner: ps.id }))).toEqual([])
    expect(holders([owner], readLock(qemu.mm, [vcpu], { ...held, lastOwner: 0n }))).toEqual([])
  })

  test('since 6.7 do_migrate_pages holds no lock while it migrates', () => {
    const lock = readLock(qemu.mm, [vcpu])
    expect(holdersOf({ ...facts([walker()], [lock]), holdsWhileMigrating: false }, lock)).toEqual([])
  })

  test('a stack that is torn, or a task that is missing, may be the reader: nobody is sure', () => {
    const lock = readLock(qemu.mm, [vcpu])
    const torn = stackFact(ps, 'schedule', { whole: false })
    for (const seen of [facts([walker(), torn], [lock]), { ...facts([walker()], [lock]), complete: false }])
      expect(holdersOf(seen, lock).map(({ confidence }) => confidence)).toEqual(['weak'])
  })

  test('more readers than the count allows: which of them is not known', () => {
    const readers = [
      stackFact(ps, CMDLINE, { mms: new Set([qemu.mm]) }),
      stackFact(task(7, 'top'), CMDLINE, { mms: new Set([qemu.mm]) }),
    ]
    expect(holders([...readers, walker()]).map(([, confidence]) => confidence)).toEqual(['weak', 'weak', 'weak'])
  })

  test('a fault that waits for a migration keeps the lock, where the kernel has no per-VMA locks', () => {
    const fault = stackFact(vcpu, MIGRATION)
    const lock = readLock(vcpu.mm, [])
    expect(holdersOf(facts([fault], [lock]), lock)).toMatchObject([{ confidence: 'strong' }])
    expect(holdersOf({ ...facts([fault], [lock]), perVmaLocks: true }, lock)).toEqual([])
  })

  test('ksmd in the middle of a scan: by its stack and the owner word together', () => {
    const scan = 'io_schedule folio_wait_bit_common get_ksm_page remove_rmap_item_from_tree ksm_scan_thread kthread'
    const scanning = stackFact(task(30, 'ksmd', { mm: 0n }), scan, { mms: new Set([qemu.mm]) })
    const owned = readLock(qemu.mm, [vcpu], { lastOwner: scanning.task.id })
    expect(holdersOf(facts([scanning], [owned]), owned)).toMatchObject([
      { task: { comm: 'ksmd' }, confidence: 'strong' },
    ])
  })

  test('free, or held by who knows how many', () => {
    expect(holders([walker()], readLock(qemu.mm, [], { held: 'free', readers: 0 }))).toEqual([])
    expect(holders([walker()], readLock(qemu.mm, [], { held: 'unknown', readers: null }))).toEqual([])
  })
})

test('who waits for whom takes linear time in locks and waiters', () => {
  const walker = task(1, 'numad', { state: 'R' })
  const stacks = [stackFact(walker, 'rmap_walk_ksm try_to_migrate migrate_pages do_migrate_pages')]
  const tasks = Array.from({ length: 4000 }, (_, i) => task(100 + i, 'qemu'))
  const locks = tasks.map((each) => readLock(each.mm, [], { held: 'write', readers: 0, lastOwner: walker.id }))
  for (const [i, each] of tasks.entries())
    stacks.push(
      stackFact(each, 'schedule rwsem_down_write_slowpath vm_mmap_pgoff', { lock: { fact: locks[i]!, by: ['stack'] } }),
    )
  const host = facts(stacks, locks)
  // every look at a stack of the host is counted
  let looks = 0
  const counted = new Proxy(host.stacks, {
    get(of, name, self) {
      looks++
      return Reflect.get(of, name, self) as unknown
    },
  })
  const { hang } = readHang({ ...host, stacks: counted })
  expect(hang?.waiters).toHaveLength(4000)
  expect(looks).toBeLessThan(10 * stacks.length)
})

describe('the hang', () => {
  test('a long list under a walker that holds the lock', () => {
    const { hang, others, pileUps, cycle } = readHang(typical())
    expect(hang).toMatchObject({ progress: { pass: 'unmap', fraction: 0.2, confidence: 'strong' } })
    expect(hang!.waiters).toMatchObject([{ waitsFor: 'read', blockedSeconds: 90, pattern: 'mmap-lock-writer' }])
    expect(hang!.longestWait).toEqual({ task: vcpu, seconds: 90 })
    expect([others, pileUps, cycle]).toEqual([[], [], null])
  })

  test('a short list explains no hang, however many wait', () => {
    const { hang, others } = readHang(typical(WALK, { length: 256, mapcount: 100 }))
    expect(hang).toBeNull()
    expect(others.map((each) => each.task)).toEqual([numad])
  })

  test('nobody waits: a walk, no hang', () => {
    const { hang, others } = readHang(facts([walker()]))
    expect(hang).toBeNull()
    expect(others).toHaveLength(1)
  })

  test('a restore: the part that is mapped again; all mapped again: unknown', () => {
    expect(readHang(typical(RESTORE, { length: 1000, mapcount: 300 })).hang!.progress).toMatchObject({
      pass: 'restore',
      fraction: 0.3,
    })
    expect(readHang(typical(RESTORE, { length: 1000, mapcount: 1000 })).hang!.progress).toMatchObject({
      fraction: null,
    })
  })

  test('a mapcount that can not be: no progress is claimed', () => {
    for (const mapcount of [null, 1001])
      expect(readHang(typical(WALK, { length: 1000, mapcount })).hang!.progress).toMatchObject({
        fraction: null,
        confidence: 'weak',
      })
  })

  test('a wait for a page is the walker’s only where the page is shown to be in its hands', () => {
    const waits = (movers: bigint[]): number | undefined =>
      readHang(facts([walker(), stackFact(vcpu, MIGRATION, { pages: new Set([0x1000n]), movers: new Set(movers) })]))
        .hang?.waiters.length
    expect(waits([numad.id])).toBe(1)
    expect(waits([])).toBeUndefined()
    expect(waits([ps.id])).toBeUndefined()
  })

  test('a chain: qemu waits for ps, which waits for the walk', () => {
    const reader = stackFact(ps, `${MIGRATION} ${CMDLINE}`, {
      mms: new Set([qemu.mm]),
      movers: new Set([numad.id]),
    })
    const stacks = [stackFact(numad, WALK), reader, stackFact(vcpu, WRITER)]
    const { hang } = readHang(facts(stacks, [readLock(qemu.mm, [vcpu])]))
    expect(hang!.waiters.map(({ task: { comm }, behind }) => [comm, behind.comm]).sort()).toEqual([
      ['CPU 0/KVM', 'ps'],
      ['ps', 'numad'],
    ])
    expect(hang!.heldBy.map((holder) => holder.task.comm)).toEqual(['ps'])
  })

  test('a ring is a deadlock', () => {
    const [a, b] = [task(1, 'a'), task(2, 'b')]
    const held = { held: 'write', readers: null } as const
    const { cycle, hang } = readHang(
      facts(
        [stackFact(a, WRITER), stackFact(b, WRITER)],
        [readLock(a.mm, [b], { ...held, lastOwner: a.id }), readLock(b.mm, [a], { ...held, lastOwner: b.id })],
      ),
    )
    expect(hang).toBeNull()
    expect(cycle!.tasks.map((each) => each.comm).sort()).toEqual(['a', 'b'])
  })

  test('a queue that no walk explains is a finding from three waiters on', () => {
    const waiters = [1, 2, 3].map((pid) => task(pid, 'w'))
    const of = (count: number): number =>
      readHang(facts([], [readLock(qemu.mm, waiters.slice(0, count))])).pileUps.length
    expect([of(2), of(3)]).toEqual([0, 1])
  })
})

describe('what the walker was doing', () => {
  const FLUSH = 'smp_call_function_many_cond on_each_cpu_cond_mask native_flush_tlb_multi flush_tlb_mm_range'
  test.each([
    ['csd-lock-wait-inlined', 'smp_call_function_many_cond', `${FLUSH} ptep_clear_flush ${WALK}`],
    ['csd-lock-wait-inlined', 'smp_call_function_many_cond', `${IRQ} ${FLUSH} ptep_clear_flush ${WALK}`],
    [
      'anon-vma-wait',
      'rwsem_down_read_slowpath',
      `__schedule schedule rwsem_down_read_slowpath down_read rmap_walk_ksm try_to_migrate`,
    ],
    ['csd-lock-wait', 'csd_lock_wait', `csd_lock_wait ${FLUSH} ${WALK}`],
    ['walking', 'smp_call_function_many_cond', `smp_call_function_many_cond something_else ${WALK}`],
    ['walking', 'try_to_migrate_one', WALK],
    ['interrupted', 'page_vma_mapped_walk', `${IRQ} page_vma_mapped_walk ${WALK}`],
    ['resched', '__cond_resched', `__cond_resched rmap_walk_ksm try_to_migrate migrate_pages do_migrate_pages`],
    ['resched', 'page_vma_mapped_walk', `__schedule preempt_schedule_irq ${IRQ} page_vma_mapped_walk ${WALK}`],
  ])('%s: %s', (meaning, symbol, stack) => {
    expect(innermostOf(facts([walker(stack)]).walkers[0]!)).toMatchObject({ meaning, symbol })
  })
})

describe('other explanations', () => {
  const oom: LogEvent = {
    kind: 'oom',
    time: 1,
    pid: 7,
    comm: 'x',
    seconds: null,
    cpu: null,
    blockedOn: null,
    stack: [],
  }
  const check = (
    code: Checked['code'],
    seen: HangFacts,
    events: readonly LogEvent[] | null = [],
    complete = true,
  ): Checked =>
    checkOthers(seen, readHang(seen), events, complete ? null : 'not every task could be read', 'vmcore').find(
      (each) => each.code === code,
    )!
  const result = (...given: Parameters<typeof check>): string => check(...given).result

  test('a typical hang: what the stacks exclude is excluded', () => {
    const codes = ['lost-ipi', 'memory-pressure', 'deadlock', 'ksmd-scan', 'lru-drain'] as const
    expect(codes.map((code) => result(code, typical()))).toEqual(codes.map(() => 'ruled-out'))
    expect(check('deadlock', typical()).by).toBe('every known wait leads to numad (pid 101), which runs')
  })

  test('reclaim and LRU drains are found in tasks that match no signature', () => {
    const reclaim = stackFact(task(7, 'java'), 'schedule shrink_node do_try_to_free_pages try_to_free_pages')
    expect(check('memory-pressure', facts([reclaim]))).toMatchObject({
      result: 'found',
      by: 'java (pid 7) reclaims memory',
    })
    const drain = stackFact(task(8, 'ksmd'), 'schedule wait_for_completion flush_work lru_add_drain_all')
    expect(result('lru-drain', facts([drain]))).toBe('found')
  })

  test('nothing is ruled out by stacks that are missing', () => {
    const torn = facts([stackFact(ps, 'schedule', { whole: false })], [], walkedList(), [ksmd])
    for (const code of ['memory-pressure', 'deadlock', 'lru-drain'] as const) {
      expect(result(code, torn)).toBe('open')
      expect(result(code, facts([]), [], false)).toBe('open')
    }
  })

  test('a log that can not be read rules out no OOM, one with an OOM finds it', () => {
    expect(result('memory-pressure', typical(), null)).toBe('open')
    expect(result('memory-pressure', typical(), [oom])).toBe('found')
  })

  test('a deadlock stays open while a wait is not explained', () => {
    const stray = stackFact(ps, MIGRATION)
    const seen = facts([walker(), stackFact(vcpu, WRITER), stray], [readLock(qemu.mm, [vcpu])])
    expect(check('deadlock', seen)).toMatchObject({
      result: 'open',
      by: 'whom ps (pid 156) waits for is not known (migration-entry-wait)',
    })
    expect(result('deadlock', facts([stray]))).toBe('open')
    expect(result('deadlock', facts([]))).toBe('ruled-out')
  })

  test('waits below a second are ordinary contention: they leave no deadlock open, and are not called known', () => {
    const brief = [1, 2, 3].map((i) => task(600 + i, 'qemu2', { idleSeconds: 0.3, mm: 0xffff888277770000n }))
    const queue = readLock(0xffff888277770000n, brief)
    for (const waiter of queue.lock.waiters) waiter.seconds = 0.3
    const seen = (rest: Partial<StackFact>[] = []): HangFacts =>
      facts(
        [walker(), stackFact(vcpu, WRITER), ...brief.map((each, i) => stackFact(each, MIGRATION, rest[i]))],
        [readLock(qemu.mm, [vcpu]), queue],
      )
    expect(check('deadlock', seen())).toMatchObject({
      result: 'ruled-out',
      by: 'every wait of 1 s and longer leads to numad (pid 101), which runs',
    })
    expect(readHang(seen()).pileUps).toMatchObject([{ brief: true }])
    for (const waiter of queue.lock.waiters) waiter.seconds = 30
    expect(result('deadlock', seen())).toBe('open')
  })

  test('a walker that sleeps, or waits itself, does not rule a deadlock out', () => {
    const asleep = stackFact({ ...numad, state: 'D', running: false }, WALK, { mms: new Set([qemu.mm]) })
    const seen = facts([asleep, stackFact(vcpu, WRITER)], [readLock(qemu.mm, [vcpu])])
    expect(check('deadlock', seen).by).toContain('which itself is in state D')
    expect(result('deadlock', seen)).toBe('open')
    const anon = `schedule rwsem_down_read_slowpath down_read rmap_walk_anon ${WALK}`
    expect(result('deadlock', facts([walker(anon), stackFact(vcpu, WRITER)], [readLock(qemu.mm, [vcpu])]))).toBe('open')
  })

  test('a walker that is ready to run is not said to run', () => {
    const ready = stackFact({ ...numad, running: false }, WALK, { mms: new Set([qemu.mm]) })
    const seen = facts([ready, stackFact(vcpu, WRITER)], [readLock(qemu.mm, [vcpu])])
    expect(check('deadlock', seen).by).toContain('which is ready to run')
  })

  test('a lost IPI stays open while the walker waits for one', () => {
    const csd = `smp_call_function_many_cond on_each_cpu_cond_mask flush_tlb_mm_range ptep_clear_flush ${WALK}`
    expect(check('lost-ipi', typical(csd))).toMatchObject({ result: 'open' })
    expect(check('lost-ipi', typical(csd)).by).toContain('earlier IPIs came back')
    expect(result('lost-ipi', typical(csd), [{ ...oom, kind: 'csd-timeout' }])).toBe('found')
    expect(result('lost-ipi', facts([]))).toBe('open')
  })

  test('ksmd', () => {
    expect(result('ksmd-scan', facts([]))).toBe('open')
    expect(result('ksmd-scan', facts([], [], walkedList(), [ksmd]))).toBe('ruled-out')
    const busy = { ...ksmd, state: 'R' as const }
    expect(result('ksmd-scan', facts([stackFact(busy, 'memcmp_pages stable_tree_search ksm_scan_thread')]))).toBe(
      'found',
    )
    expect(result('ksmd-scan', facts([stackFact(busy, 'schedule', { whole: false })]))).toBe('open')
  })
})
