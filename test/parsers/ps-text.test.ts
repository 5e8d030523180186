import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PsTextParser } from '../../src/parsers/ps-text.ts'
import type { ToldTask } from '../../src/parsers/told.ts'
import { CORPUS } from '../support/corpus.ts'

const read = (...lines: readonly string[]): ToldTask[] => {
  const parser = new PsTextParser()
  for (const [index, line] of lines.entries()) parser.push(line, index + 1)
  parser.end()
  return parser.told.filter((each) => each.kind === 'task')
}
const brief = (tasks: readonly ToldTask[]): string[] =>
  tasks.map(({ pid, tgid, comm, state, wchan }) => `${pid} ${tgid} ${comm} ${state} ${wchan}`)

test('a row has what its columns say, and null for what they do not', () => {
  expect(
    read(
      '    PID     TID STAT PSR WCHAN                            COMMAND',
      '   2950    2951 Dl+   17 rwsem_down_read_slowpath         CPU 0/KVM',
    ),
  ).toEqual([
    {
      kind: 'task',
      line: 2,
      source: 'ps (host)',
      pid: 2951,
      tgid: 2950,
      comm: 'CPU 0/KVM',
      address: null,
      cpu: 17,
      state: 'D',
      running: null,
      kthread: null,
      idleSeconds: null,
      frames: [],
      wchan: 'rwsem_down_read_slowpath',
      doubt: null,
    },
  ])
})

describe('columns by their headings', () => {
  test.each<[string, string, string, string]>([
    [
      'ps aux',
      'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND',
      'root        5821 98.6  0.0  18744  9012 ?        Rsl  Mar20   412:07 /usr/bin/numad -i 15',
      '5821 null numad R null',
    ],
    [
      'ps aux, a command that is longer than a comm',
      'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND',
      'libvirt+   24561  412  6.2 35214532 33411208 ?   Dl   Mar20   9112:33 /usr/bin/qemu-system-x86_64 -name guest=web01,x -S',
      '24561 null qemu-system-x86 D null',
    ],
    [
      'ps alx',
      'F   UID   PID  PPID PRI  NI    VSZ   RSS WCHAN  STAT TTY        TIME COMMAND',
      '1     0   741     2  25   5      0     0 ksm_sc SN   ?       3311:10 [ksmd]',
      '741 null ksmd S ksm_sc',
    ],
    [
      'ps -elfL',
      'F S UID         PID   PPID    LWP  C NLWP PRI  NI ADDR SZ WCHAN  STIME TTY          TIME CMD',
      '3 D libvirt+  24561      1  24577 99   20  80   0 - 8803633 rwsem_ Mar20 ?  02:12:33 qemu-system-x86_64 -enable-kvm',
      '24577 24561 qemu-system-x86 D rwsem_',
    ],
    [
      'the columns of a sosreport, with a date of five words',
      'F S   UID   PID  PPID  PGID   SID CLS PRI ADDR    SZ WCHAN                                 STARTED TT           TIME CMD',
      '7 D 64055 24561     1 24561 24561  TS  19    - 46358 rwsem_down_read_fai  Mon Mar 20 07:12:44 2017 ?        06:52:07 qemu-system-x86_64 -S',
      '24561 null qemu-system-x86 D rwsem_down_read_fai',
    ],
    ['a date of two words', '  PID  STARTED S CMD', ' 2950   Mar 20 R numad', '2950 null numad R null'],
    ['a date of one word', '  PID  STARTED S CMD', ' 2950 07:12:44 R numad', '2950 null numad R null'],
    [
      'a comm with blanks in the middle',
      '  PID COMMAND         STAT WCHAN',
      ' 2950 CPU 0/KVM       D    rwsem_down_read_slowpath',
      '2950 null CPU 0/KVM D rwsem_down_read_slowpath',
    ],
    ['-T', '    PID    SPID TTY STAT CMD', '   2950    2951 ?   D    CPU 0/KVM', '2951 2950 CPU 0/KVM D null'],
    [
      'top',
      '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
      '   5821 root      20   0   18744   9012   3000 R  99.7   0.0 412:07.11 numad',
      '5821 null numad R null',
    ],
    ['a hidden wchan', '  PID STAT WCHAN COMMAND', ' 2950 R    -     numad', '2950 null numad R null'],
    ['a wchan of 0', '  PID STAT WCHAN COMMAND', ' 2950 R    0     numad', '2950 null numad R null'],
    ['a title that a process set', '  PID STAT COMMAND', ' 2950 Ss   sshd: root@pts/0', '2950 null sshd S null'],
    [
      'a kernel thread with blanks and slashes',
      '  PID STAT COMMAND',
      '   77 I<   [kworker/u16:3-events unbound]',
      '77 null kworker/u16:3-events unbound I null',
    ],
    ['mail', '>   PID STAT WCHAN COMMAND', '> 2950 R - numad', '2950 null numad R null'],
  ])('%s', (_name, heading, row, told) => {
    expect(brief(read(heading, row))).toEqual([told])
  })

  test('a kernel thread is told by its brackets or its parent', () => {
    const kthread = (heading: string, row: string): boolean | null => read(heading, row)[0]!.kthread
    expect(kthread('  PID STAT COMMAND', '  741 SN   [ksmd]')).toBe(true)
    expect(kthread('  PID PPID STAT COMMAND', '  741 2 SN   ksmd')).toBe(true)
    expect(kthread('  PID PPID STAT COMMAND', '  741 1 SN   numad')).toBe(false)
    expect(kthread('  PID STAT COMMAND', '  741 SN   numad')).toBeNull()
  })

  test('threads without a number of their own belong to the process before them', () => {
    expect(
      brief(
        read(
          'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND',
          'root        5821 98.6  0.0  18744  9012 ?        -    Mar20   412:07 /usr/bin/numad -i 15',
          'root           - 98.6    -      -     - -        Rsl  Mar20   412:07 -',
        ),
      ),
    ).toEqual(['5821 null numad null null', 'null 5821 null R null'])
  })

  test('threads of no known process are not told', () => {
    const heading = '  PID STAT COMMAND'
    expect(read(heading, '    - R    -')).toEqual([])
    expect(brief(read(heading, ' 5821 -    numad', heading, '    - R    -'))).toEqual(['5821 null numad null null'])
  })

  test('without a command there are no words too many', () => {
    expect(brief(read('  PID STAT WCHAN', ' 2950 D    rwsem_down', ' 2950 D    rwsem_down then'))).toEqual([
      '2950 null null D rwsem_down',
    ])
  })

  test('another table has its own columns', () => {
    expect(
      brief(
        read(
          '  PID STAT COMMAND',
          ' 1 S init',
          '',
          'STAT PID COMMAND',
          'D 2 a',
          '$ ps',
          '  PID TTY          TIME CMD',
          '    3 pts/0    00:00:00 bash',
        ),
      ),
    ).toEqual(['1 null init S null', '2 null a D null', '3 null bash null null'])
  })

  test.each([
    ['no headings', ['root 5821 98.6 0.0 18744 9012 ? Rsl Mar20 412:07 numad']],
    ["headings without a task's number", ['STAT COMMAND', 'D numad']],
    ['headings of another table', ['PID FILE SIZE', '12 a 3']],
    ['prose behind a table', ['  PID STAT COMMAND', 'as you can see there', 'we have 12 of them', '17 reasons to go']],
    ['a row of crash', ['  PID STAT COMMAND', '>  2950      2  17  ffff881fa2b44600  RU   0.0       0      0  numad']],
  ])('no rows: %s', (_name, lines) => {
    expect(read(...lines)).toEqual([])
  })
})

