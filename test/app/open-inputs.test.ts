import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openInputs, INPUT_LIMITS } from '../../src/app/open-inputs.ts'
import { fixture, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { logText, pack } from '../support/packers.ts'
import { writeTar, type TarRecipe } from '../support/tar-writer.ts'
import { type WalkedAll, walkInputs, type WalkOptions } from '../support/walk-inputs.ts'
import { runWalk, walkProgram, type WalkResult } from '../support/walk-program.ts'

const scratch = scratchFolder()
afterAll(() => scratch.remove())

// every private folder of this file is made in here, so that what is left can be seen
const temp = join(scratch.path, 'tmp')
mkdirSync(temp)
const before = process.env['TMPDIR']
process.env['TMPDIR'] = temp
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
})

const open: WalkedAll[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.walk.close()
  expect(readdirSync(temp)).toEqual([])
})

async function walked(names: string | readonly string[], options?: WalkOptions): Promise<WalkedAll> {
  const all = await walkInputs(typeof names === 'string' ? [names] : names, options)
  open.push(all)
  return all
}

let count = 0
/** A file with a name that says nothing. */
const file = (bytes: Uint8Array | string): string => scratch.file(`input-${++count}`, Buffer.from(bytes))
const paths = ({ texts }: WalkedAll): string[] => texts.map(({ path }) => path)
const codes = ({ problems }: WalkedAll): string[] => problems.map(({ code }) => code)
const dump = readFileSync(fixture('6.1-small.vmcore')).subarray(0, 300_000)
const log = '[    0.000000] Linux version 4.4.0-72-generic\n[    1.000000] second\n'

describe('one file', () => {
  test('of text is one member, its own group, and a kind', async () => {
    const name = file(log)
    const { texts, walk, problems } = await walked(name)
    expect(texts).toMatchObject([
      {
        kind: 'text',
        path: name,
        name: '',
        holder: 'none',
        looksLike: 'kernel-log',
        cut: null,
        lines: log.trim().split('\n'),
      },
    ])
    expect(texts[0]!.group).toEqual({ name, input: 0, kind: 'kernel-log' })
    expect([walk.inputs, problems]).toEqual([[{ name, kind: 'kernel-log', bytes: log.length }], []])
  })

  test('of a list is list-like, packed too', async () => {
    const list = 'ffff88000ba6b730\n'.repeat(500)
    for (const bytes of [Buffer.from(list), gzipSync(list)]) {
      const { texts, walk } = await walked(file(bytes))
      expect(texts.map(({ kind, lines }) => [kind, lines.length])).toEqual([['list', 500]])
      expect(walk.inputs[0]?.kind).toBe('list')
    }
  })

  test('that is a dump is used in place; a packed one is copied, byte by byte', async () => {
    const name = file(dump)
    const plain = await walked(name)
    expect(plain.dumps).toMatchObject([{ file: name, copied: false, looksLike: 'kdump', cut: null }])
    expect(readdirSync(temp)).toEqual([])
    const packed = await walked(file(gzipSync(dump)))
    expect(packed.dumps).toMatchObject([{ copied: true, looksLike: 'kdump', cut: null }])
    expect(readFileSync(packed.dumps[0]!.file).equals(dump)).toBe(true)
    expect(packed.dumps[0]!.file.startsWith(temp)).toBe(true)
    expect(packed.walk.inputs[0]?.kind).toBe('kdump')
  })

  test('that is cut gives what it has and says so', async () => {
    const bytes = gzipSync(logText(500_000))
    const name = file(bytes.subarray(0, bytes.length / 2))
    const { texts, problems } = await walked(name)
    expect(texts[0]!.lines.length).toBeGreaterThan(1000)
    expect(texts[0]!.cut).toBe('the gzip stream is cut off')
    expect(problems).toEqual([
      { code: 'file-truncated', message: `${name}: the gzip stream is cut off.`, input: name, at: null },
    ])
    const core = gzipSync(dump)
    const cut = await walked(file(core.subarray(0, core.length / 2)))
    expect(cut.dumps).toMatchObject([{ copied: true, cut: 'the gzip stream is cut off' }])
    expect(codes(cut)).toEqual(['file-truncated'])
  })

  test('in UTF-16 is read', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('crash> bt\r\nPID: 1\r\n', 'utf16le')])
    expect((await walked(file(utf16))).texts[0]!.lines).toEqual(['crash> bt', 'PID: 1'])
  })
})

