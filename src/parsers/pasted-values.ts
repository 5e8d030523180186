/**
 * Values that people paste into mails and tickets, or write in their prose: `/sys/kernel/mm/ksm/pages_sharing:9842113`,
 * `pages_sharing = 9842113`, "we see pages_shared: 51204". A number of prose is no value: only a known name with a sign (":" or
 * "=") and a whole number behind it is one, and not where the sentence speaks of what should be, might be or is by default.
 */
import type { TextParser } from './told.ts'
import { isKsmFile, isMeminfoName, isSysctlName, isVmstatName, ksmValue } from './sysfs-text.ts'
import { tellingParser } from './sos/telling.ts'

const KSM_FOLDER = '/sys/kernel/mm/ksm/'

/** One entry a way to name a thing, by what a word begins with; the first that knows the word wins. */
const NAMINGS: readonly { of: (word: string) => string | null }[] = [
  // /sys/kernel/mm/ksm/pages_sharing: any file, also of a kernel to come
  {
    of: (word) => {
      const file = word.startsWith(KSM_FOLDER) ? word.slice(KSM_FOLDER.length) : null
      return file !== null && /^[a-z][a-z0-9_]{0,60}$/.test(file) ? `ksm.${file}` : null
    },
  },
  // ksm/pages_sharing, mm/ksm/pages_sharing: grep in a folder above
  {
    of: (word) => {
      const file = /^(?:\.\/)?(?:mm\/)?ksm\/([a-z][a-z0-9_]{0,60})$/.exec(word)?.[1]
      return file !== undefined && isKsmFile(file) ? `ksm.${file}` : null
    },
  },
  // pages_sharing
  { of: (word) => (isKsmFile(word) ? `ksm.${word}` : null) },
  // ksm_pages_sharing: the kernel's variable, as a debugger prints it
  { of: (word) => (word.startsWith('ksm_') && isKsmFile(word.slice(4)) ? `ksm.${word.slice(4)}` : null) },
  // node_ksmd_pages_sharing: a metric of Prometheus' node_exporter
  { of: (word) => (word.startsWith('node_ksmd_') && isKsmFile(word.slice(10)) ? `ksm.${word.slice(10)}` : null) },
  // /proc/sys/kernel/numa_balancing
  {
    of: (word) => {
      const name = word.startsWith('/proc/sys/') ? word.slice('/proc/sys/'.length).replaceAll('/', '.') : word
      return isSysctlName(name) ? `sysctl.${name}` : null
    },
  },
  { of: (word) => (isVmstatName(word) ? `vmstat.${word}` : null) },
]

/** The value that a word names; null for another word. */
function nameOf(word: string): string | null {
  for (const { of } of NAMINGS) {
    const name = of(word)
    if (name !== null) return name
  }
  return null
}

/** Names that are words of other things too: taken beside other values of KSM only, or with their folder. */
const COMMON_WORDS: ReadonlySet<string> = new Set(['run'])
/** How many lines above may have that other value. */
const NEAR = 2

/**
 * `NAME: 123`, `NAME=123`, `"NAME": 123`, `NAME = [none] scan-time`, and thousands with commas. All lengths are bounded, and a word is
 * tried at its start only.
 */
const PAIR =
  /(?<![\w./+-])([\w./]{2,120})["'`*]{0,3}[ \t]{0,16}([:=])[ \t]{0,16}["'`*]{0,3}(\d{1,3}(?:,\d{3}){1,6}(?![\d,])|-?\d{1,20}(?![\d]|,\d)|[a-z-]{0,12} ?\[[a-z-]{2,12}\](?: [a-z-]{2,12})?)/g

/** What may not stand behind the number: it is then another's, a rounded one, an end of a range or of code. */
const NOT_BEHIND =
  /^(?:[ \t]{0,4}(?:[%*/<>\u2192]|->|=>|\.\.|thousand\b|million\b|billion\b|[kKMGT]i?B\b|would\b|should\b|could\b|might\b|means\b|(?:or|to|-)[ \t]{0,4}\d)|\.\d|[\w]|\+|-\d|\u2013\d)/
/** `pages_shared = 0;`: a line of C. */
const CODE = /^[ \t]{0,4};[ \t]{0,40}(?:$|\/[*/]|})/

/** Words of a sentence before a value that make it no fact of this host. */
const UNREAL =
  /\b(?:if|unless|default|defaults|set|sets|setting|settings|tune|tuned|tuning|change|changing|raise|raising|lower|lowering|reduce|reducing|increase|limit|should|would|could|might|may|recommend|recommended|suggest|example|e\.g|suppose|assume|imagine|expect|expected|try|echo|write|writing|sysctl|until|than|like|typical|typically|patch|sample)\b/i

