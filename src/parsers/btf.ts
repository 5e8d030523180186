/**
 * BTF: the kernel's own type description.
 * One pass notes where each type starts; types are decoded when somebody asks. @see include/uapi/linux/btf.h (v6.12, v7.2)
 */
export interface BtfMember {
  /** Byte offset from the start of the outer struct; of the byte that holds the first bit, for bit fields. */
  offset: number
  /** Bytes; 0 where the type's size isn't known. */
  size: number
  /** Bits within the byte at `offset`, null for whole members. */
  bits: { start: number; length: number } | null
  /** Type id of the member. */
  type: number
}

export interface Btf {
  readonly count: number
  /** Ids of all structs and unions of that name (two may share one). Forward declarations are left out. */
  structs(name: string): number[]
  /** Size of a type in bytes; null where it has none or the chain of modifiers doesn't end. */
  size(type: number): number | null
  /** A member by path, "slot.mm_node"; members of anonymous structs and unions count as the outer one's. */
  member(type: number, path: string): BtfMember | null
  /** Value of an enumerator, null when no enum has it. */
  enumerator(name: string): number | null
}

/** A blob that can't be BTF; `at` is an offset in the blob. */
export class BtfError extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.name = 'BtfError'
    this.at = at
  }
}

const KIND = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  typeTag: 18,
  enum64: 19,
} as const

/** Bytes after the 12-byte type, by kind: fixed + per element of vlen. BTF's own layout section overrides it (7.x). */
const EXTRA: readonly (readonly [fixed: number, each: number] | null)[] = [
  null, // 0: no kind
  [4, 0], // INT
  [0, 0], // PTR
  [12, 0], // ARRAY
  [0, 12], // STRUCT
  [0, 12], // UNION
  [0, 8], // ENUM
  [0, 0], // FWD
  [0, 0], // TYPEDEF
  [0, 0], // VOLATILE
  [0, 0], // CONST
  [0, 0], // RESTRICT
  [0, 0], // FUNC
  [0, 8], // FUNC_PROTO
  [4, 0], // VAR
  [0, 12], // DATASEC
  [0, 0], // FLOAT
  [4, 0], // DECL_TAG
  [0, 0], // TYPE_TAG
  [0, 12], // ENUM64
]

const MODIFIERS: ReadonlySet<number> = new Set([KIND.typedef, KIND.volatile, KIND.const, KIND.restrict, KIND.typeTag])
/** Longest chain of modifiers and deepest nesting that is followed: bounds cycles in damaged blobs. */
const MAX_DEPTH = 32
const MAX_TYPES = 4_000_000

/**
 * @param blob - bytes from __start_BTF to __stop_BTF
 * @throws BtfError when it isn't BTF or does not fit together
 */
