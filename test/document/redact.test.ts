import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { redact } from '../../src/document/redact.ts'
import { AnalyzeDocument, type AnalyzeReport } from '../../src/document/schema.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture, ROOT } from '../support/cli.ts'

let hang: AnalyzeReport
beforeAll(async () => {
  hang = (await analyzed(fixture('6.1-hang.vmcore'))).document
})

/** The document of a real hang with texts in its problems, and what else is given. */
function withTexts(texts: readonly string[], more: Partial<AnalyzeReport> = {}): AnalyzeReport {
  return {
    ...hang,
    ...more,
    problems: texts.map((message) => ({ code: 'read-failed', message, input: null, at: null })),
  }
}

/** A text as it is in a redacted report. */
function hidden(text: string, more: Partial<AnalyzeReport> = {}, how: 'names' | 'all' = 'names'): string {
  return redact(withTexts([text], more), how).document.problems[0]!.message
}

const named = (name: string): Partial<AnalyzeReport> => ({ host: { ...hang.host, name } })

describe('what is hidden by its form', () => {
  test.each([
    ['lo 10.20.30.40 eth0', 'lo ip-1 eth0'],
    ['to 10.20.30.40:22, 10.20.30.0/24', 'to ip-1:22, ip-2/24'],
    ['connected to 8.8.8.8', 'connected to ip-1'],
    ['SRC=9.1.2.3 DST=10.1.1.1', 'SRC=ip-1 DST=ip-2'],
    ['inet6 fe80::5054:ff:fe12:3456/64', 'inet6 ip-1/64'],
    ['at 2001:db8:0:0:0:0:0:1.', 'at ip-1.'],
    ['link/ether 52:54:00:ab:cd:ef brd', 'link/ether mac-1 brd'],
    ['3c-fd-fe-a1-b2-c3', 'mac-1'],
    ['port 5254.00ab.cdef up', 'port mac-1 up'],
    ['uuid 8d5ba1b2-7f6a-4b1c-9d2e-0123456789ab', 'uuid uuid-1'],
    ['machine id 0123456789abcdef0123456789abcdef', 'machine id uuid-1'],
    ['Serial Number: PF3K9XYZ', 'Serial Number: serial-1'],
    ['wwn 0x5000c500a1b2c3d4', 'wwn serial-1'],
    ['iqn.2001-04.com.acme:storage.disk2', 'serial-1'],
    ['read /home/sven/a/b.txt, then', 'read path-1, then'],
    ['/root/secrets.txt and /Users/kim/x', 'path-1 and path-2'],
    ['mail to kim@acme.example', 'mail to user-1@host-1'],
    ['qemu-system-x86_64 -name guest=erp -m 4', 'qemu-system-x86_64 cmdline-1'],
    ['/usr/libexec/qemu-kvm -name erp', '/usr/libexec/qemu-kvm cmdline-1'],
    ['Nov 24 12:34:56 hv7 kernel: hello', 'Nov 24 12:34:56 host-1 kernel: hello'],
    ['2026-11-24T12:34:56.123+01:00 hv7 kernel: hello', '2026-11-24T12:34:56.123+01:00 host-1 kernel: hello'],
    ['Linux hv7 4.4.0-72-generic #93-Ubuntu SMP', 'Linux host-1 4.4.0-72-generic #93-Ubuntu SMP'],
    ['nfs: server filer2 not responding', 'nfs: server host-1 not responding'],
    ['session opened for user sven by (uid=0)', 'session opened for user user-1 by (uid=0)'],
    ['uid=1000(sven) gid=1000', 'uid=1000(user-1) gid=1000'],
    ['Accepted publickey for sven from 10.1.1.1', 'Accepted publickey for user-1 from ip-1'],
    ['see libvirt/qemu/erp.log of erp', 'see libvirt/qemu/vm-1.log of vm-1'],
    ['/machine.slice/machine-qemu\\x2d7\\x2derp\\x2dprod.scope', '/machine.slice/machine-qemu\\x2d7\\x2dvm-1.scope'],
  ])('%s', (text, expected) => {
    expect(hidden(text)).toBe(expected)
  })

  test.each([
    'kernel 4.4.0-72.93 and 6.1.0.1, version 10.0.0.1',
    'at 12:34:56, 2026-11-24 12:34:56.789',
    'netmask 255.255.255.0, 127.0.0.1, ::1, 0.0.0.0',
    'PCI 0000:3b:00.0, Code: 48 8b 05 de ad be ef',
    'rmap_walk_ksm+0xcc/0x200 [<ffffffff811d9fa0>]',
    'list 0xffff8a77c7d50f40, count 0x102',
    'pages of user space, for user pages',
    'getty@tty1.service of root@localhost',
    'root@pts/0, root@tty1',
    'Serial: 8250/16550 driver, 4 ports',
    '(pid 92) std::vector a::2',
  ])('what only looks like it stays: %s', (text) => {
    expect(hidden(text)).toBe(text)
  })

  test('kernel addresses stay, unless all is hidden; the same address is the same everywhere', () => {
    const text = 'node 0xffff8a77c289a830, rd ffff8a77c289a830; count 0x102'
    expect(hidden(text)).toBe(text)
    const [, prefixed, bare] = /^node 0x(add\d{5}), rd (add\d{5}); count 0x102$/.exec(hidden(text, {}, 'all'))!
    expect(bare).toBe(prefixed)
    expect(hidden('rd FFFF8A77C289A830, 0xffff8a77c289a830', {}, 'all')).toBe('rd add00001, 0xadd00001')
    const all = redact(hang, 'all').document
    expect(JSON.stringify(all)).not.toMatch(/ff[0-9a-f]{14}/)
    expect(all.kernel).toMatchObject({ kaslrOffset: null, physBase: null })
    expect(all.hang!.node!.address).toBe(all.ksm!.longest[0]!.address)
    expect(AnalyzeDocument.safeParse(all).success).toBe(true)
  })
})

