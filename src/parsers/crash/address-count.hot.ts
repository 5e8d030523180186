import { AddressSet } from './address-set.hot.ts'

/** Value of a hexadecimal digit by its code, 255 for anything else. */
const DIGIT = new Uint8Array(128).fill(255)
for (let i = 0; i < 16; i++) DIGIT['0123456789abcdef'.charCodeAt(i)] = i
/** A list keeps its offset within 64 bytes when more than this share of its addresses does. */
const KEEPS = 0.99

/**
 * Counts the addresses of one list: how many, how many of them were there before, how many can't be slab objects. Addresses are two
 * u32 halves; no BigInt and nothing allocated for a line.
 */
export class AddressCount {
  length = 0
  firstLo = 0
  firstHi = 0
  lastLo = 0
  lastHi = 0
  /** Addresses below the kernel's half are plausible: s390x has no such half. */
  anyHalf = false
  /** Halves of the address that `parse` read. */
  lo = 0
  hi = 0
  /** Hexadecimal digits that `parse` read. */
  digits = 0
  private wrong = 0
  /** By 8-byte offset within 64 bytes: how many of the plausible addresses. */
  private readonly offsets = new Float64Array(8)
  private readonly set = new AddressSet()

  reset(): void {
    this.length = 0
    this.wrong = 0
    this.offsets.fill(0)
    this.set.clear()
  }

  /** @returns how many were there before; null when they were too many to tell. Asked once, at the end. */
  duplicates(): number | null {
    return this.set.duplicates()
  }

  /** Bytes held to tell addresses apart. */
  get bytes(): number {
    return this.set.bytes
  }

  /** @returns true when the line is one address of 1 to 16 digits, with blanks or 0x about it at most; `lo`, `hi` then hold it */
  parse(line: string): boolean {
    let i = 0
    let end = line.length
    while (i < end && line.charCodeAt(i) === 0x20) i++
    while (end > i && line.charCodeAt(end - 1) === 0x20) end--
    if (line.charCodeAt(i) === 0x30 && line.charCodeAt(i + 1) === 0x78) i += 2
    const digits = end - i
    if (digits < 1 || digits > 16) return false
    const half = end - 8
    let hi = 0
    let lo = 0
    for (; i < half; i++) {
      const code = line.charCodeAt(i)
      const digit = code < 128 ? DIGIT[code]! : 255
      if (digit > 15) return false
      hi = (hi << 4) | digit
    }
    for (; i < end; i++) {
      const code = line.charCodeAt(i)
      const digit = code < 128 ? DIGIT[code]! : 255
      if (digit > 15) return false
      lo = (lo << 4) | digit
    }
    this.lo = lo >>> 0
    this.hi = hi >>> 0
    this.digits = digits
    return true
  }

  /** Counts the address that `parse` read. */
  take(): void {
    const { lo, hi } = this
    if (this.length === 0) {
      this.firstLo = lo
      this.firstHi = hi
    }
    this.lastLo = lo
    this.lastHi = hi
    this.length++
    if ((lo & 7) !== 0 || (hi < 0x80000000 && !this.anyHalf)) this.wrong++
    else this.offsets[(lo >>> 3) & 7]!++
    this.set.add(lo, hi)
  }

  /** Counts an address that is not whole. */
  takeTorn(): void {
    this.length++
    this.wrong++
  }

  /**
   * How many can't be objects of the list: not 8-aligned, not in the kernel's half, or, in a list of objects of 64 bytes (an
   * rmap_item is one), at another offset within them than more than 99 % of the others.
   */
  implausible(): number {
    let all = 0
    let most = 0
    for (const count of this.offsets) {
      all += count
      if (count > most) most = count
    }
    return this.wrong + (most > KEEPS * all ? all - most : 0)
  }
}
