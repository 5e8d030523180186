import type { Steps } from '../base/steps.ts'
import type { FileOffset } from '../base/units.ts'

/** Records (or parts of them) in columns: `offset` in the unflattened file, `length`, and `place` of the data in the file. */
export interface Records {
  count: number
  offset: Float64Array
  length: Float64Array
  place: Float64Array
}

/** How many steps of work are done between two looks at progress and Ctrl-C. */
const SLICE = 65_536

/** Collects records in file order. 24 bytes each; a record takes 17 bytes of the file at least. */
export class RecordTable {
  count = 0
  offset = new Float64Array(1024)
  length = new Float64Array(1024)
  place = new Float64Array(1024)

  /** Adds a record; one that goes on where the last one ended, in both files, makes that longer. */
  add(offset: FileOffset, length: number, place: FileOffset): void {
    const last = this.count - 1
    if (
      last >= 0 &&
      this.offset[last]! + this.length[last]! === offset &&
      this.place[last]! + this.length[last]! === place
    ) {
      this.length[last] = this.length[last]! + length
      return
    }
    if (this.count === this.offset.length) this.grow()
    this.offset[this.count] = offset
    this.length[this.count] = length
    this.place[this.count++] = place
  }

  private grow(): void {
    for (const column of ['offset', 'length', 'place'] as const) {
      const larger = new Float64Array(this.count * 2)
      larger.set(this[column])
      this[column] = larger
    }
  }
}

/**
 * Sorts record numbers by offset; of equal offsets the earlier record comes first. A merge of the runs that are sorted already:
 * files of one stream are nearly sorted, QEMU's have some dozens of runs in thousands of records.
 */
function* sorted(records: Records): Steps<Uint32Array> {
  const { count, offset } = records
  let order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  let starts: number[] | Float64Array = [0]
  for (let i = 1; i < count; i++) if (offset[i]! < offset[i - 1]!) (starts as number[]).push(i)
  let spare = new Uint32Array(starts.length > 1 ? count : 0)
  let work = 0
  while (starts.length > 1) {
    const merged: Float64Array = new Float64Array(Math.ceil(starts.length / 2))
    for (let run = 0; run < starts.length; run += 2) {
      const start = starts[run]!
      const middle = run + 1 < starts.length ? starts[run + 1]! : count
      const end = run + 2 < starts.length ? starts[run + 2]! : count
      merged[run / 2] = start
      let left = start
      let right = middle
      for (let to = start; to < end; to++) {
        const takeLeft = left < middle && (right >= end || offset[order[left]!]! <= offset[order[right]!]!)
        spare[to] = takeLeft ? order[left++]! : order[right++]!
        if (++work % SLICE === 0) yield { what: 'sorting records', done: to, total: count, unit: 'records' }
      }
    }
    const done = spare
    spare = order
    order = done
    starts = merged
  }
  return order
}

/** The newest of the records that are open at a place: a heap of record numbers, largest first. */
class Newest {
  private readonly heap: number[] = []

  get top(): number {
    return this.heap.length === 0 ? -1 : this.heap[0]!
  }

  push(record: number): void {
    const { heap } = this
    let at = heap.length
    heap.push(record)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (heap[parent]! >= record) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = record
  }

  pop(): void {
    const { heap } = this
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++
      if (heap[child]! <= last) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

/**
 * Makes pieces out of records: sorted by offset, without overlaps; where records overlap the later one in the file rules.
 * n records give at most 2 n pieces, in n log n steps whatever they are.
 */
export function* layOut(records: Records): Steps<Records> {
  const order = yield* sorted(records)
  const pieces = new RecordTable()
  const open = new Newest()
  const endOf = (record: number) => records.offset[record]! + records.length[record]!
  let at = 0
  for (let next = 0; next < records.count || open.top >= 0; ) {
    const top = open.top
    const start = next < records.count ? records.offset[order[next]!]! : Number.POSITIVE_INFINITY
    if (top >= 0 && endOf(top) <= at) {
      open.pop()
      continue
    }
    if (top < 0) at = start
    else if (start > at) {
      const end = Math.min(endOf(top), start)
      pieces.add(at, end - at, records.place[top]! + (at - records.offset[top]!))
      at = end
      continue
    }
    open.push(order[next++]!)
    if (next % SLICE === 0) yield { what: 'laying out records', done: next, total: records.count, unit: 'records' }
  }
  return { count: pieces.count, offset: pieces.offset, length: pieces.length, place: pieces.place }
}
