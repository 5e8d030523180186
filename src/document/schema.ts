import { z } from 'zod'

/**
 * The only definition of our JSON documents; types and schemas/*.json come from it, docs/json.md is its acceptance test.
 * Members may be added: schemas/*.json allow it (they are made with io "input"). What is not known is null, never missing.
 */

/** Addresses, pfns and flag words. */
const hexText = z.string().regex(/^0x[0-9a-f]{1,16}$/)
const count = z.number().int().nonnegative()
const text = z.string()

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

const common = {
  tool: z.object({ name: text, version: text }),
  inputs: z.array(z.object({ name: text, kind: z.enum(KINDS_OF_INPUT).nullable(), bytes: count.nullable() })),
  partial: z.boolean(),
  problems: z.array(z.object({ code: text, message: text, input: text.nullable(), at: text.nullable() })),
}

const kernel = z
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

const image = z
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

const coverage = z.array(
  z.object({
    what: text,
    present: count,
    absent: count,
    why: z.enum(['dump-level', 'erased', 'damaged', 'no-types']).nullable(),
  }),
)

const dump = { ...common, kernel, image, coverage }

const timings = z.record(text, z.unknown()).optional()

const checks = z.object({ pprevBad: count, headBad: count, flagBad: count })
const end = z.enum(['end', 'cycle', 'unreadable', 'limit'])

