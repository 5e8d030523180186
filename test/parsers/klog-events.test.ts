import { describe, expect, test } from 'vitest'
import { EventParser, type LogEvent } from '../../src/parsers/klog-events.ts'

const events = (...lines: readonly string[]): LogEvent[] => {
  const parser = new EventParser()
  for (const line of lines) parser.push(line, 44.317072)
  return parser.events
}
const only = (line: string): LogEvent => {
  const found = events(line)
  expect(found).toHaveLength(1)
  return found[0]!
}

test('an event has its time, and null for what its line does not say', () => {
  expect(only('INFO: task numad:2950 blocked for more than 120 seconds.')).toEqual({
    kind: 'hung-task',
    time: 44.317072,
    pid: 2950,
    comm: 'numad',
    seconds: 120,
    cpu: null,
    blockedOn: null,
    stack: [],
  })
})

describe('hung tasks', () => {
  test.each([
    ['4.4 to 7.x', 'INFO: task qemu-system-x86:148 blocked for more than 122 seconds.', 'qemu-system-x86', 148, 122],
    [
      '7.2',
      'INFO: task qemu-system-x86:148 blocked in I/O wait for more than 368 seconds.',
      'qemu-system-x86',
      148,
      368,
    ],
    ['a kworker', 'INFO: task kworker/0:1:1234 blocked for more than 120 seconds.', 'kworker/0:1', 1234, 120],
    [
      'a kworker with a pool',
      'INFO: task kworker/u16:3+ev:77 blocked for more than 120 seconds.',
      'kworker/u16:3+ev',
      77,
      120,
    ],
    ['a vCPU', 'INFO: task CPU 0/KVM:9811 blocked for more than 120 seconds.', 'CPU 0/KVM', 9811, 120],
    ['digits and colons', 'INFO: task 12:34:56:78 blocked for more than 120 seconds.', '12:34:56', 78, 120],
    ['behind a prefix of others', 'host kernel: INFO: task a:1 blocked for more than 9 seconds.', 'a', 1, 9],
  ])('%s', (_name, line, comm, pid, seconds) => {
    expect(only(line)).toMatchObject({ kind: 'hung-task', comm, pid, seconds })
  })

  const HUNG = 'INFO: task ps:205 blocked for more than 122 seconds.'

  test.each([
    ['ps:205 is blocked on a mutex likely owned by task numad:2950.', 'mutex likely owned by task numad:2950.'],
    ['ps:205 is blocked on a mutex, but the owner is not found.', 'mutex, but the owner is not found.'],
    ['ps:205 blocked on a semaphore likely last held by task a:7', 'semaphore likely last held by task a:7'],
    [
      'ps:205 <reader> blocked on an rw-semaphore likely owned by task numad:2950 <writer>',
      'rw-semaphore likely owned by task numad:2950 <writer>',
    ],
    [
      'ps:205 <writer> blocked on an rw-semaphore likely owned by task kworker/0:1:33 <reader>',
      'rw-semaphore likely owned by task kworker/0:1:33 <reader>',
    ],
    ['ps:205 is blocked on an rw-semaphore, but the owner is not found.', 'rw-semaphore, but the owner is not found.'],
  ])('7.x says what for: %s', (line, blockedOn) => {
    const found = events(HUNG, ` down_read+0x1/0x2`, `INFO: task ${line}`)
    expect(found).toMatchObject([{ pid: 205, blockedOn, stack: [{ symbol: 'down_read' }] }])
  })

  test('what it is blocked on belongs to the last event of that pid, and the stack that follows to the owner', () => {
    const found = events(
      HUNG,
      'INFO: task other:206 blocked for more than 122 seconds.',
      HUNG.replace('122', '245'),
      'INFO: task other:206 is blocked on a mutex, but the owner is not found.',
      'INFO: task ps:205 <reader> blocked on an rw-semaphore likely owned by task numad:2950 <writer>',
      'task:numad           state:R  running task     stack:0     pid:2950',
      ' rmap_walk_ksm+0x143/0x220',
    )
    expect(found.map(({ pid, seconds, blockedOn }) => [pid, seconds, blockedOn?.split(' ')[0]])).toEqual([
      [205, 122, undefined],
      [206, 122, 'mutex,'],
      [205, 245, 'rw-semaphore'],
    ])
    expect(found.map(({ stack }) => stack)).toEqual([[], [], []])
  })

  test('a line of a lock for a task that was not reported is no event', () => {
    expect(events('INFO: task ps:205 is blocked on a mutex likely owned by task numad:2950.')).toEqual([])
  })
})

describe('lockups', () => {
  test.each([
    'BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]',
    'NMI watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]',
    'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:2950]',
  ])('soft: %s', (line) => {
    expect(only(line)).toMatchObject({ kind: 'soft-lockup', cpu: 3, seconds: 22, comm: 'numad', pid: 2950 })
  })

  test('soft, of a task whose name has colons, blanks and brackets', () => {
    const line = (comm: string): string => `watchdog: BUG: soft lockup - CPU#103 stuck for 122s! [${comm}:42]`
    for (const comm of ['kworker/3:1', 'CPU 7/KVM', 'a]b', '7'])
      expect(only(line(comm))).toMatchObject({ comm, pid: 42 })
    expect(only(line('a'))).toMatchObject({ cpu: 103, seconds: 122 })
  })

  test.each([
    'Watchdog detected hard LOCKUP on cpu 1',
    'NMI watchdog: Watchdog detected hard LOCKUP on cpu 1',
    'watchdog: Watchdog detected hard LOCKUP on cpu 1',
    'watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 1',
    'Kernel panic - not syncing: Watchdog detected hard LOCKUP on cpu 1',
  ])('hard: %s', (line) => {
    expect(only(line)).toMatchObject({ kind: 'hard-lockup', cpu: 1, seconds: null, pid: null })
  })
})