describe('what can not be read', () => {
  test('is told, and the other inputs are read', async () => {
    const empty = file('')
    const picture = file(
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff]),
    )
    const elf = process.execPath
    const packedNothing = file(gzipSync(''))
    const good = file(log)
    const all = await walked([join(scratch.path, 'none'), empty, picture, elf, packedNothing, '/dev/null', good])
    expect(paths(all)).toEqual([good])
    expect(codes(all)).toEqual(['not-found', 'is-empty', 'not-a-dump', 'is-a-vmlinux', 'is-empty', 'not-a-dump'])
    expect(all.problems.every(({ message }) => message.length > 20)).toBe(true)
    expect(all.walk.inputs.map(({ kind }) => kind)).toEqual([null, null, null, null, null, null, 'kernel-log'])
  })

  test('a file of another packer is named', async () => {
    const lz4 = await walked(file(Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18]), Buffer.alloc(600, 0x91)])))
    expect(lz4.problems).toMatchObject([{ code: 'is-packed', message: expect.stringMatching(/lz4/) }])
  })
})

describe('an archive', () => {
  const REPORT: readonly TarRecipe[] = [
    { name: 'sosreport-a/version.txt', data: 'sosreport: 4.8.2' },
    { name: 'sosreport-a/', type: '5' },
    { name: 'sosreport-a/sys/kernel/mm/ksm/run', data: '1\n' },
    { name: 'sosreport-a/sos_commands/kernel/dmesg', data: log },
    { name: 'sosreport-a/proc/meminfo', data: 'MemTotal: 1 kB\n' },
  ]

  test('gives the members that are wanted, by their names below its top', async () => {
    const asked: string[] = []
    const name = file(gzipSync(writeTar(REPORT)))
    const all = await walked(name, {
      wants: (member, holder) => {
        asked.push(`${holder} ${member}`)
        return member.startsWith('sys/') || member.endsWith('dmesg')
      },
    })
    expect(asked).toEqual([
      'archive version.txt',
      'archive sys/kernel/mm/ksm/run',
      'archive sos_commands/kernel/dmesg',
      'archive proc/meminfo',
    ])
    expect(paths(all)).toEqual([`${name}!sys/kernel/mm/ksm/run`, `${name}!sos_commands/kernel/dmesg`])
    expect(all.text('sys/kernel/mm/ksm/run')).toBe('1\n')
    expect(all.text('sos_commands/kernel/dmesg')).toBe(log)
    expect(new Set(all.texts.map(({ group }) => group)).size).toBe(1)
    expect([all.walk.inputs[0]?.kind, all.problems]).toEqual(['sosreport', []])
  })

  test('a dump in it is copied out, wanted or not; packed as well', async () => {
    const all = await walked(
      file(
        writeTar([
          { name: 'a', data: 'text\n' },
          { name: 'var/crash/1/vmcore', data: dump },
          { name: 'var/crash/2/vmcore.gz', data: gzipSync(dump) },
          { name: 'b.gz', data: gzipSync('text\n') },
        ]),
      ),
      { wants: () => false },
    )
    expect(all.texts).toEqual([])
    expect(all.dumps.map(({ name, copied }) => [name, copied])).toEqual([
      ['var/crash/1/vmcore', true],
      ['var/crash/2/vmcore.gz', true],
    ])
    for (const each of all.dumps) expect(readFileSync(each.file).equals(dump)).toBe(true)
  })

  test('packed members are unpacked, also in a packed archive', async () => {
    const xz = pack('xz', Buffer.from(log)) ?? gzipSync(log)
    const all = await walked(file(gzipSync(writeTar([{ name: 'var/log/kern.log.2.gz', data: xz }]))))
    expect(all.text('var/log/kern.log.2.gz')).toBe(log)
    expect(all.texts[0]!.looksLike).toBe('kernel-log')
  })

  test('a member that nobody reads, or reads in part, holds up nothing', async () => {
    const name = file(
      gzipSync(writeTar(['a', 'b', 'c', 'd'].map((each) => ({ name: each, data: gzipSync(logText(300_000)) })))),
    )
    const walk = openInputs(
      [name],
      () => true,
      INPUT_LIMITS,
      { aborted: false },
      () => {},
    )
    const seen: string[] = []
    for await (const member of walk) {
      seen.push(member.name)
      if (member.name === 'b' && member.kind !== 'dump')
        for await (const piece of member.bytes) if (piece.length > 0) break
    }
    walk.close()
    expect(seen).toEqual(['a', 'b', 'c', 'd'])
    expect(walk.problems).toEqual([])
  })

  test('names that lead out of it, fifos and devices are skipped and told, the rest is read', async () => {
    const name = file(
      writeTar([
        { name: 'top/../../../../tmp/ksm-dump-escaped', data: 'no\n' },
        { name: '/../etc/passwd', data: 'no\n' },
        { name: 'top/proc/kcore', type: '6' },
        { name: 'top/dev/sda', type: '4' },
        { name: 'top/var/../etc/hosts', data: 'yes\n' },
        { name: '/etc/fstab', data: 'absolute\n' },
        { name: './', type: '5' },
      ]),
    )
    const all = await walked(name)
    expect(paths(all)).toEqual([`${name}!etc/hosts`, `${name}!etc/fstab`])
    expect(codes(all)).toEqual(['implausible-value', 'implausible-value', 'implausible-value'])
    expect(all.problems[0]?.message).toMatch(
      /skipped top\/\.\..*ksm-dump-escaped, \/\.\.\/etc\/passwd: its name leads out/,
    )
    expect(existsSync('/tmp/ksm-dump-escaped')).toBe(false)
  })

  test('many members of one fault are one problem', async () => {
    const all = await walked(file(writeTar(Array.from({ length: 500 }, (_, i) => ({ name: `f${i}`, type: '6' })))))
    expect(all.problems.map(({ message }) => message.replace(/^\S+ /, ''))).toEqual([
      'skipped f0, f1, f2 and 497 more: a fifo, which has no contents that could be read.',
    ])
  })

  test('a cut one gives what it has, and says once that it is cut', async () => {
    const bytes = gzipSync(
      writeTar([
        { name: 'a', data: log },
        { name: 'b', data: logText(200_000) },
        { name: 'c', data: log },
      ]),
    )
    const name = file(bytes.subarray(0, bytes.length / 2))
    const all = await walked(name)
    expect(all.texts.map(({ name, cut }) => [name, cut])).toEqual([
      ['a', null],
      ['b', 'the gzip stream is cut off'],
    ])
    expect(codes(all)).toEqual(['file-truncated'])
    const plain = await walked(
      file(
        writeTar([
          { name: 'a', data: log },
          { name: 'b', data: 'x'.repeat(3000) },
        ]).subarray(0, 2000),
      ),
    )
    expect(plain.texts.map(({ name, cut, lines }) => [name, cut, lines.join('').length])).toEqual([
      ['a', null, log.length - 2],
      ['b', 'the tar archive is cut off', 2000 - 1536],
    ])
  })

  test('a cut inside a text in a tar in a tar is one word', async () => {
    const inner = writeTar([{ name: 'a', data: logText(20_000) }])
    const all = await walked(file(writeTar([{ name: 'inner', data: inner }]).subarray(0, 9000)))
    expect(all.problems).toMatchObject([{ code: 'file-truncated', input: expect.stringMatching(/!inner!a$/) }])
  })

  test('a damaged member is that member’s matter', async () => {
    const bad = gzipSync(logText(100_000))
    bad.fill(0x55, bad.length >> 1, (bad.length >> 1) + 100)
    const all = await walked(
      file(
        writeTar([
          { name: 'a.gz', data: bad },
          { name: 'b', data: log },
        ]),
      ),
    )
    expect(all.texts.map(({ name, cut }) => [name, cut?.slice(0, 26)])).toEqual([
      ['a.gz', 'the gzip stream is damaged'],
      ['b', undefined],
    ])
    expect(all.problems).toMatchObject([{ code: 'file-truncated', input: expect.stringMatching(/!a\.gz$/) }])
  })

  test('a damaged header in it is told, and what stands behind it is read', async () => {
    const all = await walked(
      file(
        writeTar([
          { name: 'a', data: log },
          { name: 'b', badChecksum: true },
          { name: 'c', data: log },
        ]),
      ),
    )
    expect(all.texts.map(({ name }) => name)).toEqual(['a', 'c'])
    expect(all.problems).toMatchObject([
      { code: 'file-truncated', message: expect.stringMatching(/damaged at offset 1024: 512 bytes/) },
    ])
  })
})

