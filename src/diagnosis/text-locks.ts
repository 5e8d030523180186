import type { VirtAddr } from '../base/units.ts'
import { RENAMED } from '../kernel/eras/renamed.ts'
import type { TextEvidence } from './text-evidence.ts'

/** Structures that have a rw_semaphore, by the path to it. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  rw_semaphore: [''],
  mm_struct: RENAMED.mmap_lock.map((path) => `${path}.`),
}
/** @see kernel/locking/rwsem.c (v5.3 to v7.2): RWSEM_FLAG_WAITERS of the count; the low bits of the owner word are flags */
const HAS_WAITERS = 2n
const OWNER_FLAGS = 7n

/**
 * Tasks that owner words of rw_semaphores with a queue name (crash's `struct rw_semaphore`, `struct mm_struct.mmap_lock`). A
 * reader's may be out of date: it is never believed alone.
 */
export function toldOwners(texts: readonly TextEvidence[]): Set<VirtAddr> {
  const owners = new Set<VirtAddr>()
  for (const { told } of texts) {
    for (const each of told) {
      if (each.kind !== 'struct' || each.type === null) continue
      for (const place of PLACES[each.type] ?? []) {
        const count = word(each.members.get(`${place}count.counter`))
        const owner = word(each.members.get(`${place}owner.counter`))
        if (count !== null && owner !== null && (count & HAS_WAITERS) !== 0n) owners.add(owner & ~OWNER_FLAGS)
      }
    }
  }
  return owners
}

/** "-127812830740093", "258" or "0xffff8bc141a04183" as an unsigned word. */
function word(text: string | undefined): bigint | null {
  return text !== undefined && /^(?:-?\d{1,20}|0x[0-9a-f]{1,16})$/.test(text) ? BigInt.asUintN(64, BigInt(text)) : null
}
