import { describe, expect, test } from 'vitest'
import { answer, codes } from '../support/text-answer.ts'

// Who walks by texts whose stacks may be of another moment, and that nothing denies a walk which is seen.

const WALK = ['try_to_migrate_one', 'rmap_walk_ksm', 'try_to_migrate', 'migrate_pages', 'do_migrate_pages']
const PREEMPTED = ['__schedule', 'preempt_schedule_common', '__cond_resched', ...WALK]
const FAULT = ['__schedule', 'schedule', 'rwsem_down_read_slowpath', 'lock_mm_and_find_vma', 'do_user_addr_fault']
const POLL = ['__schedule', 'schedule', 'do_nanosleep', 'hrtimer_nanosleep']

/** A task as sysrq-t prints it. */
function dumped(pid: number, comm: string, state: string, stack: readonly string[]): string[] {
  const head = `task:${comm}           state:${state} stack:0     pid:${pid}   ppid:1      flags:0x00000002`
  return [head, 'Call Trace:', ' <TASK>', ...stack.map((name) => ` ${name}+0x10/0x20`), ' </TASK>']
}

/** A task as crash's bt prints it. */
function bt(pid: number, comm: string, stack: readonly string[]): string[] {
  const at = (i: number): string => `ffffd18680127${(0x100 + 16 * i).toString(16)}`
  return [
    `PID: ${pid}   TASK: ffff8bc1429f${pid.toString(16).padStart(4, '0')}  CPU: 0   COMMAND: "${comm}"`,
    ...stack.map((name, i) => ` #${i} [${at(i)}] ${name} at ffffffff9c9609e1`),
    '',
  ]
}

const VCPU = dumped(901, 'CPU 0/KVM', 'D', FAULT)

describe('a stack that may be of another moment', () => {
  test.each([
    ['running', WALK],
    ['preempted', PREEMPTED],
  ])('of a task in state R (%s) is taken for a walk, weakly', (_, stack) => {
    const { verdict, hang } = answer(['sysrq: Show State', ...dumped(900, 'numad', 'R', stack), ...VCPU])
    expect(verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang', confidence: 'weak' })
    expect(verdict.summary).toMatch(/Its stack is in doubt: /)
    expect(hang).toMatchObject({ holder: { pid: 900 }, waiters: [{ pid: 901, confidence: 'weak' }] })
  })

  test('of a task that runs, beginning in the scheduler, too', () => {
    const nmi = ['NMI backtrace for cpu 3', 'CPU: 3 PID: 900 Comm: numad Not tainted 6.1.0-56-amd64 #1', 'Call Trace:']
    const { verdict } = answer([...nmi, ...PREEMPTED.map((name) => ` ${name}+0x10/0x20`), '', ...VCPU])
    expect(verdict).toMatchObject({ code: 'ksm-walk-hang', confidence: 'weak' })
  })

  test('comes behind a walker whose stack is sound', () => {
    const doubtful = dumped(900, 'numad', 'R', WALK)
    const sound = bt(77, 'migratepages', WALK)
    const { verdict, hang } = answer(['sysrq: Show State', ...doubtful, ...VCPU], sound)
    expect(verdict.confidence).toBe('strong')
    expect(hang).toMatchObject({ holder: { pid: 77 }, waiters: [{ pid: 901, confidence: 'strong' }] })
  })

  test('says nothing where it does not walk', () => {
    expect(codes(answer(['sysrq: Show State', ...dumped(900, 'numad', 'R', POLL)]))).toEqual([])
  })
})

test('waits that may be for another lock are told as such', () => {
  const driver = ['__schedule', 'schedule', 'rwsem_down_write_slowpath', 'down_write', 'some_driver_ioctl']
  const only = answer([...bt(900, 'numad', WALK), ...bt(901, 'kworker/1:2', driver)])
  expect(only.verdict).toMatchObject({ code: 'ksm-walk-hang', confidence: 'weak' })
  expect(only.verdict.summary).toMatch(/^1 task waits, perhaps for a mmap lock that numad \(pid 900, CPU 0\) holds/)
  const both = answer([...bt(900, 'numad', WALK), ...bt(901, 'kworker/1:2', driver), ...bt(902, 'CPU 0/KVM', FAULT)])
  expect(both.verdict.confidence).toBe('strong')
  expect(both.verdict.summary).toMatch(/^2 tasks wait for a mmap lock \(1 of them perhaps for another\);/)
})

describe('that nobody walks', () => {
  test('is not said where one stack of a task walks, which may be old, and another waits', () => {
    const { hang, verdict } = answer(['sysrq: Show State', ...dumped(900, 'numad', 'R', WALK)], bt(900, 'numad', FAULT))
    expect(hang).toBeNull()
    expect(verdict.code).toBe('waits-unexplained')
    expect(verdict.summary).not.toMatch(/nobody who walks/)
    expect(verdict.summary).toMatch(/numad \(pid 900\) it does, but: printed for a task in state R/)
  })

  test('is not said beside the walk of a short list', () => {
    const list = Array.from({ length: 200 }, (_, i) => (0xffff88000ba60030n + 64n * BigInt(i)).toString(16))
    const waiting = [901, 902, 903].flatMap((pid) => bt(pid, 'CPU 0/KVM', FAULT))
    const report = answer([...bt(900, 'numad', WALK), ...waiting], list)
    expect(codes(report)).toEqual(['mmap-lock-queue', 'walk-of-a-short-list'])
    expect(JSON.stringify(report)).not.toMatch(/nobody who walks|no walk of a KSM list/)
    expect(report.verdict.summary).toMatch(/numad \(pid 900\) walks is too short/)
  })

  test('is not said of a log beside the walk of a short list', () => {
    const list = Array.from({ length: 200 }, (_, i) => (0xffff88000ba60030n + 64n * BigInt(i)).toString(16))
    const log = ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:900]', 'Call Trace:']
    const report = answer([...log, ...WALK.map((name) => ` ${name}+0x10/0x20`)], list)
    expect(report.findings.find(({ code }) => code === 'other-trouble')?.summary).toMatch(
      /the walk of a KSM list by numad \(pid 900\) does not explain it/,
    )
  })
})
