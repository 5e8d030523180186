import { printable } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import { commandLine } from '../kernel/command-line.ts'
import type { Kernel } from '../kernel/types.ts'
import type { MmItems } from '../ksm/list-census.ts'
import { guestOfCommandLine } from '../parsers/qemu-command-line.ts'

/** The virtual machines that processes are. */
export interface Guests {
  /** By address of the mm_struct; safe to print. */
  names: Map<VirtAddr, string>
  /** Processes whose command line was in the dump, and those where it was not. */
  present: number
  absent: number
}

/** Processes whose command line is looked at: those that share most. */
const MOST = 100

/** Names the virtual machines whose memory is merged, by their command lines. @param owners - from many rmap_items to few */
export function readGuests(kernel: Kernel, owners: readonly MmItems[]): Guests {
  const guests: Guests = { names: new Map(), present: 0, absent: 0 }
  for (const { mm } of owners.slice(0, MOST)) {
    const line = commandLine(kernel, mm)
    const name = line && guestOfCommandLine(line.args)
    // the name may stand in what is missing
    if (line && (line.whole || name !== null)) guests.present++
    else guests.absent++
    if (name) guests.names.set(mm, printable(name, 100))
  }
  return guests
}
