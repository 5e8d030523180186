/** "4.4.0-72-generic" -> [4, 4, 0, 72]; null when it does not begin like a release. */
export function numbers(release: string): [number, number, number, number] | null {
  const found = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:-(?:rc)?(\d{1,5}))?/.exec(release)
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0), Number(found[4] ?? 0)] : null
}

/** Whether a release is of this version or a later one; null when it does not begin like a release. */
export function atLeast(release: string, major: number, minor: number): boolean | null {
  const found = numbers(release)
  return found && (found[0] > major || (found[0] === major && found[1] >= minor))
}
