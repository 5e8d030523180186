import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describeSos } from '../../src/parsers/sos/describe.ts'
import { kdumpMember } from '../../src/parsers/sos/kdump-folder.ts'
import { guestOf, isValueName } from '../../src/parsers/sos/value-names.ts'
import { unameText } from '../../src/parsers/uname-text.ts'
import { fed, hostsOf, valuesOf } from '../support/host-texts.ts'
import { type Expected, type Reading, readReport, smallReports, topOf } from '../support/sos-reports.ts'

const small = smallReports()
afterAll(() => small?.remove())

/** The facts of a reading, each as the generator's expect.json has it. */
function factsOf({ told }: Reading) {
  const all = [...told.values()].flat()
  const values = valuesOf(all)
  const of = <T>(source: string, fact: string): T[] => [
    ...new Set(
      hostsOf(all)
        .filter((each) => each['source'] === source && each[fact] !== undefined)
        .map((each) => each[fact] as T),
    ),
  ]
  const ksm = Object.entries(values).flatMap(([name, text]) =>
    name.startsWith('ksm.') ? [[name.slice(4), text] as const] : [],
  )
  const guests = Object.keys(values).flatMap((name) => (guestOf(name)?.what === 'id' ? [guestOf(name)!.guest] : []))
  return {
    values,
    releases: of<string>('uname', 'release'),
    names: of<string>('uname', 'nodename'),
    cpus: of<number>('numactl', 'cpus'),
    ksm,
    guests,
  }
}

/** What parsers alone can tell of a report, against what it must give. */
function agrees(reading: Reading, expected: Expected): void {
  const facts = factsOf(reading)
  expect(facts.releases).toEqual([expected.kernel!.release])
  expect(facts.names).toEqual([expected.hostname])
  expect(facts.cpus).toEqual([expected.cpus])
  expect(facts.values['numa.nodes']).toBe(String(expected.numaNodes))
  expect(facts.guests).toEqual(expected.guests)
  expect(facts.values['guests.listed']).toBe(String(expected.guests!.length))
  const counters = Object.fromEntries(
    facts.ksm.filter(([name]) => name !== 'advisor_mode').map(([name, text]) => [name, Number(text)]),
  )
  expect(counters).toEqual(expected.ksm!.counters)
  expect(facts.values['ksm.advisor_mode']).toBe(expected.ksm!.advisorMode)
  expect('ksm.max_page_sharing' in facts.values).toBe(expected.ksm!.bounded)
  expect(facts.values['numad.running']).toBe(expected.numad!.running ? String(expected.numad!.pid) : undefined)
  expect('numad.moving' in facts.values).toBe(expected.hang?.numadLog !== undefined)
  for (const name of Object.keys(facts.values)) expect(isValueName(name), name).toBe(true)
}

/** Whether a report is told to be obfuscated: by its name, its members' names and what they tell. */
function kindOf(reading: Reading, archive: string | null, top: string) {
  return describeSos({ archive, top: basename(top), members: reading.members, told: [...reading.told.values()].flat() })
}

const reports = Object.entries(small?.expected ?? {}).filter(
  ([, each]) => each.kind === 'sosreport' && each.kernel !== undefined,
)