describe('names', () => {
  test('are the same stand-in everywhere, as words, with their domain and cut in a comm', () => {
    const document = withTexts(
      [
        'hv7 and hv7.dc3.acme.example, db9.dc3.acme.example, hv77, xhv7, hv7-mgmt',
        'customer-database waits; qemu:customer-d',
      ],
      { ...named('hv7.dc3.acme.example'), guests: ['customer-database', 'erp (new)'] },
    )
    document.hang!.holder!.comm = 'qemu:customer-d'
    const { document: redacted, originals } = redact(document, 'names')
    hang.hang!.holder!.comm = 'numad'
    expect(redacted.problems.map(({ message }) => message)).toEqual([
      'host-1 and host-1, host-2, hv77, xhv7, host-1-mgmt',
      'vm-1 waits; qemu:vm-1',
    ])
    expect(redacted.host.name).toBe('host-1')
    expect(redacted.guests).toEqual(['vm-1', 'vm-2'])
    expect(redacted.hang!.holder!.comm).toBe('qemu:vm-1')
    expect(originals.get('vm-1')).toBe('customer-database')
    expect(originals.get('host-1')).toBe('hv7.dc3.acme.example')
  })

  test('that are words of ours hide where a name stands and nowhere else', () => {
    const sentences = ({ verdict, actions, checked, hang: walk, known, environment }: AnalyzeReport): string =>
      JSON.stringify([verdict, actions, checked, walk, known, environment]).replace(/"input":"[^"]*"/g, '')
    const plain = sentences(redact(hang, 'names').document)
    const words = new Set(plain.match(/[A-Za-z][\w-]+/g))
    const sample = [...words].filter((word) => !/^ff|^0x/.test(word)).slice(0, 400)
    expect(sample).toEqual(expect.arrayContaining(['numad', 'rmap_walk_ksm', 'systemctl']))
    const open: string[] = []
    for (const name of [
      ...sample.filter((_, i) => i % 5 === 0),
      'numad',
      'linux',
      'qemu',
      'kernel',
      'list',
      'rmap_walk_ksm',
    ]) {
      const { document } = redact({ ...hang, ...named(name), guests: [name] }, 'names')
      expect(document.host.name).toBe('host-1')
      expect(document.guests).toEqual(['host-1'])
      if (sentences(document) !== plain) open.push(name)
    }
    expect(open).toEqual([])
  })

  test('of several hosts: the prefix of a finding names one', () => {
    const { verdict, findings } = hang
    const document: AnalyzeReport = {
      ...hang,
      ...named('hv7'),
      verdict: { ...verdict, summary: `hv7: ${verdict.summary}` },
      findings: [
        { ...findings[0]!, summary: `hv7: ${verdict.summary}` },
        { ...findings[1]!, summary: `storage: ${findings[1]!.summary}` },
        { ...findings[1]!, summary: `pages (boot of Nov 22 03:10:00): ${findings[1]!.summary}` },
      ],
    }
    const texts = redact(document, 'names').document.findings.map(({ summary }) => summary.split(':', 1)[0])
    expect(texts).toEqual(['host-1', 'host-2', 'host-3 (boot of Nov 22 03'])
  })

  test('of inputs lose their folders and the host in them, here and in messages', () => {
    const inputs = ['/cases/acme/sosreport-hv7-2026-11-24-abcdefg.tar.xz', '/x/vmcore', '/y/vmcore', '-'].map(
      (name) => ({
        name,
        kind: null,
        bytes: null,
      }),
    )
    const document = withTexts([`${inputs[0]!.name}!etc/hostname: it is cut. /y/vmcore: hv7`], { inputs })
    document.findings = [
      {
        ...hang.findings[0]!,
        evidence: [{ ...hang.findings[0]!.evidence[0]!, input: `${inputs[0]!.name}!var/log/kern.log` }],
      },
    ]
    const { document: redacted, originals } = redact(document, 'names')
    expect(redacted.inputs.map(({ name }) => name)).toEqual([
      'sosreport-host-1-2026-11-24-abcdefg.tar.xz',
      'vmcore',
      'vmcore#2',
      '-',
    ])
    expect(redacted.problems[0]!.message).toBe(
      'sosreport-host-1-2026-11-24-abcdefg.tar.xz!etc/hostname: it is cut. vmcore#2: host-1',
    )
    expect(redacted.findings[0]!.evidence[0]!.input).toBe('sosreport-host-1-2026-11-24-abcdefg.tar.xz!var/log/kern.log')
    expect(originals.get('vmcore#2')).toBe('/y/vmcore')
  })

  test('that look like stand-ins stay, and no other name gets them', () => {
    const { document } = redact(withTexts(['vm-1 and erp'], { guests: ['erp', 'vm-1'] }), 'names')
    expect(document.guests).toEqual(['vm-2', 'vm-1'])
    expect(document.problems[0]!.message).toBe('vm-1 and vm-2')
  })
})