describe('links in an archive', () => {
  const wants = (name: string): boolean => name === 'var/log/kern.log' || name === 'ps'
  const target = { name: 'top/sos_strings/kern.tailed', data: log }
  const link = { name: 'top/var/log/kern.log', target: '../../sos_strings/kern.tailed' }

  test('a wanted one gives its target by the link’s name, before it and behind it', async () => {
    for (const members of [
      [link, target],
      [target, link],
    ]) {
      const all = await walked(file(gzipSync(writeTar([...members, { name: 'top/other', data: 'x' }]))), { wants })
      expect(all.texts.map(({ name, lines }) => [name, lines.length])).toEqual([['var/log/kern.log', 2]])
      expect(all.problems).toEqual([])
    }
  })

  test('a target that is wanted itself comes once, by its own name', async () => {
    const all = await walked(file(writeTar([link, target])), { wants: () => true })
    expect(all.texts.map(({ name }) => name)).toEqual(['sos_strings/kern.tailed'])
  })

  test('through folders that are links, told only later', async () => {
    const all = await walked(
      file(
        writeTar([
          { name: 'top/ps', target: 'cmds/ps_aux' },
          { name: 'top/cmds', target: 'real/cmds' },
          { name: 'top/real/cmds/ps_aux', data: 'PID\n' },
        ]),
      ),
      { wants },
    )
    expect(all.text('ps')).toBe('PID\n')
  })

  test('out of it and in a circle are told; dangling ones are normal; hard links lead from the top', async () => {
    const all = await walked(
      file(
        writeTar([
          { name: 'top/var/log/kern.log', target: '../../../../../../etc/passwd' },
          { name: 'top/loop', target: 'loop' },
          { name: 'top/dangling', target: 'not/collected' },
          { name: 'top/real', data: 'PID\n' },
          { name: 'top/ps', type: '1', target: 'top/real' },
        ]),
      ),
      { wants },
    )
    expect(all.problems).toMatchObject([
      { code: 'implausible-value', message: expect.stringMatching(/kern\.log, top\/loop: a link that leads out/) },
    ])
    expect(all.text('ps')).toBe('PID\n')
  })

  test('in an archive inside of another there is no second pass: a target behind its link comes all the same', async () => {
    const all = await walked(file(writeTar([{ name: 'inner.tar', data: writeTar([link, target]) }])), { wants })
    expect(all.texts.map(({ name, lines }) => [name, lines.length])).toEqual([['var/log/kern.log', 2]])
    expect(all.problems).toEqual([])
  })

  test('in an archive inside of another, a target that went by is told as missed', async () => {
    const all = await walked(file(writeTar([{ name: 'inner.tar', data: writeTar([target, link]) }])), { wants })
    expect(all.problems).toMatchObject([
      {
        message: expect.stringMatching(
          /var\/log\/kern\.log: a link to top\/sos_strings\/kern\.tailed, which had gone by unread/,
        ),
      },
    ])
  })
})

