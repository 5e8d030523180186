/**
 * A name without ".", "//" and "..".
 * @returns null when it leads out of the archive, or to its top
 */
export function normalName(name: string): string | null {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.length === 0 ? null : parts.join('/')
}