describe('RCU', () => {
  test.each([
    'INFO: rcu_sched self-detected stall on CPU',
    'rcu: INFO: rcu_sched self-detected stall on CPU',
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=5252 jiffies, g=3977, c=3976, q=5)',
    'rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-...D } 21 jiffies s: 1 root: 0x8/.',
  ])('a stall: %s', (line) => {
    expect(only(line)).toMatchObject({ kind: 'rcu-stall', pid: null, seconds: null })
  })

  test('the lines around a stall are no events of their own', () => {
    expect(
      events(
        'rcu: INFO: rcu_sched self-detected stall on CPU',
        'rcu: \t40-....: (14997 ticks this GP) idle=49a/1/0x4000000000000002 softirq=1711/1711 fqs=7279',
        '\t(t=15000 jiffies g=1041 q=1009)',
        'rcu: rcu_sched kthread starved for 5250 jiffies! g3977 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1',
        'rcu: \tUnless rcu_sched kthread gets sufficient CPU time, OOM is now expected behavior.',
        'rcu: INFO: Stall ended before state dump start',
      ),
    ).toHaveLength(1)
  })
})

describe('csd', () => {
  const tail =
    'non-responsive CSD lock (#1) on CPU#3, waiting 5000000042 ns for CPU#55 flush_tlb_func+0x0/0xb0(0xffff8e0b3e2afbe8).'

  test.each([`csd: Detected ${tail}`, `smp: csd: Detected ${tail}`, `smp: csd: Continued ${tail}`])(
    'upstream: %s',
    (line) => {
      expect(only(line)).toMatchObject({ kind: 'csd-timeout', cpu: 55, seconds: 5.000000042 })
    },
  )

  test('the hotfix of LP: #1680513, in seconds and with CPUs of two digits', () => {
    const line = 'csd: Detected non-responsive CSD lock (#1) on CPU#03, waiting 5.000 secs for CPU#07'
    expect(only(line)).toMatchObject({ kind: 'csd-timeout', cpu: 7, seconds: 5 })
    expect(only(line.replace('5.000', '17.250')).seconds).toBe(17.25)
  })

  test('what csd says besides is no event', () => {
    expect(
      events(
        'csd_lock_wait called 128 times',
        '\tcsd: CSD lock (#1) unresponsive.',
        '\tcsd: CSD lock (#1) handling prior flush_tlb_func+0x0/0xb0(0xffff8e0b3e2afbe8) request.',
        'csd: Re-sending CSD lock (#1) IPI from CPU#03 to CPU#55',
        'csd: CSD lock (#1) got unstuck on CPU#03, CPU#55 released the lock.',
        '\tcsd: cnt(63d8dd8): 0003->0037 ipi',
      ),
    ).toEqual([])
  })
})

describe('out of memory', () => {
  test.each([
    'Out of memory: Kill process 1234 (qemu-system-x86) score 905 or sacrifice child',
    'Out of memory: Killed process 1234 (qemu-system-x86) total-vm:8124kB, anon-rss:1024kB, file-rss:0kB, shmem-rss:0kB',
  ])('%s', (line) => {
    expect(only(line)).toMatchObject({ kind: 'oom', pid: 1234, comm: 'qemu-system-x86' })
  })

  test.each(['(sd-pam)', 'a) b', 'tokio (rt)'])('a victim whose name has brackets: %s', (comm) => {
    expect(only(`Out of memory: Killed process 812 (${comm}) total-vm:21000kB, anon-rss:1024kB`)).toMatchObject({
      comm,
    })
    expect(only(`Out of memory: Kill process 812 (${comm}) score 5 or sacrifice child`)).toMatchObject({ comm })
  })

  test('the lines around it are no events of their own', () => {
    expect(
      events(
        'qemu-system-x86 invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
        'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=qemu-system-x86,pid=1234,uid=0',
        'oom_reaper: reaped process 1234 (qemu-system-x86), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
      ),
    ).toEqual([])
  })
})

test.each([
  'the message INFO: task is printed when a task is blocked for more than 120 seconds.',
  'INFO: task %s:%d blocked for more than %ld seconds.',
  'INFO: task %s:%d blocked%s for more than %ld seconds.',
  'INFO: task X:PID blocked for more than N seconds.',
  'BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]',
  'we saw a soft lockup, and a BUG: soft lockup - CPU#3 message',
  'Watchdog detected hard LOCKUP on cpu %d',
  'sched_ext: Soft lockup - CPU 3 stuck for 22s, disabling BPF scheduler',
  'rcu: INFO: %s self-detected stall on CPU',
  'csd: %s non-responsive CSD lock (#%d) on CPU#%d, waiting %lld ns for CPU#%02d %pS(%ps).',
  'Out of memory: Killed process %d (%s) total-vm:%lukB',
  'Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings',
  '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
  'Kernel panic - not syncing: hung_task: blocked tasks',
  'Kernel panic - not syncing: softlockup: hung tasks',
  '',
])('prose and format strings are no events: %s', (line) => {
  expect(events(line, ' rmap_walk_ksm+0x143/0x220')).toEqual([])
})
