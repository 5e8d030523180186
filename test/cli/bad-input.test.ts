import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnalyzeReport, DOCUMENTS, type WalkReport } from '../../src/document/schema.ts'
import { cli, complaints, fixture, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { corpusDump, type Truth } from '../support/corpus.ts'
import { writeKdump } from '../support/dump-writer.ts'
import { writeElf } from '../support/elf-writer.ts'
import { CONTRACT, departures } from '../support/json-contract.ts'
import { Remake } from '../support/remake.ts'

// What people give by mistake, and dumps that are hurt: one clear message that names the file and says what to try, the
// documented exit code, and under --json a document all the same.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const dump = fixture('6.1-small.vmcore')
const truth = JSON.parse(readFileSync(fixture('6.1-small.truth.json'), 'utf8')) as Truth

/** Text commands, one for some cases in turn: they must all say the same. */
const COMMANDS = [
  (path: string) => ['analyze', path],
  (path: string) => ['nodes', path, '--top', '3'],
  (path: string) => ['walk', path, '0xffff888000000000'],
  (path: string) => ['walk', path, 'pfn:0x1', '--addresses'],
] as const
let turn = 0

/** An input that leaves no answer: one message, and a document that says why. */
async function refused(path: string, exit: number, code: string, says: RegExp): Promise<AnalyzeReport> {
  const run = await cli(['analyze', path, '--json'], { cwd: scratch.path })
  expect(complaints(run, path.includes('\n') ? [] : [path])).toEqual([])
  expect(run.stderr).toMatch(says)
  expect(run.code).toBe(exit)
  // something to try: a second line, or a second sentence
  expect(run.stderr).toMatch(/[.\]]\s+\S.*\n$/s)
  const document = JSON.parse(run.stdout) as AnalyzeReport
  expect(DOCUMENTS.analyze.safeParse(document).error).toBeUndefined()
  expect(departures(document, CONTRACT.analyze, true)).toEqual([])
  expect(document.verdict.level).toBe('unknown')
  expect(document.ksm).toBeNull()
  expect(document.inputs.map((input) => input.name)).toEqual([path])
  expect(document.problems.at(-1)).toMatchObject({ code, input: path })
  if (turn++ % 3 === 0) {
    const text = await cli(COMMANDS[((turn / 3) % COMMANDS.length) | 0]!(path), { cwd: scratch.path })
    expect([text.code, text.stdout, text.stderr]).toEqual([exit, '', run.stderr])
  }
  return document
}

/** An input that only the commands for dumps refuse: `analyze` reads folders, texts and packed files, too. */
async function refusedAsDump(path: string, code: string, says: RegExp): Promise<void> {
  const run = await cli(['nodes', path, '--json'], { cwd: scratch.path })
  expect([run.code, complaints(run, [path])]).toEqual([3, []])
  expect(run.stderr).toMatch(says)
  expect((JSON.parse(run.stdout) as AnalyzeReport).problems.at(-1)).toMatchObject({ code, input: path })
}

/** An input in which `analyze` finds nothing that tells anything. */
async function tellsNothing(path: string): Promise<void> {
  const run = await cli(['analyze', path, '--json'], { cwd: scratch.path })
  expect([run.code, complaints(run, [path])]).toEqual([3, []])
  expect(run.stderr).toMatch(/Nothing of a known kind.*\n.*Give a vmcore/s)
  const document = JSON.parse(run.stdout) as AnalyzeReport
  expect(DOCUMENTS.analyze.safeParse(document).error).toBeUndefined()
  expect([document.verdict.level, document.ksm, document.hang]).toEqual(['unknown', null, null])
  expect(document.problems.at(-1)).toMatchObject({ code: 'not-a-dump', input: path })
}

