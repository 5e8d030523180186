import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FRAMES, INSTRUCTIONS } from '../../src/parsers/klog/frames.ts'
import { CLOSERS, TASK_HEADS } from '../../src/parsers/klog/heads.ts'
import { HOSTS } from '../../src/parsers/klog/hosts.ts'
import { MESSAGES } from '../../src/parsers/klog/messages.ts'
import { NOTES } from '../../src/parsers/klog/notes.ts'
import { PIECES } from '../../src/parsers/klog/prefixes.ts'
import { KernelLogParser } from '../../src/parsers/klog-text.ts'
import { CORPUS } from '../support/corpus.ts'
import { hosts, readLog, tasks } from '../support/klog-text.ts'

const names = (frames: readonly { symbol: string }[]): string[] => frames.map(({ symbol }) => symbol)

const INPUTS = CORPUS === null ? null : join(CORPUS, '..', 'inputs')
if (INPUTS === null) console.warn('SKIPPED: KSM_DUMP_CORPUS is not set, no real kernel logs are read')
const input = (...path: readonly string[]): string[] => readFileSync(join(INPUTS!, ...path), 'utf8').split('\n')
const CRASH_LOG = ['crash-4.4-hang', 'dmesg.txt']

describe.skipIf(INPUTS === null)('real logs', () => {
  test("a hang of 4.4: every report of the log's two rounds, whole, with the task dumps of the same tasks", () => {
    const parser = readLog(input(...CRASH_LOG))
    const once = [
      'qemu-system-x86:34 rwsem_down_write_failed',
      'qemu-system-x86:35 rwsem_down_write_failed',
      'qemu-system-x86:36 rwsem_down_write_failed',
      'CPU 0/KVM:37 rwsem_down_read_failed',
      'CPU 1/KVM:38 rwsem_down_read_failed',
      'CPU 2/KVM:39 rwsem_down_read_failed',
      'CPU 3/KVM:40 rwsem_down_read_failed',
      'ps:41 rwsem_down_read_failed',
      'libvirtd:42 rwsem_down_read_failed',
      'pidstat:43 rwsem_down_read_failed',
    ]
    expect(parser.events.map(({ comm, pid, stack }) => `${comm}:${pid} ${stack[1]!.symbol}`)).toEqual([
      ...once,
      ...once,
    ])
    expect(new Set(parser.events.map(({ kind, seconds }) => `${kind} ${seconds}`))).toEqual(new Set(['hung-task 1']))
    for (const { pid, stack } of parser.events) {
      expect(names(stack).at(-1)).toMatch(/^(entry_SYSCALL_64_fastpath|page_fault)$/)
      const dumps = tasks(parser).filter((task) => task.pid === pid)
      expect(dumps).toHaveLength(2)
      for (const { frames, state, source } of dumps)
        expect([state, source, names(frames)]).toEqual(['D', 'task dump', names(stack)])
    }
    expect(hosts(parser)[0]).toMatchObject({
      release: '4.4.60-ksm',
      version: '#1 SMP Mon Nov 23 15:57:55 UTC 2026',
      line: 2,
    })
  })

  test.each(['log.txt', 'log-m.txt'])('crash prints it in other forms, which tell the same: %s', (file) => {
    const told = ({ events }: KernelLogParser): unknown => events.map(({ line, ...event }) => event)
    expect(told(readLog(input('crash-4.4-hang', file)))).toEqual(told(readLog(input(...CRASH_LOG))))
  })

  test('the whole crash session tells the same events, and no task besides', () => {
    const session = readLog(input('crash-4.4-hang', 'session.txt'))
    const log = readLog(input(...CRASH_LOG))
    const event = ({ kind, pid, time }: { kind: string; pid: number | null; time: number | null }): string =>
      `${kind} ${pid} ${time}`
    expect(new Set(session.events.map(event))).toEqual(new Set(log.events.map(event)))
    expect(new Set(tasks(session).map(({ pid }) => pid))).toEqual(new Set(tasks(log).map(({ pid }) => pid)))
  })

  test.each<[string, string[], string[]]>([
    ['n04-ksmd-lru-drain-4.4.log', ['hung-task ksmd:241'], ['task dump ksmd:241']],
    [
      'n05-csd-stuck-5.15.txt',
      ['csd-timeout null:null', 'csd-timeout null:null', 'hard-lockup null:null'],
      ['task dump qemu-system-x86:9120'],
    ],
    ['n06-kswapd-anon-vma-5.10.txt', ['soft-lockup kswapd1:311'], ['task dump kswapd1:311']],
    [
      'n07-mmap-pileup-6.1-sysrq-w.txt',
      [],
      ['task dump qemu-system-x86:12249', 'task dump qemu-system-x86:12251', 'task dump ps:12395'],
    ],
    ['n10-nfs-4.18.log', ['hung-task qemu-kvm:33120'], ['task dump qemu-kvm:33120']],
    ['n13-stale-symbol-5.10.txt', [], ['task dump kcompactd0:51']],
  ])('near misses: %s', (file, events, dumps) => {
    const parser = readLog(input('near-miss', file))
    expect(parser.events.map(({ kind, comm, pid }) => `${kind} ${comm}:${pid}`)).toEqual(events)
    expect(tasks(parser).map(({ source, comm, pid }) => `${source} ${comm}:${pid}`)).toEqual(dumps)
    // in none of them the kernel walks KSM's list
    for (const { frames } of tasks(parser)) expect(names(frames)).not.toContain('rmap_walk_ksm')
    for (const { stack } of parser.events) expect(names(stack)).not.toContain('rmap_walk_ksm')
  })

  test('crash output and the bug mail are no kernel logs: format strings and stacks of crash tell nothing', () => {
    const others = readdirSync(join(INPUTS!, 'near-miss')).filter((file) => /^n(01|02|03|08|09|11|12)/.test(file))
    expect(others).toHaveLength(7)
    const mail = readdirSync(INPUTS!).filter((file) => file.startsWith('000_'))
    for (const lines of [...others.map((file) => input('near-miss', file)), ...mail.map((file) => input(file))]) {
      const { events, told, notes } = readLog(lines)
      expect([events, told, notes]).toEqual([[], [], []])
    }
  })

  test("a sosreport's logs in every style tell the same hang", () => {
    const out = mkdtempSync(join(tmpdir(), 'ksm-dump-klog-'))
    try {
      execFileSync(process.execPath, [join(INPUTS!, 'sos-small', 'make-sos.mjs'), out, '--trees'], { stdio: 'ignore' })
      const trees = readdirSync(join(out, 'trees')).map((tree) => join(out, 'trees', tree))
      const logs = [
        'var/log/kern.log',
        'sos_commands/kernel/dmesg',
        'sos_commands/kernel/dmesg_-T',
        'sos_commands/logs/journalctl_--no-pager_--boot',
      ]
      const seen = new Map<string, number>()
      for (const path of trees
        .flatMap((tree) => logs.map((log) => join(tree, log)))
        .filter((each) => existsSync(each))) {
        const parser = readLog(readFileSync(path, 'utf8').split('\n'))
        const kinds = parser.events.map(({ kind, comm }) => `${kind} ${comm}`).join(', ')
        seen.set(kinds, (seen.get(kinds) ?? 0) + 1)
        for (const { kind, stack, pid } of parser.events) {
          if (kind === 'soft-lockup')
            expect(names(stack)).toEqual(expect.arrayContaining(['rmap_walk_ksm', 'do_migrate_pages']))
          expect(names(tasks(parser).find((task) => task.pid === pid)!.frames)).toEqual(names(stack))
        }
        expect(hosts(parser)[0]?.release).toMatch(/^(4\.4\.0-72|6\.8\.0-45)-generic$/)
      }
      const hang = [
        ...['soft-lockup numad', 'soft-lockup numad'],
        ...Array.from({ length: 5 }, () => 'hung-task qemu-system-x86'),
        ...['hung-task ps', 'soft-lockup numad'],
      ].join(', ')
      const nearMiss = 'hung-task jbd2/dm-0-8, hung-task CPU 3/KVM, hung-task qemu-system-x86'
      expect([...seen.keys()].sort()).toEqual(['', nearMiss, hang].sort())
      for (const count of seen.values()) expect(count).toBeGreaterThanOrEqual(2)
    } finally {
      rmSync(out, { recursive: true, force: true })
    }
  })

  test('cut anywhere, shuffled and quoted, the log never tells what is not in it', () => {
    const lines = [
      ...input(...CRASH_LOG).slice(220),
      ...input('near-miss', 'n05-csd-stuck-5.15.txt'),
      ...input('near-miss', 'n10-nfs-4.18.log'),
    ]
    const text = lines.join('\n')
    const whole = readLog(lines)
    const known = new Set(whole.events.map(({ kind, pid, comm, cpu }) => `${kind} ${pid} ${comm} ${cpu}`))
    const damage = fc.record({
      from: fc.nat(text.length),
      to: fc.nat(text.length),
      quote: fc.constantFrom('', '> ', '>> ', '| ', '    '),
      shuffle: fc.option(fc.integer(), { nil: null }),
    })
    fc.assert(
      fc.property(damage, ({ from, to, quote, shuffle }) => {
        const cut = text
          .slice(Math.min(from, to), Math.max(from, to))
          .split('\n')
          .map((line) => quote + line)
        if (shuffle !== null) cut.sort((a, b) => hash(a, shuffle) - hash(b, shuffle))
        for (const { kind, pid, comm, cpu, stack } of readLog(cut).events) {
          // the line may be cut within a number or a name
          if (cut.length > 2 && shuffle === null)
            expect([...known].some((each) => each.startsWith(`${kind} `))).toBe(true)
          for (const word of [comm, pid, cpu]) if (word !== null) expect(cut.join('\n')).toContain(String(word))
          for (const { symbol } of stack) expect(text).toContain(symbol)
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Orders lines by chance, the same for the same seed. */
function hash(text: string, seed: number): number {
  let value = seed | 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value
}

test('any lines: never a throw, and nothing but what stands in them (property)', () => {
  const piece = fc.constantFrom(
    ...MESSAGES.flatMap(({ starts, example }) => [starts, example, example.slice(0, 40)]),
    ...FRAMES.map(({ example }) => example),
    ...INSTRUCTIONS.map(({ example }) => example),
    ...TASK_HEADS.map(({ example }) => example),
    ...HOSTS.map(({ example }) => example),
    ...NOTES.map(({ example }) => example),
    ...PIECES.map(({ example }) => example),
    ...[
      'Call Trace:',
      '{',
      '}',
      '{"MESSAGE":',
      '"a"',
      '__CURSOR=1',
      'MESSAGE=',
      'MESSAGE',
      '=',
      '\u0000',
      '\r',
      '\u00a0',
      '\u001b[1m',
      '&lt;',
      '%d',
    ],
  )
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 4 }), { maxLength: 40 }),
      (rows) => {
        const lines = rows.map((row) => row.join(''))
        const { events, told, notes } = readLog(lines)
        for (const each of [...events, ...told, ...notes]) {
          expect(each.line).toBeGreaterThanOrEqual(1)
          expect(each.line).toBeLessThanOrEqual(lines.length)
        }
        for (const { stack, kind } of events) {
          expect([
            'hung-task',
            'soft-lockup',
            'hard-lockup',
            'workqueue-lockup',
            'rcu-stall',
            'csd-timeout',
            'oom',
          ]).toContain(kind)
          for (const { symbol } of stack) expect(lines.join('\n')).toContain(symbol)
        }
      },
    ),
    { numRuns: 400 },
  )
})

describe('hostile lines of 64 KiB', () => {
  const KIB64 = 65_536
  const full = (words: string): string => words.repeat(Math.ceil(KIB64 / words.length)).slice(0, KIB64)
  const words = new Set([
    ...MESSAGES.flatMap(({ starts, example }) => [starts, example, `${starts}:1 `, example.slice(0, -1)]),
    ...FRAMES.flatMap(({ example }) => [example, example.slice(0, -1)]),
    ...INSTRUCTIONS.map(({ example }) => example.slice(0, -1)),
    ...TASK_HEADS.flatMap(({ starts, example }) => [starts ?? 'D 0 ', example]),
    ...CLOSERS.map(({ starts }) => starts),
    ...HOSTS.flatMap(({ starts, example }) => [starts, example]),
    ...NOTES.flatMap(({ starts, example }) => [starts, example]),
    ...PIECES.map(({ example }) => example.replace(/\btext\b.*/, '')),
    ...[
      ' ',
      '\t',
      '>',
      '> ',
      '|',
      '[',
      '[ ',
      '<',
      '1',
      'a',
      'a ',
      '-',
      '+0x',
      '.c:',
      '.',
      '(',
      '\u001b[',
      '\\x',
      '&lt;',
      '<br>',
      '\r',
      '{',
      '{"MESSAGE":',
      '[0.000001]',
    ],
  ])

  test.each([...words])('%j again and again', (each) => {
    const lines = [
      full(each),
      `[    1.000000] ${full(each)}`,
      `Mar 30 12:00:01 a kernel: ${full(each)}`,
      full(each).slice(0, -12) + ' +0x1/0x2 %',
    ]
    for (const line of lines) {
      let best = Number.POSITIVE_INFINITY
      for (let run = 0; run < 3; run++) {
        const parser = readLog(['[    0.900000] INFO: task a:1 blocked for more than 9 seconds.'])
        const before = process.cpuUsage()
        parser.push(line, 2)
        const { user } = process.cpuUsage(before)
        best = Math.min(best, user / 1000)
      }
      expect(best).toBeLessThan(50)
    }
  })
})

test('what is kept of a line does not keep the text alive of which it is a part', () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const parser = new KernelLogParser()
  gc()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 2000; i++) {
    // as a reader does it: a chunk, and lines that are views of it
    const chunk = `${'x'.repeat(65_000)}\n[${i}.0] INFO: task qemu-system-x86:${i} blocked for more than 120 seconds.\n[${i}.1] __anon_vma_interval_tree_subtree_search+0x1/0x2\n[${i}.2]       Not tainted 4.4.0-${i}-generic-of-this-host #93-Ubuntu-of-this-host\n`
    for (const [index, line] of chunk.split('\n').entries()) parser.push(line, 4 * i + index + 1)
  }
  parser.end()
  gc()
  expect(parser.events).toHaveLength(2000)
  // 2000 chunks would be 130 MB
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000)
})
