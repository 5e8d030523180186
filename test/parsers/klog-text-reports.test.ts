import { describe, expect, test } from 'vitest'
import type { KernelLogParser } from '../../src/parsers/klog-text.ts'
import type { ToldTask } from '../../src/parsers/told.ts'
import { hosts, names, readLog, stamped, tasks } from '../support/klog-text.ts'

const read = (...lines: readonly string[]): KernelLogParser => readLog(lines)
const stacks = ({ events }: KernelLogParser): string[] => events.map(({ stack }) => names(stack))
const at = stamped

const HUNG = 'INFO: task numad:2950 blocked for more than 122 seconds.'

describe('hung tasks', () => {
  test.each([
    ['is blocked on a mutex likely owned by task a b:7.', 'mutex likely owned by task a b:7.'],
    ['blocked on a semaphore likely last held by task a:7', 'semaphore likely last held by task a:7'],
    [
      '<reader> blocked on an rw-semaphore likely owned by task kworker/0:1:33 <writer>',
      'rw-semaphore likely owned by task kworker/0:1:33 <writer>',
    ],
    ['is blocked on an rw-semaphore, but the owner is not found.', 'rw-semaphore, but the owner is not found.'],
  ])(
    "what it waits for and who has it is kept, and the dump that follows is told as the owner's: %s",
    (words, blockedOn) => {
      const parser = read(
        ...at(
          60,
          HUNG,
          '      Not tainted 7.2.13-amd64 #1 Debian 7.2.13-1',
          'task:numad           state:D stack:0     pid:2950  tgid:2950  ppid:1      task_flags:0x400100 flags:0x00080000',
          'Call Trace:',
          ' <TASK>',
          ' __schedule+0x4ea/0xbe0',
          ' </TASK>',
          `INFO: task numad:2950 ${words}`,
          'task:kworker/0:1     state:R  running task     stack:0     pid:33    tgid:33    ppid:2      task_flags:0x4208060 flags:0x00080000',
          'Call Trace:',
          ' rmap_walk_ksm+0x143/0x220',
        ),
      )
      expect(parser.events).toMatchObject([{ kind: 'hung-task', pid: 2950, seconds: 122, blockedOn }])
      expect(stacks(parser)).toEqual(['__schedule'])
      expect(tasks(parser)).toMatchObject([
        { line: 3, source: 'task dump', pid: 2950, tgid: 2950, comm: 'numad', state: 'D', kthread: false, doubt: null },
        { line: 9, pid: 33, comm: 'kworker/0:1', state: 'R', kthread: true, doubt: expect.stringContaining('state R') },
      ])
      expect(names(tasks(parser)[1]!.frames)).toBe('rmap_walk_ksm')
    },
  )

  test.each<[string, string, Partial<ToldTask>]>([
    [
      '4.4',
      'CPU 0/KVM       D ffff88000b7b3df8     0    37      1 0x00000000',
      { comm: 'CPU 0/KVM', pid: 37, state: 'D', kthread: false },
    ],
    ['4.9', 'ksmd            D    0   205      2 0x00000000', { comm: 'ksmd', pid: 205, state: 'D', kthread: true }],
    ['4.4, i386', 'ksmd            D c1234567     0   205      2 0x00000000', { comm: 'ksmd', pid: 205 }],
    [
      'running',
      'numad           R  running task        0  2950      1 0x00000008',
      { comm: 'numad', pid: 2950, state: 'R' },
    ],
    ['idle kworker', 'kworker/3:1     I    0   205      2 0x80000000', { comm: 'kworker/3:1', state: 'I' }],
    [
      '5.10',
      'task:kcompactd0      state:S stack:    0 pid:   51 ppid:     2 flags:0x00004000',
      { comm: 'kcompactd0', pid: 51, tgid: null, state: 'S', kthread: true },
    ],
    [
      '6.12',
      'task:CPU 1/KVM       state:D stack:0     pid:151   tgid:149   ppid:1      flags:0x00000002',
      { comm: 'CPU 1/KVM', pid: 151, tgid: 149, kthread: false },
    ],
    [
      'a large free stack',
      'rcu_sched       I15016    11      2 0x80004000',
      { comm: 'rcu_sched', pid: 11, state: 'I', kthread: true },
    ],
    ['running, 32 bits', 'swapper/1       R running      0     0      1 0x00000002', { comm: 'swapper/1', pid: 0 }],
    ['a web page', 'systemd-udevd D 0 326 1 0x00000104', { comm: 'systemd-udevd', pid: 326, state: 'D' }],
    ['dead of old', 'a               x ffff88000b7b3df8     0    37      1 0x00000000', { comm: 'a', state: 'X' }],
  ])('the head of a task dump of %s', (_era, head, task) => {
    const parser = read(...at(7, head, 'Call Trace:', ' schedule+0x21/0x40'))
    expect(tasks(parser)).toMatchObject([{ source: 'task dump', running: null, ...task }])
    expect(names(tasks(parser)[0]!.frames)).toBe('schedule')
  })

  test("a dump of another task is not a hung task's, and neither are frames behind what it waits for", () => {
    const other = 'task:other           state:D stack:0     pid:7     tgid:7     ppid:1      flags:0x00000002'
    expect(stacks(read(...at(1, HUNG, other, ' b+0x1/0x2')))).toEqual([''])
    const blocker = 'INFO: task numad:2950 is blocked on a mutex likely owned by task other:7.'
    expect(stacks(read(...at(1, HUNG, ' a+0x1/0x2', blocker, ' b+0x1/0x2')))).toEqual(['a'])
  })

  test('a longer wait of the same task is another event', () => {
    const { events } = read(...at(1, HUNG), ...at(124, HUNG.replace('122', '245')))
    expect(events.map(({ seconds, line }) => [seconds, line])).toEqual([
      [122, 1],
      [245, 2],
    ])
  })

  test('the same event in a subject and in the text is recognisable', () => {
    const { events } = read(
      'Subject: [Bug 1] INFO: task numad:2950 blocked for more than 122 seconds.',
      '',
      ...at(1, HUNG),
    )
    const [a, b] = events.map(({ kind, pid, comm, seconds }) => ({ kind, pid, comm, seconds }))
    expect(a).toEqual(b)
    expect(events.map(({ time }) => time)).toEqual([null, 1])
  })

  test('that no more will be reported is noted', () => {
    const { notes } = read(
      ...at(1, HUNG, 'Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings'),
    )
    expect(notes).toMatchObject([{ kind: 'silenced', line: 2, time: 1.000001 }])
  })
})

