import type { StructType, TypeSource } from '../../src/kernel/types.ts'

/** One struct: members by path, at their offsets. */
export interface HandStruct {
  name: string
  size: number
  members: Readonly<Record<string, number>>
}

/** Members that are no pointers, longs or structs, by the last part of their path. */
const WIDTHS: Readonly<Record<string, number>> = {
  nid: 4,
  rmap_hlist_len: 4,
  oldchecksum: 4,
  age: 1,
  remaining_skips: 1,
  _mapcount: 4,
  cpu: 4,
  pid: 4,
  tgid: 4,
  nodename: 65,
  release: 65,
  version: 65,
  comm: 16,
}

/** Bytes of a member. */
export function widthOf(path: string): number {
  return WIDTHS[path.slice(path.lastIndexOf('.') + 1)] ?? 8
}

/** Types from a table; two of one name are told apart by a member, as in BTF. */
export function handTypes(structs: readonly HandStruct[], enumerators: Readonly<Record<string, number>>): TypeSource {
  return {
    kind: 'layout',
    struct(name, having) {
      const found = structs.find((each) => each.name === name && (having === undefined || having in each.members))
      return found ? structType(found) : null
    },
    enumerator: (name) => enumerators[name] ?? null,
  }
}

function structType({ name, size, members }: HandStruct): StructType {
  return {
    name,
    size,
    member(path) {
      const offset = members[path]
      return offset === undefined ? null : { offset, size: widthOf(path), bits: null }
    },
  }
}

const RMAP_ITEM = {
  rmap_list: 0,
  anon_vma: 8,
  nid: 8,
  mm: 16,
  address: 24,
  oldchecksum: 32,
  node: 40,
  head: 40,
  hlist: 48,
}
const NODE_CHAINS = { node: 0, head: 0, hlist_dup: 8, list: 24, hlist: 40, kpfn: 48, rmap_hlist_len: 56 }
const NODE_PLAIN = { node: 0, head: 0, list: 8, hlist: 24, kpfn: 32 }
const NODE_FIRST = { node: 0, hlist: 24, kpfn: 32 }
const SLOT_NEW = { 'slot.hash': 0, 'slot.mm_node': 16, 'slot.mm': 32, rmap_list: 40 }
const SLOT_OLD = { link: 0, mm_list: 16, rmap_list: 32, mm: 40 }

/** Eras of KSM's structures. @see mm/ksm.c (v3.1, v3.18, v5.10, v6.1, v7.2) */
export type HandEra = '6.1' | '7.2' | 'linear' | '5.10' | '3.9' | '3.1'

/** KSM's structs of one era, and those that it lives on. */
export function ksmTypes(era: HandEra, numa: boolean): HandStruct[] {
  const prefixed = era === '6.1' || era === '7.2' || era === 'linear'
  const prefix = prefixed ? 'ksm_' : ''
  const chains = prefixed || era === '5.10'
  const node = chains ? NODE_CHAINS : era === '3.9' ? NODE_PLAIN : NODE_FIRST
  const nid: Record<string, number> = numa && era !== '3.1' ? { nid: chains ? 60 : 40 } : {}
  const smart: Record<string, number> = era === '7.2' || era === 'linear' ? { age: 36, remaining_skips: 37 } : {}
  const linear: Record<string, number> = era === 'linear' ? { linear_page_index: 32 } : {}
  const structs: HandStruct[] = [
    { name: `${prefix}rmap_item`, size: 64, members: { ...RMAP_ITEM, ...smart, ...linear } },
    { name: `${prefix}stable_node`, size: chains ? 64 : era === '3.9' && numa ? 48 : 40, members: { ...node, ...nid } },
    { name: 'page', size: 64, members: { flags: 0, mapping: 0x18, index: 0x20, _mapcount: 0x30 } },
    { name: 'rb_node', size: 24, members: { __rb_parent_color: 0, rb_right: 8, rb_left: 16 } },
    { name: 'ksm_scan', size: 32, members: { mm_slot: 0, address: 8, rmap_list: 16, seqnr: 24 } },
  ]
  if (prefixed) return [...structs, { name: 'ksm_mm_slot', size: 48, members: SLOT_NEW }]
  // khugepaged has a struct mm_slot of its own, which comes first
  const khugepaged = { name: 'mm_slot', size: 112, members: { hash: 0, mm_node: 16, mm: 32 } }
  return [...structs, khugepaged, { name: 'mm_slot', size: 48, members: SLOT_OLD }]
}
