import { Cursor } from '../base/cursor.ts'
import type { FileOffset } from '../base/units.ts'

/** One ELF note; `desc` is a view of the bytes that were given. */
export interface ElfNote {
  name: string
  type: number
  desc: Uint8Array
  /** Offset of the desc in the file. */
  at: FileOffset
}

/** Notes in file order, and where they stopped making sense. */
export interface NoteList {
  notes: ElfNote[]
  /** Null when all bytes were notes or filler. */
  damaged: { at: FileOffset; detail: string } | null
}

/** Largest area of notes that is looked at, bytes: notes of 8,192 CPUs with QEMU's registers take 6.5 MB. */
export const NOTES_LIMIT = 64 * 1024 * 1024

/** Most notes that are kept from one area. */
const MOST_NOTES = 262_144

const HEADER = 12

/** Latin-1 text of a desc, without the NULs that some writers count into n_descsz. */
export function noteText(desc: Uint8Array): string {
  let end = desc.length
  while (end > 0 && desc[end - 1] === 0) end--
  const parts: string[] = []
  for (let at = 0; at < end; at += 8192) parts.push(String.fromCharCode(...desc.subarray(at, Math.min(end, at + 8192))))
  return parts.join('')
}

function noteName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return noteText(end < 0 ? bytes : bytes.subarray(0, end)).slice(0, 64)
}

/**
 * Walks notes: n_namesz, n_descsz, n_type (4 bytes each), name, desc, both padded to 4, in ELF64 cores too. A name may lack its
 * NUL. A note of nothing is filler: a CPU that never wrote its registers leaves zeros.
 * @param bytes - the area of notes
 * @param at - offset of `bytes` in the file, for positions
 * @see fs/proc/vmcore.c (v6.1), docs/formats.md
 */
export function parseNotes(bytes: Uint8Array, endian: 'little' | 'big', at: FileOffset): NoteList {
  const notes: ElfNote[] = []
  const cursor = new Cursor(bytes, 0, endian)
  const damaged = (where: number, detail: string): NoteList => ({ notes, damaged: { at: at + where, detail } })
  while (cursor.left >= HEADER) {
    const start = cursor.at
    const nameSize = cursor.u32()
    const descSize = cursor.u32()
    const type = cursor.u32()
    if (nameSize === 0 && descSize === 0) continue
    const descAt = cursor.at + Math.ceil(nameSize / 4) * 4
    if (descAt > bytes.length || descSize > bytes.length - descAt) {
      return damaged(start, `a note of ${nameSize} + ${descSize} bytes, ${cursor.left} are left`)
    }
    if (notes.length === MOST_NOTES) return damaged(start, `more than ${MOST_NOTES} notes`)
    const name = noteName(bytes.subarray(cursor.at, cursor.at + nameSize))
    notes.push({ name, type, desc: bytes.subarray(descAt, descAt + descSize), at: at + descAt })
    cursor.at = Math.min(bytes.length, descAt + Math.ceil(descSize / 4) * 4)
  }
  return { notes, damaged: null }
}

/** NT_PRSTATUS, the registers of one CPU: note "CORE". */
export const NT_PRSTATUS = 1

/** What notes say that every dump format shares. */
export interface NoteFacts {
  /** Text of the first VMCOREINFO note that has lines. */
  vmcoreinfo: string | null
  /** makedumpfile's list of what was wiped. */
  eraseInfo: string | null
  /** Registers in the order of the notes; `index` counts each kind by itself. */
  cpus: { index: number; kind: 'prstatus' | 'qemu'; desc: Uint8Array }[]
}

/** Picks the notes that say something about the kernel out of all notes. */
export function factsOf(notes: readonly ElfNote[]): NoteFacts {
  const facts: NoteFacts = { vmcoreinfo: null, eraseInfo: null, cpus: [] }
  let prstatus = 0
  let qemu = 0
  for (const { name, type, desc } of notes) {
    if (name === 'CORE' && type === NT_PRSTATUS) facts.cpus.push({ index: prstatus++, kind: 'prstatus', desc })
    else if (name === 'QEMU') facts.cpus.push({ index: qemu++, kind: 'qemu', desc })
    else if (name === 'VMCOREINFO') facts.vmcoreinfo ??= linesOf(desc)
    else if (name === 'ERASEINFO') facts.eraseInfo ??= noteText(desc)
  }
  return facts
}

/** VMCOREINFO text of a desc, null when there is no `KEY=value` in it. */
export function linesOf(desc: Uint8Array): string | null {
  return desc.indexOf(0x3d) < 0 ? null : noteText(desc)
}
