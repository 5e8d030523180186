import type { ErrorCode } from '../base/errors.ts'

/** A kind of file that is no dump of ours, told by its first bytes. */
interface OtherFile {
  /** Where the magic is. */
  at: number
  magic: readonly number[]
  code: ErrorCode
  /** "This is ...". */
  what: string
  advice: string
}

const WRONG_FILE = 'Give the vmcore: a copy of /proc/vmcore, or what makedumpfile, kdump or QEMU wrote.'
const MEMORY_ONLY = "Dump again with `virsh dump --memory-only --format=kdump-zlib`, or QEMU's dump-guest-memory."
const CONVERT = 'This format is not read: convert it with makedumpfile or crash, or dump again with kdump.'

function text(magic: string): number[] {
  return Array.from(magic, (letter) => letter.charCodeAt(0))
}

function packed(what: string, magic: number[], command: string): OtherFile {
  return { at: 0, magic, code: 'is-packed', what: `a file packed by ${what}`, advice: `Unpack it first: ${command}` }
}

function foreign(what: string, magic: number[], advice = CONVERT, at = 0): OtherFile {
  return { at, magic, code: 'unsupported-format', what, advice }
}

function wrong(what: string, magic: number[], at = 0): OtherFile {
  return { at, magic, code: 'not-a-dump', what, advice: WRONG_FILE }
}

/** Files that users give by mistake, and dumps of other kinds. The first that fits is named. */
const OTHER_FILES: readonly OtherFile[] = [
  packed('gzip', [0x1f, 0x8b], 'gzip -dc FILE > vmcore'),
  packed('xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz -dc FILE > vmcore'),
  packed('zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -dc FILE > vmcore'),
  packed('lz4', [0x04, 0x22, 0x4d, 0x18], 'lz4 -dc FILE > vmcore'),
  packed('bzip2', text('BZh'), 'bzip2 -dc FILE > vmcore'),
  packed('lzop', [0x89, 0x4c, 0x5a, 0x4f, 0x00], 'lzop -dc FILE > vmcore'),
  packed('zip', text('PK\x03\x04'), 'unzip FILE'),
  packed('7-Zip', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7z x FILE'),
  { at: 257, magic: text('ustar'), code: 'is-packed', what: 'a tar archive', advice: 'Unpack it first: tar -xf FILE' },
  { at: 0, magic: [0xed, 0xab, 0xee, 0xdb], code: 'not-a-dump', what: 'an RPM package', advice: WRONG_FILE },
  wrong('a Debian package or an ar archive', text('!<arch>\n')),
  foreign('a libvirt save file', text('LibvirtQemudSave'), MEMORY_ONLY),
  foreign('an unfinished libvirt save file', text('LibvirtQemudPart'), MEMORY_ONLY),
  foreign('a QEMU migration stream', text('QEVM'), MEMORY_ONLY),
  foreign('an LKCD dump', [0xed, 0x23, 0x8f, 0x61, 0x73, 0x01, 0x19, 0xa8]),
  foreign('an LKCD dump (big-endian)', [0xa8, 0x19, 0x01, 0x73, 0x61, 0x8f, 0x23, 0xed]),
  foreign('a sadump dump', text('sadump\0\0')),
  foreign('a VMware snapshot or suspend file', [0xd0, 0xbe, 0xd2, 0xbe]),
  foreign('a VMware snapshot or suspend file', [0xd1, 0xba, 0xd1, 0xba]),
  foreign('a VMware snapshot or suspend file', [0xd2, 0xbe, 0xd2, 0xbe]),
  foreign('a VMware snapshot or suspend file', [0xd3, 0xbe, 0xd3, 0xbe]),
  foreign('a QEMU disk image (qcow2)', text('QFI\xfb'), 'Give the memory dump, not the disk.'),
  wrong('a Windows crash dump', text('PAGEDU64')),
  wrong('a Windows crash dump', text('PAGEDUMP')),
  wrong('a Windows minidump', text('MDMP')),
  wrong('a JPEG picture', [0xff, 0xd8, 0xff]),
  wrong('a PNG picture', [0x89, 0x50, 0x4e, 0x47]),
  wrong('a PDF document', text('%PDF')),
  wrong('an HDF5 file', text('\x89HDF')),
  { at: 0x202, magic: text('HdrS'), code: 'is-a-vmlinux', what: 'a compressed kernel (vmlinuz)', advice: WRONG_FILE },
]

function begins(head: Uint8Array, { at, magic }: OtherFile): boolean {
  return head.length >= at + magic.length && magic.every((byte, i) => head[at + i] === byte)
}

/** True for bytes that a text file could have: printable, white space, or above 127 (UTF-8). */
function isText(head: Uint8Array): boolean {
  return (
    head.length > 0 && head.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13 || byte === 12)
  )
}

/**
 * Says what a file is that no dump format knows.
 * @param head - first bytes of the file, at least 1 KiB where it has them
 */
export function nameOther(head: Uint8Array): Pick<OtherFile, 'code' | 'what' | 'advice'> {
  const known = OTHER_FILES.find((other) => begins(head, other))
  if (known !== undefined) return known
  if (head.every((byte) => byte === 0)) {
    return {
      code: 'not-a-dump',
      what: 'a file that begins with zeros',
      advice: 'The dump was not written, or the copy lost its start.',
    }
  }
  if (isText(head)) return { code: 'not-a-dump', what: 'a text file', advice: WRONG_FILE }
  return { code: 'not-a-dump', what: 'a file of no kind that we know', advice: WRONG_FILE }
}
