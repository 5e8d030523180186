import { PAGE_PARTIAL, type PhysicalMemory } from '../image/types.ts'
import type { DirectMap } from '../kernel/direct-map.hot.ts'
import type { AddressLog } from './address-log.hot.ts'
import type { ItemLayout } from './eras.ts'
import { MmCounts } from './mm-counts.hot.ts'

/** How a walk ended, as a code for columns; the words are in list-end.ts. */
export const END_WALKING = 0
export const END_END = 1
export const END_CYCLE = 2
export const END_UNREADABLE = 3
export const END_LIMIT = 4

/** Why a walk could not go on, beyond the PAGE_ codes of image/types.ts. */
export const WHY_MISALIGNED = -5
export const WHY_NOT_DIRECT = -6
export const WHY_NO_ITEM = -7

const PHASE_WALK = 0
const PHASE_LEAD = 1
const PHASE_MEET = 2
const PHASE_RECOUNT = 3
const PHASE_BACK = 4

/**
 * Walks the hlist of one stable_node, item by item, counting and checking. Resumable and reusable: `start`, then `run` until
 * it says true. Cycles are found by Brent's method (one compare an item, no memory), then measured and counted again exactly,
 * so that `length` is the number of distinct items and `end` the item that the list bends back to. Where a walk stops for another
 * reason (a limit, what is no item), it first looks whether that item leads back to itself: then it may have been counted before.
 * @see mm/ksm.c, include/linux/list.h (v6.12)
 */
export class HlistWalk {
  /** Distinct items seen. */
  length = 0
  /** END_ code. */
  end = END_WALKING
  /** Address where it ended: 0 at a proper end. */
  endLo = 0
  endHi = 0
  /** PAGE_ or WHY_ code of an unreadable end. */
  why = 0
  /** Items whose pprev, head or STABLE_FLAG is wrong. */
  pprevBad = 0
  headBad = 0
  flagBad = 0
  /** Items whose oldchecksum equals zero_checksum, and items that have another known (non-zero) one. */
  checksumZero = 0
  checksumOther = 0
  /** Items by mm. */
  readonly mms = new MmCounts(8)
  /** Where the addresses of the items go, null when nobody wants them. */
  log: AddressLog | null = null
  /** Items looked at since the object was made, cycles' extra rounds included: the work. */
  steps = 0

  private readonly memory: PhysicalMemory
  private readonly map: DirectMap
  private readonly hlist: number
  private readonly span: number
  private readonly nextAt: number
  private readonly headAt: number
  private readonly addressAt: number
  private readonly mmAt: number
  private readonly checksumAt: number
  private readonly zeroChecksum: number
  private readonly scratchBytes: Uint8Array
  private readonly scratch: Uint32Array
  private readonly pair: Uint32Array
  private readonly pairBytes: Uint8Array

  private phase = PHASE_WALK
  private firstLo = 0
  private firstHi = 0
  private firstPprevLo = 0
  private firstPprevHi = 0
  private nodeLo = 0
  private nodeHi = 0
  private limit = 0
  private curLo = 0
  private curHi = 0
  private prevLo = 0
  private prevHi = 0
  /** Brent's resting point, its power and the steps since. */
  private restLo = 0
  private restHi = 0
  private power = 1
  private lap = 0
  /** Length of the cycle and of the part before it. */
  private period = 0
  private tail = 0
  private leadLo = 0
  private leadHi = 0
  private leadLeft = 0
  /** How the walk ends when the item that it stopped at does not lead back to itself. */
  private backEnd = END_WALKING

  /** @param zeroChecksum - the kernel's zero_checksum, 0 where unknown or of no use */
  constructor(memory: PhysicalMemory, map: DirectMap, item: ItemLayout, zeroChecksum: number) {
    this.memory = memory
    this.map = map
    this.hlist = item.hlist
    this.span = Math.max(item.hlist + 16, item.head + 8, item.address + 8, item.mm + 8)
    this.nextAt = item.hlist >> 2
    this.headAt = item.head >> 2
    this.addressAt = item.address >> 2
    this.mmAt = item.mm >> 2
    this.checksumAt = item.oldchecksum === null || zeroChecksum === 0 ? -1 : item.oldchecksum >> 2
    this.zeroChecksum = zeroChecksum
    this.scratchBytes = new Uint8Array(Math.ceil(this.span / 8) * 8)
    this.scratch = new Uint32Array(this.scratchBytes.buffer)
    this.pair = new Uint32Array(2)
    this.pairBytes = new Uint8Array(this.pair.buffer)
  }

