import { describe, expect, test } from 'vitest'
import { identify } from '../../src/image/formats.ts'
import { writeKdump } from '../support/dump-writer.ts'
import { writeElf } from '../support/elf-writer.ts'
import { flatten, pieces } from '../support/flat-writer.ts'
import { MemorySource } from '../support/memory-source.ts'
import { openError } from '../support/open-image.ts'

const KDUMP = writeKdump({ pages: [{ pfn: 0 }] }).bytes
const ELF = writeElf({ segments: [{ paddr: 4096, bytes: new Uint8Array(4096) }] }).bytes

function file(start: string | readonly number[], size = 5000, at = 0): Uint8Array {
  const bytes = new Uint8Array(size)
  const magic = typeof start === 'string' ? Array.from(start, (letter) => letter.charCodeAt(0)) : start
  bytes.set(magic, at)
  return bytes
}

test.each([
  ['kdump', KDUMP],
  ['elf', ELF],
  ['flattened-kdump', flatten(pieces(KDUMP, 4096))],
  ['flattened-elf', flatten(pieces(ELF, 4096))],
  ['flattened-elf', flatten([{ at: 0, bytes: new Uint8Array(100) }, ...pieces(ELF, 4096)])],
  ['kdump', file('DISKDUMP')],
])('%s', (kind, bytes) => {
  expect(identify(new MemorySource(bytes))).toBe(kind)
})

describe('what is no dump is named, with what to do', () => {
  test.each([
    ['gzip', file([0x1f, 0x8b, 8]), 'is-packed', 'gzip -dc'],
    ['xz', file([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'is-packed', 'xz -dc'],
    ['zstd', file([0x28, 0xb5, 0x2f, 0xfd]), 'is-packed', 'zstd -dc'],
    ['lz4', file([0x04, 0x22, 0x4d, 0x18]), 'is-packed', 'lz4 -dc'],
    ['bzip2', file('BZh91AY'), 'is-packed', 'bzip2 -dc'],
    ['zip', file('PK\x03\x04'), 'is-packed', 'unzip'],
    ['tar', file('ustar', 5000, 257), 'is-packed', 'tar -xf'],
    ['JPEG', file([0xff, 0xd8, 0xff, 0xe0]), 'not-a-dump', 'vmcore'],
    ['RPM', file([0xed, 0xab, 0xee, 0xdb]), 'not-a-dump', 'vmcore'],
    ['LKCD', file([0xed, 0x23, 0x8f, 0x61, 0x73, 1, 0x19, 0xa8]), 'unsupported-format', 'convert'],
    ['sadump', file('sadump\0\0'), 'unsupported-format', 'convert'],
    ['VMware', file([0xd2, 0xbe, 0xd2, 0xbe]), 'unsupported-format', 'convert'],
    ['libvirt', file('LibvirtQemudSave'), 'unsupported-format', '--memory-only'],
    ['migration', file('QEVM'), 'unsupported-format', '--memory-only'],
    ['vmlinuz', file('HdrS', 5000, 0x202), 'is-a-vmlinux', 'vmcore'],
    ['zeros', file(''), 'not-a-dump', 'copy'],
    [
      'text file',
      Uint8Array.from('KDUMP is a word\n'.repeat(300), (letter) => letter.charCodeAt(0)),
      'not-a-dump',
      'vmcore',
    ],
    [
      'text file',
      Uint8Array.from('makedumpfile is not installed\n', (letter) => letter.charCodeAt(0)),
      'not-a-dump',
      'vmcore',
    ],
    ['no kind', file([1, 2, 3, 4]), 'not-a-dump', 'vmcore'],
    ['ELF type 2', writeElf({ type: 2, segments: [] }).bytes, 'is-a-vmlinux', 'dump itself'],
    ['ELF type 3', writeElf({ type: 3, segments: [] }).bytes, 'is-a-vmlinux', 'dump itself'],
    ['empty', new Uint8Array(0), 'is-empty', 'space'],
    [
      'flattened file inside a flattened',
      flatten(pieces(flatten(pieces(KDUMP, 4096)), 4096)),
      'not-a-dump',
      'makedumpfile -R',
    ],
  ])('%s', (what, bytes, code, advice) => {
    const problem = identify(new MemorySource(bytes, 'x'))
    expect(problem).toMatchObject({ code, input: 'x' })
    expect((problem as { message: string }).message).toMatch(/^x: /)
    expect((problem as { message: string }).message).toContain(advice)
    expect((problem as { message: string }).message.toLowerCase()).toContain(what.toLowerCase())
    expect(openError(bytes).code).toBe(code)
  })
})

test('one byte is no dump', () => {
  expect(identify(new MemorySource(Uint8Array.from([0x4b])))).toMatchObject({ code: 'not-a-dump' })
})
