import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/app/analyze.ts'
import type { Run } from '../../src/app/run-steps.ts'
import { DEFAULT_THRESHOLDS } from '../../src/app/thresholds.ts'
import { truthDumps } from '../support/corpus.ts'

// The hang of every hang dump against the witness: who walks what, who waits, which lock, and whether the walker holds it. Dumps
// without one must show none.

const run: Run = { abort: { aborted: false }, show: () => {} }
const dumps = truthDumps().filter(
  (dump) => !/^(5\.10|4\.)/.test(dump.truth.kernel.release) && dump.truth.walkers !== undefined,
)

describe.each(dumps)('$name', ({ path, truth }) => {
  test("hang: walker, node, lock and waiters are the witness's", async () => {
    const { document, close } = await analyze(
      [path],
      { memory: null, timings: false, thresholds: DEFAULT_THRESHOLDS },
      run,
    )
    close()
    expect(document.problems).toEqual([])
    expect(document.checked.map((each) => each.code)).toEqual([
      'lost-ipi',
      'memory-pressure',
      'deadlock',
      'ksmd-scan',
      'lru-drain',
    ])
    expect(document.ruledOut.map((each) => each.code)).toEqual(
      document.checked.filter((each) => each.result === 'ruled-out').map((each) => each.code),
    )
    if (truth.walkers!.length === 0) {
      expect(document.hang).toBeNull()
      expect(document.findings.filter((finding) => /walk|deadlock|queue/.test(finding.code))).toEqual([])
      return
    }
    const hang = document.hang!
    expect({ pid: hang.holder!.pid, comm: hang.holder!.comm }).toEqual(truth.walkers![0])
    expect(hang.pattern).toMatch(/^migrate-pages-(restore-)?rmap-walk-ksm$/)
    expect({ address: hang.node!.address, length: hang.node!.length }).toEqual(truth.walked)
    // every task that is blocked in these dumps is blocked by the walk
    const blocked = truth.tasks.filter((task) => task.state === 'D').map((task) => task.pid)
    expect(hang.waiters.map((waiter) => waiter.pid!).sort((a, b) => a - b)).toEqual(blocked.sort((a, b) => a - b))
    const queued = truth.locks!.find((lock) => lock.waiters.length > 0)
    if (queued) {
      expect(hang.lock).toMatchObject({
        address: queued.address,
        mm: queued.mm,
        count: queued.count,
        ownerWord: queued.owner,
      })
      expect(hang.lock!.heldBy.some((holder) => holder.pid === hang.holder!.pid)).toBe(truth.walkDroppedLock === false)
      expect(hang.lock!.heldBy.length).toBe(1)
      // the owner word is never taken for the holder where it names a waiter
      for (const holder of hang.lock!.heldBy)
        expect(queued.waiters.map((waiter) => waiter.pid)).not.toContain(holder.pid)
    } else expect(hang.lock).toBeNull()
    // a PTE less for each item that is unmapped, one more for each that is restored
    const { mapcount } = truth.nodes.find((node) => node.address === truth.walked!.address)!
    const done =
      hang.progress!.pass === 'unmap' ? 1 - mapcount! / truth.walked!.length : mapcount! / truth.walked!.length
    expect(hang.progress!.fraction).toBeCloseTo(done, 3)
    expect(hang.pattern!.includes('restore')).toBe(hang.progress!.pass === 'restore')
    for (const waiter of hang.waiters) expect(waiter.blockedSeconds).toBeGreaterThan(0)
    expect(hang.longestWait!.seconds).toBe(Math.max(...hang.waiters.map((waiter) => waiter.blockedSeconds!)))
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
  })
})
