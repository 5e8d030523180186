import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fileHead, fileStream } from '../../src/io/file-stream.ts'
import { foldersIn, isFolder, isMadeOnRead, walkFolder } from '../../src/io/folder.ts'
import { scratchFolder } from '../support/containers.ts'
import { drained } from '../support/packers.ts'

const scratch = scratchFolder()
afterAll(() => scratch.remove())

/** Makes a folder of files, links (-> target) and folders (name with a slash behind it). */
function made(name: string, entries: Record<string, string>): string {
  const folder = join(scratch.path, name)
  mkdirSync(folder, { recursive: true })
  for (const [path, content] of Object.entries(entries)) {
    mkdirSync(join(folder, path, path.endsWith('/') ? '' : '..'), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(folder, path))
    else if (!path.endsWith('/')) writeFileSync(join(folder, path), content)
  }
  return folder
}

function walked(folder: string): { files: string[]; links: Record<string, string>; skipped: Record<string, string> } {
  const files: string[] = []
  const links: Record<string, string> = {}
  const skipped: Record<string, string> = {}
  for (const { kind, name, path, linked } of walkFolder(folder, (name, why) => {
    skipped[name] = why
  })) {
    if (kind === 'folder') files.push(`${name}/`)
    else if (linked) links[name] = path.slice(folder.length + 1)
    else files.push(name)
  }
  return { files, links, skipped }
}

describe('a folder', () => {
  test('is walked in sorted order, each folder before what is in it', () => {
    const folder = made('sorted', { 'b/2': '', 'b/1': '', a: '', 'c/d/e': '', B: '', 'empty/': '' })
    expect(walked(folder).files).toEqual(['B', 'a', 'b/', 'b/1', 'b/2', 'c/', 'c/d/', 'c/d/e', 'empty/'])
  })

  test('links to files in it are given; those to folders, to nothing, and out of it are not', () => {
    made('outside', { secret: 'no' })
    const folder = made('links', {
      'sos_commands/kernel/uname_-a': 'Linux',
      uname: '-> sos_commands/kernel/uname_-a',
      'var/log/kern.log': '-> ../../sos_strings/kern.tailed',
      'sos_strings/kern.tailed': 'x',
      'etc/os-release': '-> ../lib/os-release',
      'usr/lib/os-release': 'y',
      lib: '-> usr/lib',
      absolute: '-> /usr/lib/os-release',
      dangling: '-> not/collected',
      out: '-> ../outside/secret',
      'out-to-nothing': '-> ../no-such-folder/secret',
      'through/out': '-> ../../outside/secret',
      'folder-out': '-> ../outside',
      'by-folder-out': '-> folder-out/secret',
      passwd: '-> /../../../../etc/passwd',
      self: '-> self',
      one: '-> two',
      two: '-> one',
    })
    const { links, skipped } = walked(folder)
    expect(links).toEqual({
      uname: 'sos_commands/kernel/uname_-a',
      'var/log/kern.log': 'sos_strings/kern.tailed',
      'etc/os-release': 'usr/lib/os-release',
      absolute: 'usr/lib/os-release',
    })
    expect(Object.keys(skipped).sort()).toEqual([
      'by-folder-out',
      'folder-out',
      'one',
      'out',
      'out-to-nothing',
      'passwd',
      'self',
      'through/out',
      'two',
    ])
  })

  test('eight links in a row are followed, not nine', () => {
    const folder = made('chain', {
      end: 'x',
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`l${i}`, `-> ${i === 8 ? 'end' : `l${i + 1}`}`])),
    })
    const { links, skipped } = walked(folder)
    expect(links['l1']).toBe('end')
    expect(Object.keys(skipped)).toEqual(['l0'])
  })

  test('a fifo in it is told and not opened', () => {
    const folder = made('fifo', { a: 'x' })
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(walked(folder)).toMatchObject({ files: ['a'], skipped: { pipe: 'no regular file' } })
    expect(fileHead(join(folder, 'pipe'), 10)).toBeNull()
  })

  test('thirty folders deep ends with a word', () => {
    const folder = made('deep', { [`${'d/'.repeat(30)}file`]: 'x', a: 'y' })
    const { files, skipped } = walked(folder)
    expect(files).toContain('a')
    expect(files.some((name) => name.endsWith('file'))).toBe(false)
    expect(Object.values(skipped)).toEqual(['more than 24 folders deep'])
  })

  test('is told from files, and from those that are made when they are read', () => {
    const folder = made('told', { 'a/b': '', c: '' })
    expect([isFolder(folder), isFolder(join(folder, 'c')), isFolder(join(folder, 'none'))]).toEqual([
      true,
      false,
      false,
    ])
    expect([foldersIn(folder), foldersIn(join(folder, 'none'))]).toEqual([['a'], []])
    expect(isMadeOnRead(folder)).toBe(false)
    if (process.platform === 'linux') expect(isMadeOnRead('/proc')).toBe(true)
  })
})

describe('a file', () => {
  test('gives its bytes', async () => {
    const bytes = Buffer.alloc(700_000, 'abc')
    const { bytes: read, error } = await drained(fileStream(scratch.file('bytes', bytes)))
    expect([read.equals(bytes), error]).toEqual([true, null])
  })

  test('that became a link, a folder or nothing ends with a word', async () => {
    const folder = made('raced', { real: 'x', link: '-> real' })
    expect((await drained(fileStream(join(folder, 'link')))).error).toMatchObject({ by: 'unreadable' })
    expect((await drained(fileStream(join(folder, 'link'), true))).bytes.toString()).toBe('x')
    expect((await drained(fileStream(folder))).error).toMatchObject({ by: 'unreadable' })
    expect((await drained(fileStream(join(folder, 'none')))).error).toMatchObject({ by: 'unreadable' })
    expect(fileHead(join(folder, 'link'), 5)).toBeNull()
    expect(Buffer.from(fileHead(join(folder, 'real'), 5)!).toString()).toBe('x')
  })
})