  /**
   * Begins a walk.
   * @param firstLo - low half of the first hlist_node's address, `firstHi` its high half; both 0 for an empty list
   * @param pprevLo - what the first item's pprev must be: the address of the word that points at it
   * @param nodeLo - address of the stable_node that every item's head must be
   * @param limit - most items to walk
   */
  start(
    firstLo: number,
    firstHi: number,
    pprevLo: number,
    pprevHi: number,
    nodeLo: number,
    nodeHi: number,
    limit: number,
  ): void {
    this.firstLo = firstLo
    this.firstHi = firstHi
    this.firstPprevLo = pprevLo
    this.firstPprevHi = pprevHi
    this.nodeLo = nodeLo
    this.nodeHi = nodeHi
    this.limit = limit
    this.phase = PHASE_WALK
    this.rewind()
  }

  private rewind(): void {
    this.length = 0
    this.end = END_WALKING
    this.endLo = 0
    this.endHi = 0
    this.why = 0
    this.pprevBad = 0
    this.headBad = 0
    this.flagBad = 0
    this.checksumZero = 0
    this.checksumOther = 0
    this.mms.clear()
    if (this.log !== null) this.log.count = 0
    this.curLo = this.firstLo
    this.curHi = this.firstHi
    this.prevLo = this.firstPprevLo
    this.prevHi = this.firstPprevHi
    // an address that no item has, and not 0: the end of a list of one item must not look like a cycle
    this.restLo = 1
    this.restHi = 0
    this.power = 1
    this.lap = 0
  }

  /** Walks at most `max` items. @returns true when the walk has ended */
  run(max: number): boolean {
    if (this.phase === PHASE_WALK || this.phase === PHASE_RECOUNT) return this.count(max)
    return this.measure(max)
  }

  private count(max: number): boolean {
    const { memory, hlist, span, nextAt, headAt, addressAt, mmAt, checksumAt, zeroChecksum, nodeLo, nodeHi, limit } =
      this
    const { baseLo, baseHi, limit: mapLimit } = this.map
    const cached = memory.words
    const { log } = this
    const exact = this.phase === PHASE_RECOUNT ? this.tail + this.period : -1
    let { curLo, curHi, prevLo, prevHi, length, restLo, restHi, power, lap } = this
    let { pprevBad, headBad, flagBad, checksumZero, checksumOther } = this
    let runLo = 0
    let runHi = 0
    let runCount = 0
    let end = END_WALKING
    let done = 0
    for (; done < max; done++) {
      if (curLo === 0 && curHi === 0) {
        end = END_END
        break
      }
      if (length === exact) {
        end = END_CYCLE
        break
      }
      if (length >= limit) {
        end = END_LIMIT
        break
      }
      const at = (curHi - baseHi) * 4294967296 + (curLo - baseLo)
      if (!(at >= 0 && at < mapLimit)) {
        this.why = WHY_NOT_DIRECT
        end = END_UNREADABLE
        break
      }
      if (curLo & 7) {
        this.why = WHY_MISALIGNED
        end = END_UNREADABLE
        break
      }
      const offset = at & 4095
      const start = offset - hlist
      let words = cached
      let i: number
      if (start >= 0 && start + span <= 4096) {
        const slot = memory.slot((at - offset) / 4096)
        i = slot >= 0 ? slot + (start >> 2) : slot === PAGE_PARTIAL ? this.assemble(at) : slot
        if (slot === PAGE_PARTIAL) words = this.scratch
      } else {
        i = this.assemble(at)
        words = this.scratch
      }
      if (i < 0) {
        this.why = i
        end = END_UNREADABLE
        break
      }
      const badPprev = words[i + nextAt + 2] !== prevLo || words[i + nextAt + 3] !== prevHi
      const badHead = words[i + headAt] !== nodeLo || words[i + headAt + 1] !== nodeHi
      const badFlag = (words[i + addressAt]! & 0xfff) !== 0x200
      if (badPprev || badHead || badFlag) {
        if (badPprev && badHead && badFlag) {
          this.why = WHY_NO_ITEM
          end = END_UNREADABLE
          break
        }
        if (badPprev) pprevBad++
        if (badHead) headBad++
        if (badFlag) flagBad++
      }
      const mmLo = words[i + mmAt]!
      const mmHi = words[i + mmAt + 1]!
      if (mmLo === runLo && mmHi === runHi) runCount++
      else {
        if (runCount > 0) this.mms.add(runLo, runHi, runCount)
        runLo = mmLo
        runHi = mmHi
        runCount = 1
      }
      if (checksumAt >= 0) {
        const checksum = words[i + checksumAt]!
        if (checksum !== 0) {
          if (checksum === zeroChecksum) checksumZero++
          else checksumOther++
        }
      }
      if (log !== null) log.add(length, curLo, curHi)
      length++
      prevLo = curLo
      prevHi = curHi
      curLo = words[i + nextAt]!
      curHi = words[i + nextAt + 1]!
      if (exact < 0) {
        if (curLo === restLo && curHi === restHi) {
          this.period = lap + 1
          this.phase = PHASE_LEAD
          this.leadLo = this.firstLo
          this.leadHi = this.firstHi
          this.leadLeft = this.period
          this.steps += done + 1
          return false
        }
        if (++lap === power) {
          restLo = curLo
          restHi = curHi
          power *= 2
          lap = 0
        }
      }
    }
    if (runCount > 0) this.mms.add(runLo, runHi, runCount)
    this.steps += done
    this.curLo = curLo
    this.curHi = curHi
    this.prevLo = prevLo
    this.prevHi = prevHi
    this.length = length
    this.restLo = restLo
    this.restHi = restHi
    this.power = power
    this.lap = lap
    this.pprevBad = pprevBad
    this.headBad = headBad
    this.flagBad = flagBad
    this.checksumZero = checksumZero
    this.checksumOther = checksumOther
    if (end === END_WALKING) return false
    if (exact < 0 && length > 0 && (end === END_LIMIT || this.why === WHY_NO_ITEM)) {
      this.phase = PHASE_BACK
      this.backEnd = end
      this.leadLo = curLo
      this.leadHi = curHi
      this.period = 0
      return false
    }
    this.finish(end)
    return true
  }