describe('archives in archives', () => {
  const report = (host: string): Buffer =>
    gzipSync(
      writeTar([
        { name: `sosreport-${host}/sos_commands/host/hostname`, data: `${host}\n` },
        { name: `sosreport-${host}/var/log/kern.log`, data: log },
      ]),
    )

  test('each report of a bundle is a group of its own', async () => {
    const name = file(
      writeTar([
        { name: 'sos-collector-x/sos_logs/sos.log', data: 'x\n' },
        { name: 'sos-collector-x/sosreport-a.tar.gz', data: report('a') },
        { name: 'sos-collector-x/sosreport-b.tar.gz', data: report('b') },
      ]),
    )
    const all = await walked(name)
    expect(all.texts.map(({ name, group }) => [name, /!.*|$/.exec(group.name)![0], group.kind])).toEqual([
      ['sos_logs/sos.log', '', null],
      ['sos_commands/host/hostname', '!sosreport-a.tar.gz', 'sosreport'],
      ['var/log/kern.log', '!sosreport-a.tar.gz', 'sosreport'],
      ['sos_commands/host/hostname', '!sosreport-b.tar.gz', 'sosreport'],
      ['var/log/kern.log', '!sosreport-b.tar.gz', 'sosreport'],
    ])
    expect(all.walk.inputs[0]?.kind).toBe('sosreport')
  })

  test('a host’s folder that was packed by itself stays with its host', async () => {
    const packed = writeTar([{ name: 'fs/nfsd/exports', data: 'x\n' }])
    const all = await walked(
      file(
        writeTar([
          { name: 'sosreport-a/sos_commands/host/hostname', data: 'a\n' },
          { name: 'sosreport-a/proc/fs.tar', data: packed },
        ]),
      ),
    )
    expect(all.texts.map(({ name }) => name)).toEqual(['sos_commands/host/hostname', 'proc/fs/nfsd/exports'])
    expect(new Set(all.texts.map(({ group }) => group)).size).toBe(1)
  })

  test('folders beside each other that are no host’s own are groups', async () => {
    const name = file(
      writeTar([
        { name: 'crash/202611221530/dmesg', data: log },
        { name: 'crash/202611230000/dmesg', data: log },
        { name: 'crash/kexec_cmd', data: 'x\n' },
      ]),
    )
    const all = await walked(name)
    expect(all.texts.map(({ group }) => [group.name.slice(name.length), group.kind])).toEqual([
      ['!202611221530', 'kdump-folder'],
      ['!202611230000', 'kdump-folder'],
      ['', null],
    ])
    expect(all.walk.inputs[0]?.kind).toBe('kdump-folder')
  })

  test('reports beside each other in one tar are groups, and their members are told apart', async () => {
    const name = file(
      writeTar(['a', 'b'].map((host) => ({ name: `sosreport-${host}/sys/kernel/mm/ksm/run`, data: `${host}\n` }))),
    )
    const all = await walked(name, { wants: (member) => member === 'sys/kernel/mm/ksm/run' })
    expect(all.texts.map(({ path, group, lines }) => [path, group.name, lines[0]])).toEqual([
      [`${name}!sys/kernel/mm/ksm/run`, name, 'a'],
      [`${name}!sosreport-b/sys/kernel/mm/ksm/run`, `${name}!sosreport-b`, 'b'],
    ])
  })

  test('four deep are opened, the fifth is told and not', async () => {
    let inner: Buffer = writeTar([{ name: 'deep', data: 'found\n' }])
    for (let i = 0; i < 3; i++) inner = gzipSync(writeTar([{ name: `level-${i}`, data: inner }]))
    expect((await walked(file(inner))).text('deep')).toBe('found\n')
    const deeper = await walked(
      file(
        writeTar([
          { name: 'outside', data: inner },
          { name: 'beside', data: 'read\n' },
        ]),
      ),
    )
    expect([deeper.text('deep'), deeper.text('beside')]).toEqual([undefined, 'read\n'])
    expect(deeper.problems).toMatchObject([
      { code: 'limit-reached', message: expect.stringMatching(/not opened: it is in 4 archives already/) },
    ])
  })
})

