import { KsmDumpError } from '../base/errors.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Kernel, StructType } from '../kernel/types.ts'
import { addressOf, numberVariable, pointerVariable } from '../kernel/variables.ts'

/** Names of KSM's structures in one era of kernels; picked by the presence of a struct, never by version. */
interface KsmEra {
  id: string
  source: string
  rmapItem: string
  stableNode: string
  mmSlot: string
  /** Path of the list_head that links mm_slots, and of the mm pointer, in `mmSlot`. */
  slotList: string
  slotMm: string
}

/** Newest first; the first whose rmap_item struct exists is used. */
export const KSM_ERAS: readonly KsmEra[] = [
  {
    id: 'ksm-6.1',
    source: '21fbd59136e0 ("ksm: add the ksm prefix to the names of the ksm private structures", in v6.1)',
    rmapItem: 'ksm_rmap_item',
    stableNode: 'ksm_stable_node',
    mmSlot: 'ksm_mm_slot',
    slotList: 'slot.mm_node',
    slotMm: 'slot.mm',
  },
  {
    id: 'ksm-before-6.1',
    source: 'mm/ksm.c (v5.10)',
    rmapItem: 'rmap_item',
    stableNode: 'stable_node',
    mmSlot: 'mm_slot',
    slotList: 'mm_list',
    slotMm: 'mm',
  },
]

/** rmap_item.address & 0xfff of an item in a stable list. @see mm/ksm.c (v6.12), STABLE_FLAG */
export const STABLE_FLAG = 0x200
/** rmap_item.address & 0x100: in the unstable tree. */
export const UNSTABLE_FLAG = 0x100
/** stable_node.rmap_hlist_len of a chain. @see mm/ksm.c (v6.12), STABLE_NODE_CHAIN */
export const STABLE_NODE_CHAIN = -1024
/** Low bits of page->mapping of a KSM page. @see include/linux/page-flags.h (v6.12), PAGE_MAPPING_KSM */
export const PAGE_MAPPING_KSM = 3

/** Offsets in struct rmap_item, bytes. */
export interface ItemLayout {
  /** Name of the struct. */
  struct: string
  size: number
  rmapList: number
  mm: number
  address: number
  /** Null where the place is shared with linear_page_index: there the checksum of a stable item is gone. */
  oldchecksum: number | null
  /** It keeps its page index: then a walk looks up only the VMAs that can map the page, not all of its anon_vma. */
  byPageIndex: boolean
  head: number
  hlist: number
}

/** Offsets in struct stable_node, bytes. */
export interface NodeLayout {
  /** Name of the struct. */
  struct: string
  size: number
  node: number
  head: number
  /** Null before 4.13: no chains. */
  hlistDup: number | null
  list: number | null
  hlist: number
  kpfn: number
  rmapHlistLen: number | null
  nid: number | null
}

export interface SlotLayout {
  list: number
  rmapList: number
  mm: number
}

export interface PageLayout {
  size: number
  flags: number
  mapping: number
  mapcount: number
}

/** Offsets in struct rb_node. @see include/linux/rbtree_types.h */
export interface RbLayout {
  right: number
  left: number
}

/** All that is needed to walk one kernel's KSM. */
export interface KsmLayout {
  era: string
  item: ItemLayout
  node: NodeLayout
  slot: SlotLayout
  page: PageLayout
  rb: RbLayout
  /** Address of the array of rb_roots, one a tree, and how many there are; `counted` is false where that can't be read. */
  trees: { address: VirtAddr; count: number; counted: boolean }
  /** Address of the list_head of migrating nodes; null where the kernel has none. */
  migrateNodes: VirtAddr | null
  /** Address of ksm_mm_head (a struct mm_slot); null when there is no such symbol. */
  mmHead: VirtAddr | null
  /** The kernel's zero_checksum; null where unknown. */
  zeroChecksum: number | null
  /** PG_locked and PG_lru as bit numbers in page->flags; null where the enumerator is unknown. */
  lockedBit: number | null
  lruBit: number | null
}

/** More NUMA nodes than MAX_NUMNODES (1 << 10) can't be. */
const MAX_TREES = 1024

/**
 * Layouts and addresses of a kernel's KSM, by members and symbols.
 * @throws KsmDumpError `no-ksm` when the kernel was built without KSM, `no-types` when a struct or member is missing
 */