export function parseBtf(blob: Uint8Array): Btf {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const u32 = (at: number): number => view.getUint32(at, true)
  if (blob.length < 24 || view.getUint16(0, true) !== 0xeb9f) throw new BtfError(0, 'no BTF magic')
  const headerBytes = u32(4)
  if (headerBytes < 24 || headerBytes > 4096 || headerBytes > blob.length)
    throw new BtfError(4, `header length ${headerBytes}`)
  const types = headerBytes + u32(8)
  const typesEnd = types + u32(12)
  const strings = headerBytes + u32(16)
  const stringsEnd = strings + u32(20)
  if (typesEnd > blob.length || stringsEnd > blob.length) throw new BtfError(8, 'sections reach outside the blob')
  const extra = headerBytes >= 32 ? layoutOf(blob, view, headerBytes) : EXTRA

  const starts: number[] = [0] // id 0 is void
  let at = types
  while (at < typesEnd) {
    if (at + 12 > typesEnd) throw new BtfError(at, 'a type is cut off')
    const shape = extra[kindOf(u32(at + 4))]
    if (!shape) throw new BtfError(at, `type ${starts.length} has an unknown kind ${kindOf(u32(at + 4))}`)
    if (u32(at) >= stringsEnd - strings) throw new BtfError(at, `type ${starts.length} has a name outside the strings`)
    if (starts.length >= MAX_TYPES) throw new BtfError(at, 'too many types')
    starts.push(at)
    at += 12 + shape[0] + shape[1] * vlenOf(u32(at + 4))
  }
  if (at !== typesEnd) throw new BtfError(at, 'the last type reaches outside its section')
  const offsets = Uint32Array.from(starts)
  const count = offsets.length

  /** Offset of a name in the string section, -1 when no string is equal to it. */
  const nameOffset = (name: string): number => {
    const bytes = new Uint8Array(name.length + 2)
    for (let i = 0; i < name.length; i++) bytes[i + 1] = name.charCodeAt(i)
    const at = indexOfBytes(blob, bytes, strings, stringsEnd)
    return at < 0 ? -1 : at + 1 - strings
  }
  const info = (id: number): number => u32(offsets[id]! + 4)
  const third = (id: number): number => u32(offsets[id]! + 8)

  const strip = (id: number): number | null => {
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      if (!(id > 0 && id < count)) return null
      if (!MODIFIERS.has(kindOf(info(id)))) return id
      id = third(id)
    }
    return null
  }

  const size = (type: number, depth = 0): number | null => {
    const id = strip(type)
    if (id === null || depth > MAX_DEPTH) return null
    const kind = kindOf(info(id))
    if (kind === KIND.ptr) return 8
    if (kind !== KIND.array) return kind === 12 || kind === 13 || kind === 7 ? null : third(id)
    const each = size(u32(offsets[id]! + 12), depth + 1)
    const all = each === null ? null : each * u32(offsets[id]! + 20)
    return all !== null && all <= 2 ** 32 ? all : null
  }

  const direct = (type: number, nameOff: number, base: number, depth: number): BtfMember | null => {
    const id = strip(type)
    if (id === null || depth > MAX_DEPTH) return null
    const kind = kindOf(info(id))
    if (kind !== KIND.struct && kind !== KIND.union) return null
    const bitfields = info(id) >>> 31 === 1
    const vlen = vlenOf(info(id))
    for (let i = 0, m = offsets[id]! + 12; i < vlen; i++, m += 12) {
      const raw = u32(m + 8)
      const bit = bitfields ? raw & 0xffffff : raw
      const width = bitfields ? raw >>> 24 : 0
      const memberType = u32(m + 4)
      if (u32(m) === nameOff) {
        return {
          offset: base + (bit >>> 3),
          size: size(memberType) ?? 0,
          bits: width > 0 ? { start: bit & 7, length: width } : null,
          type: memberType,
        }
      }
      if (u32(m) === 0) {
        const inner = direct(memberType, nameOff, base + (bit >>> 3), depth + 1)
        if (inner) return inner
      }
    }
    return null
  }

  return {
    count,
    size: (type) => size(type),
    structs(name) {
      const nameOff = nameOffset(name)
      const found: number[] = []
      if (nameOff <= 0) return found
      for (let id = 1; id < count; id++) {
        if (u32(offsets[id]!) !== nameOff) continue
        const kind = kindOf(info(id))
        if (kind === KIND.struct || kind === KIND.union) found.push(id)
      }
      return found
    },
    member(type, path) {
      let base = 0
      let found: BtfMember | null = null
      let inside = type
      for (const part of path.split('.')) {
        const nameOff = nameOffset(part)
        found = nameOff > 0 ? direct(inside, nameOff, base, 0) : null
        if (!found) return null
        base = found.offset
        inside = found.type
      }
      return found
    },
    enumerator(name) {
      const nameOff = nameOffset(name)
      if (nameOff <= 0) return null
      for (let id = 1; id < count; id++) {
        const kind = kindOf(info(id))
        if (kind !== KIND.enum && kind !== KIND.enum64) continue
        const each = kind === KIND.enum ? 8 : 12
        const vlen = vlenOf(info(id))
        for (let i = 0, e = offsets[id]! + 12; i < vlen; i++, e += each) {
          if (u32(e) !== nameOff) continue
          return kind === KIND.enum ? view.getInt32(e + 4, true) : u32(e + 4) + view.getInt32(e + 8, true) * 2 ** 32
        }
      }
      return null
    },
  }
}

/** Bits 24-30 (7.x); older kernels use 24-28 and leave the others 0, so the new reading is right for both. */
function kindOf(info: number): number {
  return (info >>> 24) & 0x7f
}

/** Bits 0-23 (7.x); older kernels use 0-15 and leave the others 0. */
function vlenOf(info: number): number {
  return info & 0xffffff
}

/** The layout section (7.x): per kind the bytes that follow a type, so that unknown kinds can be stepped over. */
function layoutOf(blob: Uint8Array, view: DataView, headerBytes: number): typeof EXTRA {
  const start = headerBytes + view.getUint32(24, true)
  const length = view.getUint32(28, true)
  if (length === 0 || start + length > blob.length) return EXTRA
  const table: (readonly [number, number] | null)[] = [...EXTRA]
  for (let kind = 0; 4 * kind + 4 <= length && kind < 128; kind++) {
    const fixed = view.getUint8(start + 4 * kind)
    const each = view.getUint8(start + 4 * kind + 1)
    if (kind >= table.length) table[kind] = [fixed, each]
  }
  return table
}

/** First place of `needle` in blob[from, to), -1 when there is none. The native search of Buffer is used: 4 MB in about 1 ms. */
function indexOfBytes(blob: Uint8Array, needle: Uint8Array, from: number, to: number): number {
  return Buffer.from(blob.buffer, blob.byteOffset, to).indexOf(needle, from)
}
