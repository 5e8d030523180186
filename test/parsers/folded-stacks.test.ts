import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FoldedStacksParser } from '../../src/parsers/folded-stacks.ts'
import type { ToldSamples } from '../../src/parsers/told.ts'

const read = (...lines: readonly string[]): ToldSamples[] => {
  const parser = new FoldedStacksParser()
  for (const [index, line] of lines.entries()) parser.push(line, index + 1)
  parser.end()
  return parser.told.filter((each) => each.kind === 'samples')
}

test('frames as printed, the innermost last, and the count', () => {
  expect(
    read(
      'numad;entry_SYSCALL_64_fastpath;do_migrate_pages;rmap_walk_ksm;try_to_unmap_one 1234',
      'qemu-system-x86;[libc.so];foo_[k] 7',
    ),
  ).toEqual([
    {
      kind: 'samples',
      line: 1,
      frames: ['numad', 'entry_SYSCALL_64_fastpath', 'do_migrate_pages', 'rmap_walk_ksm', 'try_to_unmap_one'],
      count: 1234,
    },
    { kind: 'samples', line: 2, frames: ['qemu-system-x86', '[libc.so]', 'foo_[k]'], count: 7 },
  ])
})

test.each([
  ['names with blanks', 'CPU 0/KVM;operator new(unsigned long) 3', ['CPU 0/KVM', 'operator new(unsigned long)'], 3],
  ['mail', '> a;b 3', ['a', 'b'], 3],
  ['indented, CR LF', '  a;b 3 \r', ['a', 'b'], 3],
  ['the longest count', 'a;b 999999999999999', ['a', 'b'], 999_999_999_999_999],
])('%s', (_name, line, frames, count) => {
  expect(read(line)).toEqual([{ kind: 'samples', line: 1, frames, count }])
})

test.each([
  'numad 1234',
  'see the first; then the second 2017',
  'a;b',
  'a;b ',
  'a;b 1.5',
  'a;b -1',
  'a;b 0x10',
  'a;b 99999999999999999999',
  ';a 1',
  'a;;b 1',
  'a;b; 1',
  ' 1',
  ';',
  '',
  'rmap_item list(stable_node->hlist): 2306920',
  'for (i = 0; i < 10; i++) 3',
  '  [0] struct hlist_node *first; ',
])('no folded stack: %j', (line) => {
  expect(read(line)).toEqual([])
})

test('of very many the ones with the most samples are kept in their order, and the others are told together', () => {
  const count = 100_000
  const lines = Array.from({ length: count }, (_, i) => `comm;f${i} ${((i * 7919) % count) + 1}`)
  const told = read(...lines)
  const rest = told.at(-1)!
  expect(rest.frames).toEqual([])
  expect(told.length - 1).toBe(20_000)
  expect(told.reduce((sum, each) => sum + each.count, 0)).toBe((count * (count + 1)) / 2)
  const kept = told.slice(0, -1)
  expect(Math.min(...kept.map((each) => each.count))).toBe(80_001)
  expect(kept.map(({ line }) => line)).toEqual(kept.map(({ line }) => line).sort((a, b) => a - b))
})

test('all that was counted is told, whatever the lines are (property)', () => {
  const stack = fc.record({
    frames: fc.array(fc.stringMatching(/^[a-z_][a-z_ ()]{0,8}[a-z]$/), { minLength: 2, maxLength: 6 }),
    count: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(stack, fc.string()), { maxLength: 30 }), (rows) => {
      const told = read(...rows.map((row) => (typeof row === 'string' ? row : `${row.frames.join(';')} ${row.count}`)))
      const known = rows.flatMap((row) => (typeof row === 'string' || row.count === 0 ? [] : [row]))
      for (const { frames, count } of known) expect(told).toContainEqual(expect.objectContaining({ frames, count }))
    }),
  )
})

test.each([';', 'a;', ' ', '1', 'a;b 1 '])('a hostile line of 64 KiB is read in no time: %j', (words) => {
  const line = words.repeat(65_536 / words.length)
  const before = process.cpuUsage()
  read(line, `${line} 1`, `a;${line} 1`)
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(50)
})
