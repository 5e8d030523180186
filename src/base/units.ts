/** Offset in a file, bytes. Exact to 2^53; a header that says more is damaged. */
export type FileOffset = number

/** Physical address, bytes. x86_64 physical addresses end at 2^52, so a JS number is exact. */
export type PhysAddr = number

/** Page frame number: physical address / page size. */
export type Pfn = number

/** Time or duration in seconds. */
export type Seconds = number

/**
 * Virtual address at the seams between rooms. Hot files use two u32 halves or, once translated, a PhysAddr:
 * kernel addresses differ from 2^64 by up to 2^56, which a double does not hold exactly.
 */
export type VirtAddr = bigint

/** Largest physical address + 1 that x86_64 (and every machine we describe) can have. */
export const PHYS_LIMIT = 2 ** 52
