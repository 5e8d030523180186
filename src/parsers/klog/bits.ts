/**
 * What a line of a kernel log may hold, as told by the words in it: the tables say which words announce what, the gate looks for the
 * words, and only the tables whose bit is set are asked.
 */
export const EVENT = 1
export const HEAD = 2
export const FRAME = 4
export const TRACE = 8
export const CLOSE = 16
export const HOST = 32
export const NOTE = 64
export const DETAIL = 128

/** Words that announce entries of a table. They begin a word of the line, or are no word characters themselves. */
export interface Needle {
  starts: string
  bits: number
}
