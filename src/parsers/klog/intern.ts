/** V8 keeps the whole text alive of which a longer substring is a view. */
const SHORTEST_VIEW = 13
const MOST = 16_384

/**
 * Own copies of text that is kept from lines, each text once: names of functions come by the thousand, and a view of a line would keep
 * the reader's whole chunk in memory.
 */
export class Interner {
  private readonly known = new Map<string, string>()

  copy(text: string): string {
    if (text.length < SHORTEST_VIEW) return text
    const known = this.known.get(text)
    if (known !== undefined) return known
    const own = text.split('').join('')
    if (this.known.size >= MOST) this.known.clear()
    this.known.set(own, own)
    return own
  }
}
