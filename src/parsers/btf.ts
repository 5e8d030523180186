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
/** Members looked at for one name: a hostile blob may nest a struct many times in itself. */
const MAX_MEMBERS = 200_000

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
  const structIds = new Map<number, number[]>() // by hash of the name
  let at = types
  while (at < typesEnd) {
    if (at + 12 > typesEnd) throw new BtfError(at, 'a type is cut off')
    const shape = extra[kindOf(u32(at + 4))]
    if (!shape) throw new BtfError(at, `type ${starts.length} has an unknown kind ${kindOf(u32(at + 4))}`)
    if (u32(at) >= stringsEnd - strings) throw new BtfError(at, `type ${starts.length} has a name outside the strings`)
    if (starts.length >= MAX_TYPES) throw new BtfError(at, 'too many types')
    const kind = kindOf(u32(at + 4))
    if ((kind === KIND.struct || kind === KIND.union) && u32(at) !== 0) {
      const hash = hashAt(blob, strings + u32(at), stringsEnd)
      const known = structIds.get(hash)
      if (known) known.push(starts.length)
      else structIds.set(hash, [starts.length])
    }
    starts.push(at)
    at += 12 + shape[0] + shape[1] * vlenOf(u32(at + 4))
  }
  if (at !== typesEnd) throw new BtfError(at, 'the last type reaches outside its section')
  const offsets = Uint32Array.from(starts)
  const count = offsets.length

  /** Whether the string at `offset` of the string section is `name` (its bytes, with the closing NUL). */
  const isNamed = (offset: number, name: Uint8Array): boolean => {
    const from = strings + offset
    if (from + name.length > stringsEnd) return false
    for (let i = 0; i < name.length; i++) if (blob[from + i] !== name[i]) return false
    return true
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

  /** The bit field that an INT is by itself (the way of BTF without kind_flag); null for whole INTs and all other types. */
  const intField = (type: number): { at: number; length: number } | null => {
    const id = strip(type)
    if (id === null || kindOf(info(id)) !== KIND.int) return null
    const encoding = u32(offsets[id]! + 12)
    const length = encoding & 0xff
    return length > 0 && length < 8 * third(id) ? { at: (encoding >>> 16) & 0xff, length } : null
  }

  let membersLeft = 0
  const direct = (type: number, name: Uint8Array, base: number, depth: number): BtfMember | null => {
    const id = strip(type)
    if (id === null || depth > MAX_DEPTH) return null
    const kind = kindOf(info(id))
    if (kind !== KIND.struct && kind !== KIND.union) return null
    const bitfields = info(id) >>> 31 === 1
    const vlen = vlenOf(info(id))
    for (let i = 0, m = offsets[id]! + 12; i < vlen && membersLeft-- > 0; i++, m += 12) {
      const raw = u32(m + 8)
      const bit = bitfields ? raw & 0xffffff : raw
      const width = bitfields ? raw >>> 24 : 0
      const memberType = u32(m + 4)
      if (u32(m) !== 0 && isNamed(u32(m), name)) {
        const own = bitfields ? null : intField(memberType)
        const place = bit + (own?.at ?? 0)
        const length = own?.length ?? width
        return {
          offset: base + (place >>> 3),
          size: size(memberType) ?? 0,
          bits: length > 0 ? { start: place & 7, length } : null,
          type: memberType,
        }
      }
      if (u32(m) === 0) {
        const inner = direct(memberType, name, base + (bit >>> 3), depth + 1)
        if (inner) return inner
      }
    }
    return null
  }

  return {
    count,
    size: (type) => size(type),
    structs(name) {
      const bytes = cBytes(name)
      return (structIds.get(hashAt(bytes, 0, bytes.length)) ?? []).filter((id) => isNamed(u32(offsets[id]!), bytes))
    },
    member(type, path) {
      let base = 0
      let found: BtfMember | null = null
      let inside = type
      for (const part of path.split('.')) {
        membersLeft = MAX_MEMBERS
        found = direct(inside, cBytes(part), base, 0)
        if (!found) return null
        base = found.offset
        inside = found.type
      }
      return found
    },
    enumerator(name) {
      const bytes = cBytes(name)
      for (let id = 1; id < count; id++) {
        const kind = kindOf(info(id))
        if (kind !== KIND.enum && kind !== KIND.enum64) continue
        const each = kind === KIND.enum ? 8 : 12
        const vlen = vlenOf(info(id))
        for (let i = 0, e = offsets[id]! + 12; i < vlen; i++, e += each) {
          if (!isNamed(u32(e), bytes)) continue
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

/** A name as bytes with its closing NUL; BTF's names are ASCII. */
function cBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(name.length + 1)
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i)
  return bytes
}

/** Bytes of a name that its hash is made of: bounds the work on a blob without NULs. */
const HASHED = 128

/** Hash of the string at `at`, up to its NUL. */
function hashAt(bytes: Uint8Array, at: number, end: number): number {
  let hash = 0
  const last = Math.min(end, at + HASHED)
  for (let i = at; i < last && bytes[i] !== 0; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash
}
