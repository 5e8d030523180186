import type { TaskFact } from './hang-facts.ts'

/**
 * Whether two tasks are threads of one process; null where that is not told. Two processes seldom have the same parent and the same
 * sizes to the KiB; a size that alone is the same says nothing: guests of one kind have it.
 */
export function sameProcess(a: TaskFact, b: TaskFact): boolean | null {
  if (a.mm !== 0n && b.mm !== 0n) return a.mm === b.mm
  if (a.tgid !== null && b.tgid !== null) return a.tgid === b.tgid
  if (a.space === null || b.space === null) return null
  if (a.space.ppid !== b.space.ppid || a.space.sizeKiB !== b.space.sizeKiB) return false
  // a host that lives changes what is resident from one row to the next
  return a.space.residentKiB > 0 && a.space.residentKiB === b.space.residentKiB ? true : null
}
