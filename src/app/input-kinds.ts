import type { KINDS_OF_INPUT } from '../document/schema.ts'
import { isFlattened } from '../parsers/flattened.ts'
import { isApport } from '../parsers/apport.ts'
import { isTar } from '../io/tar-header.ts'
import { markedEncoding } from '../io/text-encoding.ts'

/** Kinds of inputs, as documents name them. */
export type InputKind = (typeof KINDS_OF_INPUT)[number]

/** How an input is opened: as a dump, as a container of inputs, or read as text (a list of addresses by a faster way);
 * a report of ours is refused: --from reads it. */
export type Opener = 'dump' | 'tar' | 'apport' | 'list' | 'text' | 'report'

/** One kind of input. */
export interface KindEntry {
  /** null: told later, by what is inside. */
  kind: InputKind | null
  opens: Opener
  /** @param head - first bytes, HEAD or all that there are; @param text - the same as Latin-1 */
  probe(head: Uint8Array, text: string): boolean
}

/** First bytes that kinds are told by. */
export const HEAD = 4096

const ET_CORE = 4

/** Lines that a crash session has, and no other text. */
const CRASH_LINE =
  /^[>| \t]{0,64}(?:crash(?:64)?> |crash \d+\.\d+\.\d+|PID: +\d+ +TASK: +[0-9a-f]{8,16} |\s{0,12}#\d{1,3} \[[0-9a-f]{8,16}\] | {6}KERNEL: | {3}DUMPFILE: |struct [\w]{1,64} \{)/m
const CLOCK = String.raw`\d\d:\d\d:\d\d`
/** How lines of a kernel log begin: stamps and prefixes, and without any those that reports of hangs and stacks begin with. */
const LOG_LINES: readonly string[] = [
  // dmesg, also behind a level or the name of a console; dmesg -H; dmesg -T
  String.raw`(?:[A-Za-z][\w.-]{0,63} )?(?:<\d{1,3}>)?\[[AÂ]? {0,11}(?:[+<] {0,11})?\d{1,10}\.\d{6}>?\]`,
  String.raw`\[\w{3} \w{3} [ \d]\d ${CLOCK} \d{4}\] `,
  // syslog, in any language; busybox; metalog; ISO 8601
  String.raw`(?:(?:\w{3} )?\S{3,12} [ \d]?\d )?${CLOCK} (?:\S{1,64}|\d{4} kern\.\w{3,6})? {1,2}kernel: `,
  String.raw`\w{3} [ \d]\d ${CLOCK} \[kernel\] `,
  String.raw`\d{4}-\d\d-\d\dT${CLOCK}\S{0,16} \S{1,64} kernel: `,
  String.raw`(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#\d`,
  String.raw`(?:rcu: )?INFO: (?:rcu_\w{1,32} |task [^\n]{1,80} blocked for more than \d)`,
  String.raw`(?:\[ INFO|WARNING): possible `,
  String.raw`CPU: \d{1,6} (?:UID: \d{1,10} )?PID: \d{1,10} Comm: `,
  String.raw`Pid: \d{1,10}, comm: `,
  String.raw`Call [Tt]race:\s*$`,
  // journalctl -o json, json-seq, json-sse and json-pretty; export and verbose
  String.raw`(?:data: |\x1e)?\{"[A-Z_]{1,64}" ?: ?[^\n]{0,4096}"(?:MESSAGE|__CURSOR|__REALTIME_TIMESTAMP)" ?:`,
  '(?:"__CURSOR" : "|__(?:CURSOR|REALTIME_TIMESTAMP)=)',
  String.raw`[A-Z][a-z]{2} \d{4}-\d\d-\d\d ${CLOCK}\.\d{6} \S{1,6} \[s=[\da-f]{32};i=`,
]
/** Indented and quoted, too. */
const LOG_LINE = new RegExp(String.raw`^[>| \t]{0,64}(?:${LOG_LINES.join('|')})`, 'm')
/** Headers of a mail, and the words that Launchpad's have. */
const MAIL_LINE =
  /^(?:From [^\n]{1,200} \d{4}$|(?:Received|Message-ID|Message-Id|Return-Path|X-Launchpad-Bug): |\*\* (?:Changed in|Description changed|Also affects|Attachment added|Tags added)|You received this bug notification|Bug description:|<!DOCTYPE html|<html)/m
const ADDRESS_LINE = /^\s{0,8}(?:0x)?[0-9a-f]{8,16}\s{0,8}$/i

/** A line of /proc/PID/stack, or of many of them as grep prints it. */
const STACK_LINE =
  /^[>| \t]{0,64}(?:\S{0,255}proc\/\d{1,10}(?:\/task\/\d{1,10})?\/stack:)?\s{0,8}\[<[\da-f]{1,16}>\] (?:\w[\w.]{0,255}\+0x[\da-f]{1,8}\/0x|0xf{8,16}\s*$)/m
/** A file of KSM as grep or a loop of the shell prints it. */
const KSM_LINE = /^[>| \t]{0,64}\/sys\/kernel\/mm\/ksm\/[a-z][a-z\d_]{0,60}(?::|=| ) {0,8}[-[\w]/m

/** Most lines are frames between semicolons and a number behind them. */
function isFolded(text: string): boolean {
  const lines = wholeLines(text).filter((line) => line.trim() !== '')
  const folded = lines.filter((line) => {
    const blank = line.trimEnd().lastIndexOf(' ')
    const semicolon = line.indexOf(';')
    return semicolon > 0 && semicolon < blank && !line.includes('; ') && /^ \d{1,15}\s{0,8}$/.test(line.slice(blank))
  })
  return folded.length * 2 > lines.length
}

/** The first ones; the last one may be cut. */
function wholeLines(text: string): string[] {
  const lines = text.split('\n').slice(0, 200)
  return lines.length > 2 ? lines.slice(0, -1) : lines
}

/** Addresses, one a line, from the first line on (but for one that a shell or crash's prompt left). */
function isList(text: string): boolean {
  const whole = wholeLines(text)
  const addresses = whole.filter((line) => ADDRESS_LINE.test(line)).length
  return addresses >= 2 && addresses >= whole.length - 2
}

/**
 * Every kind of input, told by the first bytes and never by the name; the first that fits is it. A text may be of several kinds:
 * its kind here is what its start looks like, and its parsers say what is in it. A new kind is one entry.
 */
export const INPUT_KINDS: readonly KindEntry[] = [
  { kind: 'kdump', opens: 'dump', probe: (_, text) => text.startsWith('KDUMP   ') || text.startsWith('DISKDUMP') },
  // of what is told when it lies on disk: image/formats.ts
  { kind: 'flattened-kdump', opens: 'dump', probe: (head) => isFlattened(head) },
  {
    kind: 'elf',
    opens: 'dump',
    // e_type by the byte order that EI_DATA names
    probe: (head, text) => text.startsWith('\x7fELF') && (head[5] === 2 ? head[17] : head[16]) === ET_CORE,
  },
  { kind: null, opens: 'tar', probe: (head) => isTar(head) },
  { kind: 'apport', opens: 'apport', probe: (head) => isApport(head) },
  { kind: null, opens: 'report', probe: (_, text) => /^\s{0,8}\{\s{0,8}"schema":\s{0,8}"ksm-dump\//.test(text) },
  { kind: 'list', opens: 'list', probe: (_, text) => isList(text) },
  { kind: 'mail', opens: 'text', probe: (_, text) => MAIL_LINE.test(text) },
  { kind: 'crash', opens: 'text', probe: (_, text) => CRASH_LINE.test(text) },
  { kind: 'kernel-log', opens: 'text', probe: (_, text) => LOG_LINE.test(text) },
  { kind: 'proc-stack', opens: 'text', probe: (_, text) => STACK_LINE.test(text) },
  { kind: 'folded-stacks', opens: 'text', probe: (_, text) => isFolded(text) },
  { kind: 'sysfs', opens: 'text', probe: (_, text) => /^\s{0,8}-?\d{1,20}\s{0,8}$/.test(text) || KSM_LINE.test(text) },
]

/** Text of no kind that is told by its start: its parsers say what it is. */
const SOME_TEXT: KindEntry = { kind: null, opens: 'text', probe: () => true }

/** More than this share of control characters or of no UTF-8 in the first bytes is no text. */
const BINARY = 0.3
/** Fewer characters than this beside NULs are no start of a text. */
const FEW = 32

/**
 * What an input is, by its first bytes.
 * @returns null for what is neither known nor text
 */
export function kindOf(head: Uint8Array): KindEntry | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length)
  const text = bytes.toString('latin1')
  const known = INPUT_KINDS.find(({ probe }) => probe(head, text))
  if (known !== undefined) return known
  return markedEncoding(head) !== null || isText(bytes) ? SOME_TEXT : null
}

/** Logs may begin with a block of NULs: the file's size was on disk before a power loss, its contents were not. */
function isText(head: Buffer): boolean {
  const text = head.toString('utf8')
  let letters = 0
  let nuls = 0
  let wrong = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) {
      nuls++
      continue
    }
    letters++
    if ((code < 32 && !(code >= 8 && code <= 13) && code !== 27) || code === 0xfffd) wrong++
  }
  if (nuls > 0 && letters < FEW) return false
  return wrong <= letters * BINARY
}

/** Kinds that hold inputs or are dumps: those are opened wherever they lie. */
const CONTAINERS = INPUT_KINDS.filter(({ opens }) => opens === 'dump' || opens === 'tar')

/** True when the first bytes are a dump's or an archive's; cheaper than `kindOf`, for the many members that nobody wants. */
export function isContainer(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16)).toString('latin1')
  return CONTAINERS.some(({ probe }) => probe(head, text))
}
