import { expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { waitTree } from '../../src/report/wait-tree.ts'

type Waiter = NonNullable<AnalyzeReport['hang']>['waiters'][number]
type Who = Waiter['behind']

const ROOT = { pid: 101, comm: 'numad' }
const waits = (who: Who, behind: Who, waitsFor: Waiter['waitsFor'] = 'read'): Waiter => ({
  ...who,
  behind,
  waitsFor,
  state: 'D',
  lock: null,
  blockedSeconds: null,
  pattern: null,
  by: ['stack'],
  confidence: 'strong',
  loggedSeconds: null,
  stack: null,
})

/** "1 2xqemu": depth and names, in the order of the tree. */
const shape = (waiters: Waiter[], root: Who = ROOT): string[] =>
  waitTree(waiters, root).groups.map(({ waiters: all, depth }) => `${depth} ${all.length}x${all[0]!.comm ?? '?'}`)

test('waiters whose pid is not known all stand there', () => {
  const qemu = { pid: null, comm: 'qemu' }
  const unnamed = { pid: null, comm: null }
  const waiters = [
    waits(qemu, ROOT),
    waits(qemu, ROOT),
    waits(qemu, ROOT, 'write'),
    waits({ pid: null, comm: 'ps' }, ROOT),
    waits(unnamed, ROOT),
    waits(unnamed, ROOT),
  ]
  expect(shape(waiters)).toEqual(['1 2xqemu', '1 1xqemu', '1 1xps', '1 2x?'])
  expect(waitTree(waiters, ROOT).apart).toBe(0)
})

test('a walker without a pid has its waiters, one of its own name as well', () => {
  const root = { pid: null, comm: 'numad' }
  expect(shape([waits({ pid: 5, comm: 'qemu' }, root), waits({ pid: null, comm: 'numad' }, root)], root)).toEqual([
    '1 1xqemu',
    '1 1xnumad',
  ])
})

test('a chain, a circle, and who waits behind somebody unknown: what does not come to the walker is counted', () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((pid) => ({ pid, comm: 'task' })) as [Who, Who, Who, Who]
  const waiters = [
    waits(a, ROOT),
    waits(b, a),
    waits(c, d),
    waits(d, c),
    waits({ pid: 9, comm: 'x' }, { pid: null, comm: null }),
  ]
  expect(shape(waiters)).toEqual(['1 1xtask', '2 1xtask'])
  expect(waitTree(waiters, ROOT).apart).toBe(3)
})

test('a walker that waits for one of its waiters stands once, as the root', () => {
  const ps = { pid: 7, comm: 'ps' }
  expect(shape([waits(ps, ROOT), waits(ROOT, ps)])).toEqual(['1 1xps'])
})