/** `  NAME   123`, whole lines of /proc/vmstat or of a loop over files; `| NAME | 123 |` of a table. */
const COLUMNS = /^([\w./]{2,120})[ \t]{0,40}[| \t][ \t]{0,40}(-?\d{1,20})[ \t]{0,20}\|?$/
/** Names whose bare column form is another's too: /proc/PID/ksm_stat has lines of these names. */
const PER_PROCESS: ReadonlySet<string> = new Set(['ksm_zero_pages', 'ksm_merging_pages', 'ksm_rmap_items'])
/** `MemTotal:       541065216 kB` */
const MEMORY = /^([A-Z][\w()]{1,40}):[ \t]{1,40}(\d{1,20}) kB$/
/** `==> /sys/kernel/mm/ksm/run <==` of head and tail. */
const FILE_HEAD = /^==> ([\w./-]{1,200}) <==$/
/** `NAME:` with the value wrapped to the next line. */
const OPEN = /(?<![\w./+-])([\w./]{2,120})[ \t]{0,8}[:=]$/
/** `root@host:~# cat /sys/kernel/mm/ksm/pages_shared`: the values follow, a line each. */
const CAT = /(?:^|[#$%>] ?|sudo )cat ([\w./{},-]{1,400}(?: [\w./{},-]{1,400}){0,15})$/
/** Most values that one command is followed by. */
const MOST_NAMED = 32

/** A mail, a ticket, a chat: any text with values among prose. What it tells has the names of the files themselves. */
export function pastedValuesText(): TextParser {
  return tellingParser((tell) => {
    /** Names whose values the next lines are, in order. */
    let awaited: string[] = []
    let lastKsm = Number.NEGATIVE_INFINITY

    const say = (name: string, text: string, at: number): boolean => {
      const file = name.startsWith('ksm.') ? name.slice('ksm.'.length) : null
      const value = file === null ? number(text) : ksmValue(file, file === 'advisor_mode' ? text : number(text))
      if (value === null || value === '') return false
      if (file !== null) lastKsm = at
      tell.value(name, value, at)
      return true
    }
    const common = (word: string, at: number): boolean => COMMON_WORDS.has(word) && at - lastKsm > NEAR

    return {
      line: (raw, at) => {
        const line = unquoted(raw)
        if (line === '') return
        if (awaited.length > 0) {
          const name = awaited.shift()!
          if (isBareValue(line) && say(name, line, at)) return
          awaited = []
        }

        const head = FILE_HEAD.exec(line)
        const headed = head && nameOf(head[1]!)
        if (headed) {
          awaited = [headed]
          return
        }
        const cat = line.length <= 1024 ? CAT.exec(line) : null
        if (cat) {
          awaited = namesOf(cat[1]!)
          return
        }

        const grepped = /^\/proc\/(?:vmstat|meminfo):/.exec(line)
        const rest = grepped ? line.slice(grepped[0].length) : line
        const memory = rest.length <= 200 ? MEMORY.exec(rest) : null
        if (memory && isMeminfoName(memory[1]!)) {
          tell.value(`meminfo.${memory[1]}`, `${memory[2]} kB`, at)
          return
        }
        const columns = rest.length <= 300 ? COLUMNS.exec(rest) : null
        if (columns) {
          const [, word, text] = columns
          const name = nameOf(word!)
          if (name !== null && !PER_PROCESS.has(word!) && !common(word!, at)) say(name, text!, at)
          return
        }

        pairs(line, at, common, say)

        const open = OPEN.exec(line.slice(-160))
        const opened = open && nameOf(open[1]!)
        if (opened && !COMMON_WORDS.has(open[1]!)) awaited = [opened]
      },
    }
  })
}

/** Every `NAME: 123` of a line that the words before it leave a fact. */
function pairs(
  line: string,
  at: number,
  common: (word: string, at: number) => boolean,
  say: (name: string, text: string, at: number) => boolean,
): void {
  if (!line.includes(':') && !line.includes('=')) return
  let from = 0
  for (const found of line.matchAll(PAIR)) {
    const [whole, word, sign, text] = found
    const name = nameOf(word!)
    const end = found.index + whole.length
    const before = line.slice(Math.max(from, found.index - 400), found.index)
    from = end
    if (name === null || common(word!, at)) continue
    const behind = line.slice(end, end + 64)
    if (NOT_BEHIND.test(behind) || (sign === '=' && CODE.test(behind))) continue
    if (UNREAL.test(sentenceEnd(before))) continue
    say(name, text!, at)
  }
}

/** What is left of a text behind its last full stop, question or exclamation mark. */
function sentenceEnd(text: string): string {
  const stop = Math.max(text.lastIndexOf('. '), text.lastIndexOf('? '), text.lastIndexOf('! '))
  return stop < 0 ? text : text.slice(stop + 2)
}

/** `9842113`, `51,204`, `[none] scan-time`: nothing else on the line. */
function isBareValue(line: string): boolean {
  return (
    line.length <= 100 &&
    /^(?:-?\d{1,20}|\d{1,3}(?:,\d{3}){1,6}|[a-z-]{0,12} ?\[[a-z-]{2,12}\](?: [a-z-]{2,12})?)$/.test(line)
  )
}

/** Thousands are written with commas by people, never by the kernel. */
const number = (text: string): string => text.trim().replaceAll(',', '')

/** Names of the files of a `cat`, with `{a,b}` taken apart; empty when one of them is of no known file: then the order is lost. */
function namesOf(paths: string): string[] {
  const names: string[] = []
  for (const path of paths.trim().split(' ')) {
    const [, before = '', inside, after = ''] = /^([^{}]{0,200})\{([^{}]{1,400})\}([^{}]{0,200})$/.exec(path) ?? []
    const files = inside === undefined ? [path] : inside.split(',').map((part) => before + part + after)
    for (const file of files) {
      const name = nameOf(file)
      if (name === null || names.length >= MOST_NAMED) return []
      names.push(name)
    }
  }
  return names
}

/** A line without the quoting of mails, without a list's mark, code marks and blanks around. */
function unquoted(line: string): string {
  let at = 0
  while (
    at < line.length &&
    (line[at] === '>' || line[at] === ' ' || line[at] === '\t' || line[at] === '|' || line[at] === '\u00a0')
  )
    at++
  let text = line.slice(at).trim()
  if (text.startsWith('- ') || text.startsWith('* ') || text.startsWith('\u2022 ')) text = text.slice(2).trimStart()
  if (text.startsWith('`') && text.endsWith('`')) text = text.replace(/^`{1,3}/, '').replace(/`{1,3}$/, '')
  return text
}