describe('CPUs', () => {
  test("a soft lockup of 4.4 has its task's address, and its CPU runs it", () => {
    const parser = read(
      ...at(
        471040,
        'NMI watchdog: BUG: soft lockup - CPU#37 stuck for 22s! [numad:5821]',
        'Modules linked in: vhost_net vhost kvm_intel kvm',
        'CPU: 37 PID: 5821 Comm: numad Not tainted 4.4.0-72-generic #93-Ubuntu',
        'Hardware name: Dell Inc. PowerEdge R920/0Y4CNC, BIOS 1.3.0 08/26/2014',
        'task: ffff885f8e4b2640 ti: ffff885f8fb4c000 task.ti: ffff885f8fb4c000',
        'RIP: 0010:[<ffffffff81103db3>]  [<ffffffff81103db3>] smp_call_function_many+0x203/0x260',
        'RSP: 0018:ffff885f8fb4fb78  EFLAGS: 00000202',
        'Stack:',
        ' ffff885f8fb4fbb8 ffff885f8fb4fbd8 ffff885f8fb4fbf8 ffff885f8fb4fc18',
        'Call Trace:',
        ' [<ffffffff8107279d>] native_flush_tlb_others+0x1d/0x150',
        ' [<ffffffff81072a95>] ? flush_tlb_page+0x45/0xb0',
        'Code: 48 63 35 5c 6c c1 00 89 c2 39 f0 0f 8d 83 fe ff ff',
      ),
    )
    expect(parser.events).toMatchObject([{ kind: 'soft-lockup', cpu: 37, pid: 5821, comm: 'numad', seconds: 22 }])
    expect(stacks(parser)).toEqual(['smp_call_function_many native_flush_tlb_others'])
    expect(tasks(parser)).toMatchObject([
      {
        source: 'task dump',
        pid: 5821,
        comm: 'numad',
        cpu: 37,
        running: true,
        state: null,
        address: 0xffff885f8e4b2640n,
      },
    ])
    expect(tasks(parser)[0]!.frames[0]).toMatchObject({ offset: 0x203, address: 0xffffffff81103db3n, sp: null })
  })

  test('a hard lockup has the task that its CPU ran', () => {
    const parser = read(
      ...at(
        9,
        'watchdog: CPU21: Watchdog detected hard LOCKUP on cpu 21',
        'CPU: 21 UID: 0 PID: 9120 Comm: CPU 3/KVM Kdump: loaded Not tainted 6.12.0-1-amd64 #1',
        'RIP: 0010:rmap_walk_ksm+0x143/0x220',
      ),
    )
    expect(parser.events).toMatchObject([{ kind: 'hard-lockup', cpu: 21, pid: 9120, comm: 'CPU 3/KVM' }])
  })

  test.each([
    [['Watchdog CPU:5 detected Hard LOCKUP other CPUS:3'], 3],
    [['Watchdog CPU:5 detected Hard LOCKUP other CPUS:3-4,7'], null],
    [['Watchdog CPU:3 Hard LOCKUP'], 3],
    [['watchdog: CPU 5 detected hard LOCKUP on other CPUs 3'], 3],
    [['watchdog: CPU 3 Hard LOCKUP'], 3],
    [['watchdog: CPU 3 self-detected hard LOCKUP @ do_raw_spin_lock+0x140/0x230'], 3],
  ])('ppc64: %s', (lines, cpu) => {
    expect(read(...at(1, ...lines)).events).toMatchObject([{ kind: 'hard-lockup', cpu }])
  })

  test('2.6.32: the panic is all that tells of a hard lockup, and the task is named by Pid:', () => {
    const parser = read(
      ...at(
        9,
        'Kernel panic - not syncing: Watchdog detected hard LOCKUP on cpu 3',
        'Pid: 2950, comm: numad Not tainted 2.6.32-431.el6.x86_64 #1',
        'Call Trace:',
        ' <NMI>  [<ffffffff81527983>] ? panic+0xa7/0x16f',
        ' [<ffffffff8116f1e0>] ksm_scan_thread+0x50/0x160',
      ),
    )
    expect(parser.events).toMatchObject([
      { kind: 'hard-lockup', cpu: 3, pid: 2950, stack: [{ symbol: 'ksm_scan_thread' }] },
    ])
    expect(hosts(parser)).toMatchObject([{ release: '2.6.32-431.el6.x86_64', version: '#1' }])
  })

  test('an RCU stall has the CPU of its list, and the task that the backtrace names', () => {
    const parser = read(
      ...at(
        9,
        'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
        'rcu: \t40-....: (14997 ticks this GP) idle=49a/1/0x4000000000000002 softirq=1711/1711 fqs=7279',
        '\t(detected by 1, t=5252 jiffies, g=3977, q=5 ncpus=64)',
        'Sending NMI from CPU 1 to CPUs 40:',
        'NMI backtrace for cpu 0 skipped: idling at native_safe_halt+0xb/0x10',
        'NMI backtrace for cpu 40',
        'CPU: 40 PID: 2950 Comm: numad Not tainted 6.1.0-56-amd64 #1',
        'RIP: 0010:rmap_walk_ksm+0x143/0x220',
        'NMI backtrace for cpu 41',
        'CPU: 41 PID: 77 Comm: b Not tainted 6.1.0-56-amd64 #1',
        'RIP: 0010:other+0x1/0x2',
      ),
    )
    expect(parser.events).toMatchObject([{ kind: 'rcu-stall', cpu: 40, pid: 2950, comm: 'numad' }])
    expect(stacks(parser)).toEqual(['rmap_walk_ksm'])
    expect(tasks(parser)).toMatchObject([
      {
        source: 'NMI backtrace',
        cpu: 0,
        pid: null,
        running: true,
        frames: [{ symbol: 'native_safe_halt', offset: 11 }],
      },
      {
        source: 'NMI backtrace',
        cpu: 40,
        pid: 2950,
        comm: 'numad',
        running: true,
        frames: [{ symbol: 'rmap_walk_ksm' }],
      },
      { source: 'NMI backtrace', cpu: 41, pid: 77, frames: [{ symbol: 'other' }] },
    ])
  })

  test('arm: the head comes twice, before the registers and before the trace', () => {
    const head = 'CPU: 3 PID: 2950 Comm: numad Tainted: G           O      5.15.35 #1'
    const parser = read(
      ...at(
        9,
        'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
        'rcu:     3-...0: (1 GPs behind) idle=45a/0/0x0 softirq=9273/9273 fqs=0  (false positive?)',
        'NMI backtrace for cpu 3',
        head,
        'PC is at rmap_walk_ksm+0x38/0x3c',
        'LR is at try_to_unmap+0x34/0x3c',
        'pc : [<c010722c>]    lr : [<c0107228>]    psr: 60000013',
        head,
        '[<7f4ba618>] (fuse_writepages [fuse]) from [<8022e284>] (do_writepages+0x30/0x8c)',
        ' r10:c0c531a4 r9:00000002 r8:c4179ecc r7:ffffe000',
        'CPU: 1 PID: 9 Comm: a Tainted: G           O      5.15.35 #1',
        '[<8022e284>] (a) from [<8022e284>] (b+0x30/0x8c)',
      ),
    )
    expect(parser.events).toMatchObject([{ cpu: 3, pid: 2950, comm: 'numad' }])
    expect(stacks(parser)).toEqual(['rmap_walk_ksm do_writepages'])
    expect(tasks(parser).map(({ pid, frames }) => [pid, names(frames)])).toEqual([
      [2950, 'rmap_walk_ksm do_writepages'],
      [9, 'b'],
    ])
  })

  test('two dumps of one task after each other are two', () => {
    const dump = ['CPU: 3 PID: 2950 Comm: numad Not tainted 5.15.35 #1', 'Call Trace:', ' a+0x1/0x2']
    const told = tasks(read(...at(9, ...dump, ...dump)))
    expect(told.map(({ pid, frames }) => [pid, names(frames)])).toEqual([
      [2950, 'a'],
      [2950, 'a'],
    ])
  })

  test('up to 3.8 the task_struct stands beside the name', () => {
    const lines = at(
      9,
      'Pid: 2183, comm: numad Tainted: P           ---------------    2.6.32-279.19.1.el6.x86_64 #1 Red Hat KVM',
      'RIP: 0010:[<ffffffff8103003c>]  [<ffffffff8103003c>] rmap_walk_ksm+0xac/0xc0',
      'Process numad (pid: 2183, threadinfo ffff8800273da000, task ffff880037e3e040)',
    )
    expect(tasks(read(...lines))).toMatchObject([{ pid: 2183, comm: 'numad', address: 0xffff880037e3e040n }])
    expect(hosts(read(...lines))).toMatchObject([
      { release: '2.6.32-279.19.1.el6.x86_64', version: '#1', guest: null },
      { guest: 'Red Hat KVM' },
    ])
  })

  test('an RCU stall of several CPUs is of none', () => {
    const list = (cpu: number): string =>
      `rcu: \t${cpu}-....: (14997 ticks this GP) idle=49a/1/0x4 softirq=1/1 fqs=7279`
    const head = 'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:'
    expect(read(...at(1, head, list(4), list(5), 'NMI backtrace for cpu 4', ' a+0x1/0x2')).events).toMatchObject([
      { cpu: null, stack: [{ symbol: 'a' }] },
    ])
  })

  test.each([
    ['INFO: rcu_sched self-detected stall on CPU { 3}  (t=5250 jiffies g=46 c=45 q=43)', 3],
    ['INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=5252 jiffies, g=1, c=0, q=5)', 3],
    ['INFO: rcu_sched detected stalls on CPUs/tasks: { 3 5} (detected by 1, t=5252 jiffies)', null],
    ['INFO: rcu_sched_state detected stall on CPU 3 (t=15000 jiffies)', 3],
    ['rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-...D } 21 jiffies s: 1 root: 0x8/.', 3],
    ['INFO: rcu_tasks detected stalls on tasks:', null],
    ['rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n\t0-...0: (1 GPs behind) idle=d634/1/0x4', 0],
    ['INFO: rcu_sched self-detected stall on CPU\n\t1: (5264 ticks this GP) idle=3e9/140000000000001/0', 1],
  ])('the CPU by the words of every detector: %j', (lines, cpu) => {
    expect(read(...at(1, ...lines.split('\n'))).events).toMatchObject([{ kind: 'rcu-stall', cpu }])
  })

  test('a task dump for a CPU is that of the task that runs there', () => {
    const parser = read(
      ...at(
        9,
        'INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=5252 jiffies, g=1, c=0, q=5)',
        'Task dump for CPU 3:',
        'numad           R  running task        0  2950      1 0x00000008',
        ' ffff88000b7a7da8 ffff88000b7a4000 ffff88000c50b700 ffff88000c50a940',
        'Call Trace:',
        ' [<ffffffff811e6f91>] rmap_walk_ksm+0x121/0x1b0',
        'rcu_sched kthread stack dump:',
        'rcu_sched       S ffff88000b7a7da8     0     7      2 0x00000000',
        ' [<ffffffff8121e141>] schedule+0x21/0x40',
      ),
    )
    expect(parser.events).toMatchObject([{ cpu: 3, pid: 2950, comm: 'numad' }])
    expect(stacks(parser)).toEqual(['rmap_walk_ksm'])
    expect(tasks(parser)).toMatchObject([
      { pid: 2950, cpu: 3, running: true },
      { pid: 7, cpu: null, running: null, comm: 'rcu_sched' },
    ])
  })

  test('csd: the report, the first stack behind it, and what else is said', () => {
    const parser = read(
      ...at(
        412031,
        'smp: csd: Detected non-responsive CSD lock (#1) on CPU#7, waiting 5000000611 ns for CPU#21 flush_tlb_func+0x0/0x1c0(0xffff9a7f5f5e1b40).',
        'smp: \tcsd: CSD lock (#1) handling prior flush_tlb_func+0x0/0xb0(0xffff8e0b3e2afbe8) request.',
        'Sending NMI from CPU 7 to CPUs 21:',
        'NMI backtrace for cpu 21',
        'CPU: 21 PID: 4 Comm: a Not tainted 5.15.0-94-generic #104-Ubuntu',
        'RIP: 0010:b+0x1/0x2',
        'CPU: 7 PID: 9120 Comm: qemu-system-x86 Not tainted 5.15.0-94-generic #104-Ubuntu',
        'Call Trace:',
        ' csd_lock_wait_toolong.cold+0x9d/0xb2',
        'smp: csd: CSD lock (#1) got unstuck on CPU#07, CPU#21 released the lock.',
      ),
    )
    expect(parser.events).toMatchObject([{ kind: 'csd-timeout', cpu: 21, pid: null, comm: null, seconds: 5.000000611 }])
    expect(stacks(parser)).toEqual(['b'])
    expect(tasks(parser).map(({ source, cpu, pid }) => [source, cpu, pid])).toEqual([
      ['NMI backtrace', 21, 4],
      ['task dump', 7, 9120],
    ])
    expect(parser.notes.map(({ kind, what, line }) => [kind, what, line])).toEqual([
      ['csd', 'handling prior', 2],
      ['csd', 'unstuck', 10],
    ])
  })

  test('the hotfix of LP: #1680513 counts its calls', () => {
    const parser = read(
      ...at(
        1,
        'csd_lock_wait called 4096 times',
        'csd: Detected non-responsive CSD lock (#1) on CPU#03, waiting 12.045 secs for CPU#55',
      ),
    )
    expect(parser.notes).toMatchObject([{ kind: 'csd', what: 'called', count: 4096 }])
    expect(parser.events).toMatchObject([{ kind: 'csd-timeout', seconds: 12.045, cpu: 55 }])
  })
})

