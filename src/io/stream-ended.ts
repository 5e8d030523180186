/**
 * Why a stream has no more bytes although it isn't at its end: `cut` (it stops in the middle), `damaged` (its bytes contradict
 * themselves), `limit` (ours), `unreadable` (the system's word), `interrupted` (Ctrl-C).
 */
export type EndedBy = 'cut' | 'damaged' | 'limit' | 'unreadable' | 'interrupted'

/**
 * Thrown by the streams of src/io when they end before their end. All bytes up to there were given out before; who reads a member
 * gets them and a word about the rest, never an exception.
 */
export class StreamEnded extends Error {
  readonly by: EndedBy

  /** @param message - a phrase that can stand behind a name and a colon: "the gzip stream is cut off" */
  constructor(by: EndedBy, message: string) {
    super(message)
    this.name = 'StreamEnded'
    this.by = by
  }
}
