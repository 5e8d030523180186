import { SIGNATURES } from '../diagnosis/signatures.ts'
import { CHECK_CODES, type CheckCode, FINDING_CODES, type FindingCode } from '../diagnosis/types.ts'

/** What a code of a report says, for people; `explain` and docs/findings.md print the same. */
export interface Explanation {
  code: string
  /** Where in a report the code stands. */
  kind: 'finding' | 'check' | 'pattern'
  /** Levels or results that it can have. */
  level: string
  /** What it says. */
  means: string
  /** How it is found out. */
  known: string
  /** What to do about it. */
  todo: string
  /** What shows the same by hand; null where nothing does. */
  check: string | null
}

type Text = Omit<Explanation, 'code' | 'kind'>

const NOTHING_TO_DO = 'Nothing: no trouble comes of it.'
const WALK_KNOWN =
  'Its stack has rmap_walk_ksm (or a function that walks the same list under another name), and words of its frames and registers lead to the page, the stable_node and its rmap_items.'

const FINDINGS: Readonly<Record<FindingCode, Text>> = {
  'ksm-walk-hang': {
    level: 'critical',
    means:
      'Tasks wait, directly or through others, for a task that walks the list of a KSM page with more than 256 rmap_items. The walk takes about 10 us an item, can not be interrupted, and whatever needs the same locks stands still until it ends.',
    known: `${WALK_KNOWN} The waits come from the queues of locks and pages, and from stacks.`,
    todo: 'Keep the walker from beginning again (stop numad, compaction or what it is), stop KSM, and shorten the lists: unmerge, with enough memory for it, or boot a kernel with an effective max_page_sharing.',
    check: '`bt PID` of the walker, `struct rw_semaphore` of the lock, `list hlist_node.next FIRST | wc -l`',
  },
  deadlock: {
    level: 'critical',
    means: 'Tasks wait for each other in a ring: none of them will ever go on.',
    known: 'Each task of the ring waits for a lock that the next one holds.',
    todo: 'Take a dump and reboot: nothing ends a deadlock. Report it with the stacks of the ring.',
    check: '`bt` of each',
  },
  'another-walk': {
    level: 'warning',
    means: 'A further task walks a KSM list, or one walks for which nobody waits.',
    known: WALK_KNOWN,
    todo: 'Look at it when the first walk has ended: it may be the next one to block others.',
    check: '`bt PID`',
  },
  'walk-of-a-short-list': {
    level: 'ok',
    means: 'A task walks a KSM list of at most 256 rmap_items. That takes milliseconds, so a hang has another cause.',
    known: WALK_KNOWN,
    todo: 'Look for the other cause: anon_vmas with very many VMAs, a CPU that does not answer, memory pressure.',
    check: '`bt PID`',
  },
  'mmap-lock-queue': {
    level: 'warning',
    means: 'Three or more tasks wait for a mmap_lock, and no walk of a KSM list was found behind it.',
    known: 'By the queue of the lock.',
    todo: 'Look at its holder: this queue is not the bug that ksm-dump knows.',
    check: '`struct rw_semaphore`',
  },
  'lock-queue': {
    level: 'warning',
    means: 'Three or more tasks wait for another lock, and no walk of a KSM list was found behind it.',
    known: 'By the queue of the lock.',
    todo: 'Look at its holder: this queue is not the bug that ksm-dump knows.',
    check: '`struct mutex`, `struct rw_semaphore`',
  },
  'oversized-list': {
    level: 'critical from 100,000 rmap_items, warning from 10,000 (`--threshold N`: N and N/10)',
    means:
      'One page-backed stable_node has a list so long that a walk of it holds locks for a second (a tenth) and more: 10 us an rmap_item at worst (kernel commit 2c653d0ee2ae, in v4.13).',
    known:
      'The list was walked from its head to its end, every item checked (pprev, head, STABLE_FLAG), and counted a second time by process.',
    todo: 'Before anything migrates, compacts or reclaims that page: stop numad and KSM, unmerge with enough memory for it, and set max_page_sharing to 256 where the kernel has it.',
    check: '`list hlist_node.next FIRST | wc -l` in crash',
  },
  'list-over-limit': {
    level: 'warning',
    means:
      "A node's or dup's list is longer than max_page_sharing. That is legal: children of a process with KSM pages join the parent's list without limit. A chain's sum never counts, since each dup is walked alone.",
    known: 'By the length of the list and the value of max_page_sharing.',
    todo: 'Nothing while lists are short. Processes that fork after merging make them longer.',
    check: '`list hlist_node.next FIRST | wc -l`, `p ksm_max_page_sharing`',
  },
  'no-oversized-list': {
    level: 'ok',
    means: 'Everything was counted, and no list is long.',
    known: 'Every list was walked to its end.',
    todo: 'Nothing about KSM: a hang has another cause.',
    check: null,
  },
  'nothing-merged': {
    level: 'ok',
    means: 'KSM has no stable_node with items: there is no list to walk.',
    known: 'The stable trees are empty, or their nodes are.',
    todo: 'Nothing about KSM: a hang has another cause.',
    check: '`p ksm_pages_shared`',
  },
  'list-unknown': {
    level: 'unknown',
    means: 'No long list was seen, but something could not be read: a long list may be in what is missing.',
    known: 'Pages are absent or damaged, a list breaks off, or the run was interrupted: `problems[]` names each.',
    todo: 'Read what `problems[]` says; copy the dump again, or dump again with a lower dump level (makedumpfile -d).',
    check: null,
  },
  'list-bounds': {
    level: 'warning, critical',
    means:
      'Texts only: the counters bound the longest list (at least the mean, at most pages_sharing + 1, or an effective max_page_sharing), and it may be 10,000 rmap_items long or longer.',
    known: 'By pages_shared, pages_sharing and max_page_sharing.',
    todo: 'Count the lists: `ksm-dump analyze` on a dump of the host, or on crash output of the longest one.',
    check: '`p ksm_pages_shared`, `p ksm_pages_sharing`',
  },
  'samples-of-walk': {
    level: 'warning',
    means: 'Texts only: samples of a profile are inside a walk of a KSM list.',
    known: 'By the functions of the folded stacks.',
    todo: 'Count the lists, and see who walks them: stacks of all CPUs (sysrq-l), or a dump.',
    check: '`perf report`',
  },
  'waits-unexplained': {
    level: 'unknown',
    means:
      'Texts only: tasks wait in the kernel, and nobody is seen to walk a KSM list. A task that runs is in no hung-task report.',
    known: 'By the stacks of the waiting tasks.',
    todo: 'Find the task that runs: the commands to catch it are in `actions`.',
    check: '`bt -a`',
  },
  'guest-log': {
    level: 'unknown',
    means:
      "Texts only: the log, or the console that stands in it, is a virtual machine's. Its lockups are the effect of a hang of its host.",
    known: 'By what the log says of its hypervisor, and by paravirtual functions on its stacks.',
    todo: "Ask for the host's log, sosreport or dump of the same time.",
    check: null,
  },
  'other-trouble': {
    level: 'unknown',
    means:
      'Texts only: the log reports hung tasks, lockups or OOM kills, or the kernel stopped itself over one, and no walk of a KSM list is seen in it.',
    known: 'By the events of the log.',
    todo: 'Find the task that runs: the commands to catch it are in `actions`.',
    check: null,
  },
  'obfuscated-report': {
    level: 'ok',
    means: 'Texts only: the report went through `sos clean`, so the names in it are stand-ins.',
    known: 'By its own files and by the form of its names.',
    todo: 'Nothing. Who has the mapping file can tell the true names.',
    check: null,
  },
  'nothing-found': {
    level: 'ok',
    means: "Texts only: nothing of all this. What can't be seen in the texts is said.",
    known: 'By all inputs that were read.',
    todo: 'Nothing about KSM as far as these texts go; a dump tells more.',
    check: null,
  },
  'no-limit': {
    level: 'ok',
    means: 'The kernel has no max_page_sharing, so nothing bounds a list (LP: #1680513).',
    known:
      'It has neither the symbol ksm_max_page_sharing nor the member rmap_hlist_len; in texts also by its release.',
    todo: 'Keep KSM off where many equal pages are, or boot a kernel with the limit.',
    check: '`sym ksm_max_page_sharing`',
  },
  'limit-of-no-help': {
    level: 'ok',
    means: 'max_page_sharing was raised to 10,000 or more: lists can become as long as on a kernel without it.',
    known: 'By its value.',
    todo: 'Unmerge, then set it to 256: it can not be changed while anything is merged (EBUSY).',
    check: '`p ksm_max_page_sharing`',
  },
  'stale-nodes': {
    level: 'ok',
    means:
      'stable_nodes whose page was freed: their sharers have exited and ksmd has not come by. Lists and counters still hold their items.',
    known: 'The mapping of the page does not name the node any more.',
    todo: NOTHING_TO_DO,
    check: '`struct page.mapping` of the kpfn',
  },
  'exited-processes': {
    level: 'ok',
    means: 'Items of an mm_struct that no task has: an exited process that ksmd has not cleaned up.',
    known: 'No task has the mm, and its mm_users is 0.',
    todo: NOTHING_TO_DO,
    check: '`struct mm_struct.mm_users`',
  },
}

