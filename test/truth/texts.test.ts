import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { INPUTS } from '../support/crash-text.ts'
import { smallReports } from '../support/sos-reports.ts'

// The verdict from text alone, against what is known of the texts: the bug's own mail, a recorded crash session with its truth,
// near misses that must not become this bug, and made sosreports with what they must give.

if (INPUTS === null) console.warn('SKIPPED: no inputs beside KSM_DUMP_CORPUS: no verdict from text is compared')
const inputs = INPUTS ?? ''
const scratch = scratchFolder()
const reports = INPUTS === null ? null : smallReports()
afterAll(() => {
  scratch.remove()
  reports?.remove()
})

describe.skipIf(INPUTS === null)('the mail of LP: #1680513', () => {
  const mail = INPUTS === null ? '' : readFileSync(join(inputs, '000_9ee973ecd88cd55e.txt'), 'utf8')

  test('the walk, its list, the kernel, and that no IPI was lost', async () => {
    const { document, exit } = await analyzed(scratch.file('mail.txt', Buffer.from(mail)))
    expect(exit).toBe(0)
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang', confidence: 'strong' })
    expect(document.hang).toMatchObject({
      pattern: 'migrate-pages-rmap-walk-ksm',
      innermost: { meaning: 'csd-lock-wait-inlined' },
      node: { address: '0xffff881f836ba000', length: 2_306_920, validatedBy: ['told'] },
    })
    expect(document.kernel?.release).toBe('4.4.0-72-generic')
    expect(document.ksm?.bounded).toBe(false)
    expect(document.known[0]).toMatchObject({ bug: 'LP: #1680513', thisKernel: 'lacks-fix' })
    expect(document.checked.find(({ code }) => code === 'lost-ipi')).toMatchObject({ result: 'ruled-out' })
    expect(JSON.stringify(document.findings)).toContain('8.8 GiB')
  })

  test('with every number, address and name replaced: the same, with those', async () => {
    const other = mail
      .replaceAll('2306920', '1907331')
      .replaceAll('2,306,920', '1,907,331')
      .replaceAll('0xffff881f836ba000', '0xffff8a3b12cd4000')
      .replaceAll('numad', 'moverd')
    const { document } = await analyzed(scratch.file('other.txt', Buffer.from(other)))
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
    expect(document.hang?.holder?.comm).toBe('moverd')
    expect(document.hang?.node).toMatchObject({ address: '0xffff8a3b12cd4000', length: 1_907_331 })
  })
})

describe.skipIf(INPUTS === null)('a crash session of a 4.4 hang', () => {
  const folder = join(inputs, 'crash-4.4-hang')
  const truth = (): {
    locks: { waiters: { pid: number; typeName: string }[] }[]
    nodes: { address: string; length: number }[]
  } => JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'))

  test('whole: walker, waiters, node and the missing bound are those of its truth', async () => {
    const { document } = await analyzed(join(folder, 'session.txt'))
    const { locks, nodes } = truth()
    expect(document.hang?.holder).toMatchObject({ pid: 44, comm: 'numad' })
    expect(document.hang?.pattern).toBe('migrate-pages-rmap-walk-ksm')
    expect(document.hang?.node).toMatchObject({ address: nodes[0]!.address, length: nodes[0]!.length })
    const waiters = document.hang!.waiters.map(({ pid, waitsFor }) => `${pid} ${waitsFor}`).sort()
    expect(waiters).toEqual(locks[0]!.waiters.map(({ pid, typeName }) => `${pid} ${typeName.toLowerCase()}`).sort())
    expect(document.ksm?.bounded).toBe(false)
  })

  test('a bt and a list beside it: the list is the walked one', async () => {
    const { document } = await analyzed(join(folder, 'bt.txt'), join(folder, 'rmap_item.lst.gz'))
    expect(document.hang).toMatchObject({ holder: { pid: 44 }, node: { address: null, length: 170_000 } })
  })

  test('each single command: never an error, never more than it shows', async () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
      const { document, exit } = await analyzed(join(folder, file))
      expect([file, [0, 3].includes(exit)]).toEqual([file, true])
      expect([file, document.verdict.confidence === 'proven']).toEqual([file, false])
    }
  })
})

