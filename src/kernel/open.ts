import { KsmDumpError, type Problem } from '../base/errors.ts'
import { high, low } from '../base/halves.ts'
import { hex, printable } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { type DumpImage, peeking } from '../image/types.ts'
import { BtfError, parseBtf } from '../parsers/btf.ts'
import { parseVmcoreInfo, type VmcoreInfo } from '../parsers/vmcoreinfo.ts'
import { btfTypes } from './btf-types.ts'
import { DirectMap } from './direct-map.hot.ts'
import { type Kallsyms, openKallsyms } from './kallsyms-symbols.ts'
import { walkPageTables } from './page-walk.ts'
import type { AddressSpace, Kernel, TypeSource, VirtualMemory } from './types.ts'
import { addressOf, pointerVariable } from './variables.ts'
import { imagePhys, virtualMemory } from './virtual-memory.ts'

/** How far the way to the kernel came; each step may fail and leaves the earlier answers standing. */
export interface KernelOpening {
  vmcoreinfo: VmcoreInfo | null
  space: AddressSpace | null
  memory: VirtualMemory | null
  symbols: Kallsyms | null
  types: TypeSource | null
  /** The whole kernel; null when a step failed. */
  kernel: Kernel | null
  /** What stopped it. */
  stopped: KsmDumpError | null
  problems: Problem[]
}

/**
 * PAGE_OFFSET and vmemmap of kernels without CONFIG_RANDOMIZE_MEMORY.
 * @see arch/x86/include/asm/page_64_types.h, pgtable_64_types.h (v6.12)
 */
const FIXED_BASES = {
  4: { pageOffset: 0xffff888000000000n, vmemmap: 0xffffea0000000000n },
  5: { pageOffset: 0xff11000000000000n, vmemmap: 0xffd4000000000000n },
} as const

/** The .BTF section is 3.4 to 5.2 MB in Debian's kernels. */
const MAX_BTF = 64 * 1024 * 1024

/**
 * Finds the kernel in a dump, without a vmlinux: VMCOREINFO, address space, symbols (kallsyms), types (BTF).
 * @param image - an opened dump
 * @param input - name of the dump for messages
 */
export function openKernel(image: DumpImage, input: string): KernelOpening {
  const opening: KernelOpening = {
    vmcoreinfo: null,
    space: null,
    memory: null,
    symbols: null,
    types: null,
    kernel: null,
    stopped: null,
    problems: [],
  }
  try {
    find(image, input, opening)
  } catch (error) {
    if (!(error instanceof KsmDumpError)) throw error
    opening.stopped = error
  }
  return opening
}

function find(image: DumpImage, input: string, opening: KernelOpening): void {
  if (image.arch !== 'x86_64' && image.arch !== 'unknown') {
    throw new KsmDumpError(
      'other-machine',
      `This is a dump of a ${image.arch} machine (${image.endian}-endian, ${image.memory.pageSize}-byte pages); only x86_64 is understood.`,
      { input },
    )
  }
  if (image.vmcoreinfo === null) {
    throw new KsmDumpError('no-vmcoreinfo', 'The dump has no VMCOREINFO note, so the kernel in it can not be found.', {
      input,
      advice: 'QEMU writes one when the guest has -device vmcoreinfo and its module qemu_fw_cfg; kdump always does.',
    })
  }
  const info = parseVmcoreInfo(image.vmcoreinfo)
  opening.vmcoreinfo = info
  const pageSize = info.get('PAGESIZE')
  if (image.endian !== 'little' || image.wordSize !== 8 || (pageSize !== null && pageSize !== '4096')) {
    throw new KsmDumpError(
      'other-machine',
      `The dump is ${image.endian}-endian with ${image.wordSize * 8}-bit words and pages of ${pageSize ?? 'unknown'} bytes; only x86_64 is understood.`,
      { input },
    )
  }
  const space = firstSpace(info, input)
  opening.space = space
  const memory = virtualMemory(image.memory, space)
  opening.memory = memory
  const symbols = openKallsyms(memory, info, input)
  opening.symbols = symbols
  if (symbols.disagreements.length > 0) {
    opening.problems.push({
      code: 'damaged-structure',
      message: `kallsyms and VMCOREINFO place these symbols differently: ${symbols.disagreements.slice(0, 5).join(', ')}.`,
      input,
      at: null,
    })
  }
  findBases(image, input, opening, space, memory, symbols)
  opening.types = readTypes(memory, symbols, info, input)
  const uts = opening.types.struct('uts_namespace')?.member('name.version')
  const utsAt = info.symbol('init_uts_ns')
  crossCheck(opening, info, memory, opening.types, input)
  const base = space.pageOffset
  opening.kernel = {
    release: info.get('OSRELEASE') ?? 'unknown',
    version: uts && utsAt !== null ? memory.cstring(utsAt + BigInt(uts.offset), 65) : null,
    buildId: info.get('BUILD-ID'),
    vmcoreinfo: info,
    space,
    symbols,
    types: opening.types,
    memory,
    probe: virtualMemory(peeking(image.memory), space),
    physical: image.memory,
    directMap: new DirectMap(low(base), high(base), image.memory.maxPfn * image.memory.pageSize),
    problems: opening.problems,
  }
}

/** __START_KERNEL of every x86_64 kernel: where _stext lies without KASLR. @see arch/x86/include/asm/page_types.h */
const START_KERNEL = 0xffffffff81000000n

