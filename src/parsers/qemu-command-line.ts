/** Longest name of a virtual machine that is taken. */
const LONGEST = 200

/**
 * Name of the virtual machine that a qemu process is, out of its arguments: `-name guest=db1,debug-threads=on`, `-name db1`.
 * @returns null where it has none, or the process is no qemu
 */
export function guestOfCommandLine(args: readonly string[]): string | null {
  if (!/(?:^|\/)(?:qemu-(?:system-[\w-]+|kvm)|kvm)$/.test(args[0] ?? '')) return null
  const at = args.findIndex((arg) => arg === '-name' || arg === '--name')
  const value = at < 0 ? undefined : args[at + 1]
  if (value === undefined) return null
  const parts = value.split(',')
  const named = parts.find((part) => part.startsWith('guest='))?.slice('guest='.length)
  const name = named ?? (parts[0]!.includes('=') ? '' : parts[0]!)
  return name === '' ? null : name.slice(0, LONGEST)
}
