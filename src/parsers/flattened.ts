/** Bytes of the header of a flattened file; records follow it. */
export const FLAT_HEADER_SIZE = 4096
/** Bytes in front of each record's data: offset s64, buf_size s64, big-endian always. */
export const RECORD_HEADER_SIZE = 16

const SIGNATURE = 'makedumpfile\0\0\0\0'

/** True when the bytes begin with the signature of the flattened form, "makedumpfile" and four NULs. */
export function isFlattened(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false
  for (let i = 0; i < 16; i++) if (bytes[i] !== SIGNATURE.charCodeAt(i)) return false
  return true
}

/**
 * Checks the header of a flattened file: signature[16], type s64 = 1, version s64 = 1.
 * @returns null when it is good, else one phrase why not
 * @see makedumpfile makedumpfile.h (1.7.9)
 */
export function flattenedFault(bytes: Uint8Array): string | null {
  if (!isFlattened(bytes)) return 'no signature of the flattened form at offset 0'
  if (bytes.length < 32) return `the file ends inside the header, at offset ${bytes.length}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const one = (at: number) => view.getUint32(at) === 0 && view.getUint32(at + 4) === 1
  if (!one(16)) return 'type at offset 16 is not 1'
  return one(24) ? null : 'version at offset 24 is not 1'
}

/** What a record header says; one object is reused for all records of a file. */
export interface RecordHeader {
  kind: 'data' | 'end' | 'bad'
  /** Offset in the unflattened file; for `bad` ones what was read, Infinity above 2^53. */
  offset: number
  /** Bytes of data. */
  size: number
}

function s64(view: DataView, at: number): number {
  const high = view.getInt32(at)
  if (high >= 0x200000) return Number.POSITIVE_INFINITY
  return high * 4_294_967_296 + view.getUint32(at + 4)
}

/**
 * Reads one record header. The end is offset -1; its size is not looked at, as writers differ. A negative offset or a size
 * below 1 makes no sense.
 * @param view - bytes of the file
 * @param at - where the header is in `view`; RECORD_HEADER_SIZE bytes must be there
 * @param into - gets what it says
 */
export function readRecordHeader(view: DataView, at: number, into: RecordHeader): void {
  into.offset = s64(view, at)
  into.size = s64(view, at + 8)
  if (into.offset === -1) into.kind = 'end'
  else into.kind = into.offset < 0 || into.size < 1 ? 'bad' : 'data'
}
