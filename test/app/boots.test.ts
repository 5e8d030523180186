import fc from 'fast-check'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzed } from '../support/analyzed.ts'
import { scratchFolder } from '../support/containers.ts'
import { type BootLog, dmesg, journal, syslog } from '../support/hang-logs.ts'

// What is of different hosts or boots is never joined, within one file either: two logs in one give the same two verdicts as each alone.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

let count = 0
const of = async (...lines: readonly string[][]): Promise<AnalyzeReport> => {
  const files = lines.map((each, i) => scratch.file(`${count++}-${i}.log`, Buffer.from(`${each.join('\n')}\n`)))
  return (await analyzed(...files)).document
}

/** Findings without the names of hosts and boots, in some order. */
const findings = (...documents: readonly AnalyzeReport[]): string[] =>
  documents
    .flatMap((document) => document.findings)
    .map(
      ({ code, level, confidence, summary }) =>
        `${code} ${level} ${confidence} ${summary.replace(/^\S+ ?(?:\([^)]*\))?: /, '')}`,
    )
    .sort()

const BOOT: BootLog = { host: 'hv1', release: '4.4.0-72-generic', day: 3, pids: 0, at: 3600, walks: true, waiters: 3 }
const WALKS: BootLog = { ...BOOT, waiters: 0 }
const WAITS: BootLog = { ...BOOT, day: 9, pids: 100, at: 7200, walks: false }
const QUIET: BootLog = { ...BOOT, walks: false, waiters: 0 }

const FORMS = { dmesg, syslog, journal, 'syslog without stamps': (boot: BootLog) => syslog(boot, false) }

describe.each(Object.entries(FORMS))('two boots in one log (%s)', (form, written) => {
  test('a walker of one boot is never joined with waiters of the other', async () => {
    const document = await of([...written(WALKS), ...written(WAITS)])
    expect(document.hang).toBeNull()
    expect(findings(document)).toEqual(findings(await of(written(WALKS)), await of(written(WAITS))))
  })

  test('nor where the kernel speaks before its banner', async () => {
    const words = ['Initializing cgroup subsys cpuset', 'microcode: microcode updated early to revision 0x2e']
    const [first, second] = [WALKS, WAITS].map((boot) => written({ ...boot, before: words }))
    for (const [a, b] of [[first!, second!] as const, [second!, first!] as const]) {
      const document = await of([...a, ...b])
      expect(document.hang).toBeNull()
      expect(findings(document)).toEqual(findings(await of(first!), await of(second!)))
    }
  })

  test('any two boots give the findings of each (property)', async () => {
    const boot = fc.record({
      walks: fc.boolean(),
      waiters: fc.integer({ min: 0, max: 3 }),
      at: fc.integer({ min: 200, max: 9000 }),
    })
    await fc.assert(
      fc.asyncProperty(boot, boot, async (a, b) => {
        const first = { ...BOOT, ...a }
        const second = { ...BOOT, ...b, day: 9, pids: 100, release: '4.4.0-31-generic' }
        const reporting = [first, second].filter(({ walks, waiters }) => walks || waiters > 0)
        const alone = await Promise.all((reporting.length > 0 ? reporting : [second]).map((each) => of(written(each))))
        expect(findings(await of([...written(first), ...written(second)]))).toEqual(findings(...alone))
      }),
      { numRuns: 12 },
    )
  })

  test('the worst is the verdict, and a boot that another followed is past', async () => {
    const document = await of([...written(BOOT), ...written({ ...WAITS, waiters: 1 })])
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
    expect(document.verdict.summary).toMatch(
      form === 'dmesg' ? /^\S*-0\.log \(boot 1 of 2\): / : /^hv1 \(boot before .{10,30}\): /,
    )
    expect(document.verdict.summary).toMatch(/It is past: the host was booted again/)
    expect(document.hang?.past?.evidence.text).toBe('the host boots again here')
    expect(document.hang?.waiters.map(({ pid }) => pid)).toEqual([24_000, 24_001, 24_002])
  })

  test('a boot that reports nothing is no host of its own, before or after', async () => {
    const alone = await of(written(BOOT))
    const before = await of([...written({ ...QUIET, day: 1, release: '4.2.0-1-generic' }), ...written(BOOT)])
    expect(before.findings.map(({ summary }) => summary)).toEqual(alone.findings.map(({ summary }) => summary))
    expect(before.kernel?.release).toBe(BOOT.release)
    expect(before.hang?.past).toEqual(alone.hang?.past)
    const after = await of([...written(BOOT), ...written({ ...QUIET, day: 9, release: '5.4.0-1-generic' })])
    expect(after.findings.map(({ summary }) => summary)).toEqual(alone.findings.map(({ summary }) => summary))
    expect(after.kernel?.release).toBe(BOOT.release)
    expect(after.verdict.summary).toMatch(/It is past: the host was booted again/)
  })

  test('the same boot twice is one', async () => {
    const twice = await of([...written(BOOT), ...written(BOOT)])
    const once = await of(written(BOOT))
    expect(twice.verdict).toEqual(once.verdict)
    expect(findings(twice)).toEqual(findings(once))
  })

  test('a hundred boots are told one by one, and more than can be kept are a problem', async () => {
    const boots = Array.from({ length: 100 }, (_, i) => ({ ...WAITS, day: 3 + i, pids: i * 10 }))
    const document = await of(boots.flatMap((each) => written(each)))
    expect(document.findings.filter(({ code }) => code === 'mmap-lock-queue')).toHaveLength(100)
    expect(document.problems).toEqual([])
    const many = Array.from({ length: 300 }, (_, i) => ({ ...WAITS, day: 3 + i, pids: i * 10, waiters: 1 }))
    const cut = await of(many.flatMap((each) => written(each)))
    expect(cut.findings.filter(({ level }) => level !== 'ok')).toHaveLength(256)
    expect(cut.problems).toMatchObject([
      { code: 'limit-reached', message: expect.stringContaining('44 earlier ones left out') },
    ])
  })
})