const node = z.object({
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

const owner = z.object({
  mm: hexText,
  pid: count.nullable(),
  comm: text.nullable(),
  nid: count.nullable(),
  items: count,
  /** running: the mm has a process; exited: no task has this mm and nobody uses it; unknown: neither is proven. */
  process: z.enum(['running', 'exited', 'unknown']),
})

const totals = z.object({ nodes: count, chains: count, dups: count, items: count, migrate: count })

const host = z.object({
  name: text.nullable(),
  time: text.nullable(),
  uptimeSeconds: z.number().nullable(),
  cpus: count.nullable(),
  memoryBytes: count.nullable(),
  panic: text.nullable(),
})

const evidence = z.object({
  input: text,
  at: text.nullable(),
  text,
  check: z.object({ crash: text.nullable(), drgn: text.nullable() }).nullable(),
})

const level = z.enum(['critical', 'warning', 'ok', 'unknown'])
const confidence = z.enum(['proven', 'strong', 'weak'])
const finding = z.object({ code: text, level, confidence, summary: text, evidence: z.array(evidence) })
const answer = z.object({ ok: z.boolean(), why: text.nullable() })

const event = z.object({
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

const frame = z.object({
  address: hexText,
  sp: hexText,
  symbol: text.nullable(),
  offset: count.nullable(),
  module: text.nullable(),
  how: z.enum(['registers', 'orc', 'frame-pointer', 'scan']),
  inlined: z.boolean(),
})

const task = z.object({
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

const logRecord = z.object({
  seq: count,
  time: z.number(),
  level: count,
  facility: count,
  caller: text.nullable(),
  text,
})

export const InfoDocument = z.object({
  schema: z.literal('ksm-dump/info/1'),
  ...dump,
  host,
  notes: z.array(z.object({ name: text, type: count, bytes: count })),
  can: z.object({ ksm: answer, tasks: answer, stacks: answer, log: answer }),
  wants: z.array(text),
  timings,
})

export const NodesDocument = z.object({
  schema: z.literal('ksm-dump/nodes/1'),
  ...dump,
  nodes: z.array(node),
  /** Rows that --top, --min-length or --tree left out. */
  leftOut: count,
  totals: totals.nullable(),
  timings,
})

export const WalkDocument = z.object({
  schema: z.literal('ksm-dump/walk/1'),
  ...dump,
  start: z.object({
    address: hexText.nullable(),
    takenFor: z.enum(['stable_node', 'hlist_node', 'page', 'pfn']).nullable(),
  }),
  node: node.nullable(),
  length: count.nullable(),
  end: end.nullable(),
  endAt: hexText.nullable(),
  endWhy: text.nullable(),
  checks: checks.nullable(),
  /** Estimate, at 10 us an rmap_item. */
  walkSeconds: z.number().nullable(),
  owners: z.array(owner),
  timings,
})

/** Who; null where a text leaves it out. */
const who = { pid: count.nullable(), comm: text.nullable() }

const waiterRow = z.object({
  ...who,
  state: text.nullable(),
  waitsFor: z.enum([
    'read',
    'write',
    'migration-entry',
    'page-lock',
    'vma-lock',
    'ksm-thread-mutex',
    'mutex',
    'anon-vma',
  ]),
  lock: hexText.nullable(),
  blockedSeconds: z.number().nullable(),
  pattern: text.nullable(),
  /** How it is known that it waits there. */
  by: z.array(z.enum(['queue', 'stack', 'blocker'])),
  confidence,
  /** The longest time for which the kernel's log says that it was blocked; null where it says nothing of it. */
  loggedSeconds: z.number().nullable(),
  /** Whom it waits for next, towards the walker. */
  behind: z.object(who),
  /** Its stack: an index in `stacks.groups`; null where it is not there. */
  stack: count.nullable(),
})

const heldBy = z.object({ ...who, confidence, by: text })

/** As of `tasks`; a text may give less. */
const heldFrame = z.object({
  ...frame.shape,
  address: hexText.nullable(),
  sp: hexText.nullable(),
  how: z.enum(['registers', 'orc', 'frame-pointer', 'scan', 'told']),
})

const hang = z.object({
  holder: z
    .object({
      task: hexText.nullable(),
      ...who,
      cpu: count.nullable(),
      state: text.nullable(),
      stack: z.array(heldFrame),
    })
    .nullable(),
  lock: z
    .object({
      address: hexText,
      mm: hexText,
      owner: z.object(who).nullable(),
      kind: z.enum(['rwsem', 'rwsem-rt']),
      count: hexText,
      ownerWord: hexText.nullable(),
      held: z.enum(['free', 'read', 'write', 'unknown']),
      /** Pids of the tasks in its queue, in their order; null for one that is no task. */
      queue: z.array(count.nullable()),
      heldBy: z.array(heldBy),
      /** Who may hold it, where several can. */
      candidates: z.array(heldBy),
    })
    .nullable(),
  innermost: z.object({ symbol: text.nullable(), meaning: text, how: text.nullable() }),
  pattern: text.nullable(),
  node: z
    .object({
      address: hexText.nullable(),
      kpfn: hexText.nullable(),
      length: count.nullable(),
      /** The list was not followed to its end: `length` is a lower bound. */
      atLeast: z.boolean(),
      validatedBy: z.array(text),
    })
    .nullable(),
  progress: z
    .object({
      fraction: z.number().nullable(),
      pass: z.enum(['unmap', 'restore']),
      confidence,
      secondsLeft: z.number().nullable(),
    })
    .nullable(),
  waiters: z.array(waiterRow),
  longestWait: z.object({ ...who, seconds: z.number() }).nullable(),
  /** Texts only: how long the log, or the host, goes on after the last report of it; null where it may go on. */
  past: z.object({ seconds: z.number(), by: z.enum(['quiet', 'reboot']), evidence }).nullable(),
})

/** Merged memory of one process, over all lists. */
const sharer = z.object({
  ...owner.shape,
  /** Name of the virtual machine; null where its command line can not be read, or is none of a machine. */
  guest: text.nullable(),
})

/** Equal stacks of tasks in one state. */
const stackGroup = z.object({
  state: text.nullable(),
  running: z.boolean(),
  tasks: count,
  /** Names of some of the tasks. */
  comms: z.array(text),
  /** Functions, innermost first; null for one without a name. */
  frames: z.array(z.object({ symbol: text.nullable(), module: text.nullable() })),
})

/** What a limit makes of the content that most places share. */
const whatIf = z.object({
  /** rmap_items that share the content: of one node, or of all dups of a chain. */
  sites: count,
  /** Pages that hold it now: the dups of its chain. */
  pages: count,
  rows: z.array(
    z.object({
      maxPageSharing: count,
      dups: count,
      /** Beside what the content takes now. */
      extraBytes: count,
      /** Estimate of the longest walk, at 10 us an rmap_item. */
      walkSeconds: z.number(),
    }),
  ),
})

/** Where the dump's kernel keeps what the answer rests on: enough to read it again without us. Null where no dump speaks. */
const layout = z
  .object({
    vmemmap: hexText,
    pageOffset: hexText,
    /** sizeof(struct page). */
    structPage: count,
    /** The array of the stable trees' roots. */
    trees: z.object({ address: hexText, count }),
    /** Address by name: variables, and functions of the walker's stack. */
    symbols: z.record(text, hexText),
    /** The variable behind each of `ksm.counters`, by the counter's name; `member` null for a plain variable. */
    counters: z.record(text, z.object({ symbol: text, member: text.nullable(), offset: count, size: count })),
    /** Members of structs by their part in the answer, under the names that they have in this kernel; offset and size in bytes. */
    members: z.record(text, z.object({ struct: text, member: text, offset: count, size: count })),
  })
  .nullable()

export const AnalyzeDocument = z.object({
  schema: z.literal('ksm-dump/analyze/1'),
  ...dump,
  verdict: z.object({ level, code: text, confidence, summary: text }),
  findings: z.array(finding),
  ruledOut: z.array(z.object({ code: text, by: text, evidence: z.array(evidence) })),
  checked: z.array(
    z.object({
      code: text,
      result: z.enum(['ruled-out', 'open', 'found']),
      by: text,
      evidence: z.array(evidence),
    }),
  ),
  ksm: z
    .looseObject({
      counters: z.record(text, z.number().nullable()),
      totals: totals.nullable(),
      longest: z.array(z.object({ ...node.shape, owners: z.array(owner) })),
      histogram: z.array(z.object({ from: count, to: count, lists: count, items: count })),
      census: z.object({
        hlist: count.nullable(),
        mm: count.nullable(),
        agree: z.boolean().nullable(),
        differences: z.array(z.object({ node: hexText, hlist: count, mm: count })),
      }),
      bounded: z.boolean().nullable(),
      /** Bounds of the longest list by the counters, where no list could be walked; null else. */
      bounds: z.object({ atLeast: count, atMost: count, mean: z.number() }).nullable(),
      /** Who shares, from many rmap_items to few; null where no list was walked. */
      sharers: z.object({ rows: z.array(sharer), leftOut: z.object({ processes: count, items: count }) }).nullable(),
      /** By the NUMA node that a stable_node stands for (null: unknown); page-backed nodes only. */
      perNode: z.array(z.object({ nid: z.number().int().nullable(), lists: count, items: count, mergedBytes: count })),
      whatIf: whatIf.nullable(),
    })
    .nullable(),
  hang: hang.nullable(),
  known: z.array(
    z.object({
      bug: text,
      url: text,
      fixedIn: z.array(text),
      thisKernel: z.enum(['has-fix', 'lacks-fix', 'unknown']),
      /** How that is known, and where the kernel has the fix and still hangs, why. */
      why: text,
      /** The fix by distribution; `fixed` null: unknown. */
      packages: z.array(
        z.object({
          kernel: text,
          fixed: z.boolean().nullable(),
          from: text.nullable(),
          source: text,
          sure: confidence,
        }),
      ),
    }),
  ),
  events: z.array(event),
  host,
  /** Virtual machines of the host that texts name; null where only a dump speaks. */
  guests: z.array(text).nullable(),
  /** Stacks of the tasks: first of those that run or wait, then of sleeping ones (at most 2,000); null where none is known. */
  stacks: z.object({ groups: z.array(stackGroup), leftOut: count }).nullable(),
  /** In the keys of apport; null where unknown. */
  environment: z.object({
    Uname: text.nullable(),
    ProcVersionSignature: text.nullable(),
    DistroRelease: text.nullable(),
    Architecture: text.nullable(),
    Package: text.nullable(),
  }),
  /** In the order to try. */
  actions: z.array(
    z.object({
      code: text,
      title: text,
      commands: z.array(text),
      cost: text,
      risk: text,
      applies: text,
      now: z.boolean(),
    }),
  ),
  layout,
  timings,
})

export const TasksDocument = z.object({
  schema: z.literal('ksm-dump/tasks/1'),
  ...dump,
  tasks: z.array(task),
  /** Tasks that --state, --pid or --match left out. */
  leftOut: count,
  timings,
})

export const LogDocument = z.object({
  schema: z.literal('ksm-dump/log/1'),
  ...dump,
  records: z.array(logRecord),
  events: z.array(event),
  /** Records that --since or --level left out. */
  leftOut: count,
  timings,
})

export const ExplainDocument = z.object({
  schema: z.literal('ksm-dump/explain/1'),
  ...common,
  explanations: z.array(
    z.object({
      code: text,
      kind: z.enum(['finding', 'check', 'pattern']),
      level: text,
      means: text,
      known: text,
      todo: text,
      check: text.nullable(),
    }),
  ),
})

export type InfoReport = z.infer<typeof InfoDocument>
export type WalkReport = z.infer<typeof WalkDocument>
export type AnalyzeReport = z.infer<typeof AnalyzeDocument>
export type NodeRow = z.infer<typeof node>
export type OwnerRow = z.infer<typeof owner>
export type FindingRow = z.infer<typeof finding>
/** As the schema says, but its nodes may come one by one: a host has a million. */
export type NodesReport = Omit<z.infer<typeof NodesDocument>, 'nodes'> & { nodes: Iterable<NodeRow> }
export type TasksReport = z.infer<typeof TasksDocument>
export type LogReport = z.infer<typeof LogDocument>
export type TaskRow = z.infer<typeof task>
export type SharerRow = z.infer<typeof sharer>
export type EventRow = z.infer<typeof event>
/** A document about inputs. */
export type AnyReport = InfoReport | NodesReport | WalkReport | AnalyzeReport | TasksReport | LogReport
export type ExplainReport = z.infer<typeof ExplainDocument>

/** By command: what schemas/*.json are made of. */
export const DOCUMENTS = {
  info: InfoDocument,
  nodes: NodesDocument,
  walk: WalkDocument,
  analyze: AnalyzeDocument,
  tasks: TasksDocument,
  log: LogDocument,
  explain: ExplainDocument,
} as const
