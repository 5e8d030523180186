/** What a member must be: a type, several (`string|null`), an object of members, or an array of one shape. */
export type Shape = string | readonly [Shape] | { readonly [member: string]: Shape }

// The members that docs/json.md promises, written out by hand: the schema may say more, never less or otherwise.

const DUMP = {
  schema: 'string',
  tool: { name: 'string', version: 'string' },
  inputs: [{ name: 'string', kind: 'string|null', bytes: 'number|null' }],
  partial: 'boolean',
  problems: [{ code: 'string', message: 'string', input: 'string|null', at: 'string|null' }],
  kernel: {
    release: 'string|null',
    version: 'string|null',
    arch: 'string|null',
    buildId: 'string|null',
    pageSize: 'number|null',
    kaslrOffset: 'hex|null',
    physBase: 'hex|null',
    symbols: 'string|null',
    types: 'string|null',
  },
  image: {
    format: 'string',
    headerVersion: 'number|null',
    compression: ['string'],
    maxPfn: 'hex',
    dumpLevel: 'number|null',
    flattened: 'boolean',
    pagesPresent: 'number',
    pages: { needed: 'number', excluded: 'number', damaged: 'number', beyond: 'number' },
  },
  coverage: [{ what: 'string', present: 'number', absent: 'number', why: 'string|null' }],
} as const satisfies Shape

const NODE = {
  address: 'hex',
  kind: 'string',
  where: 'string',
  tree: 'number|null',
  nid: 'number|null',
  kpfn: 'hex|null',
  page: 'hex|null',
  length: 'number',
  rmapHlistLen: 'number|null',
  mms: 'number',
  chain: 'hex|null',
  end: 'string',
  pageState: 'string',
  mergedBytes: 'number',
  zeroPage: 'string|null',
} as const satisfies Shape

const OWNERS = [{ mm: 'hex', pid: 'number|null', comm: 'string|null', nid: 'number|null', items: 'number' }] as const
const TOTALS = { nodes: 'number', chains: 'number', dups: 'number', items: 'number', migrate: 'number' } as const
const HOST = {
  name: 'string|null',
  time: 'string|null',
  uptimeSeconds: 'number|null',
  cpus: 'number|null',
  memoryBytes: 'number|null',
  panic: 'string|null',
} as const
const CAN = { ok: 'boolean', why: 'string|null' } as const
const CHECKS = { pprevBad: 'number', headBad: 'number', flagBad: 'number' } as const
const EVIDENCE = [{ input: 'string', at: 'string|null', text: 'string', check: 'object|null' }] as const

const EVENT = {
  kind: 'string',
  time: 'number|null',
  pid: 'number|null',
  comm: 'string|null',
  seconds: 'number|null',
  stack: ['object'],
} as const
const FRAME = {
  address: 'hex',
  sp: 'hex',
  symbol: 'string|null',
  offset: 'number|null',
  module: 'string|null',
  how: 'string',
  inlined: 'boolean',
} as const

export const CONTRACT = {
  tasks: {
    ...DUMP,
    tasks: [
      {
        address: 'hex',
        pid: 'number',
        tgid: 'number',
        comm: 'string',
        state: 'string',
        cpu: 'number|null',
        running: 'boolean',
        kthread: 'boolean',
        mm: 'hex|null',
        stack: [FRAME],
        stackFrom: 'string|null',
      },
    ],
  },
  log: {
    ...DUMP,
    records: [
      { seq: 'number', time: 'number', level: 'number', facility: 'number', caller: 'string|null', text: 'string' },
    ],
    events: [EVENT],
  },
  info: { ...DUMP, can: { ksm: CAN, tasks: CAN, stacks: CAN, log: CAN }, wants: ['string'] },
  nodes: { ...DUMP, nodes: [NODE], totals: TOTALS },
  walk: {
    ...DUMP,
    start: { address: 'hex', takenFor: 'string' },
    node: NODE,
    length: 'number',
    end: 'string',
    endAt: 'hex|null',
    endWhy: 'string|null',
    checks: CHECKS,
    owners: OWNERS,
  },
  analyze: {
    ...DUMP,
    verdict: { level: 'string', code: 'string', confidence: 'string', summary: 'string' },
    findings: [{ code: 'string', level: 'string', confidence: 'string', summary: 'string', evidence: EVIDENCE }],
    ruledOut: [{ code: 'string', by: 'string', evidence: EVIDENCE }],
    checked: [{ code: 'string', result: 'string', by: 'string', evidence: EVIDENCE }],
    ksm: {
      counters: 'object',
      totals: TOTALS,
      longest: [{ ...NODE, owners: OWNERS }],
      histogram: [{ from: 'number', to: 'number', lists: 'number', items: 'number' }],
      census: { hlist: 'number', mm: 'number|null', agree: 'boolean|null' },
      bounded: 'boolean|null',
    },
    hang: 'object|null',
    known: [{ bug: 'string', url: 'string', fixedIn: ['string'], thisKernel: 'string', why: 'string' }],
    events: [EVENT],
    host: HOST,
    actions: [
      {
        code: 'string',
        title: 'string',
        commands: ['string'],
        cost: 'string',
        risk: 'string',
        applies: 'string',
        now: 'boolean',
      },
    ],
  },
} as const satisfies Record<string, Shape>

/** Counters that every kernel with KSM has, under their names in sysfs; a missing one is null. */
export const COUNTERS = [
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'rmap_items',
  'stable_node_chains',
  'stable_node_dups',
  'max_page_sharing',
  'merge_across_nodes',
  'run',
  'use_zero_pages',
  'ksm_zero_pages',
] as const

const HEX = /^0x(0|[1-9a-f][0-9a-f]{0,15})$/

/** Compares a document with a shape. @param nulls - objects may be null: a document of an input that can't be read */
export function departures(value: unknown, shape: Shape, nulls = false, path = ''): string[] {
  if (typeof shape === 'string')
    return shape.split('|').some((type) => isA(value, type)) ? [] : [`${path}: ${JSON.stringify(value)} is no ${shape}`]
  if (isArray(shape)) {
    if (!Array.isArray(value)) return [`${path}: ${JSON.stringify(value)} is no array`]
    return value.flatMap((each, i) => departures(each, shape[0], nulls, `${path}[${i}]`))
  }
  if (value === null && nulls) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${path}: ${JSON.stringify(value)} is no object`]
  return Object.entries(shape).flatMap(([name, member]) =>
    name in value
      ? departures(
          (value as Record<string, unknown>)[name],
          nulls && typeof member === 'string' ? `${member}|null` : member,
          nulls,
          `${path}.${name}`,
        )
      : [`${path}.${name} is missing`],
  )
}

const isArray = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape)

function isA(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'hex') return typeof value === 'string' && HEX.test(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value)
  return typeof value === type
}
