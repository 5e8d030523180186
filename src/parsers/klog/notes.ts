/**
 * Lines that say something of the log itself, or of a csd lock beside its report: one table.
 * @see kernel/printk/printk.c, kernel/smp.c (v5.10, v6.12, v7.2); rsyslog plugins/imjournal, systemd src/journal
 */
import { NOTE, type Needle } from './bits.ts'

export type NoteKind =
  /** Lines are missing here. */
  | 'lost'
  /** A statement about a csd lock. */
  | 'csd'
  /** Words that say that the kernel runs in a virtual machine. */
  | 'guest'
  /** Another boot, or another part of the log, begins here. */
  | 'border'
  /** From here on hung tasks are not reported any more. */
  | 'silenced'
  /** An event of a guest whose console is written into this log; it is none of the host's. */
  | 'guest-console'
  /** What a sysrq printed: which tasks follow, and which don't. */
  | 'sysrq'

export interface NoteLine {
  kind: NoteKind
  /** What of its kind: "printk", "unstuck", "banner". */
  what: string
  /** How many (messages lost, calls of csd_lock_wait), null where no number stands. */
  count: number | null
}

interface Form extends Omit<NoteLine, 'count'> {
  starts: string
  example: string
  /** Group 1: the count, where there is one. */
  pattern: RegExp
}

const note = (kind: NoteKind, what: string, starts: string, example: string, pattern: RegExp): Form => ({
  ...{ kind, what, starts, example, pattern },
})

/** The first that matches is taken. */
export const NOTES: readonly Form[] = [
  note(
    'lost',
    'printk',
    'printk messages dropped',
    '** 23 printk messages dropped **',
    /(\d{1,12}) printk messages dropped/,
  ),
  note('lost', 'printk', 'printk: dropped ', 'printk: dropped 23 messages', /printk: dropped (\d{1,12}) messages/),
  note(
    'lost',
    'printk',
    'messages suppressed',
    'printk: 23 messages suppressed.',
    /printk: {0,4}(\d{1,12}) messages suppressed/,
  ),
  note(
    'lost',
    'rate limit',
    'callbacks suppressed',
    'kauditd_printk_skb: 23 callbacks suppressed',
    /(\d{1,12}) callbacks suppressed/,
  ),
  note('lost', 'audit', 'kauditd hold queue', 'audit: kauditd hold queue overflow', /kauditd hold queue/),
  note(
    'lost',
    'rsyslog',
    'messages lost due to rate-limiting',
    'imjournal: 1234 messages lost due to rate-limiting',
    /(\d{1,12}) messages lost due to rate-limiting/,
  ),
  note(
    'lost',
    'rsyslog',
    'imuxsock lost ',
    'imuxsock lost 123 messages from pid 1 due to rate-limiting',
    /lost (\d{1,12}) /,
  ),
  note(
    'lost',
    'journald',
    'Suppressed ',
    'Suppressed 123 messages from kernel',
    /Suppressed (\d{1,12}) messages from (?:kernel|\/$|\/\s)/,
  ),
  note('lost', 'journald', 'Missed ', 'Missed 12 kernel messages', /Missed (\d{1,12}) kernel messages/),
  note(
    'csd',
    'called',
    'csd_lock_wait called ',
    'csd_lock_wait called 128 times',
    /csd_lock_wait called (\d{1,15}) times/,
  ),
  note(
    'csd',
    'unresponsive',
    'csd: CSD lock ',
    'csd: CSD lock (#1) unresponsive.',
    /CSD lock \(#\d{1,10}\) unresponsive/,
  ),
  note(
    'csd',
    'handling this',
    'csd: CSD lock ',
    'csd: CSD lock (#1) handling this request.',
    /CSD lock \(#\d{1,10}\) handling this request/,
  ),
  note(
    'csd',
    'handling prior',
    'csd: CSD lock ',
    'csd: CSD lock (#1) handling prior flush_tlb_func+0x0/0xb0(0xffff8e0b3e2afbe8) request.',
    /CSD lock \(#\d{1,10}\) handling prior /,
  ),
  note(
    'csd',
    're-sent',
    'csd: Re-sending ',
    'csd: Re-sending CSD lock (#1) IPI from CPU#03 to CPU#55',
    /Re-sending CSD lock \(#\d{1,10}\) IPI/,
  ),
  note(
    'csd',
    'unstuck',
    'csd: CSD lock ',
    'csd: CSD lock (#1) got unstuck on CPU#03, CPU#55 released the lock.',
    /CSD lock \(#\d{1,10}\) got unstuck on CPU#\d/,
  ),
  note(
    'silenced',
    'hung tasks',
    'Future hung task reports are suppressed',
    'Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings',
    /Future hung task reports are suppressed/,
  ),
  note('sysrq', 'w', 'Show Blocked State', 'sysrq: Show Blocked State', /[Ss]ys[Rr]q ?: Show Blocked State/),
  note(
    'sysrq',
    'l',
    'Show backtrace of all active CPUs',
    'sysrq: Show backtrace of all active CPUs',
    /[Ss]ys[Rr]q ?: Show backtrace of all active CPUs/,
  ),
  note('sysrq', 't', 'Show State', 'sysrq: Show State', /[Ss]ys[Rr]q ?: Show State/),
  note('border', 'journal', '-- Boot ', '-- Boot 9f0c2ab1d4e64b0f8f0d5d1b4b1e7a10 --', /^-- Boot [0-9a-f]{32} --/),
  note('border', 'journal', '-- Reboot --', '-- Reboot --', /^-- Reboot --/),
  note(
    'border',
    'journal',
    '-- Logs begin at ',
    '-- Logs begin at Mon 2026-11-23 15:38:44 UTC. --',
    /^-- Logs begin at /,
  ),
  note(
    'border',
    'journal',
    '-- Journal begins at ',
    '-- Journal begins at Mon 2026-11-23 15:38:44 UTC. --',
    /^-- Journal begins at /,
  ),
  // parts are stored newest first
  note('border', 'pstore', 'Oops#', 'Oops#1 Part1', /^(?:Oops|Panic)#\d{1,6} Part\d{1,6}/),
  note('border', 'pstore', 'Panic#', 'Panic#1 Part1', /^(?:Oops|Panic)#\d{1,6} Part\d{1,6}/),
  note('border', 'banner', 'Linux version ', 'Linux version 4.4.60-ksm (root@vm) ...', /Linux version \d/),
]

export const NOTE_NEEDLES: readonly Needle[] = NOTES.map(({ starts }) => ({ starts, bits: NOTE }))

/** The note that a line is, null when it is none. */
export function readNote(line: string): NoteLine | null {
  for (const { starts, pattern, kind, what } of NOTES) {
    if (!line.includes(starts)) continue
    const found = pattern.exec(line)
    if (found) return { kind, what, count: found[1] === undefined ? null : Number(found[1]) }
  }
  return null
}
