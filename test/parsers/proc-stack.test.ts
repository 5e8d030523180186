import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProcStackParser } from '../../src/parsers/proc-stack.ts'
import type { ToldTask } from '../../src/parsers/told.ts'
import { CORPUS } from '../support/corpus.ts'

const read = (path: string | null, ...lines: readonly string[]): ToldTask[] => {
  const parser = new ProcStackParser(path)
  for (const [index, line] of lines.entries()) parser.push(line, index + 1)
  parser.end()
  return parser.told.filter((each) => each.kind === 'task')
}
const brief = (tasks: readonly ToldTask[]): string[] =>
  tasks.map(
    ({ line, pid, tgid, comm, frames }) =>
      `${line}: ${pid} ${tgid} ${comm} ${frames.map(({ symbol }) => symbol).join(' ')}`,
  )

const OLD = [
  '[<ffffffff812200db>] rwsem_down_read_failed+0xbb/0x100',
  '[<ffffffff8115af54>] call_rwsem_down_read_failed+0x14/0x30',
  '[<ffffffffffffffff>] 0xffffffffffffffff',
]
const NEW = ['[<0>] rwsem_down_read_slowpath+0x272/0x4c0', '[<0>] kvm_vcpu_ioctl+0x1/0x2 [kvm]']

test('a frame has what the line says, and null for what it does not', () => {
  expect(read('proc/2950/stack', ...OLD, '')[0]).toEqual({
    kind: 'task',
    line: 1,
    source: '/proc/PID/stack',
    pid: 2950,
    tgid: null,
    comm: null,
    address: null,
    cpu: null,
    state: null,
    running: null,
    kthread: null,
    idleSeconds: null,
    frames: [
      { symbol: 'rwsem_down_read_failed', offset: 0xbb, module: null, address: 0xffffffff812200dbn, sp: null },
      { symbol: 'call_rwsem_down_read_failed', offset: 0x14, module: null, address: 0xffffffff8115af54n, sp: null },
    ],
    wchan: null,
    doubt: null,
  })
  expect(read(null, ...NEW)[0]!.frames).toEqual([
    { symbol: 'rwsem_down_read_slowpath', offset: 0x272, module: null, address: null, sp: null },
    { symbol: 'kvm_vcpu_ioctl', offset: 1, module: 'kvm', address: null, sp: null },
  ])
})

describe('whose it is', () => {
  const A = '[<0>] a+0x1/0x2'
  const B = '[<0>] b+0x1/0x2'

  test.each<[string, string | null, string[], string[]]>([
    ['nothing says it', null, [A, B], ['1: null null null a b']],
    ['the file', 'sosreport-x/proc/741/stack', [A, B], ['1: 741 null null a b']],
    ["a thread's file", '/proc/741/task/742/stack', [A], ['1: 742 741 null a']],
    ['another file', 'stack.txt', [A], ['1: null null null a']],
    [
      'tail',
      null,
      ['==> /proc/7/stack <==', A, '', '==> /proc/8/stack <==', B],
      ['2: 7 null null a', '5: 8 null null b'],
    ],
    [
      'grep',
      null,
      ['/proc/7/stack:[<0>] a+0x1/0x2', '/proc/7/stack:[<0>] b+0x1/0x2', '/proc/8/stack:[<0>] b+0x1/0x2'],
      ['1: 7 null null a b', '3: 8 null null b'],
    ],
    [
      'grep of threads',
      null,
      ['/proc/7/task/9/stack:[<0>] a+0x1/0x2', 'proc/7/task/10/stack:[<0>] b+0x1/0x2'],
      ['1: 9 7 null a', '2: 10 7 null b'],
    ],
    [
      'cat at a prompt',
      null,
      ['# cat /proc/7/stack', A, 'root@hv:~# cat /proc/8/stack', B],
      ['2: 7 null null a', '4: 8 null null b'],
    ],
    ['a loop', null, ['7', A, '8:', B], ['2: 7 null null a', '4: 8 null null b']],
    [
      'a loop with names',
      null,
      ['=== 7 numad ===', A, 'PID: 8 (ksmd)', B, '--- 9, kworker/0:1 ---', A],
      ['2: 7 null numad a', '4: 8 null ksmd b', '6: 9 null kworker/0:1 a'],
    ],
    ['a blank line between two of nobody', null, [A, '', B], ['1: null null null a', '3: null null null b']],
  ])('%s', (_name, path, lines, told) => {
    expect(brief(read(path, ...lines))).toEqual(told)
  })

  test('a task whose path is known and that shows nothing is told: it may run', () => {
    expect(brief(read('proc/7/stack'))).toEqual(['1: 7 null null '])
    expect(brief(read('proc/7/stack', OLD.at(-1)!))).toEqual(['1: 7 null null '])
    expect(brief(read(null, '==> /proc/7/stack <==', '', '==> /proc/8/stack <==', A))).toEqual([
      '2: 7 null null ',
      '4: 8 null null a',
    ])
    expect(brief(read('proc/7/stack', A))).toEqual(['1: 7 null null a'])
  })

  test('numbers on lines of their own are no tasks where no stack follows', () => {
    expect(read(null, '2306920', '17', 'PID: 12', 'something else')).toEqual([])
  })
})

