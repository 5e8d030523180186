import { hex } from '../base/text.ts'
import type { Action } from './actions.ts'
import type { HangReading } from './hang.ts'
import type { HangFacts } from './hang-facts.ts'

/** What would settle a case that only text tells: commands for crash on a dump, and how to catch a walker on a host that lives. */
export function catchActions(facts: HangFacts, reading: HangReading, release: string | null): Action[] {
  const { hang } = reading
  const waits = facts.stacks.some((fact) => fact.waits !== null)
  if (hang) return [settle(reading)]
  if (!waits && facts.walkers.length === 0) return []
  return facts.walkers.length === 0 ? [catchLive(release), settle(reading)] : [settle(reading)]
}

/** crash commands that prove or refute the walk on a dump of this host. */
function settle({ hang, others }: HangReading): Action {
  const walker = hang?.walker ?? others[0]
  const pid = walker?.task.pid ?? null
  const node = walker?.node ?? null
  const commands = [
    ...(pid === null ? ['foreach bt | grep -B 12 rmap_walk_ksm'] : [`bt ${pid}`, `bt -f ${pid}`]),
    'foreach UN bt',
    'ps -m | grep UN',
    ...(node?.address == null
      ? ['struct page.mapping PAGE   # a word of the frames of rmap_walk_ksm; low bits 3: its stable_node is the rest']
      : [`struct stable_node.hlist,kpfn ${hex(node.address)}`]),
    ...(node?.check?.crash == null
      ? [
          'list hlist_node.next FIRST > rmap_item.lst   # FIRST: hlist.first of that stable_node',
          '!wc -l rmap_item.lst',
        ]
      : [node.check.crash]),
  ]
  return {
    code: 'settle-by-crash',
    now: false,
    title: 'Settle it on a dump: crash commands to run (or give the dump to ksm-dump)',
    commands,
    cost: 'a dump of the host',
    risk: 'none',
    applies: 'these inputs are text, which proves nothing about the length of a list',
  }
}

/** Catches a walker that runs: it is in no list of blocked tasks. */
function catchLive(release: string | null): Action {
  // before 4.9 sysrq prints "SysRq : ..." and needs console output; the keys are the same
  return {
    code: 'catch-walker',
    now: true,
    title: 'Catch the walker while the host still hangs: it runs, so no report of blocked tasks shows it',
    commands: [
      'echo l > /proc/sysrq-trigger   # stacks of all CPUs; look for rmap_walk_ksm',
      'echo w > /proc/sysrq-trigger   # stacks of blocked tasks',
      'dmesg > dmesg.txt',
      'echo c > /proc/sysrq-trigger   # a dump, where kdump is set up: it ends the host',
    ],
    cost: 'the last one reboots the host',
    risk: 'the last one ends every guest',
    applies: `no text shows who holds the lock${release === null ? '' : ` (${release})`}`,
  }
}
