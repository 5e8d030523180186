import { beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { claimsOf, safeLayout } from '../../src/report/claims.ts'
import { writeCrashProof } from '../../src/report/proof-crash.ts'
import { writeDrgnProof } from '../../src/report/proof-drgn.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'

let report: AnalyzeReport
beforeAll(async () => {
  report = (await analyzed(fixture('6.1-hang.vmcore'))).document
})

const copy = (): AnalyzeReport => structuredClone(report)

function scripts(document: AnalyzeReport): { drgn: string; crash: string } {
  const made = { drgn: '', crash: '' }
  writeDrgnProof(document, document.layout!, (piece) => (made.drgn += piece))
  writeCrashProof(document, document.layout!, (piece) => (made.crash += piece))
  return made
}

describe('the layout', () => {
  test('has the members under the names and offsets of this kernel', () => {
    expect(report.layout!.members).toMatchObject({
      'stable_node.hlist': { struct: 'ksm_stable_node', member: 'hlist', offset: 40, size: 8 },
      'rmap_item.head': { struct: 'ksm_rmap_item', member: 'head', offset: 40, size: 8 },
      'mm_slot.list': { struct: 'ksm_mm_slot', member: 'slot.mm_node', offset: 16 },
      'mm.mmap_lock': { struct: 'mm_struct', member: 'mmap_lock' },
      'rwsem.wait_list': { struct: 'rw_semaphore', member: 'wait_list' },
      'task.state': { struct: 'task_struct', member: '__state' },
    })
    expect(report.layout!.members).not.toHaveProperty(['rwsem.first_waiter'])
    expect(report.layout!.counters['full_scans']).toEqual({ symbol: 'ksm_scan', member: 'seqnr', offset: 24, size: 8 })
    expect(report.layout!.symbols).toHaveProperty('rmap_walk_ksm')
  })

  test('names first_waiter where the lock has no wait_list', async () => {
    const { document } = await analyzed(fixture('7.2-small.vmcore'))
    expect(document.layout!.members).toMatchObject({ 'rwsem.first_waiter': { member: 'first_waiter' } })
    expect(document.layout!.members).not.toHaveProperty(['rwsem.wait_list'])
  })
})

test('every kind of number is claimed, and each claim can be read again', () => {
  const claims = claimsOf(report, safeLayout(report.layout!))
  const paths = claims.map(({ path }) => path)
  for (const path of [
    'ksm.longest[0].length',
    'ksm.longest[0].rmapHlistLen',
    'ksm.longest[0].checks.pprevBad',
    'ksm.longest[0].mapcount',
    'ksm.census.hlist',
    'ksm.census.mm',
    'ksm.counters.max_page_sharing',
    'hang.holder.pid',
    'hang.holder.stack[1].address',
    'hang.node.address',
    'verdict.summary',
    'hang.lock.count',
    'hang.lock.ownerWord',
    'hang.lock.queue',
    'hang.lock.heldBy[0].pid',
    'hang.waiters.length',
    'hang.waiters[0].blockedSeconds',
    'hang.waiters[6].pid',
  ])
    expect(paths).toContain(path)
  expect(claims.filter(({ lacks }) => lacks !== null)).toEqual([])
  expect(claims.find(({ path }) => path === 'hang.holder.pid')?.expected).toBe(101)
  expect(claims.find(({ path }) => path === 'hang.lock.queue')?.expected).toEqual([95, 97, 96, 100, 99, 98, 94])
})

test('the length that the verdict names is a claim of its own: another number there fails', () => {
  const expected = (document: AnalyzeReport): unknown =>
    claimsOf(document, safeLayout(document.layout!)).find(({ path }) => path === 'verdict.summary')?.expected
  const document = copy()
  expect(expected(document)).toBe(document.hang!.node!.length)
  document.verdict.summary = document.verdict.summary.replace('230,000 rmap_items', '930,000 rmap_items')
  expect(expected(document)).toBe(930_000)
})

test('what the layout does not give leaves its claims unknown, and only those', () => {
  const document = copy()
  delete document.layout!.members['page._mapcount']
  const lacking = claimsOf(document, safeLayout(document.layout!)).filter(({ lacks }) => lacks !== null)
  expect(new Set(lacking.map(({ lacks }) => lacks))).toEqual(new Set(['page._mapcount']))
  expect(scripts(document).drgn).toContain(
    'unknown("ksm.longest[0].mapcount", "page->_mapcount + 1", "the report does not say where page._mapcount is")',
  )
})

test('a count that needs a member which the layout does not give is unknown, not small', () => {
  for (const part of ['stable_node.rmap_hlist_len', 'stable_node.hlist_dup', 'stable_node.list']) {
    const document = copy()
    delete document.layout!.members[part]
    const lacks = new Map(claimsOf(document, safeLayout(document.layout!)).map((claim) => [claim.path, claim.lacks]))
    for (const of of ['totals.nodes', 'totals.chains', 'totals.items', 'census.hlist', 'histogram[0].lists'])
      expect([part, of, lacks.get(`ksm.${of}`)]).toEqual([part, of, part])
  }
  // a kernel before 4.13 has no chains, and what it has is counted
  const old = copy()
  old.ksm!.bounded = false
  for (const part of ['rmap_hlist_len', 'hlist_dup']) delete old.layout!.members[`stable_node.${part}`]
  expect(claimsOf(old, safeLayout(old.layout!)).find(({ path }) => path === 'ksm.totals.nodes')?.lacks).toBeNull()
})

describe('no text of a dump or report stands in a script', () => {
  test('names of tasks are compared as bytes', () => {
    const { drgn, crash } = scripts(report)
    for (const script of [drgn, crash])
      for (const name of ['numad', 'libvirtd', 'qemu', 'cloud-amd64', 'Debian', '6.1-hang', '(none)'])
        expect(script).not.toContain(name)
    expect(drgn).toContain(Buffer.from('numad').toString('hex'))
  })

  test('what would end a string, a line or a comment is left out', () => {
    const evil = `x"); import os; os.system("touch /tmp/evil") #'\n!touch /tmp/evil\n`
    const document = copy()
    const { layout, hang, ksm } = document
    layout!.symbols[evil] = '0x1'
    layout!.members[evil] = { struct: 'x', member: 'x', offset: 1, size: 1 }
    layout!.members['page.mapping'] = { struct: evil, member: 'mapping', offset: 1, size: 1 }
    layout!.members['task.comm'] = { struct: 'task_struct', member: evil, offset: 1, size: 1 }
    layout!.counters['run'] = { symbol: evil, member: null, offset: 0, size: 8 }
    layout!.counters['constructor'] = { symbol: 'ksm_run', member: evil, offset: 0, size: 8 }
    ksm!.counters[evil] = 1
    ksm!.counters['constructor'] = 1
    document.kernel!.release = document.kernel!.buildId = evil
    hang!.holder!.comm = hang!.holder!.state = evil
    hang!.holder!.stack[1]!.symbol = evil
    hang!.holder!.stack[2]!.symbol = 'constructor'
    hang!.node!.validatedBy = [evil]
    hang!.waiters[0]!.comm = hang!.waiters[0]!.state = evil
    const { drgn, crash } = scripts(document)
    for (const script of [drgn, crash]) {
      expect(script).not.toContain('evil')
      expect(script).not.toContain('import os')
      expect(script).not.toContain('SYMBOLS["constructor"]')
    }
  })

  test('lines of check.crash are short enough for crash', () => {
    // crash reads lines of at most 1,500 bytes (BUFSIZE)
    expect(
      Math.max(
        ...scripts(report)
          .crash.split('\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThan(1500)
  })
})