export function ksmLayout(kernel: Kernel, input: string): KsmLayout {
  const { types } = kernel
  const rootAt = addressOf(kernel, 'root_stable_tree')
  if (rootAt === null) {
    throw new KsmDumpError(
      'no-ksm',
      `${kernel.release} has no symbol root_stable_tree: it was built without CONFIG_KSM, or its symbol table is damaged.`,
      { input },
    )
  }
  const era = KSM_ERAS.find((each) => types.struct(each.rmapItem, 'rmap_list') !== null)
  const itemType = era ? types.struct(era.rmapItem, 'rmap_list') : null
  const nodeType = era ? types.struct(era.stableNode, 'kpfn') : null
  const slotType = era ? types.struct(era.mmSlot, 'rmap_list') : null
  const pageType = types.struct('page', '_mapcount')
  const rbType = types.struct('rb_node', 'rb_left')
  if (!era || !itemType || !nodeType || !slotType || !pageType || !rbType) {
    throw new KsmDumpError(
      'no-types',
      `The types of ${kernel.release} lack ${missing({ rmap_item: itemType, stable_node: nodeType, mm_slot: slotType, page: pageType, rb_node: rbType })}.`,
      { input },
    )
  }
  const need = (type: StructType, path: string): number => {
    const found = fitting(kernel, type, path, input)
    if (!found)
      throw new KsmDumpError('no-types', `struct ${type.name} of ${kernel.release} has no member ${path}.`, { input })
    return found.offset
  }
  const maybe = (type: StructType, path: string): number | null => fitting(kernel, type, path, input)?.offset ?? null

  // A kernel without one_stable_tree (before 3.9) has root_stable_tree itself as the rb_root.
  const direct = kernel.symbols.addresses('one_stable_tree').length === 0
  const base = direct ? rootAt : pointerVariable(kernel, 'root_stable_tree')
  if (base === null)
    throw new KsmDumpError('no-ksm', 'root_stable_tree can not be read.', {
      input,
      at: `0x${rootAt.toString(16)}`,
      advice: 'The page that holds it is not in the dump.',
    })
  const nodeIds = direct ? null : numberVariable(kernel, 'ksm_nr_node_ids', 'int')
  const count = nodeIds ?? 1
  if (!(count >= 1 && count <= MAX_TREES))
    throw new KsmDumpError('no-ksm', `ksm_nr_node_ids says ${count} trees.`, { input })
  const byPageIndex = itemType.member('linear_page_index') !== null
  return {
    era: era.id,
    item: {
      struct: era.rmapItem,
      size: itemType.size,
      rmapList: need(itemType, 'rmap_list'),
      mm: need(itemType, 'mm'),
      address: need(itemType, 'address'),
      oldchecksum: byPageIndex ? null : maybe(itemType, 'oldchecksum'),
      byPageIndex,
      head: need(itemType, 'head'),
      hlist: need(itemType, 'hlist'),
    },
    node: {
      struct: era.stableNode,
      size: nodeType.size,
      node: need(nodeType, 'node'),
      head: maybe(nodeType, 'head') ?? 0,
      hlistDup: maybe(nodeType, 'hlist_dup'),
      list: maybe(nodeType, 'list'),
      hlist: need(nodeType, 'hlist'),
      kpfn: need(nodeType, 'kpfn'),
      rmapHlistLen: maybe(nodeType, 'rmap_hlist_len'),
      nid: maybe(nodeType, 'nid'),
    },
    slot: { list: need(slotType, era.slotList), rmapList: need(slotType, 'rmap_list'), mm: need(slotType, era.slotMm) },
    page: {
      size: pageType.size,
      flags: maybe(pageType, 'flags') ?? 0,
      mapping: need(pageType, 'mapping'),
      mapcount: need(pageType, '_mapcount'),
    },
    rb: { right: need(rbType, 'rb_right'), left: need(rbType, 'rb_left') },
    trees: {
      address: base,
      count,
      counted: nodeIds !== null || direct || addressOf(kernel, 'ksm_nr_node_ids') === null,
    },
    migrateNodes: addressOf(kernel, 'migrate_nodes'),
    mmHead: addressOf(kernel, 'ksm_mm_head'),
    zeroChecksum: numberVariable(kernel, 'zero_checksum', 'uint'),
    lockedBit: types.enumerator('PG_locked'),
    lruBit: types.enumerator('PG_lru'),
  }
}

/** KSM's structures and struct page are 24 to 128 bytes; a page holds none that is larger. */
const LARGEST = 512
/** Members of four bytes; all others that are read are pointers or words. */
const NARROW: ReadonlySet<string> = new Set(['nid', 'rmap_hlist_len', 'oldchecksum', '_mapcount'])

/**
 * A member that lies where one can lie: aligned, and inside its struct.
 * @throws KsmDumpError `no-types` for one that does not, as in damaged BTF
 */
function fitting(kernel: Kernel, type: StructType, path: string, input: string): ReturnType<StructType['member']> {
  const member = type.member(path)
  if (!member) return null
  const width = NARROW.has(path) ? 4 : 8
  const fits =
    type.size % 8 === 0 && type.size <= LARGEST && member.offset % width === 0 && member.offset + width <= type.size
  if (fits) return member
  throw new KsmDumpError(
    'no-types',
    `The types of ${kernel.release} can not be right: member ${path} at offset ${member.offset} of struct ${type.name}, which has ${type.size} bytes.`,
    { input, advice: 'The BTF in this dump is damaged.' },
  )
}

function missing(found: Record<string, StructType | null>): string {
  return Object.entries(found)
    .filter(([, type]) => !type)
    .map(([name]) => `struct ${name}`)
    .join(', ')
}
