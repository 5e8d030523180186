import { type HandStruct, widthOf } from './hand-types.ts'

/** A member of a struct or union; offsets in bits. */
export interface MemberRecipe {
  /** Empty: anonymous. */
  name?: string
  type: number
  bit: number
  /** Bits of a bit field, the way of kind_flag 1. */
  width?: number
}

export interface BtfRecipe {
  header?: 24 | 32
  /** The layout section (header of 32 bytes): by kind, bytes that follow a type, and bytes for each of its vlen. */
  layout?: readonly (readonly [fixed: number, each: number])[]
  /** Bytes between the sections. */
  gap?: number
}

/** BTF's own layouts by kind, for a layout section. @see include/uapi/linux/btf.h (v6.12) */
export const KNOWN_LAYOUT: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 0],
  [0, 0],
  [12, 0],
  [0, 12],
  [0, 12],
  [0, 8],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 8],
  [4, 0],
  [0, 12],
  [0, 0],
  [4, 0],
  [0, 0],
  [0, 12],
]

/** Writes BTF type by type; each method gives the id of its type. */
export class BtfWriter {
  private readonly types: Uint8Array[] = []
  private readonly strings: number[] = [0]
  private readonly known = new Map<string, number>([['', 0]])

  /** Offset of a string, written once. */
  text(name: string): number {
    let at = this.known.get(name)
    if (at === undefined) {
      at = this.strings.length
      this.known.set(name, at)
      this.strings.push(...Buffer.from(name, 'latin1'), 0)
    }
    return at
  }

  /** Any type: `third` is its size or the type that it refers to, `words` what follows it. */
  type(kind: number, name: string, third: number, words: readonly number[] = [], vlen = 0, flag = 0): number {
    const view = new DataView(new ArrayBuffer(12 + 4 * words.length))
    view.setUint32(0, this.text(name), true)
    view.setUint32(4, ((flag << 31) | (kind << 24) | vlen) >>> 0, true)
    view.setUint32(8, third, true)
    words.forEach((word, i) => {
      view.setUint32(12 + 4 * i, word >>> 0, true)
    })
    this.types.push(new Uint8Array(view.buffer))
    return this.types.length
  }

  /** @param bits - fewer than its size where the INT itself is a bit field; `at` is where it begins in its bytes */
  int(name: string, size: number, bits = 8 * size, at = 0): number {
    return this.type(1, name, size, [(at << 16) | bits])
  }

  ptr(to: number): number {
    return this.type(2, '', to)
  }

  array(of: number, count: number): number {
    return this.type(3, '', 0, [of, 0, count])
  }

  struct(name: string, size: number, members: readonly MemberRecipe[], kind: 4 | 5 = 4): number {
    const flag = members.some(({ width }) => width !== undefined) ? 1 : 0
    const words = members.flatMap((each) => [
      this.text(each.name ?? ''),
      each.type,
      ((each.width ?? 0) << 24) | each.bit,
    ])
    return this.type(kind, name, size, words, members.length, flag)
  }

  union(name: string, size: number, members: readonly MemberRecipe[]): number {
    return this.struct(name, size, members, 5)
  }

  enum(name: string, values: Readonly<Record<string, number>>): number {
    const words = Object.entries(values).flatMap(([each, value]) => [this.text(each), value])
    return this.type(6, name, 4, words, words.length / 2)
  }

  enum64(name: string, values: Readonly<Record<string, bigint>>): number {
    const words = Object.entries(values).flatMap(([each, value]) => {
      return [this.text(each), Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)]
    })
    return this.type(19, name, 8, words, words.length / 3)
  }

  fwd(name: string): number {
    return this.type(7, name, 0)
  }
  typedef(name: string, to: number): number {
    return this.type(8, name, to)
  }
  volatile(to: number): number {
    return this.type(9, '', to)
  }
  const(to: number): number {
    return this.type(10, '', to)
  }
  typeTag(name: string, to: number): number {
    return this.type(18, name, to)
  }

  /** One of each kind that no struct is made of: they are stepped over. */
  others(int: number): void {
    const proto = this.type(13, '', int, [this.text('argument'), int, 0, int], 2)
    this.type(12, 'some_function', proto)
    const variable = this.type(14, 'some_variable', int, [1])
    this.type(15, '.data..percpu', 8, [variable, 0, 4], 1)
    this.type(16, 'double', 8)
    this.type(17, 'a tag', proto, [0xffffffff])
    this.type(11, '', this.ptr(int))
  }

  bytes({ header = 24, layout, gap = 0 }: BtfRecipe = {}): Uint8Array<ArrayBuffer> {
    const layoutBytes = (layout ?? []).flatMap(([fixed, each]) => [fixed, each, 0, 0])
    const types = Buffer.concat(this.types)
    const typesAt = layoutBytes.length + gap
    const stringsAt = typesAt + types.length + gap
    const blob = new Uint8Array(header + stringsAt + this.strings.length)
    const view = new DataView(blob.buffer)
    view.setUint16(0, 0xeb9f, true)
    view.setUint8(2, 1)
    const words = [header, typesAt, types.length, stringsAt, this.strings.length, 0, layoutBytes.length]
    words.slice(0, header === 32 ? 7 : 5).forEach((word, i) => {
      view.setUint32(4 + 4 * i, word, true)
    })
    blob.set(layoutBytes, header)
    blob.set(types, header + typesAt)
    blob.set(this.strings, header + stringsAt)
    return blob
  }
}

/** BTF of hand-made structs: every member is an INT or an array of its width, a dotted path a struct within the struct. */
export function btfOf(structs: readonly HandStruct[], enumerators: Readonly<Record<string, number>>): BtfWriter {
  const writer = new BtfWriter()
  const ints = new Map<number, number>()
  const intOf = (path: string): number => {
    const width = widthOf(path)
    let type = ints.get(width)
    type ??= width > 8 ? writer.array(writer.int('char', 1), width) : writer.int(`u${8 * width}`, width)
    ints.set(width, type)
    return type
  }
  writer.others(intOf('unsigned long'))
  for (const { name, size, members } of structs) {
    const inner = new Map<string, [path: string, offset: number][]>()
    const plain: MemberRecipe[] = []
    for (const [path, offset] of Object.entries(members)) {
      const dot = path.indexOf('.')
      if (dot < 0) plain.push({ name: path, type: intOf(path), bit: 8 * offset })
      else {
        const outer = path.slice(0, dot)
        inner.set(outer, [...(inner.get(outer) ?? []), [path.slice(dot + 1), offset]])
      }
    }
    for (const [outer, paths] of inner) {
      const first = Math.min(...paths.map(([, offset]) => offset))
      const type = writer.struct(
        '',
        size,
        paths.map(([path, offset]) => ({ name: path, type: intOf(path), bit: 8 * (offset - first) })),
      )
      plain.push({ name: outer, type, bit: 8 * first })
    }
    writer.struct(name, size, plain)
  }
  writer.enum('pageflags', enumerators)
  return writer
}