test.each([
  ['stamps begin again', 100],
  ['stamps go on, the dates are days later', 3000],
])('two boots without a banner are two by their dates: %s', async (_, more) => {
  const [first, second] = [syslog({ ...BOOT, walks: false }), syslog({ ...WALKS, day: 9, at: 3500 + more })]
  const [a, b] = [first.slice(2), second.slice(2)]
  const document = await of([...a, ...b])
  expect(document.hang).toBeNull()
  expect(findings(document)).toEqual(findings(await of(a), await of(b)))
})

test('lines without a banner that are held back are of one boot', async () => {
  const lines = syslog(BOOT).slice(2)
  const held = lines.map((line, i) => (i < 12 ? line : `Mar  3 09:00:00${line.slice('Mar  3 09:00:00'.length)}`))
  expect((await of(held)).hang?.waiters).toHaveLength(3)
})

test('a log that was turned round is of one boot', async () => {
  const lines = dmesg({ ...BOOT, before: Array.from({ length: 9 }, () => 'Initializing cgroup subsys cpuset') })
  const early = Array.from({ length: 90 }, (_, i) => `[    0.${String(i * 500).padStart(6, '0')}] PCI: root bus ${i}`)
  const whole = [...lines.slice(0, 10), ...early, ...lines.slice(10)]
  expect((await of([...whole].reverse())).findings.map(({ summary }) => summary).join()).not.toMatch(
    /boot 1 of 2|booted/,
  )
})

describe('several hosts in one log', () => {
  const other: BootLog = { ...WAITS, host: 'hv2', day: 3, at: 3600 }

  test.each(Object.entries({ syslog, journal }))('one behind the other, and mixed (%s)', async (_, written) => {
    const alone = findings(await of(written(WALKS)), await of(written(other)))
    const [a, b] = [written(WALKS), written(other)]
    const mixed = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [a[i] ?? [], b[i] ?? []].flat()).flat()
    for (const document of [await of([...a, ...b]), await of(mixed)]) {
      expect(document.hang).toBeNull()
      expect(findings(document)).toEqual(alone)
      expect(document.verdict.summary).toMatch(/^hv1: /)
    }
  })

  test('each ends where its own lines do', async () => {
    const later = ['Mar 24 00:00:00 hv2 kernel: [1900000.000000] INFO: task a:1 blocked for more than 120 seconds.']
    const quiet = ['Mar 24 00:00:00 hv2 kernel: [1900000.000000] eth0: link is up']
    for (const rest of [later, quiet])
      expect((await of([...syslog(BOOT), ...rest])).verdict.summary).not.toMatch(/past/)
    const own = ['Mar 24 00:00:00 hv1 kernel: [1900000.000000] eth0: link is up']
    expect((await of([...syslog(BOOT), ...own])).verdict.summary).toMatch(/It seems to be past/)
  })

  test('the first lines of a boot name no host yet', async () => {
    const lines = syslog(WAITS)
    const second = lines.map((line, i) => (i < 2 ? line.replace(' hv1 ', ' localhost ') : line))
    const document = await of([...syslog(WALKS), ...second])
    expect(document.hang).toBeNull()
    expect(findings(document)).toEqual(findings(await of(syslog(WALKS)), await of(syslog(WAITS))))
  })
})

