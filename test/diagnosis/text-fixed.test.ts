import { describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { answer } from '../support/text-answer.ts'

// A kernel that has the fix and hangs all the same, by texts that show some of its lists only.

const WALK = [
  'ptep_clear_flush',
  'try_to_unmap_one',
  'rmap_walk_ksm',
  'try_to_migrate',
  'migrate_pages',
  'do_migrate_pages',
]
const FAULT = ['__schedule', 'schedule', 'rwsem_down_read_slowpath', 'lock_mm_and_find_vma', 'do_user_addr_fault']
const bt = (pid: number, comm: string, stack: readonly string[]): string[] => [
  `PID: ${pid}   TASK: ffff8bc1429f0${pid}  CPU: 0   COMMAND: "${comm}"`,
  ...stack.map((name, i) => ` #${i} [ffffd18680127${(0x100 + 16 * i).toString(16)}] ${name} at ffffffff9c9609e1`),
  '',
]
const HANG = [...bt(900, 'numad', WALK), ...bt(901, 'CPU 0/KVM', FAULT)]
const RELEASE = [
  'crash> sys',
  '      KERNEL: vmlinux',
  '    DUMPFILE: vmcore',
  '    NODENAME: hv07',
  '     RELEASE: 6.8.0-45-generic',
  '',
]
const LIMIT = ['/sys/kernel/mm/ksm/max_page_sharing:256']
const list = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => (0xffff88000ba60030n + 64n * BigInt(i)).toString(16))
const actions = (report: AnalyzeReport): string[] => report.actions.map(({ code }) => code)

describe('a kernel with the fix that hangs', () => {
  test('is told in the verdict, with what that may come from, and merging again is not offered', () => {
    const report = answer(RELEASE, HANG)
    expect(report.known[0]).toMatchObject({ thisKernel: 'has-fix' })
    expect(report.verdict.summary).toMatch(
      /This kernel has the fix of LP: #1680513 \(.*2c653d0ee2ae.*outgrown the limit.*another bug/,
    )
    expect(actions(report)).not.toContain('remerge')
  })

  test('with a list that is longer than its limit: that is the reason', () => {
    const report = answer(HANG, LIMIT, list(400))
    expect(report.known[0]?.why).toMatch(/a list is longer than max_page_sharing \(256\)/)
    expect(report.verdict.summary).toMatch(/a list is longer than max_page_sharing \(256\)/)
    expect(actions(report)).not.toContain('remerge')
  })

  test('with a short list beside another one that walks: no list of a text is the longest', () => {
    const nodes = ['crash> list hlist_node.next ffff88000ba60030', ...list(200)]
    const two = [
      ...nodes,
      'crash> list hlist_node.next ffff88000ca60030',
      ...list(100).map((at) => at.replace('ba', 'ca')),
    ]
    const report = answer(HANG, LIMIT, two)
    expect(report.hang).not.toBeNull()
    expect(report.known[0]?.why).not.toMatch(/no list is longer/)
  })
})

test('what is told by the release, and a panic, stand where that was read', () => {
  const sys = RELEASE.map((line) => line.replace('6.8.0-45', '4.4.0-72'))
  const limits = answer(HANG, sys).findings.find(({ code }) => code === 'no-limit')
  expect(limits?.evidence).toMatchObject([{ input: 'text 2', at: 'line 2' }])
  const panic = answer(
    ['a letter'],
    [...sys.slice(0, -1), '       PANIC: "Kernel panic - not syncing: hung_task: blocked tasks"'],
  )
  const trouble = panic.findings.find(({ code }) => code === 'other-trouble')
  expect(trouble?.evidence).toMatchObject([{ input: 'text 2', at: 'line 2' }])
})

test('a kernel without the fix has no such sentence', () => {
  expect(
    answer(
      RELEASE.map((line) => line.replace('6.8.0-45', '4.4.0-72')),
      HANG,
    ).verdict.summary,
  ).not.toMatch(/has the fix/)
})