describe('an apport report', () => {
  const field = (name: string, bytes: Buffer, chunk = 1000): string => {
    let text = `${name}: base64\n`
    for (let at = 0; at < bytes.length; at += chunk) text += ` ${bytes.subarray(at, at + chunk).toString('base64')}\n`
    return text
  }
  const head =
    'ProblemType: KernelCrash\nUname: Linux 4.4.0-72-generic x86_64\nOopsText:\n BUG: soft lockup\n Call Trace:\n'

  test('gives each field by its name, its dump as a file', async () => {
    const name = file(`${head}${field('VmCore', gzipSync(dump))}${field('VmCoreDmesg', gzipSync(log), 7)}`)
    const all = await walked(name)
    expect(all.text('Uname')).toBe('Linux 4.4.0-72-generic x86_64\n')
    expect(all.text('OopsText')).toBe('BUG: soft lockup\nCall Trace:\n')
    expect(all.text('VmCoreDmesg')).toBe(log)
    expect(all.texts.find((each) => each.name === 'VmCoreDmesg')).toMatchObject({
      path: `${name}!VmCoreDmesg`,
      holder: 'apport',
      looksLike: 'kernel-log',
    })
    expect(all.dumps).toMatchObject([{ name: 'VmCore', copied: true, looksLike: 'kdump' }])
    expect(readFileSync(all.dumps[0]!.file).equals(dump)).toBe(true)
    expect([all.walk.inputs[0]?.kind, all.problems]).toEqual(['apport', []])
  })

  test('values packed by zlib, bzip2, zstd and xz, and plain ones', async (context) => {
    for (const kind of ['zlib', 'bzip2', 'zstd', 'xz'] as const) {
      const bytes = pack(kind, Buffer.from(log))
      if (bytes === null) skipLoudly(context, `no command ${kind}`)
      expect([kind, (await walked(file(head + field('VmCoreDmesg', bytes, 50)))).text('VmCoreDmesg')]).toEqual([
        kind,
        log,
      ])
    }
    expect((await walked(file(head + field('VmCoreDmesg', Buffer.from(log))))).text('VmCoreDmesg')).toBe(log)
  })

  test('unwanted fields are stepped over, but for a dump', async () => {
    const all = await walked(file(head + field('VmCoreDmesg', gzipSync(log)) + field('VmCore', gzipSync(dump))), {
      wants: (name) => name === 'Uname',
    })
    expect(all.texts.map(({ name }) => name)).toEqual(['Uname'])
    expect(all.dumps.map(({ name }) => name)).toEqual(['VmCore'])
  })

  test('a cut one gives what stands before the cut', async () => {
    const long = logText(300_000)
    const whole = head + field('VmCoreDmesg', gzipSync(long), 5000)
    for (const share of [0.4, 0.72, 0.999]) {
      const all = await walked(file(whole.slice(0, Math.floor(whole.length * share))))
      expect(codes(all)).toEqual(['file-truncated'])
      const text = all.text('VmCoreDmesg')!
      expect(text.length).toBeGreaterThan(long.length * share * 0.8)
      expect(long.toString().startsWith(text.trimEnd())).toBe(true)
      expect(all.texts.at(-1)?.cut).toMatch(/cut off/)
    }
  })

  test('packed as a whole, and in an archive beside others', async () => {
    const report = gzipSync(`${head}${field('VmCoreDmesg', gzipSync(log))}`)
    expect((await walked(file(report))).text('VmCoreDmesg')).toBe(log)
    const all = await walked(
      file(
        writeTar([
          { name: 'a.crash', data: report },
          { name: 'b.crash', data: report },
        ]),
      ),
    )
    expect(new Set(all.texts.map(({ group }) => group.name)).size).toBe(2)
    expect(all.walk.inputs[0]?.kind).toBe('apport')
  })
})