describe('out of memory', () => {
  const INVOKED = 'numad invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0'
  const CHOSEN =
    'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0-1,oom_memcg=/a,task_memcg=/a,task=CPU 0/KVM,pid=1234,uid=64055'
  const KILLED = 'Memory cgroup out of memory: Killed process 1234 (CPU 0/KVM) total-vm:8124kB, anon-rss:1024kB'
  const REAPED = 'oom_reaper: reaped process 1234 (CPU 0/KVM), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB'

  test('all lines of one kill are one event', () => {
    expect(read(...at(1, INVOKED, CHOSEN, KILLED, REAPED)).events).toMatchObject([
      { kind: 'oom', pid: 1234, comm: 'CPU 0/KVM', line: 3, stack: [] },
    ])
    expect(
      read(
        ...at(
          1,
          'Out of memory: Kill process 1234 (a) score 905 or sacrifice child',
          'Killed process 1234 (a) total-vm:8124kB',
        ),
      ).events,
    ).toHaveLength(1)
  })

  test.each([
    [[CHOSEN], 1234, 1],
    [[REAPED], 1234, 1],
    [['Killed process 1234 (CPU 0/KVM) total-vm:8124kB, anon-rss:1024kB, file-rss:0kB'], 1234, 1],
    [[INVOKED], null, 1],
    [[INVOKED, CHOSEN, REAPED], 1234, 1],
    [[INVOKED, INVOKED], null, 2],
  ])('where its own message is missing, the lines around it tell of it: %s', (lines, pid, count) => {
    const { events } = read(...at(1, ...lines))
    expect(events).toHaveLength(count)
    expect(events[0]).toMatchObject({ kind: 'oom', pid, line: 1 })
  })

  test('a child that was killed in the place of its parent is the victim', () => {
    const chosen = 'Memory cgroup out of memory: Kill process 24572 (java) score 0 or sacrifice child'
    const { events } = read(
      ...at(1, INVOKED, chosen, 'Killed process 28438 (sh) total-vm:20255636kB, anon-rss:466160kB'),
    )
    expect(events).toMatchObject([{ kind: 'oom', pid: 28438, comm: 'sh', line: 2 }])
  })

  test('a kill that is told late stands in its place', () => {
    const { events } = read(...at(1, REAPED, HUNG))
    expect(events.map(({ kind }) => kind)).toEqual(['oom', 'hung-task'])
  })
})

