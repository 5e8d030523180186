/** What a host is called that nobody has named, or whose name is not set yet: the first lines of a boot. */
const UNNAMED = /^(?:\(none\)|localhost(?:\.localdomain)?)$/i

/** Whether a name is one that a host has before it gets its own. */
export function isUnnamed(name: string): boolean {
  return UNNAMED.test(name)
}

/** Whether two names can be one host's: in any case, with its domain or without; unknown fits with any. */
export function sameName(a: string | null, b: string | null): boolean {
  if (a === null || b === null || isUnnamed(a) || isUnnamed(b)) return true
  const [one, other] = [a.toLowerCase(), b.toLowerCase()]
  return one === other || one === other.split('.', 1)[0] || other === one.split('.', 1)[0]
}