  private finish(end: number): void {
    this.end = end
    this.endLo = this.curLo
    this.endHi = this.curHi
  }

  /**
   * The list is a cycle: sends a pointer one period ahead, then moves both until they meet where the cycle begins. A pointer
   * that can't be followed any more (a read that failed now and not before) ends that too.
   */
  private measure(max: number): boolean {
    for (let done = 0; done < max; done++) {
      this.steps++
      if (this.phase === PHASE_BACK) {
        if (this.period++ >= this.length || (this.leadLo === 0 && this.leadHi === 0)) {
          this.finish(this.backEnd)
          return true
        }
        this.lead()
        if (this.leadLo !== this.curLo || this.leadHi !== this.curHi) continue
        this.phase = PHASE_LEAD
        this.leadLo = this.firstLo
        this.leadHi = this.firstHi
        this.leadLeft = this.period
        continue
      }
      if (this.phase === PHASE_LEAD) {
        if (this.leadLeft-- > 0) {
          this.lead()
          continue
        }
        this.phase = PHASE_MEET
        this.tail = 0
        this.curLo = this.firstLo
        this.curHi = this.firstHi
      }
      const met = this.curLo === this.leadLo && this.curHi === this.leadHi
      if (met || (this.leadLo === 0 && this.leadHi === 0) || (this.curLo === 0 && this.curHi === 0)) {
        this.phase = PHASE_RECOUNT
        this.rewind()
        return false
      }
      this.tail++
      this.curLo = this.followLo(this.curLo, this.curHi)
      this.curHi = this.followedHi
      this.lead()
    }
    return false
  }

  private lead(): void {
    this.leadLo = this.followLo(this.leadLo, this.leadHi)
    this.leadHi = this.followedHi
  }

  private followedHi = 0

  /** Low half of the next pointer of an hlist_node, 0 where it can't be read; the high half is left in `followedHi`. */
  private followLo(lo: number, hi: number): number {
    const at = (hi - this.map.baseHi) * 4294967296 + (lo - this.map.baseLo)
    const there = this.memory.peek(at, this.pairBytes).bytes === 8
    this.followedHi = there ? this.pair[1]! : 0
    return there ? this.pair[0]! : 0
  }

  /** Copies the item whose hlist_node is at physical `at` into the scratch. @returns 0, or a PAGE_ code */
  private assemble(at: number): number {
    const from = at - this.hlist
    if (from < 0) return WHY_NO_ITEM
    const got = this.memory.read(from, this.scratchBytes)
    if (got.bytes >= this.span) return 0
    return got.why === 'beyond' ? -3 : got.why === 'damaged' ? -2 : -1
  }
}