test('any lines: never a throw, and words that stand there (property)', () => {
  const word = fc.constantFrom(
    'PID',
    'TID',
    'STAT',
    'S',
    'WCHAN',
    'COMMAND',
    'STARTED',
    'CMD',
    '2950',
    '-',
    'D',
    'Rsl',
    'numad',
    '[ksmd]',
    'Mon',
    'Mar',
    'rwsem_',
    '?',
    '>',
    ' ',
  )
  const row = fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (lines) => {
      for (const { comm, wchan, pid } of read('  PID STAT WCHAN COMMAND', ...lines)) {
        // runs of blanks become one
        const text = lines.join('\n').replace(/\s+/g, ' ')
        for (const each of [comm, wchan, pid]) if (each !== null) expect(text).toContain(String(each))
      }
    }),
  )
})

test.each(['PID ', ' ', '1 ', '[a', '>', 'PID STAT COMMAND ', ' -'])(
  'a hostile line of 64 KiB is read in no time: %j',
  (words) => {
    const line = words.repeat(65_536 / words.length)
    const before = process.cpuUsage()
    read('PID STAT COMMAND', line, `2950 R ${line}`, `2950 R [${line}`)
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(50)
  },
)

test.skipIf(CORPUS === null)("a sosreport's ps, in all its forms", () => {
  const out = mkdtempSync(join(tmpdir(), 'ksm-dump-ps-'))
  try {
    execFileSync(process.execPath, [join(CORPUS!, '..', 'inputs', 'sos-small', 'make-sos.mjs'), out, '--trees'], {
      stdio: 'ignore',
    })
    const files = readdirSync(join(out, 'trees'))
      .map((tree) => join(out, 'trees', tree, 'sos_commands', 'process'))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) {
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
      const tasks = read(...lines)
      // each row is read
      expect(tasks).toHaveLength(lines.length - 1)
      const ksmd = tasks.find(({ comm }) => comm === 'ksmd')
      expect(ksmd).toMatchObject({ pid: 741, kthread: true })
      if (file.includes('wchan')) expect(ksmd).toMatchObject({ state: 'S', wchan: 'ksm_scan_thread' })
    }
    const hung = files.find(
      (file) => file.includes('wchan') && readFileSync(file, 'utf8').includes('rwsem_down_read_fai'),
    )!
    expect(read(...readFileSync(hung, 'utf8').split('\n')).find(({ pid }) => pid === 24561)).toMatchObject({
      comm: 'qemu-system-x86',
      state: 'D',
      wchan: 'rwsem_down_read_fai',
    })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})