describe('several files', () => {
  test('a rotated log goes on in the next file; each boot is one, in any order', async () => {
    const [first, second] = [syslog(BOOT), syslog({ ...BOOT, day: 9, pids: 100 })]
    const cut = first.length - 20
    const rotated = [first.slice(0, cut), [...first.slice(cut), ...second]]
    const whole = await of([...first, ...second])
    for (const files of [rotated, [...rotated].reverse()]) expect(findings(await of(...files))).toEqual(findings(whole))
  })

  test.each([
    ['with their banners', 0],
    ['each cut in the midst of its boot', 2],
  ])('of different boots by their dates: never joined, %s', async (_, cut) => {
    const [first, second] = [syslog(WAITS).slice(cut), syslog({ ...WALKS, day: 10 }).slice(cut)]
    const alone = findings(await of(first), await of(second))
    for (const files of [
      [first, second],
      [second, first],
    ]) {
      const document = await of(...files)
      expect(document.hang).toBeNull()
      expect(findings(document)).toEqual(alone)
    }
    const hung = [syslog(BOOT), syslog({ ...WAITS, waiters: 1, day: 10 })].map((each) => each.slice(cut))
    for (const files of [hung, [...hung].reverse()])
      expect((await of(...files)).verdict.summary).toMatch(/^hv1 .*It is past: the host was booted again/)
    const [before, after] = [syslog({ ...WAITS, waiters: 1, day: 1 }), syslog(BOOT)]
    expect((await of(before.slice(cut), after.slice(cut))).verdict.summary).not.toMatch(/past/)
  })

  test('of one boot: joined over New Year, summer time and with lines that came late', async () => {
    const whole = await of(syslog(BOOT))
    const later = (line: string, date: string): string => `${date}${line.slice('Mar  3 01:00:00'.length)}`
    const [walk, wait] = [syslog(BOOT).slice(0, 12), syslog(BOOT).slice(12)]
    expect(whole.hang?.waiters).toHaveLength(3)
    for (const [a, b] of [
      ['Mar  3 01:00:00', 'Mar  3 02:00:40'],
      ['Mar  3 01:00:00', 'Mar  3 01:05:00'],
      ['Dec 31 23:59:50', 'Jan  1 00:00:20'],
    ] as const) {
      const document = await of(
        walk.map((line) => later(line, a)),
        wait.map((line) => later(line, b)),
      )
      expect(document.hang?.waiters).toHaveLength(3)
    }
  })

  test('of a folder, two hosts beside each other are two', async () => {
    const folder = join(scratch.path, 'both')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.log'), `${syslog(WALKS).join('\n')}\n`)
    writeFileSync(join(folder, 'b.log'), `${syslog({ ...WAITS, host: 'hv2' }).join('\n')}\n`)
    const { document } = await analyzed(folder)
    expect(document.hang).toBeNull()
    expect(document.findings.map(({ summary }) => summary.split(':', 1)[0])).toContain('hv2')
  })
})

