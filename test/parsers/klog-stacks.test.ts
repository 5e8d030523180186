import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventParser, type LogEvent } from '../../src/parsers/klog-events.ts'

const HUNG = 'INFO: task numad:2950 blocked for more than 122 seconds.'
const LOCKUP = 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]'

const events = (...lines: readonly string[]): LogEvent[] => {
  const parser = new EventParser()
  for (const line of lines) parser.push(line, null)
  return parser.events
}
/** Stacks by event, as the log prints their frames. */
const stacks = (...lines: readonly string[]): string[][] =>
  events(...lines).map(({ stack }) =>
    stack.map(({ symbol, offset, module }) => `${symbol}+${offset}${module === null ? '' : ` of ${module}`}`),
  )

describe('frames', () => {
  test('with and without an address, of a module, and with parts in their name', () => {
    expect(
      stacks(
        HUNG,
        ' [<ffffffff812202bf>] rmap_walk_ksm+0x143/0x220',
        ' rmap_walk_ksm+0x10/0x220',
        ' kvm_irqfd+0x3b9/0x5f0 [kvm]',
        ' [<ffffffffc0123456>] kvm_irqfd+0x1/0x5f0 [kvm_intel]',
        ' try_to_unmap_one.isra.0+0xa/0xb00',
        ' __x64_sys_migrate_pages.cold+0x1/0x2\r',
        'flush_tlb_func+0x0/0xb0',
      ),
    ).toEqual([
      [
        'rmap_walk_ksm+323',
        'rmap_walk_ksm+16',
        'kvm_irqfd+953 of kvm',
        'kvm_irqfd+1 of kvm_intel',
        'try_to_unmap_one.isra.0+10',
        '__x64_sys_migrate_pages.cold+1',
        'flush_tlb_func+0',
      ],
    ])
  })

  test("a module's frame may have the module's build ID in its brackets", () => {
    expect(stacks(HUNG, ' kvm_irqfd+0x3b9/0x5f0 [kvm 0123456789abcdef0123456789abcdef01234567]')).toEqual([
      ['kvm_irqfd+953 of kvm'],
    ])
  })

  test('what the unwinder doubts is left out', () => {
    expect(
      stacks(HUNG, ' ? _cond_resched+0x19/0x30', ' [<ffffffff8121fa58>] ? down_write+0x28/0x40', ' schedule+0x3c/0xb0'),
    ).toEqual([['schedule+60']])
  })

  test.each([
    'Call Trace:',
    ' <TASK>',
    ' </TASK>',
    ' <IRQ>',
    ' ffff88000b7a7da8 ffff88000b7a7d90 0000000000000000 ffffffff81220000',
    '      Tainted: G        W       4.4.60-ksm #1',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    'task:numad           state:D stack:0     pid:2950  tgid:2950  ppid:1      flags:0x00000002',
    'numad           D ffff88000b7a7da8     0  2950      1 0x00000000',
    'RSP: 002b:00007f9057576258 EFLAGS: 00000246 ORIG_RAX: 0000000000000100',
    'RIP: 0033:0x4027d8',
    ' 0xffffffffc0123456',
    'R10: 0000000000000008 R11: 0000000000000246 R12: 0000000000000000',
    'Code: 00 00 <0f> 0b see schedule+0x1/0x2 and others',
    'schedule+0x3c/0xb0 was here',
  ])('no frame, and the stack goes on: %s', (line) => {
    expect(stacks(HUNG, line, ' schedule+0x3c/0xb0')).toEqual([['schedule+60']])
  })

  test.each([
    'RIP: 0010:smp_call_function_many_cond+0x12a/0x3d0',
    'RIP: 0010:[<ffffffff811b8deb>]  [<ffffffff811b8deb>] smp_call_function_many_cond+0x12a/0x3d0',
  ])('the innermost frame of a lockup is its RIP: %s', (rip) => {
    expect(
      stacks(
        LOCKUP,
        'Modules linked in: kvm_intel kvm',
        'CPU: 3 PID: 2950 Comm: numad Tainted: G             L     6.1.0-56-amd64 #1',
        'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2 04/01/2014',
        rip,
        'Code: 39 c7 73 1f',
        'Call Trace:',
        ' <TASK>',
        ' on_each_cpu_cond_mask+0x24/0x40',
      ),
    ).toEqual([['smp_call_function_many_cond+298', 'on_each_cpu_cond_mask+36']])
  })

  test('one record may hold several lines', () => {
    expect(stacks(`${HUNG}\nCall Trace:\n schedule+0x3c/0xb0\n down_read+0x1/0x2`)).toEqual([
      ['schedule+60', 'down_read+1'],
    ])
  })

  test('without an event before them are of none', () => {
    expect(stacks(' schedule+0x3c/0xb0', HUNG)).toEqual([[]])
  })
})