describe.skipIf(INPUTS === null)('a dump, and a log of another kernel', () => {
  test('are never joined: each has its answer, by name', async () => {
    const dump = fixture('6.1-small.vmcore')
    const { document } = await analyzed(dump, join(inputs, 'crash-4.4-hang', 'session.txt'))
    // the session's hang is the worse of the two, and nothing of the dump's is in it
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang', confidence: 'strong' })
    expect(document.kernel?.release).toBe('4.4.60-ksm')
    expect(document.findings.some(({ code }) => code === 'stale-nodes')).toBe(true)
  })
})

describe.skipIf(INPUTS === null)('near misses', () => {
  const folder = join(inputs, 'near-miss')
  test.each(INPUTS === null ? [] : readdirSync(folder))('%s is not this bug', async (file) => {
    const { document } = await analyzed(join(folder, file))
    expect(document.hang).toBeNull()
    expect(document.verdict.level).not.toBe('critical')
    expect(document.findings.map(({ code }) => code)).not.toContain('oversized-list')
  })
})

interface Expect {
  kernel?: { release: string }
  hostname?: string | null
  ksm?: {
    bounded: boolean | null
    counters: Record<string, number> | null
    longest: { atLeast: number; atMost: number } | null
  }
  known?: { thisKernel: string }
  hang?: {
    holder: { pid: number; comm: string }
    pattern: string
    waiters: { pid: number; waitsFor: string }[]
    events: Record<string, number>
  } | null
  verdictLevel?: string[]
  problems?: { atLeast: number }
}

describe.skipIf(reports === null)('made sosreports', () => {
  const expected = Object.entries((reports?.expected ?? {}) as unknown as Record<string, Expect>).filter(
    ([, { verdictLevel }]) => verdictLevel !== undefined,
  )
  test.each(expected)('%s', async (name, wanted) => {
    const { document } = await analyzed(join(reports!.made, name))
    expect(wanted.verdictLevel).toContain(document.verdict.level)
    expect(document.kernel?.release).toBe(wanted.kernel?.release)
    if (wanted.hostname) expect(document.host.name).toBe(wanted.hostname)
    if (wanted.ksm) {
      const { bounded, counters, longest } = wanted.ksm
      if (bounded !== null) expect(document.ksm?.bounded).toBe(bounded)
      expect(document.ksm?.counters).toMatchObject(counters ?? {})
      if (longest) expect(document.ksm?.bounds).toMatchObject({ atLeast: longest.atLeast, atMost: longest.atMost })
    }
    if (wanted.known) expect(document.known[0]?.thisKernel).toBe(wanted.known.thisKernel)
    expect(document.problems.length).toBeGreaterThanOrEqual(wanted.problems?.atLeast ?? 0)
    if (wanted.hang === null) expect(document.hang).toBeNull()
    if (!wanted.hang) return
    const { holder, pattern, waiters, events } = wanted.hang
    expect(document.hang?.holder).toMatchObject({ pid: holder.pid, comm: holder.comm })
    expect(document.hang?.pattern).toBe(pattern)
    expect(document.hang?.waiters.map(({ pid, waitsFor }) => `${pid} ${waitsFor}`).sort()).toEqual(
      waiters.map(({ pid, waitsFor }) => `${pid} ${waitsFor}`).sort(),
    )
    for (const [kind, count] of Object.entries(events ?? {}))
      expect([kind, document.events.filter((event) => event.kind === kind).length]).toEqual([kind, count])
  })
})

test('nothing of a known kind: exit 3, and a document that says so', async () => {
  const { document, exit } = await analyzed(
    scratch.file('prose.txt', Buffer.from('Dear all,\nthe meeting is at ten.\n')),
  )
  expect(exit).toBe(3)
  expect(document.verdict.level).toBe('unknown')
  expect(document.problems.map(({ code }) => code)).toContain('not-a-dump')
})
