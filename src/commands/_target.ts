import { Errors } from '@oclif/core'
import type { WalkTarget } from '../app/walk.ts'

/** What a user gives to `walk`: hexadecimal with or without 0x, or pfn:0x... of 40 bits, as x86_64 has. */
export function parseTarget(text: string): WalkTarget {
  const word = text.trim()
  const pfn = /^pfn:(?:0x)?([0-9a-f]{1,10})$/i.exec(word)
  if (pfn) return { pfn: Number.parseInt(pfn[1]!, 16) }
  const address = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(word)
  if (address) return { address: BigInt(`0x${address[1]!}`) }
  throw new Errors.CLIError(
    `${text}: not an address. Write it as 0xffff881f836ba000 or pfn:0x7f3a2, as the last argument.`,
    { exit: 2 },
  )
}