describe('no dump at all: exit 3', () => {
  const packed = (name: string, magic: number[]): string =>
    scratch.file(name, Uint8Array.from([...magic, ...Array.from({ length: 5000 }, (_, i) => (i * 37) & 0xff)]))

  test('a missing file', () => refused('no/such/file', 3, 'not-found', /no such file.*\n.*path/))
  test('a directory', async () => {
    mkdirSync(join(scratch.path, 'a folder'))
    await refusedAsDump('a folder', 'is-a-directory', /a directory, not a dump/)
    await tellsNothing('a folder')
  })
  test('an empty file', async () => {
    await refused(scratch.file('empty', new Uint8Array()), 3, 'is-empty', /the file is empty/)
  })
  test('a picture', () => refused(packed('x.jpg', [0xff, 0xd8, 0xff, 0xe0]), 3, 'not-a-dump', /a JPEG picture/))
  test('a text', async () => {
    const notes = scratch.file('notes.txt', Buffer.from('crash> bt\n'))
    await refusedAsDump(notes, 'not-a-dump', /a text file/)
    await tellsNothing(notes)
  })
  test('a kernel log that reports nothing is an answer', async () => {
    const quiet = scratch.file('quiet.txt', Buffer.from('[   12.000001] usb 1-1: new device\n'))
    const run = await cli(['analyze', quiet, '--json'], { cwd: scratch.path })
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect((JSON.parse(run.stdout) as AnalyzeReport).verdict).toMatchObject({ level: 'ok', code: 'nothing-found' })
  })
  test('a program', () => refused(process.execPath, 3, 'is-a-vmlinux', /a vmlinux.*or a program/))
  test('a kernel image', async () => {
    const elf = writeElf({ type: 2, segments: [{ paddr: 0x1000000, bytes: new Uint8Array(4096) }] })
    await refused(scratch.file('vmlinux', elf.bytes), 3, 'is-a-vmlinux', /vmlinux/)
  })
  test('a dump packed by gzip, xz, zstd: the message says how to unpack it', async () => {
    const gz = scratch.file('vmcore.gz', gzipSync(readFileSync(dump).subarray(0, 65_536)))
    await refusedAsDump(gz, 'is-packed', /gzip -dc/)
    await refusedAsDump(packed('vmcore.xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'is-packed', /xz -dc/)
    await refusedAsDump(packed('vmcore.zst', [0x28, 0xb5, 0x2f, 0xfd]), 'is-packed', /zstd -d/)
  })
  test('what is no regular file', async () => {
    await refused('/dev/null', 3, 'not-a-dump', /not a regular file/)
    await refused('/dev/zero', 3, 'not-a-dump', /not a regular file/)
  })
  test('a pipe is not waited for', async (context) => {
    try {
      execFileSync('mkfifo', [join(scratch.path, 'fifo')])
    } catch {
      skipLoudly(context, 'mkfifo is not there')
    }
    await refused('fifo', 3, 'not-a-dump', /not a regular file/)
  })
  test('a file of /proc that has no size', async (context) => {
    if (process.platform !== 'linux') skipLoudly(context, 'no /proc here')
    await refused('/proc/self/maps', 3, 'not-a-dump', /has no size, as in \/proc/)
  })
  test('a circle of symbolic links', async () => {
    symlinkSync('two', join(scratch.path, 'one'))
    symlinkSync('one', join(scratch.path, 'two'))
    await refused('one', 3, 'not-found', /lead in a circle/)
  })
  test('standard input, no name, a name of 300 letters', async () => {
    await refusedAsDump('-', 'not-found', /not read from standard input/)
    await refused('', 3, 'not-found', /name of the file is empty/)
    await refused('n'.repeat(300), 3, 'not-found', /not a name/)
  })
  test('a name with an escape sequence and a line feed does not reach the terminal', async () => {
    const document = await refused('a\u001b[31m\nb\u009b2J', 3, 'not-found', /a\.\[31m\.b\.2J: no such file/)
    expect(document.inputs[0]?.name).toBe('a\u001b[31m\nb\u009b2J')
  })
  test('no permission', async (context) => {
    const path = scratch.file('secret', readFileSync(dump).subarray(0, 4096))
    chmodSync(path, 0)
    if (process.getuid?.() === 0) skipLoudly(context, 'root may read everything')
    await refused(path, 3, 'no-permission', /not readable for this user/)
  })
})

describe('dumps that are cut off', () => {
  const cut = (size: number): string => scratch.file(`cut-${size}`, readFileSync(dump).subarray(0, size))

  test('inside the headers: exit 3', async () => {
    await refused(cut(100), 3, 'truncated-header', /offset 100/)
    await refused(cut(4096), 3, 'truncated-header', /offset 4096/)
    await refused(cut(9000), 3, 'truncated-header', /offset 9000/)
  })
  test('before the kernel: exit 5, and the cut is named as the cause', async () => {
    await refused(cut(20_000), 5, 'no-symbols', /offset 20000/)
    await refused(cut(1_000_000), 5, 'no-symbols', /offset 1000000/)
    await refused(cut(4_000_000), 5, 'no-types', /offset 4000000.*\nCopy the file again/s)
  })
  test('at the end: what is there is told, exit 4', async () => {
    const path = cut(7_900_000)
    const run = await cli(['analyze', path])
    expect(run.code).toBe(4)
    expect(complaints(run, [path])).toEqual([])
    expect(run.stderr).toMatch(/^ksm-dump: PARTIAL: .*offset 7900000.*\n.*[cC]opy the file again/s)
    expect(run.stdout).toMatch(/PARTIAL/)
    const json = await cli(['nodes', path, '--json'])
    expect(json.code).toBe(4)
    expect(json.stderr).toMatch(/^ksm-dump: PARTIAL: .*offset 7900000/)
    const { partial, problems } = JSON.parse(json.stdout) as { partial: boolean; problems: object[] }
    expect(partial).toBe(true)
    expect(problems).toContainEqual(expect.objectContaining({ code: 'file-truncated', at: '0x788b60' }))
  })
})

describe('kernels that are not understood: exit 5', () => {
  /** `info` answers all the same. */
  async function described(path: string, says: RegExp): Promise<void> {
    const run = await cli(['info', path])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(says)
    expect(run.stdout).toMatch(/ksm +no: /)
  }
  const info = 'OSRELEASE=6.6.0-arm\nPAGESIZE=4096\n'

  test('a kdump of aarch64', async () => {
    const { bytes } = writeKdump({ machine: 'aarch64', vmcoreinfo: info, pages: [{ pfn: 1 }] })
    const path = scratch.file('arm.vmcore', bytes)
    await refused(path, 5, 'other-machine', /a dump of a aarch64 machine|a dump of an aarch64 machine/)
    await described(path, /machine +aarch64/)
  })
  test('an ELF core of ppc64', async () => {
    const notes = [{ name: 'VMCOREINFO', type: 0, desc: info }]
    const segments = [{ notes }, { paddr: 0, bytes: new Uint8Array(65_536) }]
    const path = scratch.file('ppc.elf', writeElf({ machine: 21, endian: 'big', segments }).bytes)
    await refused(path, 5, 'other-machine', /ppc64 machine \(big-endian/)
    await described(path, /machine +ppc64/)
  })

  test('a real dump of 5.10', async (context) => {
    const path = corpusDump('5.10-hang')
    if (path === null) skipLoudly(context, 'KSM_DUMP_CORPUS is not set: no real dump of an older kernel')
    const document = await refused(path, 5, 'no-symbols', /5\.10\.0-32-cloud-amd64.*kallsyms_names/)
    expect(document.kernel).toMatchObject({
      release: '5.10.0-32-cloud-amd64',
      arch: 'x86_64',
      symbols: null,
      types: null,
    })
    await described(path, /would help +linux-image-5\.10\.0-32-cloud-amd64-dbg/)
  })

  let remake: Remake
  beforeAll(async () => {
    remake = await Remake.of(dump)
  })
  test('a dump without VMCOREINFO', async () => {
    const path = scratch.file('plain.vmcore', remake.bytes({ notes: [] }))
    await refused(path, 5, 'no-vmcoreinfo', /no VMCOREINFO note.*\n.*QEMU/)
    await described(path, /would help +a dump with a VMCOREINFO/)
  })
  test('a dump without the pages of its BTF', async () => {
    expect(remake.exclude(remake.symbol('__start_BTF'), remake.symbol('__stop_BTF'))).toBeGreaterThan(1000)
    const path = scratch.file('no-btf.vmcore', remake.bytes())
    const document = await refused(path, 5, 'no-types', /BTF of 6\.1\.0.* is not whole/)
    expect(document.kernel).toMatchObject({ release: truth.kernel.release, symbols: 'kallsyms', types: null })
    await described(path, /would help +linux-image-6\.1\.0-56-cloud-amd64-dbg/)
  })
})

describe('walk: addresses that are no list: exit 4', () => {
  const node = truth.nodes.find((each) => each.kind === 'node')!
  const hlistNode = BigInt(node.first!)
  test.each([
    ['a null pointer', '0x0', /0x0 leads to no KSM list/],
    ['a misaligned one', '0xffffffffffffffff', /misaligned/],
    ['a variable of the kernel', truth.symbols['init_task']!, /init_task\+0x0/],
    ['a page frame that is no KSM page', 'pfn:1', /pfn 0x1 leads to no KSM list/],
    ['a page frame beyond the end', 'pfn:0xffffffffff', /beyond the end of memory/],
    ['an rmap_item', `0x${(hlistNode - 48n).toString(16)}`, new RegExp(`hlist_node 0x${hlistNode.toString(16)}`)],
  ])('%s', async (_, address, says) => {
    const run = await cli(['walk', dump, address, '--json'])
    expect(run.code).toBe(4)
    expect(complaints(run, [dump])).toEqual([])
    expect(run.stderr).toMatch(says)
    const document = JSON.parse(run.stdout) as WalkReport
    expect(departures(document, CONTRACT.walk, true)).toEqual([])
    expect(document).toMatchObject({ partial: true, node: null, length: null, problems: [{ code: 'not-a-list' }] })
  })
})

test('several files that are no split set: exit 3, and the one that is wrong is named', async () => {
  const other = fixture('7.2-small.vmcore')
  for (const files of [
    [dump, dump],
    [dump, other],
  ]) {
    const run = await cli(['analyze', ...files])
    expect([run.code, run.stdout]).toEqual([3, ''])
    expect(complaints(run, ['.vmcore'])).toEqual([])
  }
  const run = await cli(['info', dump, 'gone'], { cwd: scratch.path })
  expect(run.code).toBe(3)
  expect(complaints(run, ['gone'])).toEqual([])
})

test('names with blanks and line feeds, relative and through a link: read like any other', async () => {
  const name = 'a dump\nof today.vmcore'
  writeFileSync(join(scratch.path, name), readFileSync(dump))
  symlinkSync(name, join(scratch.path, 'link'))
  const run = await cli(['nodes', `./${name}`, '--json', '--top', '1'], { cwd: scratch.path })
  expect([run.code, run.stderr]).toEqual([0, ''])
  expect(JSON.parse(run.stdout)).toMatchObject({
    inputs: [{ name: `./${name}`, kind: 'kdump' }],
    nodes: [{ kind: 'chain' }],
  })
  const link = await cli(['info', 'link'], { cwd: scratch.path })
  expect([link.code, link.stderr]).toEqual([0, ''])
})