describe('sysrq', () => {
  test('w: waiting tasks, each with its stack; no event', () => {
    const parser = read(
      ...at(
        7211,
        'sysrq: Show Blocked State',
        'task:qemu-system-x86 state:D stack:0     pid:12249 ppid:1905   flags:0x00000002',
        'Call Trace:',
        ' <TASK>',
        ' rwsem_down_read_slowpath+0x272/0x4c0',
        ' ? rmap_walk_ksm+0x118/0x230',
        'RIP: 0033:0x55fc42ea2e9e',
        ' </TASK>',
        'task:ps              state:D stack:0     pid:12395 ppid:5727   flags:0x00000002',
        'Call Trace:',
        ' down_read_killable+0x3d/0xa0',
      ),
    )
    expect(parser.events).toEqual([])
    expect(tasks(parser).map(({ pid, frames }) => [pid, names(frames)])).toEqual([
      [12249, 'rwsem_down_read_slowpath'],
      [12395, 'down_read_killable'],
    ])
    expect(parser.notes).toMatchObject([{ kind: 'sysrq', what: 'w' }])
  })

  test.each([
    ['SysRq : Show Blocked State', 'w'],
    ['sysrq: Show State', 't'],
    ['sysrq: Show backtrace of all active CPUs', 'l'],
  ])('%s', (line, what) => {
    expect(read(...at(1, line)).notes).toMatchObject([{ kind: 'sysrq', what }])
  })
})