/** Names as people give them, and worse. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{3,8}[0-9]{1,3}$/),
  fc.stringMatching(/^[a-z0-9]{2,6}[-_.][a-z0-9]{2,9}$/),
  fc.stringMatching(/^[A-Z][a-z]{3,9} \([a-z]{3}\)$/),
  fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }),
)

describe("a host's name", () => {
  test.each([
    ['web01', 'web01_vmcore.2', 'host-1_vmcore.2'],
    ['web01', 'WEB01-dump', 'host-1-dump'],
    ['Web01', 'web01-dump', 'host-1-dump'],
    ['web01.corp.example', 'dump_web01.corp.example_x', 'dump_host-1_x'],
    ['numad', 'numad_vmcore', 'host-1_vmcore'],
    ['web01', 'web011_vmcore', 'web011_vmcore'],
  ])('of %s in the name of the file %s', (name, file, expected) => {
    const inputs = [{ name: file, kind: 'kdump' as const, bytes: 1 }]
    const { host, inputs: shown } = redact(withTexts([], { ...named(name), inputs }), 'names').document
    expect([host.name, shown[0]!.name]).toEqual(['host-1', expected])
  })

  test('in the name of a file, in the sentences about it and in files of an archive', () => {
    const inputs = [{ name: 'storage_vmcore', kind: null, bytes: null }]
    const messages = ['storage_vmcore: it is cut.', 'storage_vmcore!sos/storage_kern.log: it is cut.']
    const document = withTexts(messages, { ...named('storage'), inputs })
    document.findings = [
      {
        ...hang.findings[0]!,
        evidence: [{ ...hang.findings[0]!.evidence[0]!, input: 'storage_vmcore!sos/storage_kern.log' }],
      },
    ]
    const { problems, findings } = redact(document, 'names').document
    expect(problems.map(({ message }) => message)).toEqual([
      'host-1_vmcore: it is cut.',
      'host-1_vmcore!sos/host-1_kern.log: it is cut.',
    ])
    expect(findings[0]!.evidence[0]!.input).toBe('host-1_vmcore!sos/host-1_kern.log')
  })

  test('in any case, and with its domain, has one stand-in; an identifier that has it in it is none', () => {
    const names = named('Web01.Corp.Example')
    expect(hidden('WEB01 and web01.corp.example, not web01_x', names)).toBe('host-1 and host-1, not web01_x')
    expect(hidden('db7.corp.example and DB7.Corp.Example', names)).toMatch(/^(host-\d) and host-\d$/)
  })
})

describe('any document', () => {
  test('redacted twice is as redacted once, fits the schema, and has the names nowhere as words', () => {
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 6 }),
        name,
        fc.array(fc.string({ maxLength: 60 }), { maxLength: 4 }),
        fc.constantFrom('names' as const, 'all' as const),
        (guests, host, texts, how) => {
          const planted = [...guests, host].map((each) => `it is ${each}; and`)
          const document = withTexts([...texts, ...planted], { ...named(host), guests })
          const once = redact(document, how)
          expect(AnalyzeDocument.safeParse(once.document).success).toBe(true)
          expect(redact(once.document, how).document).toEqual(once.document)
          // a name with a letter and a digit is no word of ours: gone; the others are covered above
          const gone = [...guests, host].filter(
            (each) => /^[a-z]{3,8}[0-9]{1,3}$/.test(each) && !/^(host|vm|user|ip|mac|uuid|path|serial)/.test(each),
          )
          for (const each of gone) expect(JSON.stringify(once.document)).not.toMatch(new RegExp(`\\b${each}\\b`))
        },
      ),
      { numRuns: 30 },
    )
  })

  test('takes time in proportion to its length', () => {
    const pieces = [
      'a@',
      '1.1.1.',
      '::',
      'aa:',
      '/home/',
      '-',
      '_',
      'guest=',
      '. ',
      'sosreport-',
      'user ',
      '0-',
      'a.',
      'domain-1-',
      'Serial ',
      '10.1.1.1 ',
      "'",
      '-name ',
      'Nov 24 12:34:56 ',
    ]
    // the least of some runs: a machine that is busy makes a run longer, never shorter
    const seconds = (piece: string, letters: number): number => {
      const text = piece.repeat(Math.ceil(letters / piece.length))
      const runs = Array.from({ length: 3 }, () => {
        const begin = performance.now()
        redact(withTexts([text, `${text}x`]), 'all')
        return (performance.now() - begin) / 1000
      })
      return Math.min(...runs)
    }
    // eight times as long takes eight times as long; by squares it would be 64 times. What takes no time is not measured.
    for (const piece of pieces)
      expect([piece, seconds(piece, 48_000) < 30 * Math.max(seconds(piece, 6000), 0.005)]).toEqual([piece, true])
  })
})

test('src/document/our-words.ts is fresh: npm run build writes it', async () => {
  const { ourWords } = (await import(`${ROOT}/scripts/our-words.mjs`)) as { ourWords(): string[] }
  const { OUR_WORDS } = await import('../../src/document/our-words.ts')
  expect([...OUR_WORDS]).toEqual(ourWords())
  expect(readFileSync(`${ROOT}/src/document/our-words.ts`, 'utf8')).toContain('numad')
})