describe.skipIf(small === null)('the small reports', () => {
  test('all the cases are there', () => {
    const cases = new Set(Object.values(small!.expected).map((each) => each.case.replace(' (unpacked)', '')))
    for (const name of [
      'healthy',
      'near-miss',
      'ksm-heavy',
      'hang',
      'hang-bz2',
      'hang-zst',
      'obfuscated',
      'hostile',
      'collect',
      'nest',
    ])
      expect([...cases]).toContain(name)
    expect(reports.length).toBeGreaterThanOrEqual(15)
  })

  test.each(reports)('%s tells kernel, host, KSM, numad, guests and NUMA layout as expected', (file, expected) => {
    const archive = /\.tar/.test(file)
    const top = archive ? topOf(small!.unpacked(file)) : join(small!.made, file)
    const reading = readReport(top)
    agrees(reading, expected)
    const kind = kindOf(reading, archive ? file : null, top)
    expect(kind.obfuscated).toBe(expected.obfuscated ? 'yes' : 'no')
    expect(kind.signs.length > 0).toBe(expected.obfuscated === true)
    expect(kind.distribution).toBe(expected.kernel!.release.startsWith('4.4') ? 'Ubuntu 16.04' : 'Ubuntu 24.04')
    expect(kind.sosVersion).toBe(expected.kernel!.release.startsWith('4.4') ? '3.9.1' : '4.8.2')
    expect(kind.bundle).toBe(false)
  })

  test('the logs, the processes and the stack of a report are named, each once, for their parsers', () => {
    const { wanted } = readReport(topOf(small!.unpacked('sosreport-hv-noble-1-2026-11-20-qzkvnbe.tar.xz')))
    const named = [...wanted].flatMap(([path, { parser }]) => (typeof parser === 'string' ? [`${parser} ${path}`] : []))
    expect(named.sort()).toEqual([
      'kernel-log sos_commands/kernel/dmesg',
      'kernel-log sos_commands/kernel/dmesg_-T',
      'kernel-log sos_commands/logs/journalctl_--no-pager_--boot',
      'kernel-log var/log/kern.log',
      'proc-stack proc/741/stack',
      'ps sos_commands/process/ps_auxwwwm',
    ])
    expect(wanted.get('proc/741/stack')!.pid).toBe(741)
  })

  test('a log over the limit is its kept tail, read once, though a link in its place leads to it', () => {
    const { wanted, members } = readReport(topOf(small!.unpacked('sosreport-hv-r920-3-2017-03-25-kpwzhgd.tar.xz')))
    const tail = 'sos_strings/logs/var.log.kern.log.tailed'
    expect(members).toEqual(expect.arrayContaining([tail, 'var/log/kern.log', 'var/log/syslog']))
    expect(wanted.get(tail)).toMatchObject({ path: 'var/log/kern.log', part: 'tail', parser: 'kernel-log' })
    const logs = [...wanted.values()].filter((each) => each.path.startsWith('var/log/')).map((each) => each.path)
    expect(logs.sort()).toEqual(['var/log/kern.log', 'var/log/numad.log'])
  })

  test('the move that was not over when the hang was reported is told, with the pid and the name', () => {
    const of = (file: string) => factsOf(readReport(topOf(small!.unpacked(file)))).values
    expect(of('sosreport-hv-r920-3-2017-03-25-kpwzhgd.tar.xz')).toMatchObject({
      'numad.moving': '24561 qemu-system-x86',
      'numad.movingSince': 'Sat Mar 25 18:02:11 2017',
      'numad.movingTo': '2',
      'numad.longestMoveSeconds': '43.05',
      'numad.moves': '2',
    })
    expect(of('sosreport-hv-r920-3-2017-03-24-abmnxop.tar.xz')['numad.moving']).toBeUndefined()
  })

  test('what else a report tells: memory, layout of nodes, settings, counters, uptime', () => {
    const reading = readReport(topOf(small!.unpacked('sosreport-hv-r920-3-2017-03-24-abmnxop.tar.xz')))
    expect(factsOf(reading).values).toMatchObject({
      'numa.3.sizeMB': '132096',
      'numa.0.distance': '10 21 21 21',
      'sysctl.kernel.numa_balancing': '0',
      'sysctl.kernel.hung_task_timeout_secs': '120',
      'vmstat.pgmigrate_success': '41120332',
      'meminfo.MemTotal': '541065216 kB',
      'cmdline.crashkernel': '512M',
      'numad.interval': '15',
      'guest.va-web-01.id': '2',
      'guest.va-web-01.state': 'running',
    })
    expect(factsOf(reading).values['numa.1.cpus']).toMatch(/^1,5,9,/)
    const hosts = hostsOf([...reading.told.values()].flat())
    expect(hosts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ source: 'meminfo', memoryBytes: 541065216 * 1024 }),
        expect.objectContaining({ source: 'uptime', uptimeSeconds: (5 * 24 + 10) * 3600 + 58 * 60 }),
        expect.objectContaining({
          source: 'uname',
          version: '#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
          arch: 'x86_64',
        }),
      ]),
    )
  })

  test('of a hostile report nothing outside is a member, and the rest is read', () => {
    const { wanted, members } = readReport(topOf(small!.unpacked('sosreport-evil-2026-11-22-aaaaaaa.tar.xz')))
    expect(members).toContain('var/log/kern.log')
    expect([...wanted.keys()].filter((path) => path.startsWith('var/log/'))).toEqual([])
  })

  test('a bundle has its reports as archives, each with its own host', () => {
    const [file, expected] = Object.entries(small!.expected).find(([, each]) => each.case === 'collect')!
    const top = topOf(small!.unpacked(file))
    expect(kindOf(readReport(top), file, top)).toMatchObject({ bundle: true, obfuscated: 'no' })
    const { wanted } = readReport(top)
    const inner = [...wanted].flatMap(([path, each]) => (each.parser === 'archive' ? [path] : []))
    expect(inner.sort()).toEqual(Object.keys(expected.nested!).sort())
    for (const each of inner) agrees(readReport(topOf(small!.unpacked(join(top, each)))), expected.nested![each]!)
  })

  test('a report in twelve archives is the same report', () => {
    const [file] = Object.entries(small!.expected).find(([, each]) => each.case === 'nest')!
    let folder = small!.unpacked(file)
    for (let depth = 0; depth < 16; depth++) {
      const inner = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
        /\.tar(?:\.\w+)?$/.test(name),
      )
      if (inner === undefined) break
      folder = small!.unpacked(join(folder, inner))
    }
    const healthy = Object.values(small!.expected).find((each) => each.case === 'healthy')!
    agrees(readReport(topOf(folder)), healthy)
  })

  test.each(['crash/202611221530', 'crash-rhel/127.0.0.1-2026-11-22-15:30:09'])('the kdump folder %s', (name) => {
    const folder = join(small!.made, name)
    const files = readdirSync(folder)
    const wanted = files.filter((file) => kdumpMember(file) !== null)
    expect(wanted).toEqual([name.includes('rhel') ? 'vmcore-dmesg.txt' : 'dmesg.202611221530'])
    expect(kdumpMember(wanted[0]!)).toMatchObject({ parser: 'kernel-log', boot: 'crashed' })
    // the log of the crashed kernel names it
    const told = hostsOf(fed(unameText(), readFileSync(join(folder, wanted[0]!), 'utf8')))
    expect(told).toMatchObject([{ source: 'banner', release: small!.expected[name]!.kernel!.release }])
  })

  test('what lies in /var/crash beside the folders is no evidence', () => {
    const names = readdirSync(join(small!.made, 'crash'))
    expect(names).toEqual(expect.arrayContaining(['kdump_lock', 'kexec_cmd']))
    expect(names.filter((name) => kdumpMember(name) !== null)).toEqual([])
  })
})
