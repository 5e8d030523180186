/**
 * Calls `act` at the first Ctrl-C (SIGINT) or SIGTERM; the second one ends the process at once with 130.
 * @returns a function that puts things back
 */
export function onInterrupt(act: () => void): () => void {
  // bin/run.js listens from its first line on, before this module is loaded
  const early = (globalThis as Record<symbol, unknown>)[Symbol.for('ksm-dump.early-interrupt')] as
    | { asked: boolean; stop(): void }
    | undefined
  early?.stop()
  let asked = early?.asked ?? false
  if (asked) act()
  const handler = (): void => {
    if (asked) process.exit(130)
    asked = true
    act()
  }
  process.on('SIGINT', handler)
  process.on('SIGTERM', handler)
  return () => {
    process.off('SIGINT', handler)
    process.off('SIGTERM', handler)
  }
}