test('guesses are left out, and other lines tell nothing', () => {
  expect(
    brief(
      read(
        null,
        '[<0>] ? rmap_walk_ksm+0x1/0x2',
        '[<0>] a+0x1/0x2',
        'cat: /x: No such file',
        'rmap_walk_ksm',
        ' #1 [ffff885f8fb4fb78] rmap_walk_ksm at ffffffff811e6f91',
      ),
    ),
  ).toEqual(['1: null null null a'])
})

test("a kernel log's stacks are not those of /proc", () => {
  const lines = [
    'Call Trace:',
    ' [<ffffffff8121e141>] schedule+0x21/0x40',
    ' rmap_walk_ksm+0x1/0x2',
    '',
    ' schedule+0x1/0x2',
  ]
  expect(read(null, ...lines)).toEqual([])
  expect(brief(read(null, ...lines, '# cat /proc/7/stack', '[<0>] a+0x1/0x2'))).toEqual(['7: 7 null null a'])
})

test('a stack has at most 256 frames', () => {
  expect(
    read('proc/1/stack', ...Array.from({ length: 5000 }, (_, i) => `[<0>] f${i}+0x1/0x2`))[0]!.frames,
  ).toHaveLength(256)
})

test('any lines: never a throw, and frames that stand there (property)', () => {
  const piece = fc.constantFrom(
    ...OLD,
    ...NEW,
    '/proc/7/stack:',
    '==> /proc/7/stack <==',
    '7',
    '',
    '[<0>] ',
    'PID: 7',
    '+0x1/0x2',
  )
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          piece,
          fc.string(),
          fc.tuple(piece, piece).map((two) => two.join('')),
        ),
        { maxLength: 40 },
      ),
      (lines) => {
        for (const { frames, line } of read(null, ...lines)) {
          expect(line).toBeLessThanOrEqual(Math.max(1, lines.length))
          for (const { symbol } of frames) expect(lines.join('\n')).toContain(symbol)
        }
      },
    ),
  )
})

test.each(['/proc/1', '/proc/1/stack:', '[<0>] ', 'a+0x1/0x2 ', ' ', 'PID: 1 ', '=', '==> /proc/1/stack <=='])(
  'a hostile line of 64 KiB is read in no time: %j',
  (words) => {
    const line = words.repeat(65_536 / words.length)
    const before = process.cpuUsage()
    read(null, line, `/proc/7/stack:${line}`)
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(50)
  },
)

test.skipIf(CORPUS === null)("a sosreport's stacks", () => {
  const out = mkdtempSync(join(tmpdir(), 'ksm-dump-proc-'))
  try {
    execFileSync(process.execPath, [join(CORPUS!, '..', 'inputs', 'sos-small', 'make-sos.mjs'), out, '--trees'], {
      stdio: 'ignore',
    })
    const files = readdirSync(join(out, 'trees'))
      .map((tree) => join(out, 'trees', tree, 'proc', '741', 'stack'))
      .filter((file) => existsSync(file))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files)
      expect(brief(read(file, ...readFileSync(file, 'utf8').split('\n')))).toEqual([
        '1: 741 null null ksm_scan_thread kthread ret_from_fork ret_from_fork_asm',
      ])
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})
