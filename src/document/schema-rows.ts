import { z } from 'zod'

// What several documents have: rows, and what all of them begin with.

/** Addresses, pfns and flag words. */
export const hexText = z.string().regex(/^0x[0-9a-f]{1,16}$/)
export const count = z.number().int().nonnegative()
export const text = z.string()

/** Every kind of input; what tells them apart is app/input-kinds.ts. */
export const KINDS_OF_INPUT = [
  'kdump',
  'elf',
  'flattened-kdump',
  'flattened-elf',
  'crash',
  'kernel-log',
  'sosreport',
  'apport',
  'mail',
  'list',
  'sysfs',
  'proc-stack',
  'folded-stacks',
  'kdump-folder',
] as const

export const common = {
  tool: z.object({ name: text, version: text }),
  inputs: z.array(z.object({ name: text, kind: z.enum(KINDS_OF_INPUT).nullable(), bytes: count.nullable() })),
  partial: z.boolean(),
  problems: z.array(z.object({ code: text, message: text, input: text.nullable(), at: text.nullable() })),
}

export const kernel = z
  .looseObject({
    release: text.nullable(),
    version: text.nullable(),
    arch: text.nullable(),
    buildId: text.nullable(),
    pageSize: count.nullable(),
    kaslrOffset: hexText.nullable(),
    physBase: hexText.nullable(),
    symbols: z.enum(['kallsyms', 'kallsyms-scan', 'system-map', 'vmlinux']).nullable(),
    types: z.enum(['btf', 'dwarf', 'layout']).nullable(),
  })
  .nullable()

export const image = z
  .looseObject({
    format: text,
    headerVersion: count.nullable(),
    compression: z.array(text),
    maxPfn: hexText,
    dumpLevel: count.nullable(),
    flattened: z.boolean(),
    pagesPresent: count,
    pages: z.object({ needed: count, excluded: count, damaged: count, beyond: count }),
  })
  .nullable()

export const coverage = z.array(
  z.object({
    what: text,
    present: count,
    absent: count,
    why: z.enum(['dump-level', 'erased', 'damaged', 'no-types']).nullable(),
  }),
)

export const dump = { ...common, kernel, image, coverage }

export const timings = z.record(text, z.unknown()).optional()

export const checks = z.object({ pprevBad: count, headBad: count, flagBad: count })
export const end = z.enum(['end', 'cycle', 'unreadable', 'limit'])

export const node = z.object({
  address: hexText,
  kind: z.enum(['node', 'chain', 'dup']),
  where: z.enum(['tree', 'migrate', 'chain']).nullable(),
  tree: count.nullable(),
  nid: z.number().int().nullable(),
  kpfn: hexText.nullable(),
  page: hexText.nullable(),
  length: count,
  rmapHlistLen: z.number().int().nullable(),
  mms: count,
  chain: hexText.nullable(),
  end,
  endAt: hexText.nullable(),
  endWhy: text.nullable(),
  checks: checks.nullable(),
  pageState: z.enum(['live', 'freed', 'migrating', 'unknown']),
  mapcount: z.number().int().nullable(),
  mergedBytes: count,
  /** Estimate of one pass over the list, at 10 us an rmap_item; null for a chain, whose dups are walked one at a time. */
  walkSeconds: z.number().nullable(),
  zeroPage: z.enum(['yes', 'no', 'yes-inferred', 'no-inferred']).nullable(),
})

export const owner = z.object({
  mm: hexText,
  pid: count.nullable(),
  comm: text.nullable(),
  nid: count.nullable(),
  items: count,
  /** running: the mm has a process; exited: no task has this mm and nobody uses it; unknown: neither is proven. */
  process: z.enum(['running', 'exited', 'unknown']),
})

export const totals = z.object({ nodes: count, chains: count, dups: count, items: count, migrate: count })

export const host = z.object({
  name: text.nullable(),
  time: text.nullable(),
  uptimeSeconds: z.number().nullable(),
  cpus: count.nullable(),
  memoryBytes: count.nullable(),
  panic: text.nullable(),
})

export const evidence = z.object({
  input: text,
  at: text.nullable(),
  text,
  check: z.object({ crash: text.nullable(), drgn: text.nullable() }).nullable(),
})

export const level = z.enum(['critical', 'warning', 'ok', 'unknown'])
export const confidence = z.enum(['proven', 'strong', 'weak'])
export const finding = z.object({ code: text, level, confidence, summary: text, evidence: z.array(evidence) })
export const answer = z.object({ ok: z.boolean(), why: text.nullable() })

export const event = z.object({
  kind: z.enum(['hung-task', 'soft-lockup', 'hard-lockup', 'workqueue-lockup', 'rcu-stall', 'csd-timeout', 'oom']),
  time: z.number().nullable(),
  pid: count.nullable(),
  comm: text.nullable(),
  seconds: z.number().nullable(),
  cpu: count.nullable(),
  /** The task_struct of that pid and comm; null when there is none, and in `log`, which looks for none. */
  task: hexText.nullable(),
  blockedOn: text.nullable(),
  stack: z.array(z.object({ symbol: text, offset: count, module: text.nullable() })),
})

export const frame = z.object({
  address: hexText,
  sp: hexText,
  symbol: text.nullable(),
  offset: count.nullable(),
  module: text.nullable(),
  how: z.enum(['registers', 'orc', 'frame-pointer', 'scan']),
  inlined: z.boolean(),
})

export const task = z.object({
  address: hexText,
  pid: count,
  tgid: count,
  comm: text,
  state: z.enum(['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P', 'I']),
  cpu: count.nullable(),
  running: z.boolean(),
  kthread: z.boolean(),
  mm: hexText.nullable(),
  /** When it was last put on a CPU, seconds of the scheduler's clock. */
  lastArrival: z.number().nullable(),
  stack: z.array(frame),
  /** registers: its CPU's; switch: saved when it was switched out; null: no stack was read, `stackEnd` says why. */
  stackFrom: z.enum(['registers', 'switch']).nullable(),
  /** end, user, or why the stack breaks off; null when stacks were not asked for. */
  stackEnd: text.nullable(),
})

export const logRecord = z.object({
  seq: count,
  time: z.number(),
  level: count,
  facility: count,
  caller: text.nullable(),
  text,
})