const CHECKS: Readonly<Record<CheckCode, Text>> = {
  'lost-ipi': {
    level: 'ruled-out, open, found',
    means:
      'A CPU that does not answer an inter-processor interrupt. csd_lock_wait as the innermost frame proves nothing of it: a walk waits there for each rmap_item, and goes on.',
    known:
      "By csd messages in the log, the csd's flags and target CPU, what that CPU does, how long the waiter has been there, and the walk's own progress.",
    todo: 'Found: look at the target CPU, its registers and whether its interrupts are off. Open: take a second dump, or stacks of all CPUs.',
    check: '`bt` of the walker, `bt -c CPU` of the target',
  },
  'memory-pressure': {
    level: 'ruled-out, open, found',
    means: 'Tasks wait for memory: they reclaim it, or the OOM killer was called.',
    known: 'By stacks in reclaim and by OOM reports of the log.',
    todo: 'Found: free memory before unmerging, since unmerging needs more of it.',
    check: '`foreach UN bt`, `kmem -i`',
  },
  deadlock: {
    level: 'ruled-out, open, found',
    means: 'Tasks wait for each other in a ring.',
    known: 'Every known wait is followed to a task that runs, or to a ring.',
    todo: 'Found: take a dump and reboot: nothing ends it.',
    check: '`bt` of each waiting task',
  },
  'ksmd-scan': {
    level: 'ruled-out, open, found',
    means: "ksmd's own work: its scan or its tree search takes long, and others wait for it.",
    known: "By ksmd's state and stack.",
    todo: 'Found: `echo 0 > /sys/kernel/mm/ksm/run`.',
    check: '`bt` of ksmd',
  },
  'lru-drain': {
    level: 'ruled-out, open, found',
    means: 'A task waits for work on every CPU (lru_add_drain_all), and one CPU does not get to it.',
    known: 'By stacks in lru_add_drain_all.',
    todo: 'Found: look for the CPU whose kworker does not run.',
    check: '`foreach UN bt`',
  },
}

