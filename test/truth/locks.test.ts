import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { prepareCodecs } from '../../src/image/codecs.ts'
import { openImage } from '../../src/image/open.ts'
import { fileSource } from '../../src/io/file-source.ts'
import { readJiffies } from '../../src/kernel/jiffies.ts'
import { lockReader, mmapLock } from '../../src/kernel/locks.ts'
import { openKernel } from '../../src/kernel/open.ts'
import { listTasks } from '../../src/kernel/task-list.ts'
import { truthDumps } from '../support/corpus.ts'

// Every mmap_lock in use against drgn's: count, owner word and waiters in order, in each era of rw_semaphore.

const abort = { aborted: false }
const dumps = truthDumps().filter(
  (dump) => !/^(5\.10|4\.)/.test(dump.truth.kernel.release) && dump.truth.locks !== undefined,
)

describe.each(dumps)('$name', ({ path, truth }) => {
  test("locks: count, owner word and waiters are the witness's", async () => {
    await prepareCodecs()
    const source = fileSource(path)
    const image = finish(openImage([source], { cacheBytes: 1 << 26 }, abort))
    const kernel = openKernel(image, path).kernel!
    const { tasks } = finish(listTasks(kernel, path, abort))
    const reader = lockReader(kernel, readJiffies(kernel, null))
    const pidOf = new Map(tasks.map((task) => [task.address, task.pid]))
    const mms = [...new Set(tasks.map((task) => task.mm).filter((mm) => mm !== 0n))]
    const used = mms.flatMap((mm) => {
      const lock = reader.rwsem(mmapLock(kernel, mm)!)!
      expect(lock.broken).toBeNull()
      return lock.waiters.length > 0 || lock.held !== 'free' ? [{ mm, lock }] : []
    })
    source.close()
    const hex = (value: bigint | null): string | null => (value === null ? null : `0x${value.toString(16)}`)
    const ours = used.map(({ mm, lock }) => ({
      address: hex(lock.address),
      mm: hex(mm),
      count: hex(lock.count),
      owner: hex(lock.ownerWord),
      waiters: lock.waiters.map((waiter) => [
        pidOf.get(waiter.task),
        { write: 0, read: 1, unknown: null }[waiter.type],
      ]),
    }))
    const wanted = truth.locks!.map((lock) => ({
      address: lock.address,
      mm: lock.mm,
      count: lock.count,
      owner: lock.owner,
      waiters: lock.waiters.map(({ pid, type }) => [pid, type]),
    }))
    const byAddress = (a: { address: string | null }, b: { address: string | null }): number =>
      a.address! < b.address! ? -1 : 1
    expect(ours.sort(byAddress)).toEqual(wanted.sort(byAddress))
  })
})
