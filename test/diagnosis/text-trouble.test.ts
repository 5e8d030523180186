import { describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
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
