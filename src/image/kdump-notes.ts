import type { ByteSource } from '../base/bytes.ts'
import type { Problem } from '../base/errors.ts'
import { hex } from '../base/text.ts'
import type { Extent } from '../parsers/kdump-sub-header.ts'
import { factsOf, linesOf, NOTES_LIMIT, noteText, parseNotes } from '../parsers/notes.ts'
import type { KdumpFile } from './kdump-file.ts'
import { readWhole } from './source.ts'
import type { DumpImage } from './types.ts'

/** What a dump's notes say. */
export type NoteMembers = Pick<DumpImage, 'notes' | 'vmcoreinfo' | 'eraseInfo' | 'cpus'>

/** The bytes of a range that the sub-header names; null with a problem when they are not in the file. */
function readRange(src: ByteSource, what: string, extent: Extent | null, problems: Problem[]): Uint8Array | null {
  if (extent === null) return null
  const bytes = extent.size <= NOTES_LIMIT ? readWhole(src, extent.at, extent.size) : null
  if (bytes === null) {
    problems.push({
      code: 'notes-damaged',
      message: `${src.name}: the ${what} should be ${extent.size} bytes at offset ${extent.at}, the file has ${src.size} bytes.`,
      input: src.name,
      at: Number.isFinite(extent.at) ? hex(extent.at) : null,
    })
  }
  return bytes
}

/**
 * Reads what the sub-header of a kdump file points at. From version 4 on the VMCOREINFO range usually points into the notes.
 * @param problems - gets one entry for each range that does not fit
 */
export function readKdumpNotes({ src, header, sub }: KdumpFile, problems: Problem[]): NoteMembers {
  const area = readRange(src, 'notes', sub.notes, problems)
  const list = area === null ? { notes: [], damaged: null } : parseNotes(area, header.endian, sub.notes?.at ?? 0)
  if (list.damaged !== null) {
    const { at, detail } = list.damaged
    problems.push({
      code: 'notes-damaged',
      message: `${src.name}: damaged notes at offset ${at}: ${detail}.`,
      input: src.name,
      at: hex(at),
    })
  }
  const facts = factsOf(list.notes)
  const text = readRange(src, 'VMCOREINFO', sub.vmcoreinfo, problems)
  const erased = readRange(src, 'list of erased data', sub.eraseInfo, problems)
  return {
    notes: list.notes,
    vmcoreinfo: (text === null ? null : linesOf(text)) ?? facts.vmcoreinfo,
    eraseInfo: erased === null ? facts.eraseInfo : noteText(erased),
    cpus: facts.cpus,
  }
}