describe('a stack ends', () => {
  test('where another event begins, of its kind or another', () => {
    expect(stacks(HUNG, ' schedule+0x1/0x2', LOCKUP, ' down_read+0x1/0x2', HUNG, ' down_write+0x1/0x2')).toEqual([
      ['schedule+1'],
      ['down_read+1'],
      ['down_write+1'],
    ])
  })

  test.each([
    'INFO: lockdep is turned off.',
    'BUG: unable to handle page fault for address: 0000000000001000',
    'rcu: blocking rcu_node structures (internal RCU debug):',
    'NMI backtrace for cpu 1',
    'Kernel panic - not syncing: hung_task: blocked tasks',
    'task:libvirtd        state:D stack:0     pid:148   tgid:146   ppid:1      flags:0x00000002',
    'CPU: 1 PID: 99 Comm: kworker/1:1 Not tainted 6.1.0-56-amd64 #1',
    'CPU: 1 UID: 0 PID: 99 Comm: kworker/1:1 Not tainted 6.12.117+deb13-amd64 #1',
    'WARNING: CPU: 1 PID: 99 at mm/ksm.c:1234 stable_tree_search+0x1/0x2',
    'libvirtd        D ffff88000b7a7da8     0    34      1 0x00000000',
    'libvirtd        D    0   205      2 0x00000000',
  ])('at the head of another report: %s', (head) => {
    expect(stacks(HUNG, ' schedule+0x1/0x2', head, 'Call Trace:', ' other+0x1/0x2')).toEqual([['schedule+1']])
  })

  test.each(['** 23 printk messages dropped **', 'printk: dropped 23 messages'])(
    'where lines were lost, as what follows may be of another: %s',
    (lost) => {
      expect(stacks(HUNG, ' schedule+0x1/0x2', lost, ' other+0x1/0x2')).toEqual([['schedule+1']])
    },
  )

  test("not at its own task's head, nor at the first backtrace of a stall", () => {
    expect(stacks(HUNG, 'task:numad           state:D stack:0     pid:2950', ' schedule+0x1/0x2')).toEqual([
      ['schedule+1'],
    ])
    expect(
      stacks(
        'rcu: INFO: rcu_sched self-detected stall on CPU',
        'rcu: \t1-....: (5264 ticks this GP) idle=3e9/1/0x4000000000000000 softirq=144683/144686 fqs=5249',
        'NMI backtrace for cpu 1',
        'CPU: 1 PID: 2950 Comm: numad Not tainted 6.1.0-56-amd64 #1',
        'RIP: 0010:rmap_walk_ksm+0x143/0x220',
        'NMI backtrace for cpu 2',
        'RIP: 0010:other+0x1/0x2',
      ),
    ).toEqual([['rmap_walk_ksm+323']])
  })

  test("an OOM's victim has no stack: what is printed later is not its", () => {
    expect(
      stacks(
        'Out of memory: Killed process 1234 (qemu-system-x86) total-vm:8124kB',
        'CPU: 1 PID: 99 Comm: kworker/1:1 Not tainted 6.1.0-56-amd64 #1',
        ' schedule+0x1/0x2',
      ),
    ).toEqual([[]])
  })
})

test('a stack has at most 256 frames', () => {
  const frames = Array.from({ length: 5000 }, (_, i) => ` f${i}+0x1/0x2`)
  const [stack] = stacks(HUNG, ...frames)
  expect([stack!.length, stack!.at(-1)]).toEqual([256, 'f255+1'])
})

test.each(['INFO: task ', 'INFO: task :1 '])(
  'a line of nothing but beginnings of a message is read in no time: %s',
  (beginning) => {
    const line = beginning.repeat(100_000 / beginning.length)
    const start = performance.now()
    expect(stacks(HUNG, line, ' schedule+0x1/0x2')).toEqual([['schedule+1']])
    // trying each beginning against all of the rest takes several seconds
    expect(performance.now() - start).toBeLessThan(1000)
  },
)

test('pieces of messages in any order: events of known kinds, frames that the log has (property)', () => {
  const piece = fc.constantFrom(
    'INFO: task a:1 blocked for more than 9 seconds.\n',
    'INFO: task a:1 is blocked on a mutex, but the owner is not found.\n',
    'INFO: task ',
    'a:1',
    'kworker/0:1:2',
    ' blocked for more than 9 seconds.',
    ' is blocked on a mutex',
    ' <reader> ',
    ':',
    '\n',
    'BUG: soft lockup - CPU#1 stuck for 9s! [',
    'a:1]',
    'csd: Detected non-responsive CSD lock (#1) on CPU#1, waiting ',
    '5 ns for CPU#2',
    'Out of memory: Kill process 1 (',
    ')',
    ' f+0x1/0x2',
    'RIP: 0010:',
    '\n ? g+0x1/0x2\n',
    '[kvm]',
    '\u0000',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
      const text = pieces.join('')
      const lines = text.split('\n')
      const found = events(text)
      expect(found.length).toBeLessThanOrEqual(lines.length)
      for (const { stack, comm, blockedOn } of found) {
        for (const { symbol } of stack) expect(text).toContain(`${symbol}+0x`)
        for (const { symbol } of stack) expect(symbol).not.toBe('g')
        for (const word of [comm, blockedOn]) if (word !== null) expect(text).toContain(word)
      }
    }),
    { numRuns: 500 },
  )
})