describe('a folder', () => {
  let folder: string
  beforeAll(() => {
    folder = join(scratch.path, 'folder')
    for (const [name, content] of Object.entries({
      'sos_commands/kernel/uname_-a': 'Linux\n',
      'sys/kernel/mm/ksm/run': '1\n',
      'var/log/kern.log.1.gz': gzipSync(log),
      'var/log/unwanted': 'x\n',
      'var/crash/1/vmcore': dump,
      'opt/data': 'unwanted\n',
    })) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    symlinkSync('sos_commands/kernel/uname_-a', join(folder, 'uname'))
    symlinkSync('/../../etc/passwd', join(folder, 'passwd'))
  })

  test('gives what is wanted, in order; a dump in place', async () => {
    const all = await walked(`${folder}/`, { wants: (name) => /uname|ksm|kern/.test(name) })
    expect(all.texts.map(({ name, lines }) => [name, lines.length])).toEqual([
      ['sos_commands/kernel/uname_-a', 1],
      ['sys/kernel/mm/ksm/run', 1],
      ['uname', 1],
      ['var/log/kern.log.1.gz', 2],
    ])
    expect(all.texts[0]!.path).toBe(`${folder}/sos_commands/kernel/uname_-a`)
    expect(all.dumps).toMatchObject([
      { name: 'var/crash/1/vmcore', copied: false, file: join(folder, 'var/crash/1/vmcore') },
    ])
    expect(all.walk.inputs[0]).toMatchObject({ kind: 'sosreport' })
    expect(all.problems).toMatchObject([{ message: expect.stringMatching(/skipped passwd: a link that leads out/) }])
  })

  test('with folders of crashes, or reports, has a group for each', async () => {
    const top = join(scratch.path, 'crashes')
    for (const name of [
      '202611221530/dmesg',
      '202611230000/dmesg',
      'sos/unpacked/sos_commands/x',
      'sos/unpacked/var/log/kern.log',
    ]) {
      mkdirSync(join(top, name, '..'), { recursive: true })
      writeFileSync(join(top, name), log)
    }
    writeFileSync(join(top, 'kexec_cmd'), 'x\n')
    const all = await walked(top)
    expect(all.texts.map(({ name, group }) => [name, group.name.slice(top.length), group.kind])).toEqual([
      ['dmesg', '/202611221530', 'kdump-folder'],
      ['dmesg', '/202611230000', 'kdump-folder'],
      ['kexec_cmd', '', null],
      ['sos_commands/x', '/sos/unpacked', 'sosreport'],
      ['var/log/kern.log', '/sos/unpacked', 'sosreport'],
    ])
  })

  test('a kernel’s own folder is read only where it is wanted', async (context) => {
    if (!existsSync('/sys/kernel/mm/ksm/run')) skipLoudly(context, 'no KSM here')
    const all = await walked('/sys/kernel/mm/ksm', { wants: (name) => name === 'run' || name === 'pages_shared' })
    expect(all.texts.map(({ name, lines }) => [name, lines.length])).toEqual([
      ['pages_shared', 1],
      ['run', 1],
    ])
  })
})

