import { describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { meaningOf } from '../../src/report/phrases.ts'
import { answer, codes } from '../support/text-answer.ts'

const HUNG = 'INFO: task kvm:33120 blocked for more than 120 seconds.'
const KSMD = [
  'watchdog: BUG: soft lockup - CPU#5 stuck for 22s! [ksmd:64]',
  'Call Trace:',
  ' _raw_spin_lock+0x1/0x2',
  ' ksm_scan_thread+0x1/0x2',
  ' kthread+0x1/0x2',
  ' ret_from_fork+0x1/0x2',
]
const COUNTERS = [
  '/sys/kernel/mm/ksm/run:1',
  '/sys/kernel/mm/ksm/merge_across_nodes:1',
  '/sys/kernel/mm/ksm/pages_shared:10',
  '/sys/kernel/mm/ksm/pages_sharing:2000000',
]

describe("a log's troubles", () => {
  test('are told beside a risk by the counters, which does not explain them', () => {
    const report = answer([...KSMD, '', ...COUNTERS])
    expect(report.verdict.code).toBe('list-bounds')
    expect(codes(report)).toContain('other-trouble')
    expect(report.findings.find(({ code }) => code === 'other-trouble')?.summary).toMatch(/1 soft lockup,/)
  })

  test('ksmd that does not get on is not said to scan as it should', () => {
    const scan = (report: AnalyzeReport): unknown => report.checked.find(({ code }) => code === 'ksmd-scan')
    expect(scan(answer(KSMD))).toMatchObject({ result: 'open', by: expect.stringMatching(/does not get on/) })
  })

  test('a kernel that stopped itself is told, where only crash says so', () => {
    const report = answer([
      '      KERNEL: vmlinux',
      '     RELEASE: 5.4.0-9-generic',
      '       PANIC: "Kernel panic - not syncing: hung_task: blocked tasks"',
    ])
    expect(report.verdict).toMatchObject({ level: 'unknown', code: 'other-trouble' })
    expect(report.verdict.summary).toMatch(/hung_task: blocked tasks/)
    expect(
      answer(['     RELEASE: 5.4.0-9-generic', '       PANIC: "sysrq: SysRq : Trigger a crash"']).verdict.code,
    ).toBe('nothing-found')
  })

  test('lockups of a console that stands in a text of its host are the effect', () => {
    const report = answer([
      'Mar 30 12:00:01 hv07 qemu-kvm[2950]: [   44.300000] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [init:76]',
    ])
    expect(report.verdict).toMatchObject({ level: 'unknown', code: 'guest-log' })
    expect(report.verdict.summary).toMatch(/qemu-kvm\[2950\]/)
    expect(report.events).toEqual([])
  })

  test('a host that is a virtual machine is told where nothing was found', () => {
    expect(answer(['Hardware name: QEMU Standard PC']).verdict.summary).toMatch(/a virtual machine/)
    expect(answer(['Hardware name: Bare Metal Works']).verdict.summary).not.toMatch(/virtual machine/)
  })
})

test('a profile that is hardly ever inside a walk is no warning', () => {
  const folded = (inWalk: number): string[] => [
    `numad;do_migrate_pages;migrate_pages;try_to_unmap;rmap_walk_ksm;try_to_unmap_one ${inWalk}`,
    'qemu;main;ioctl 100000',
  ]
  const few = answer(folded(3))
  expect(few.verdict.level).toBe('ok')
  expect(few.findings.map(({ code, level }) => [code, level])).toContainEqual(['samples-of-walk', 'ok'])
  expect(few.findings[0]?.summary).toMatch(/^3 of 100,003 samples \(less than 1 %\)/)
  expect(answer(folded(50_000)).verdict).toMatchObject({ level: 'warning', code: 'samples-of-walk' })
})

describe('one event in two forms', () => {
  const SYSLOG = 'Mar  3 04:11:09 hv07 kernel: '
  const FRAMES = ['Call Trace:', ' schedule+0x1/0x2']

  test('is one, and has the stack of that which has one', () => {
    const report = answer(
      [`[  907.000001] ${HUNG}`],
      [HUNG, ...FRAMES].map((line) => SYSLOG + line),
    )
    expect(report.events).toMatchObject([{ kind: 'hung-task', time: 907.000001, stack: [{ symbol: 'schedule' }] }])
  })

  test('as often as both tell it, and no more', () => {
    const lines = [`[  907.000001] ${HUNG}`, SYSLOG + HUNG, SYSLOG + HUNG, `[ 1907.000001] ${HUNG}`, SYSLOG + HUNG]
    expect(answer(lines).events.map(({ time }) => time)).toEqual([907.000001, 1907.000001, null])
    expect(answer([SYSLOG + HUNG, SYSLOG + HUNG]).events).toHaveLength(2)
    expect(answer([`[  907.000001] ${HUNG}`, SYSLOG + HUNG.replace('120', '241')]).events).toHaveLength(2)
  })
})

describe('a lost IPI beside a walk', () => {
  const walk = [
    'PID: 44   TASK: ffff8801753a8e00  CPU: 1   COMMAND: "numad"',
    ...'smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages'
      .split(' ')
      .map((name, i) => ` #${i} [ffff880174f1f${(0x100 + 8 * i).toString(16)}] ${name} at ffffffff8110${2000 + i}`),
    '',
    'PID: 45   TASK: ffff8801753a8f00  CPU: 0   COMMAND: "CPU 0/KVM"',
    ...'__schedule schedule rwsem_down_read_failed down_read __do_page_fault do_page_fault'
      .split(' ')
      .map((name, i) => ` #${i} [ffff880174f2f${(0x100 + 8 * i).toString(16)}] ${name} at ffffffff8110${2000 + i}`),
  ]
  const csd = '[  401.000000] csd: Detected non-responsive CSD lock (#1) on CPU#01, waiting 10.000 secs for CPU#00'
  const said = (report: AnalyzeReport): string => meaningOf(report.hang!.innermost.meaning, report.checked)

  test('found: the verdict says so with its line, is less sure, and the wait is not called normal', () => {
    const alone = answer(walk)
    const report = answer(walk, ['[  400.000000] some message', csd])
    expect(alone.verdict).toMatchObject({ code: 'ksm-walk-hang', confidence: 'strong' })
    expect(report.verdict).toMatchObject({ code: 'ksm-walk-hang', confidence: 'weak' })
    expect(report.verdict.summary).toMatch(/the log reports a CSD lock that did not respond: a lost IPI may hold/)
    expect(report.findings[0]?.evidence).toContainEqual(expect.objectContaining({ input: 'text 2', at: 'line 2' }))
    expect(said(report)).not.toMatch(/normal|no sign/)
    expect(said(alone)).not.toMatch(/no sign/)
  })

  test('ruled out: the wait is no sign of one', () => {
    expect(said(answer(walk, ['The csd_lock_wait timeout is not happening.']))).toMatch(/and no sign of a lost IPI$/)
  })
})