describe('a report whose logs span several boots', () => {
  /** A report as sos lays it out, of the second boot. */
  function report(name: string, files: Readonly<Record<string, string>>): string {
    const folder = join(scratch.path, name)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return folder
  }

  const second = WAITS
  const files = {
    'sos_commands/host/hostname': 'hv1\n',
    'sos_commands/kernel/uname_-a':
      'Linux hv1 4.4.0-72-generic #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 x86_64 GNU/Linux\n',
    'sys/kernel/mm/ksm/pages_shared': '2\n',
    'sys/kernel/mm/ksm/pages_sharing': '2306919\n',
    'var/log/kern.log': `${[...syslog(BOOT), ...syslog(second)].join('\n')}\n`,
    'sos_commands/kernel/dmesg': `${dmesg(second).join('\n')}\n`,
  }

  test('what it shows of now is of the last one; a hang of the first is past', async () => {
    const { document } = await analyzed(report('sos-a', files))
    const about = (pattern: RegExp): string[] =>
      document.findings
        .filter(({ summary }) => pattern.test(summary))
        .map(({ code }) => code)
        .sort()
    expect(about(/^hv1 \(boot before /)).toEqual(['ksm-walk-hang', 'no-limit'])
    expect(about(/^hv1 \(boot of /)).toEqual(['list-bounds', 'mmap-lock-queue', 'no-limit'])
    expect(document.verdict.summary).toMatch(/It is past: the host was booted again/)
    // two logs of the second boot tell of the same reports
    expect(document.findings).toHaveLength(5)
  })

  test('of a log of the boot before, too, by its name', async () => {
    const { 'var/log/kern.log': _, 'sos_commands/kernel/dmesg': __, ...rest } = files
    const previous = { 'sos_commands/logs/journalctl_--no-pager_--boot_-1': `${syslog(BOOT, false).join('\n')}\n` }
    const { document } = await analyzed(report('sos-b', { ...rest, ...previous }))
    expect(document.verdict.summary).toMatch(/^hv1 \(boot 1 of 2\): .*It is past: the host was booted again/)
    expect(document.findings.map(({ code }) => code)).toContain('list-bounds')
  })

  test('a present boot whose logs report nothing keeps the rest to itself', async () => {
    const quiet = { ...files, 'var/log/kern.log': `${[...syslog(BOOT), ...syslog({ ...QUIET, day: 9 })].join('\n')}\n` }
    const { document } = await analyzed(
      report('sos-c', { ...quiet, 'sos_commands/kernel/dmesg': dmesg({ ...QUIET, day: 9 }).join('\n') }),
    )
    const hang = document.findings.find(({ code }) => code === 'ksm-walk-hang')
    const bounds = document.findings.find(({ code }) => code === 'list-bounds')
    expect(hang?.summary.split(':', 1)[0]).not.toBe(bounds?.summary.split(':', 1)[0])
  })
})

/** Host, release, date, uptime. */
type Screen = readonly [string, string, string, string]

describe('sessions of crash in one text', () => {
  const sys = (...[name, release, date, up]: Screen): string[] => [
    'crash> sys',
    `      KERNEL: vmlinux-${release}`,
    '        CPUS: 2',
    `        DATE: ${date}`,
    `      UPTIME: ${up}`,
    `    NODENAME: ${name}`,
    `     RELEASE: ${release}`,
  ]
  const bt = (pid: number, comm: string, ...names: readonly string[]): string[] => [
    'crash> bt',
    `PID: ${pid}       TASK: ffff88000c53c4${pid}  CPU: 1    COMMAND: "${comm}"`,
    ...names.map((name, i) => ` #${i} [ffff8800003b3b${(16 + 8 * i).toString(16)}] ${name} at ffffffff81094342`),
  ]
  const walker: string[] = bt(
    44,
    'numad',
    'ptep_clear_flush',
    'try_to_unmap_one',
    'rmap_walk_ksm',
    'try_to_unmap',
    'migrate_pages',
    'do_migrate_pages',
    'sys_migrate_pages',
  )
  const waiters = [34, 35, 36].flatMap((pid) =>
    bt(
      pid,
      'qemu-system-x86',
      ...[
        '__schedule',
        'schedule',
        'rwsem_down_write_failed',
        'call_rwsem_down_write_failed',
        'vm_mmap_pgoff',
        'sys_mmap_pgoff',
      ],
    ),
  )
  const HERE = ['hv1', '4.4.0-72-generic', 'Mon Nov 23 16:05:24 UTC 2026', '00:03:54'] as const satisfies Screen

  test.each(['(none)', 'hv1'])('of two dumps of %s, in any order: no reboot is made out of it', async (name) => {
    const screens: Screen[] = [
      [name, '4.4.0-72-generic', 'Mon Nov 23 16:05:24 UTC 2026', '00:03:54'],
      [name, '4.4.0-72-generic', 'Tue Nov 24 16:05:24 UTC 2026', '00:03:54'],
    ]
    for (const [first, second] of [screens, screens.toReversed()]) {
      const both = await of([...sys(...first!), ...walker, ...waiters, ...sys(...second!), ...walker])
      expect(both.verdict.code).toBe('ksm-walk-hang')
      expect([both.hang?.past, both.verdict.summary.includes('booted again')]).toEqual([null, false])
    }
  })

  test.each<[string, Screen]>([
    ['another host', ['hv2', '4.4.0-72-generic', 'Mon Nov 23 16:05:24 UTC 2026', '00:03:54']],
    ['another kernel', ['hv1', '4.4.0-31-generic', 'Mon Nov 23 16:05:24 UTC 2026', '00:03:54']],
    ['another boot', ['hv1', '4.4.0-72-generic', 'Mon Nov 30 16:05:24 UTC 2026', '1 days, 00:03:54']],
  ])('of %s: two answers', async (_, there) => {
    const [a, b] = [
      [...sys(...HERE), ...walker],
      [...sys(...there), ...waiters],
    ]
    const both = await of([...a, ...b])
    expect(both.hang).toBeNull()
    expect(findings(both)).toEqual(findings(await of(a), await of(b)))
    // and back to the first one
    const again = await of([...a, ...b, ...sys(...HERE), ...waiters])
    expect(again.hang?.waiters).toHaveLength(3)
  })

  test('a live system that is asked twice is one, and so is a log that is printed twice', async () => {
    const later = ['hv1', '4.4.0-72-generic', 'Mon Nov 23 16:15:24 UTC 2026', '00:13:54'] as const
    const log = ['crash> log', ...dmesg(QUIET)]
    const document = await of([...sys(...HERE), ...log, ...walker, ...sys(...later), ...log, ...waiters])
    expect(document.hang?.waiters.map(({ pid }) => pid)).toEqual([34, 35, 36])
  })
})
