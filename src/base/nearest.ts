/** Longest word that is compared: what is longer is no mistyped name. */
const LONGEST = 64

/**
 * Which known word a mistyped one means, for "did you mean".
 * @returns the nearest of `known`, the first of several as near; null when none is near enough to be worth asking
 */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word === '' || word.length > LONGEST) return null
  const most = Math.max(1, Math.floor(word.length / 3))
  let best: { name: string; steps: number } | null = null
  for (const name of known) {
    // the beginning of a name is not mistyped, only not finished
    const steps = word.length > 2 && name.startsWith(word) ? 1 : editSteps(word.toLowerCase(), name.toLowerCase())
    if (steps <= most && (best === null || steps < best.steps)) best = { name, steps }
  }
  return best?.name ?? null
}

/** Letters to insert, delete, replace, or swap with their neighbour until the words are equal (optimal string alignment). */
function editSteps(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[to.length]!
}
