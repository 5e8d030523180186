import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fixture } from '../support/cli.ts'
import { CORPUS } from '../support/corpus.ts'
import { scratchFolder } from '../support/containers.ts'
import { isThere } from '../support/packers.ts'
import { type WalkedAll, walkInputs } from '../support/walk-inputs.ts'
import { runWalk, walkProgram } from '../support/walk-program.ts'

// The reports that the corpus' generator makes: each opens as its README says. What they mean is other tests' matter.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const generator = CORPUS === null ? null : join(CORPUS, '../inputs/sos-small/make-sos.mjs')
const there = generator !== null && existsSync(generator) && isThere('xz') && isThere('bzip2') && isThere('zstd')
if (!there) console.warn('SKIPPED: KSM_DUMP_CORPUS is not set, or xz, bzip2 or zstd is missing: no made sosreports')

const made = join(scratch.path, 'made')
const temp = join(scratch.path, 'tmp')
const vmcore = fixture('6.1-small.vmcore')
let expected: Record<string, { case: string; hostname?: string | null; nested?: Record<string, unknown> }>
let files: string

/** Names and sizes of all that lies in a folder. */
function listing(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? '-'}`)
    .join('\n')
}

const open: WalkedAll[] = []

async function walked(name: string): Promise<WalkedAll> {
  process.env['TMPDIR'] = temp
  const all = await walkInputs([join(made, name)])
  delete process.env['TMPDIR']
  open.push(all)
  return all
}

/** The inputs of a case. */
const of = (name: string): string[] => Object.keys(expected).filter((key) => expected[key]!.case === name)
const only = (name: string): string => of(name)[0] ?? expect.unreachable(`no case ${name}`)

/** What a whole report of the R920 holds, whatever it is packed in. */
function isHang({ texts, problems, text }: WalkedAll, host: string): void {
  expect(text('sos_commands/host/hostname')).toBe(`${host}\n`)
  expect(text('sys/kernel/mm/ksm/pages_sharing')).toBe('9842113\n')
  expect(text('sos_strings/logs/var.log.kern.log.tailed')).toMatch(/soft lockup/)
  expect(texts.filter(({ cut }) => cut !== null)).toEqual([])
  expect(problems).toEqual([])
}

describe.skipIf(!there)('reports of the corpus', () => {
  beforeAll(() => {
    mkdirSync(temp)
    execFileSync(process.execPath, [generator!, made, '--trees', '--vmcore', vmcore], { stdio: 'ignore' })
    expected = JSON.parse(readFileSync(join(made, 'expect.json'), 'utf8'))
    // without its tree: half a gigabyte
    execFileSync(process.execPath, [generator!, made, '--only', 'bomb', '--big'], { stdio: 'ignore' })
    Object.assign(expected, JSON.parse(readFileSync(join(made, 'expect.json'), 'utf8')))
    files = listing(made)
  })
  afterEach(() => {
    for (const each of open.splice(0)) each.walk.close()
    // nothing is left, and nothing was written anywhere else
    expect(readdirSync(temp)).toEqual([])
    expect(listing(made)).toBe(files)
    expect(existsSync('/tmp/ksm-dump-escaped')).toBe(false)
  })

  test.each(['hang', 'hang-bz2', 'hang-zst'])('%s', async (name) => {
    const all = await walked(only(name))
    isHang(all, 'hv-r920-3')
    expect(all.walk.inputs).toMatchObject([{ kind: 'sosreport' }])
    expect(new Set(all.texts.map(({ group }) => group)).size).toBe(1)
  })

  test('obfuscated', async () => isHang(await walked(only('obfuscated')), 'host0'))

  test.each(['healthy', 'near-miss', 'ksm-heavy'])('%s', async (name) => {
    const all = await walked(only(name))
    expect(all.text('sys/kernel/mm/ksm/run')).toBe('1\n')
    expect([all.walk.inputs[0]?.kind, all.problems]).toEqual(['sosreport', []])
  })

  test('unpacked, each report gives the same members as packed', async () => {
    for (const name of ['healthy', 'near-miss', 'ksm-heavy', 'hang', 'obfuscated']) {
      const members = ({ texts }: WalkedAll): string[] =>
        texts.map((each) => `${each.name} ${createHash('sha1').update(each.lines.join('\n')).digest('hex')}`).sort()
      const packed = await walked(only(name))
      const tree = await walked(only(`${name} (unpacked)`))
      // links of a folder are files by their own names, too
      const all = new Set(members(tree))
      expect(members(packed).filter((each) => !all.has(each))).toEqual([])
      expect([tree.walk.inputs[0]?.kind, tree.problems]).toEqual(['sosreport', []])
    }
  })

  test('hostile: reads the rest, tells what it skipped', async () => {
    const all = await walked(only('hostile'))
    expect(all.text('sys/kernel/mm/ksm/run')).toBe('1\n')
    expect(all.text('var/log/kern.log')).toBeUndefined()
    const told = all.problems.map(({ message }) => message).join('\n')
    expect(told).toMatch(/leads out of the archive/)
    expect(told).toMatch(/kern\.log, .*messages: a link that leads out of the archive or in a circle/)
    expect(told).toMatch(/kcore: a fifo/)
  })

  test('nest: a limit that is said', async () => {
    const all = await walked(only('nest'))
    expect(all.texts).toEqual([])
    expect(all.problems).toMatchObject([
      { code: 'limit-reached', message: expect.stringMatching(/in 4 archives already/) },
    ])
  })

  test('collect: both reports, each a group', async () => {
    const all = await walked(only('collect'))
    const hosts = all.texts.filter(({ name }) => name === 'sos_commands/host/hostname')
    expect(hosts.map(({ lines, group }) => [lines[0], group.kind]).sort()).toEqual([
      ['hv-noble-1', 'sosreport'],
      ['hv-r920-3', 'sosreport'],
    ])
    expect(hosts[0]!.group).not.toBe(hosts[1]!.group)
    expect(all.problems).toEqual([])
  })

  test('kdump folders: dump in place and log', async () => {
    const debian = await walked(only('kdump-folder'))
    expect(debian.dumps).toMatchObject([{ copied: false, looksLike: 'kdump' }])
    expect(debian.texts).toMatchObject([{ looksLike: 'kernel-log', group: { kind: 'kdump-folder' } }])
    const redHat = await walked(only('kdump-folder (RHEL)'))
    expect(redHat.texts.map(({ name }) => name)).toEqual(['kexec-dmesg.log', 'vmcore-dmesg.txt'])
    expect(redHat.walk.inputs[0]?.kind).toBe('kdump-folder')
  })

  test('apport: fields, many lines, a dump that is the same as by itself', async () => {
    const short = await walked(only('apport VmCoreDmesg'))
    const lines = short.texts.find(({ name }) => name === 'VmCoreDmesg')!.lines
    expect(lines.join('\n')).toMatch(/soft lockup/)
    expect(short.text('DistroRelease')).toBe('Ubuntu 16.04\n')
    expect([short.problems, short.walk.inputs[0]?.kind]).toEqual([[], 'apport'])
    const long = await walked(only('apport, many base64 lines, two binary fields'))
    expect(long.texts.find(({ name }) => name === 'VmCoreDmesg')!.lines.length).toBe(12 * lines.length)
    expect(long.text('VmCoreLog')).toBe('makedumpfile Completed.\n')
    const core = await walked(only('apport VmCore'))
    expect(readFileSync(core.dumps[0]!.file).equals(readFileSync(vmcore))).toBe(true)
    expect(core.problems).toEqual([])
  })

  test('apport, cut inside of base64: what stands before it, and a word', async () => {
    const cut = await walked(only('apport cut inside base64'))
    const whole = await walked(only('apport VmCoreDmesg'))
    const [some, all] = [cut, whole].map(({ texts }) => texts.find(({ name }) => name === 'VmCoreDmesg')!)
    expect(some!.lines.length).toBeGreaterThan(all!.lines.length * 0.3)
    expect(some!.lines.slice(0, -1)).toEqual(all!.lines.slice(0, some!.lines.length - 1))
    expect(some!.cut).toBe('the report is cut off inside of its base64')
    expect(cut.problems).toMatchObject([{ code: 'file-truncated' }])
  })

  test('bomb: 512 MiB of one line, bounded memory, and a word', { timeout: 240_000 }, async () => {
    const program = walkProgram(join(scratch.path, 'program'))
    const result = await runWalk(program, [join(made, only('bomb'))], { stdin: Buffer.alloc(0), temp })
    expect(result.members.find(([path]) => path.endsWith('!var/log/kern.log'))).toMatchObject([
      expect.anything(),
      1,
      null,
    ])
    expect(result.problems).toMatchObject([
      { message: expect.stringMatching(/1 line of more than 64\.0 KiB cut there/) },
    ])
    expect(result.grown).toBeLessThan(120_000_000)
  })

  test('cut anywhere, any report gives members and one word, never an error', async () => {
    for (const name of ['hang', 'hang-bz2', 'hang-zst', 'apport VmCoreDmesg', 'collect']) {
      const bytes = readFileSync(join(made, only(name)))
      for (const share of [0.2, 0.5, 0.8, 0.97]) {
        const path = scratch.file('cut', bytes.subarray(0, Math.floor(bytes.length * share)))
        const all = await walkInputs([path])
        open.push(all)
        expect([name, share, all.problems.map(({ code }) => code)]).toEqual([name, share, ['file-truncated']])
        // these reports are one block of bzip2 or zstd, which can't be had in part
        if (!/bz2|zst/.test(name)) expect(all.texts.length).toBeGreaterThan(0)
      }
    }
  })
})