describe('limits and Ctrl-C', () => {
  test('dumps that are copied keep to their limit, together, and it is said', async () => {
    const name = file(
      writeTar([
        { name: 'a/vmcore', data: dump },
        { name: 'b/vmcore', data: dump },
        { name: 'c', data: log },
      ]),
    )
    const all = await walked(name, { limits: { spool: 400_000 } })
    expect(all.dumps.map(({ cut }) => cut?.slice(0, 14))).toEqual([undefined, 'only its first'])
    expect(all.problems).toMatchObject([{ code: 'limit-reached', input: `${name}!b/vmcore` }])
    expect(all.text('c')).toBe(log)
  })

  test('a bomb ends with a word, the other inputs are read', async () => {
    const good = file(log)
    const all = await walked([file(gzipSync(writeTar([{ name: 'a', data: Buffer.alloc(30_000_000) }]))), good], {
      limits: { unpack: { free: 1_000_000, ratio: 10, total: 1e9 } },
    })
    // what came is one long line, too
    expect(codes(all)).toEqual(['limit-reached', 'implausible-value'])
    expect(paths(all)).toContain(good)
  })

  test('Ctrl-C ends the walk, with what was read so far and no problem of its own', async () => {
    const abort = { aborted: false }
    const name = file(gzipSync(writeTar(['a', 'b', 'c'].map((each) => ({ name: each, data: logText(2_000_000) })))))
    const all = await walked([name, file(log)], {
      abort,
      seen: (path) => {
        if (path.endsWith('!b')) abort.aborted = true
      },
    })
    expect(all.texts.map(({ name, cut }) => [name, cut])).toEqual([
      ['a', null],
      ['b', 'interrupted'],
    ])
    expect(all.problems).toEqual([])
    expect(all.walk.inputs.length).toBe(1)
  })
})

