import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ByteReader } from '../../src/io/byte-reader.ts'
import { StreamEnded } from '../../src/io/stream-ended.ts'
import { isTar } from '../../src/io/tar-header.ts'
import { tarMembers } from '../../src/io/tar-members.ts'
import { skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { pieces } from '../support/packers.ts'
import { longName, paxRecord, type TarRecipe, writeTar } from '../support/tar-writer.ts'

const scratch = scratchFolder()
afterAll(() => scratch.remove())

interface Walked {
  members: { name: string; kind: string; what: string; target: string; text: string }[]
  damaged: [number, number][]
  error: unknown
}

/** Reads a tar. @param read - which members' contents are read */
async function walked(tar: Uint8Array, size = 65_536, read: (name: string) => boolean = () => true): Promise<Walked> {
  const result: Walked = { members: [], damaged: [], error: null }
  const reader = new ByteReader(pieces(tar, size))
  try {
    for await (const { name, kind, what, target, contents } of tarMembers(reader, (at, bytes) =>
      result.damaged.push([at, bytes]),
    )) {
      const member = { name, kind, what, target, text: '' }
      result.members.push(member)
      if (read(name)) for await (const piece of contents) member.text += Buffer.from(piece).toString('latin1')
    }
  } catch (error) {
    expect(error).toBeInstanceOf(StreamEnded)
    result.error = error
  }
  return result
}

const names = ({ members }: Walked): string[] => members.map(({ name }) => name)

const THREE: readonly TarRecipe[] = [
  { name: 'a', data: 'first\n' },
  { name: 'b', data: 'x'.repeat(1000) },
  { name: 'c', data: 'last\n' },
]

describe('members', () => {
  test.each(['ustar', 'gnu', 'none'] as const)('of a tar with the magic %s, in pieces of any size', async (magic) => {
    for (const size of [65_536, 512, 511, 7, 1]) {
      const result = await walked(writeTar(THREE.map((each) => ({ ...each, magic }))), size)
      expect(result.error).toBeNull()
      expect(result.members.map(({ name, kind, text }) => [name, kind, text])).toEqual([
        ['a', 'file', 'first\n'],
        ['b', 'file', 'x'.repeat(1000)],
        ['c', 'file', 'last\n'],
      ])
    }
  })

  test('that are not read, or in part, are stepped over', async () => {
    const none = await walked(writeTar(THREE), 300, () => false)
    expect([names(none), none.error]).toEqual([['a', 'b', 'c'], null])
    const reader = new ByteReader(pieces(writeTar(THREE), 100))
    const seen: string[] = []
    for await (const { name, contents } of tarMembers(reader, () => {})) {
      seen.push(name)
      for await (const piece of contents) if (piece.length > 0) break
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  test('with long names: GNU, pax, and the prefix of ustar', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/ü`
    const tar = writeTar([
      longName('L', long),
      { name: long, data: '1', magic: 'gnu' },
      longName('K', long),
      { name: 'link', target: long, magic: 'gnu' },
      { name: long, data: '2', pax: { path: long, atime: '1.5', 'RHT.security.selinux': 'system_u:object_r\0' } },
      { name: 'pax-link', target: 'x', pax: { linkpath: long } },
      { name: 'tail', prefix: 'head', data: '3' },
      // GNU keeps a time there
      { name: 'tail', prefix: '14751676000', data: '4', magic: 'gnu' },
    ])
    const { members, error } = await walked(tar)
    expect(error).toBeNull()
    expect(members.map(({ name, target, text }) => [name, target, text])).toEqual([
      [long, '', '1'],
      ['link', long, ''],
      [long, '', '2'],
      ['pax-link', long, ''],
      ['head/tail', '', '3'],
      ['tail', '', '4'],
    ])
  })

  test('whose size is in pax, or in binary', async () => {
    const pax = writeTar([
      { name: 'p', data: 'abc', size: 0, pax: { size: '3' } },
      { name: 'q', data: 'd', binarySize: true },
    ])
    const result = await walked(pax)
    expect(result.members.map(({ name, text }) => [name, text])).toEqual([
      ['p', 'abc'],
      ['q', 'd'],
    ])
    expect(result.error).toBeNull()
  })

  test('a global pax header holds until the end, an own one is stronger', async () => {
    const body = paxRecord('path', 'global')
    const tar = writeTar([
      { name: 'g', type: 'g', data: body },
      { name: 'x', data: '1' },
      { name: 'y', data: '2', pax: { path: 'own' } },
      { name: 'z', data: '3' },
    ])
    expect(names(await walked(tar))).toEqual(['global', 'own', 'global'])
  })

  test('that are no files have no contents, and say what they are', async () => {
    const tar = writeTar([
      { name: 'fifo', type: '6', size: 4096 },
      { name: 'tty', type: '3' },
      { name: 'sda', type: '4' },
      { name: 'dir/', type: '5', size: 512 },
      { name: 'old-dir/' },
      { name: 'hard', type: '1', target: 'a', size: 100 },
      { name: 'part', type: 'M', data: 'yyyy' },
      { name: 'odd', type: 'Q', data: 'zzzz' },
      { name: 'nul', type: '\0', data: 'file' },
      { name: 'end', data: 'e' },
    ])
    const { members, error } = await walked(tar)
    expect(error).toBeNull()
    expect(members.map(({ name, kind, what }) => `${name} ${kind}: ${what}`)).toEqual([
      'fifo other: a fifo',
      'tty other: a device',
      'sda other: a device',
      'dir/ folder: a folder',
      'old-dir/ folder: a folder',
      'hard hardlink: a link',
      'part other: the second part of a file',
      'odd other: a member of the unknown type Q',
      'nul file: a file',
      'end file: a file',
    ])
    expect(members.at(-1)?.text).toBe('e')
  })

  test('sparse files, of old GNU with blocks of their map, and of pax, are told and stepped over', async () => {
    const tar = writeTar([
      { name: 'lastlog', type: 'S', data: 'x'.repeat(5000), mapBlocks: 3, magic: 'gnu' },
      { name: 'wtmp', type: 'S', data: 'y'.repeat(512), magic: 'gnu' },
      {
        name: './GNUSparseFile.1/db',
        data: 'z'.repeat(600),
        pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'db' },
      },
      { name: 'after', data: 'here' },
    ])
    const result = await walked(tar)
    expect([result.error, result.damaged]).toEqual([null, []])
    expect(result.members.map(({ name, kind, what }) => [name, kind, what])).toEqual([
      ['lastlog', 'other', 'a sparse file'],
      ['wtmp', 'other', 'a sparse file'],
      ['db', 'other', 'a sparse file'],
      ['after', 'file', 'a file'],
    ])
  })

  test('of two archives in one, with their end marks between', async () => {
    const both = Buffer.concat([writeTar(THREE.slice(0, 2)), writeTar(THREE.slice(2))])
    const result = await walked(both)
    expect([names(result), result.error, result.damaged]).toEqual([['a', 'b', 'c'], null, []])
  })
})

describe('archives that are hurt', () => {
  test('a cut at any place: what stands before it comes, and the cut is said', async () => {
    const whole = writeTar(THREE)
    const text = Buffer.concat([
      Buffer.from('first\n'),
      Buffer.from('x'.repeat(1000)),
      Buffer.from('last\n'),
    ]).toString()
    const contentsEnd = whole.length - 1024
    for (let cut = 1; cut < contentsEnd; cut += 97) {
      const result = await walked(whole.subarray(0, cut), 100)
      expect([cut, (result.error as StreamEnded | null)?.by]).toEqual([cut, 'cut'])
      const got = result.members.map((member) => member.text).join('')
      expect(text.startsWith(got)).toBe(true)
      // b's contents stand from 1536 on
      if (cut > 1536 && cut < 2536) expect(got.length).toBe(6 + cut - 1536)
    }
    // between two members, too
    const noMark = await walked(writeTar(THREE, false))
    expect([names(noMark), (noMark.error as StreamEnded | null)?.by]).toEqual([['a', 'b', 'c'], 'cut'])
  })

  test('a damaged header: the members behind it come, and the gap is told', async () => {
    const tar = writeTar([THREE[0]!, { ...THREE[1]!, badChecksum: true }, THREE[2]!])
    for (const size of [65_536, 300]) {
      const result = await walked(tar, size)
      expect([names(result), result.error]).toEqual([['a', 'c'], null])
      // the header and two blocks of contents
      expect(result.damaged).toEqual([[1024, 1536]])
    }
  })

  test('rubbish up to the end is told, behind the end mark it is ignored', async () => {
    const rubbish = Buffer.alloc(3000, 'rubbish')
    const inside = await walked(Buffer.concat([writeTar(THREE, false), rubbish]))
    expect([names(inside), inside.damaged]).toEqual([['a', 'b', 'c'], [[3584, 3000]]])
    const behind = await walked(Buffer.concat([writeTar(THREE), rubbish]))
    expect([names(behind), behind.damaged, behind.error]).toEqual([['a', 'b', 'c'], [], null])
  })

  test('sizes and lengths that cannot be do not run on, nor take memory', async () => {
    const huge = writeTar([{ name: 'huge', data: 'abc', size: 0o77777777777 }], false)
    expect((await walked(huge)).error).toMatchObject({ by: 'cut' })
    const longest = writeTar([{ name: 'L', type: 'L', data: 'x', size: 0o777777777, magic: 'gnu' }], false)
    expect((await walked(longest)).error).toMatchObject({ by: 'cut' })
    const pax = writeTar([
      { name: 'x', type: 'x', data: '99999999999999 path=a\n' },
      { name: 'y', type: 'x', data: '0 path=a\n' },
      { name: 'z', type: 'x', data: 'no records at all' },
      { name: 'size', data: 'abc', pax: { size: '9'.repeat(15), path: 'big' } },
    ])
    expect((await walked(pax)).error).toMatchObject({ by: 'cut' })
  })

  test('any bytes, and damaged archives, never throw anything but their end', async () => {
    const whole = writeTar([...THREE, longName('L', 'n'.repeat(200)), { name: 'n', data: 'y', magic: 'gnu' }])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 }),
        fc.integer({ min: 1, max: 3000 }),
        async (changes, size) => {
          const bad = Buffer.from(whole)
          for (const [at, byte] of changes) bad[at] = byte
          const { members } = await walked(bad, size)
          expect(members.length).toBeLessThan(20)
        },
      ),
      { numRuns: 200 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        expect(isTar(bytes)).toBe(false)
        await walked(bytes)
      }),
    )
  })
})

test('what tar itself writes, in every format, sparse files too', async (context) => {
  const folder = join(scratch.path, 'top')
  const deep = join(folder, ...Array.from({ length: 6 }, (_, i) => `${i}`.repeat(40)))
  mkdirSync(deep, { recursive: true })
  writeFileSync(join(folder, 'a.txt'), 'hello\n')
  writeFileSync(join(deep, 'deep.txt'), 'deep\n')
  symlinkSync('a.txt', join(folder, 'link'))
  // thirty extents: more than a header holds
  const fd = openSync(join(folder, 'holes'), 'w')
  for (let i = 0; i < 30; i++) writeSync(fd, Buffer.alloc(8192, 'h'), 0, 8192, i * 1_048_576)
  closeSync(fd)
  for (const format of ['gnu', 'pax', 'oldgnu', 'posix']) {
    const { status, stdout } = spawnSync('tar', ['-S', `--format=${format}`, '--sort=name', '-cf', '-', 'top'], {
      cwd: scratch.path,
      maxBuffer: 1 << 28,
    })
    if (status !== 0) skipLoudly(context, 'no GNU tar here')
    const result = await walked(stdout, 10_000)
    expect([format, result.error, result.damaged]).toEqual([format, null, []])
    expect(result.members.find(({ name }) => name.endsWith('holes'))?.what).toBe('a sparse file')
    const files = result.members.filter(({ kind }) => kind === 'file')
    expect(files.find(({ name }) => name === 'top/a.txt')?.text).toBe('hello\n')
    expect(files.find(({ name }) => name.endsWith('deep.txt'))).toMatchObject({
      name: `${deep.slice(scratch.path.length + 1)}/deep.txt`,
      text: 'deep\n',
    })
    expect(result.members.find(({ name }) => name === 'top/link')).toMatchObject({ kind: 'symlink', target: 'a.txt' })
  }
})
