/** Names that come again and again: symbols, comms. More than this many are not shared. */
const MOST_SHARED = 65_536
const LONGEST_SHARED = 256
/** Longest text that is kept of a line; what is longer is cut. */
const LONGEST_KEPT = 1_024

/**
 * Copies of text out of lines: a piece of a line would keep the whole line in memory, and with it the chunk that it was read in.
 */
export class OwnText {
  private readonly shared = new Map<string, string>()

  /** A name: one copy for all places. */
  name(text: string): string {
    const known = this.shared.get(text)
    if (known !== undefined) return known
    const own = copy(text.length > LONGEST_KEPT ? text.slice(0, LONGEST_KEPT) : text)
    if (own.length <= LONGEST_SHARED && this.shared.size < MOST_SHARED) this.shared.set(own, own)
    return own
  }

  /** Any other text. */
  text(text: string): string {
    return copy(text.length > LONGEST_KEPT ? text.slice(0, LONGEST_KEPT) : text)
  }
}

/** The blank in front makes the runtime build a new string instead of a view of the old one. */
function copy(text: string): string {
  return ` ${text}`.slice(1)
}
