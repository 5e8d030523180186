import { z } from 'zod'
import { hang } from './schema-hang.ts'
import {
  common,
  answer,
  checks,
  confidence,
  count,
  dump,
  end,
  event,
  evidence,
  finding,
  hexText,
  host,
  level,
  logRecord,
  node,
  owner,
  task,
  text,
  timings,
  totals,
} from './schema-rows.ts'

export { KINDS_OF_INPUT } from './schema-rows.ts'

/**
 * The only definition of our JSON documents; types and schemas/*.json come from it, docs/json.md is its acceptance test.
 * Members may be added: schemas/*.json allow it (they are made with io "input"). What is not known is null, never missing.
 */

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