/** Every explanation, in the order of docs/findings.md: findings, checks, patterns. A check of a finding's name comes second. */
export const EXPLANATIONS: readonly Explanation[] = [
  ...FINDING_CODES.map((code): Explanation => ({ code, kind: 'finding', ...FINDINGS[code] })),
  ...CHECK_CODES.map((code): Explanation => ({ code, kind: 'check', ...CHECKS[code] })),
  ...SIGNATURES.flatMap(patterns),
]

/** What a stack's pattern says; a walker that migrates has a restore pass with a code of its own. */
function patterns({ id, kind, means, frames, pageStays }: (typeof SIGNATURES)[number]): Explanation[] {
  const functions = frames.map((group) => group[0]).join(', then outwards ')
  const one: Explanation = {
    code: id,
    kind: 'pattern',
    level: kind,
    means: `A task ${means}.`,
    known: `By its stack: ${functions}, or what other kernels have in their places.`,
    todo: kind === 'walker' ? 'See ksm-walk-hang.' : 'See whom it waits for: the chain leads to the walker.',
    check: '`bt PID`',
  }
  if (kind !== 'walker' || pageStays) return [one]
  return [
    one,
    {
      ...one,
      code: id.replace(/-rmap-walk-ksm$/, '-restore-rmap-walk-ksm'),
      means: `The same task in its restore pass: it walks the list again, to map the page in its new place.`,
    },
  ]
}

/** The explanations of a code: a finding and a check may share a name. */
export function explanationsOf(code: string): Explanation[] {
  return EXPLANATIONS.filter((each) => each.code === code)
}
