/** The NUMA layout and the CPUs of a host: `numactl --hardware`, files of /sys/devices/system/node, lscpu, /proc/PID/numa_maps. */
import type { TextParser } from './told.ts'
import { type Tell, tellingParser } from './sos/telling.ts'

/** Most CPUs and nodes of any kernel. @see arch/x86/Kconfig NR_CPUS, NODES_SHIFT (v6.12) */
const MOST_CPUS = 8192
const MOST_NODES = 1024

/**
 * CPU numbers as the kernel prints a list, "0-3,8".
 * @param ids - in any order
 * @see lib/vsprintf.c bitmap_list_string (v6.12)
 */
export function idList(ids: readonly number[]): string {
  const sorted = [...new Set(ids)].sort((a, b) => a - b)
  const ranges: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let last = i
    while (sorted[last + 1] === sorted[last]! + 1) last++
    ranges.push(last === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[last]}`)
    i = last + 1
  }
  return ranges.join(',')
}

/**
 * The numbers of a list as the kernel prints it.
 * @param text - "0-3,8", empty for none
 * @returns null when it is no such list, or names a number that no kernel has
 */
export function idsOf(text: string): number[] | null {
  const ids: number[] = []
  if (text.trim() === '') return ids
  for (const part of text.trim().split(',', MOST_CPUS + 1)) {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    if (first === undefined) return null
    const from = Number(first)
    const to = last === undefined ? from : Number(last)
    if (to < from || to >= MOST_CPUS || ids.length + to - from >= MOST_CPUS) return null
    for (let id = from; id <= to; id++) ids.push(id)
  }
  return ids
}

/** `node 0 cpus: 0 4 8`; nothing follows for a node without. numactl prints blanks, so a list is long on a big host. */
const NODE_CPUS = /^node (\d{1,4}) cpus:((?: \d{1,5})*)$/
const NODE_SIZE = /^node (\d{1,4}) (size|free): (\d{1,12}) MB/
/** `available: 4 nodes (0-3)`, on POWER `available: 2 nodes (0,8)`. */
const AVAILABLE = /^available: (\d{1,4}) nodes? \(/
/** `  0:  10  21  21  21 ` */
const DISTANCES = /^(\d{1,4}):((?: {1,8}\d{1,5})+)$/

/**
 * `numactl --hardware`, also in the middle of a mail. The number of CPUs is told only when every node's were shown.
 * @see numactl.c hardware (numactl 2.0.11, 2.0.18)
 */
export function numactlText(): TextParser {
  return tellingParser((tell) => {
    const cpus = new Map<number, number>()
    let nodes = 0
    let lastCpus = 0
    let distances = false
    return {
      line: (text, at) => {
        const line = text.trim()
        const available = AVAILABLE.exec(line)
        if (available) {
          nodes = Number(available[1])
          tell.value('numa.nodes', available[1]!, at)
          return
        }
        const ofNode = NODE_CPUS.exec(line)
        if (ofNode) {
          const ids = ofNode[2]!.trim() === '' ? [] : ofNode[2]!.trim().split(' ').map(Number)
          const node = Number(ofNode[1])
          if (ids.length > MOST_CPUS || node >= MOST_NODES || cpus.has(node)) return
          cpus.set(node, ids.length)
          lastCpus = at
          tell.value(`numa.${node}.cpus`, idList(ids), at)
          return
        }
        const memory = NODE_SIZE.exec(line)
        if (memory) {
          tell.value(`numa.${Number(memory[1])}.${memory[2]}MB`, memory[3]!, at)
          return
        }
        if (line.startsWith('node distances:')) distances = true
        const row = distances ? DISTANCES.exec(line) : null
        if (row) tell.value(`numa.${Number(row[1])}.distance`, row[2]!.trim().split(/ +/).join(' '), at)
        else if (!line.startsWith('node ')) distances = false
      },
      end: () => {
        const all = [...cpus.values()].reduce((sum, each) => sum + each, 0)
        if (all > 0 && all <= MOST_CPUS && cpus.size === nodes) tell.host('numactl', lastCpus, { cpus: all })
      },
    }
  })
}

const KILOBYTES = /^Node \d{1,4} (MemTotal|MemFree):[ \t]{1,40}(\d{1,15}) kB/

/** What each file of /sys/devices/system/node/node* is read with. @see drivers/base/node.c (v4.4, v6.12) */
const NODE_FILES: Record<string, (node: number, tell: Tell, line: string, at: number) => void> = {
  cpulist: (node, tell, line, at) => {
    const ids = idsOf(line)
    if (ids !== null) tell.value(`numa.${node}.cpus`, idList(ids), at)
  },
  distance: (node, tell, line, at) => {
    if (/^\d{1,5}(?: \d{1,5})*$/.test(line.trim())) tell.value(`numa.${node}.distance`, line.trim(), at)
  },
  meminfo: (node, tell, line, at) => {
    const [, what, kb] = KILOBYTES.exec(line) ?? []
    if (what)
      tell.value(`numa.${node}.${what === 'MemTotal' ? 'size' : 'free'}MB`, String(Math.floor(Number(kb) / 1024)), at)
  },
}

/**
 * A file of /sys/devices/system/node/nodeN.
 * @param node - N
 * @param file - "cpulist", "distance" or "meminfo"; another tells nothing
 */
export function nodeFileText(node: number, file: string): TextParser {
  let first = true
  return tellingParser((tell) => ({
    line: (line, at) => {
      // a node without CPUs has an empty cpulist: one empty line
      if (file !== 'meminfo' && !first) return
      first = false
      NODE_FILES[file]?.(node, tell, line, at)
    },
  }))
}

const LSCPU: readonly {
  pattern: RegExp
  take: (tell: Tell, text: string, at: number, found: RegExpExecArray) => void
}[] = [
  {
    pattern: /^On-line CPU\(s\) list:[ \t]{1,60}/,
    take: (tell, text, at) => {
      const cpus = idsOf(text)?.length ?? 0
      if (cpus > 0) tell.host('lscpu', at, { cpus })
    },
  },
  {
    pattern: /^NUMA node\(s\):[ \t]{1,60}/,
    take: (tell, text, at) => {
      if (/^\d{1,4}$/.test(text)) tell.value('numa.nodes', text, at)
    },
  },
  {
    pattern: /^NUMA node(\d{1,4}) CPU\(s\):[ \t]{0,60}/,
    take: (tell, text, at, found) => {
      const ids = idsOf(text)
      if (ids !== null) tell.value(`numa.${Number(found[1])}.cpus`, idList(ids), at)
    },
  },
  {
    pattern: /^Hypervisor vendor:[ \t]{1,60}/,
    take: (tell, text, at) => {
      if (text !== '') tell.host('lscpu', at, { guest: `Hypervisor vendor: ${text}` })
    },
  },
]

/**
 * lscpu; in sections and indented since util-linux 2.37. A host of guests has no line "Hypervisor vendor" (but a "Virtualization" one).
 */
export function lscpuText(): TextParser {
  return tellingParser((tell) => ({
    line: (text, at) => {
      const line = text.trimStart()
      for (const { pattern, take } of LSCPU) {
        const found = pattern.exec(line)
        if (found) return take(tell, line.slice(found[0].length).trim(), at, found)
      }
    },
  }))
}

/** ` mapmax=2306921 `: kept by one map of up to hundreds of thousands of lines. */
const MAPMAX = /(?:^| )mapmax=(\d{1,15})(?: |$)/

/**
 * /proc/PID/numa_maps of a guest: the most mappings that one page of its anonymous memory has. Pages of KSM are anonymous, so on
 * a host of KSM that is a lower bound of the longest list. Areas of files are left out: a library has many mappers.
 * @see fs/proc/task_mmu.c show_numa_map, gather_stats (v4.4, v6.12)
 */
export function numaMapsText(pid: number): TextParser {
  return tellingParser((tell) => {
    let most = 0
    let where = 0
    return {
      line: (line, at) => {
        if (line.length > 8192 || line.includes(' file=') || !line.includes(' anon=')) return
        const found = MAPMAX.exec(line)
        if (!found || Number(found[1]) <= most) return
        most = Number(found[1])
        where = at
      },
      end: () => {
        if (where > 0) tell.value(`numa_maps.${pid}.mapmax`, String(most), where)
      },
    }
  })
}
