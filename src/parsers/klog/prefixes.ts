/**
 * What stands before the kernel's words in a line: one table of pieces. A line has at most one piece of each slot, in the order of the
 * slots; so that syslog's date, a level and the kernel's stamp combine as they come.
 * @see util-linux sys-utils/dmesg.c, systemd src/shared/logs-show.c, Documentation/ABI/testing/dev-kmsg, kernel/printk/printk.c
 */

/** What is known of where a line comes from; null where the line doesn't say. */
export interface Prefix {
  /** Seconds since boot. */
  time: number | null
  /** A date as printed. */
  dateText: string | null
  host: string | null
  /** "T38" (a task), "C1" (a CPU): CONFIG_PRINTK_CALLER. */
  caller: string | null
  /** Who wrote it, "qemu-system-x86[2950]"; null for the kernel and where nothing says otherwise. */
  program: string | null
  /** Some piece was there. */
  any: boolean
  text: string
}

type Slot = 'quote' | 'number' | 'level' | 'date' | 'stamp' | 'caller' | 'behind'
/** With the characters that their pieces begin with. */
const SLOTS: readonly { slot: Slot; first: RegExp }[] = [
  { slot: 'quote', first: /[\s>|]/ },
  { slot: 'number', first: /[\s\d]/ },
  { slot: 'level', first: /[<a-z]/ },
  { slot: 'date', first: /[\sA-Za-z\d\u0080-\uffff]/ },
  { slot: 'stamp', first: /[[\s\d]/ },
  { slot: 'caller', first: /\[/ },
  { slot: 'behind', first: /[<\w]/ },
]

/** What a group of a piece's pattern is. `micros` are seconds since boot, too; `more` holds `caller=`. */
type Group = 'date' | 'host' | 'program' | 'seconds' | 'micros' | 'caller' | 'more'

interface Piece {
  slot: Slot
  /** The piece as it is printed, and what follows it. */
  example: string
  /** Sticky. */
  pattern: RegExp
  groups: readonly Group[]
}

const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`
/** Of the C locale; journalctl writes those of the user's: "июл", "févr.", "7月". */
const MONTH = String.raw`(?:[A-Z][a-z]{2}|[A-Za-z\u00c0-\u052f]{2,6}\.?|\d{1,2}[\u6708\uc6d4])`
const RFC3164 = String.raw`(?:\d{4} )?${MONTH} [ \d]?\d(?: \d{4})? ${CLOCK}`
const ISO = String.raw`\d{4}-\d\d-\d\d[T ]${CLOCK}(?: ?Z| ?[+-]\d\d:?\d\d)?`
/** `Mon 2026-11-23 15:38:44 UTC` (journalctl -o short-full, with-unit). */
const FULL = String.raw`[A-Z][a-z]{2} \d{4}-\d\d-\d\d ${CLOCK} [A-Z+\d:-]{1,6}`
/** `1490000000.123456` (journalctl -o short-unix). */
const UNIX = String.raw`\d{10}\.\d{6}`
const DATE = `(${RFC3164}|${ISO}|${FULL}|${UNIX})`
const HOST = String.raw`(\S{0,254}[^\s:\[\]])`
const PROGRAM = String.raw`([^\s:\[\]]{1,64}(?:\[[^\]\s]{0,32}\])?): ?`
/** busybox writes the facility between host and program. */
const FACILITY = String.raw`(?:[a-z\d]{2,8}\.[a-z]{3,7} )?`

const STAMP_NEXT = String.raw`(?=\[ {0,12}\d)`

const piece = (slot: Slot, example: string, pattern: string, ...groups: Group[]): Piece => ({
  ...{ slot, example, groups },
  pattern: new RegExp(pattern, 'y'),
})

/** What can't be a program: a line whose date and host are followed by the kernel's words at once. */
const KERNEL_WORDS = /^(?:INFO|BUG|WARNING|NMI|watchdog|rcu|smp|csd|task|RIP|CPU|Oops)$/
const KERNEL = /^kernel(?:\[\d{1,10}\])?$/
/** Monitors of virtual machines: where one stands for the host, the line is its guest's. */
const MONITOR = /^(?:qemu(?:-kvm|-system-\w{1,16})?|cloud-hypervisor|firecracker|crosvm|lkvm|propolis-server)$/

/** In each slot the first that matches is taken. */
export const PIECES: readonly Piece[] = [
  // mail quoting, and the blanks of an indented paste before what can only be a prefix
  piece(
    'quote',
    '> > [   44.317072] text',
    String.raw`(?:\s{0,8}[>|]){1,20} ?(?:\s{1,64}(?=\[ {0,12}\d|<\d|${DATE} ))?`,
  ),
  piece(
    'quote',
    '    [   44.317072] text',
    String.raw`\s{1,64}(?=\[ {0,12}[\d+]|\[[A-Z][a-z]{2}|<\d{1,3}>\[|${DATE} )`,
  ),
  piece(
    'number',
    ' 17 │ 3,1234,44317072,-;text',
    String.raw`\s{0,16}\d{1,9} {0,4}[│|:]? {1,4}(?=\[ {0,12}\d|\d{1,4},\d{1,20},\d{1,20},)`,
  ),
  piece(
    'level',
    'kern  :err   : [   44.317072] text (dmesg -x)',
    String.raw`[a-z\d]{2,8} {0,8}: ?(?:emerg|alert|crit|err|warn|notice|info|debug) {0,6}: ?`,
  ),
  piece('level', '<3>[   44.317072] text; RFC 5424 puts its version behind', String.raw`<\d{1,3}>(?:1 (?=\d{4}-))?`),
  piece('date', 'Mar 30 12:00:01 ** kernel: text', String.raw`(${RFC3164})(?: {1,2}\*{0,3}){0,2} ?kernel: ?`, 'date'),
  piece(
    'date',
    '2026-11-23T15:38:44.317072Z host kernel - - - text (RFC 5424)',
    String.raw`(${ISO}) ${HOST} ([^\s:]{1,64}) \S{1,64} \S{1,64} (?:-|\[[^\]]{0,255}\]) `,
    ...(['date', 'host', 'program'] as const),
  ),
  piece(
    'date',
    '2026-11-23T15:38:44,317072+00:00 text (dmesg --time-format iso)',
    String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d) `,
    'date',
  ),
  piece('date', '2026-11-23T15:38:44.317072Z [   44.317072] text', `${DATE} {1,2}${STAMP_NEXT}`, 'date'),
  piece('date', 'Mar 30 12:00:01 host [   44.317072] text', `${DATE} ${HOST} ${STAMP_NEXT}`, 'date', 'host'),
  piece(
    'date',
    'Mar 30 12:00:01 host kernel: text',
    `${DATE} ${HOST} ${FACILITY}${PROGRAM}`,
    ...(['date', 'host', 'program'] as const),
  ),
  piece('date', '15:38:44 host kernel: text', `(${CLOCK}) ${HOST} kernel: ?`, 'date', 'host'),
  piece('date', '2026-11-23 15:38:44 text', `${DATE} `, 'date'),
  piece('date', 'kernel:[   44.317072] text (a message to all terminals)', String.raw`\s{0,2}kernel: ?(?=\S)`),
  piece('date', 'host [   44.317072] text', String.raw`([A-Za-z][\w.-]{0,63}) {1,4}(?=\[ {0,12}\d{1,10}\.)`, 'host'),
  piece(
    'date',
    'qemu-system-x86[2950]: [   44.317072] text',
    String.raw`([A-Za-z][\w.\/-]{0,63}\[\d{1,10}\]): ?(?=\[ {0,12}\d{1,10}\.)`,
    'program',
  ),
  piece(
    'stamp',
    '[   44.317072] text; [   44.317072 <    0.000012>] text (dmesg -d); [   44.317072 / 11-23 15:38:44.317] text (phones)',
    // "A": what an archive of mails made of the no-break space of another
    String.raw`\[[AÂ]? {0,12}(\d{1,10}\.\d{0,9})(?: <[ \d.]{1,20}>| \/ \d\d-\d\d ${CLOCK})?\] ?`,
    'seconds',
  ),
  piece(
    'stamp',
    '[Mon Nov 23 15:38:44 UTC 2026] text (dmesg -T, crash log -T)',
    String.raw`\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d (?:[A-Z]{1,5} )?\d{4})\] ?`,
    'date',
  ),
  piece('stamp', '[Nov23 15:38] text (dmesg -H)', String.raw`\[([A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d)\] ?`, 'date'),
  piece('stamp', '[  +0.000012] text (dmesg -H)', String.raw`\[ {0,12}[+<] {0,12}\d{1,10}\.\d{1,9}>?\] ?`),
  piece(
    'stamp',
    '3,1234,44317072,-,caller=T38;text (/dev/kmsg); 6.4.0,3,1234,44317072,-;text (netconsole)',
    String.raw`(?:\d[\w.+~-]{0,63},)?\d{1,4},\d{1,20},(\d{1,20}),[^;,]{1,8}((?:,[a-z]{1,16}=[^;,]{0,64}){0,4});`,
    ...(['micros', 'more'] as const),
  ),
  piece('stamp', '   44.317072] text (a bracket was lost)', String.raw`\[? {0,12}(\d{1,7}\.\d{6})[\])}]? `, 'seconds'),
  piece('caller', '[    T0] text', String.raw`\[ {0,10}([TC]\d{1,10})\] ?`, 'caller'),
  piece('behind', '<3>text (crash log -m)', String.raw`<[\da-f]{1,3}>`),
  piece('behind', 'host kernel: text (journalctl -o short-monotonic)', `${HOST} kernel: `, 'host'),
  piece('behind', 'kernel: text', 'kernel: '),
  piece(
    'behind',
    'host qemu-system-x86[2950]: [   44.317072] text',
    String.raw`${HOST} ([\w.\/@-]{1,64}\[\d{1,10}\]): (?=\[ {0,12}\d{1,10}\.)`,
    ...(['host', 'program'] as const),
  ),
]

/** The last of a slot's table is what holds for every character that is none of ASCII. */
const BEYOND = 128

const BY_SLOT: readonly { first: Uint8Array; pieces: readonly Piece[] }[] = SLOTS.map(({ slot, first }) => ({
  first: Uint8Array.from({ length: BEYOND + 1 }, (_, c) => (first.test(String.fromCharCode(c)) ? 1 : 0)),
  pieces: PIECES.filter((each) => each.slot === slot),
}))

/** Parts a line into its prefix and the kernel's words. */
export function readPrefix(line: string): Prefix {
  const prefix: Prefix = { time: null, dateText: null, host: null, caller: null, program: null, any: false, text: '' }
  let at = 0
  for (const { first, pieces } of BY_SLOT) {
    if (first[Math.min(line.charCodeAt(at), BEYOND)] !== 1) continue
    for (const { slot, pattern, groups } of pieces) {
      pattern.lastIndex = at
      const found = pattern.exec(line)
      if (!found || (slot === 'date' && KERNEL_WORDS.test(found[3] ?? ''))) continue
      for (let i = 0; i < groups.length; i++) take(groups[i]!, found[i + 1] ?? '', prefix)
      at = pattern.lastIndex
      if (slot !== 'quote') prefix.any = true
      break
    }
  }
  prefix.text = line.slice(at)
  return prefix
}

function take(group: Group, text: string, prefix: Prefix): void {
  if (group === 'date') prefix.dateText = text
  else if (group === 'host' && MONITOR.test(text)) prefix.program = text
  else if (group === 'host') prefix.host = text === 'kernel' ? null : text
  else if (group === 'program') prefix.program = KERNEL.test(text) ? null : text
  else if (group === 'seconds') prefix.time = Number(text)
  else if (group === 'micros') prefix.time = Number(text) / 1e6
  else if (group === 'caller') prefix.caller = text
  else prefix.caller = /caller=([TC]\d{1,10})/.exec(text)?.[1] ?? null
}
