import type { Frame } from '../kernel/unwind.ts'
import { plainName } from './signatures.ts'

/** Plain names of a stack's frames, null for guesses: those match no signature. */
export function stackNames(frames: readonly Frame[]): (string | null)[] {
  return frames.map((frame) => (frame.how === 'scan' || !frame.place ? null : plainName(frame.place.symbol)))
}