/** VMCOREINFO's text against the kernel's memory: a wrong release or offset would be believed otherwise. */
function crossCheck(
  opening: KernelOpening,
  info: VmcoreInfo,
  memory: VirtualMemory,
  types: TypeSource,
  input: string,
): void {
  const release = info.get('OSRELEASE')
  const member = types.struct('uts_namespace')?.member('name.release')
  const at = info.symbol('init_uts_ns')
  const own = member && at !== null ? memory.cstring(at + BigInt(member.offset), 65) : null
  if (release !== null && own !== null && own !== release)
    opening.problems.push({
      code: 'implausible-value',
      message: `VMCOREINFO names the release ${printable(release, 65)}, the kernel itself ${printable(own, 65)}.`,
      input,
      at: null,
    })
  const offset = info.kernelOffset()
  const stext = info.symbol('_stext')
  if (offset !== null && stext !== null && stext !== START_KERNEL + offset)
    opening.problems.push({
      code: 'implausible-value',
      message: `KERNELOFFSET (${hex(offset)}) does not lead to _stext (${hex(stext)}).`,
      input,
      at: null,
    })
}

/** What VMCOREINFO alone says: enough for the kernel's image (arithmetic) and page tables, not yet for the direct map. */
function firstSpace(info: VmcoreInfo, input: string): AddressSpace {
  const physBase = info.number('phys_base')
  const root = info.symbol('swapper_pg_dir')
  if (physBase === null || root === null) {
    throw new KsmDumpError(
      'no-translation',
      `VMCOREINFO lacks ${physBase === null ? 'NUMBER(phys_base)' : 'SYMBOL(swapper_pg_dir)'}, so addresses can not be translated.`,
      { input },
    )
  }
  const pageTable = imagePhys(root, physBase)
  if (pageTable === null)
    throw new KsmDumpError('no-translation', `swapper_pg_dir (${hex(root)}) lies outside the kernel's image.`, {
      input,
    })
  return {
    levels: info.number('pgtable_l5_enabled') === 1n ? 5 : 4,
    physBase,
    kaslrOffset: info.kernelOffset(),
    pageOffset: 0n,
    vmemmap: 0n,
    pageTable,
    smeMask: info.number('sme_mask') ?? 0n,
    basesFrom: 'constants',
  }
}

/** Direct map and vmemmap from the kernel's own variables, checked against its page tables. */
function findBases(
  image: DumpImage,
  input: string,
  opening: KernelOpening,
  space: AddressSpace,
  memory: VirtualMemory,
  symbols: Kallsyms,
): void {
  const reader = { symbols, memory }
  const pageOffset = pointerVariable(reader, 'page_offset_base')
  const vmemmap = pointerVariable(reader, 'vmemmap_base')
  if (pageOffset !== null && vmemmap !== null) {
    space.pageOffset = pageOffset
    space.vmemmap = vmemmap
    space.basesFrom = 'variables'
  } else if (addressOf(reader, 'page_offset_base') !== null) {
    throw new KsmDumpError(
      'no-translation',
      'The variables page_offset_base and vmemmap_base can not be read, so the direct map can not be found.',
      { input },
    )
  } else {
    space.pageOffset = FIXED_BASES[space.levels].pageOffset
    space.vmemmap = FIXED_BASES[space.levels].vmemmap
  }
  const physBaseAt = addressOf(reader, 'phys_base')
  const physBase = physBaseAt === null ? null : memory.u64(physBaseAt)
  if (physBase !== null && BigInt.asIntN(64, physBase) !== space.physBase) {
    throw new KsmDumpError(
      'no-translation',
      `phys_base of VMCOREINFO (${space.physBase}) and of the kernel's variable (${BigInt.asIntN(64, physBase)}) differ.`,
      {
        input,
        at: hex(physBaseAt!),
        advice: 'The headers or the memory of this dump are damaged.',
      },
    )
  }
  // The direct map must lead to the same byte by arithmetic and by page tables; text always lies in it.
  const probe = imagePhys(addressOf(reader, '_stext') ?? 0n, space.physBase)
  if (probe === null) return
  const walked = walkPageTables(
    image.memory,
    space.pageTable,
    space.levels,
    space.pageOffset + BigInt(probe),
    space.smeMask,
  )
  if (walked === probe) return
  const wrong =
    typeof walked === 'number' ? `page tables lead to ${hex(walked)} instead of ${hex(probe)}` : walked.notMapped
  opening.problems.push({
    code: 'damaged-structure',
    message: `The direct map at ${hex(space.pageOffset)} could not be confirmed by the page tables: ${wrong}.`,
    input,
    at: hex(space.pageTable),
  })
}

function readTypes(memory: VirtualMemory, symbols: Kallsyms, info: VmcoreInfo, input: string): TypeSource {
  const start = one(symbols.addresses('__start_BTF'))
  const stop = one(symbols.addresses('__stop_BTF'))
  const release = info.get('OSRELEASE') ?? 'this kernel'
  if (start === null || stop === null || stop <= start) {
    throw new KsmDumpError(
      'no-types',
      `${release} carries no BTF (no __start_BTF symbol), so the layout of its structures is not known.`,
      {
        input,
        advice: 'Kernels built with CONFIG_DEBUG_INFO_BTF have it.',
      },
    )
  }
  const length = Number(stop - start)
  const blob = length <= MAX_BTF ? memory.bytes(start, length) : null
  if (!blob)
    throw new KsmDumpError('no-types', `The BTF of ${release} (${length} bytes) is not whole in the dump.`, {
      input,
      at: hex(start),
    })
  try {
    return btfTypes(parseBtf(blob))
  } catch (error) {
    if (!(error instanceof BtfError)) throw error
    throw new KsmDumpError('no-types', `The BTF of ${release} is damaged: ${error.message}.`, {
      input,
      at: hex(start + BigInt(error.at)),
    })
  }
}

function one(addresses: readonly VirtAddr[]): VirtAddr | null {
  return addresses.length === 1 ? addresses[0]! : null
}