describe('a program that walks', () => {
  let program: string
  beforeAll(() => {
    program = walkProgram(join(scratch.path, 'program'))
  })

  const run = (args: string[], stdin: Buffer | 'open', interruptAfter = 0): Promise<WalkResult> =>
    runWalk(program, args, { stdin, interruptAfter, temp })

  test('reads standard input, text and packed, an archive, a dump', async () => {
    expect(await run(['-'], Buffer.from(log))).toMatchObject({
      members: [['-', 2, null]],
      inputs: [{ name: '-', kind: 'kernel-log', bytes: log.length }],
    })
    expect((await run(['-'], gzipSync(log))).members).toEqual([['-', 2, null]])
    expect((await run(['-'], gzipSync(writeTar([{ name: 'top/dmesg', data: log }])))).members).toEqual([
      ['-!dmesg', 2, null],
    ])
    expect((await run(['-'], dump)).members).toEqual([['-', 'dump', null]])
    const twice = await run(['-', '-'], Buffer.from(log))
    expect([twice.members.length, twice.problems[0]?.code]).toEqual([1, 'bad-flag'])
    expect((await run(['-'], Buffer.alloc(0))).problems[0]?.code).toBe('is-empty')
  })

  test('Ctrl-C while standard input is waited for ends it', { timeout: 20_000 }, async () => {
    const { problems } = await run(['-'], 'open', 300)
    expect(problems).toEqual([])
  })

  test('a log of 1 GB in a small gzip, one line: bounded memory, and a word', { timeout: 240_000 }, async () => {
    // 1 GB of blanks out of 1 MB, by a member that is repeated
    const member = gzipSync(Buffer.alloc(100_000_000, ' '), { level: 9 })
    const { members, problems, grown } = await run(
      [file(Buffer.concat(Array.from({ length: 10 }, () => member)))],
      'open',
    )
    expect(members.map(([, lines]) => lines)).toEqual([1])
    expect(problems).toMatchObject([
      {
        code: 'implausible-value',
        message: expect.stringMatching(/1 line of more than 64\.0 KiB cut there; 953\.6 MiB/),
      },
    ])
    expect(grown).toBeLessThan(150_000_000)
  })
})
