/**
 * Which kernel and which host: `uname -a`, the kernel's banner (/proc/version, first line of a log), os-release and its elders,
 * hostname, uptime, date, and releases that a mail's prose names.
 */
import type { TextParser } from './told.ts'
import { type Tell, tellingParser } from './sos/telling.ts'

/** Longer lines are no line of these files. */
const LONGEST = 4096

/** Machines as `uname -m` says them. @see arch/*\/Makefile UTS_MACHINE (v6.12) */
const MACHINES: ReadonlySet<string> = new Set([
  ...[
    'x86_64',
    'i386',
    'i486',
    'i586',
    'i686',
    'aarch64',
    'arm64',
    'armv7l',
    'armv8l',
    'ppc64',
    'ppc64le',
    's390',
    's390x',
  ],
  ...['riscv64', 'loongarch64', 'mips64', 'ia64', 'sparc64'],
])

/** A release: three numbers, or two for a kernel of one's own with a suffix: "4.4.0-72-generic", "6.12-rc1". */
const RELEASE = /^\d{1,3}\.\d{1,3}(?:\.\d{1,5})?[-+.\w~]{0,60}$/
/** `#93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017` */
const BUILD = /^#\d/

interface Uname {
  release: string
  nodename: string | null
  version: string | null
  arch: string | null
}

/** `Linux HOST RELEASE #BUILD ... x86_64 x86_64 x86_64 GNU/Linux`, and apport's short `Linux RELEASE x86_64`. */
function uname(words: readonly string[]): Uname | null {
  if (words[0] !== 'Linux') return null
  const [, second = '', third = ''] = words
  if (RELEASE.test(second) && MACHINES.has(third))
    return { release: second, nodename: null, version: null, arch: third }
  if (!RELEASE.test(third) || !BUILD.test(words[3] ?? '')) return null
  const machine = words.findIndex((word, i) => i > 3 && MACHINES.has(word))
  return {
    release: third,
    nodename: second === '(none)' ? null : second,
    version: words.slice(3, machine < 0 ? words.length : machine).join(' '),
    arch: machine < 0 ? null : words[machine]!,
  }
}

const BANNER = 'Linux version '

/**
 * `Linux version RELEASE (who@where) (compiler) #BUILD (signature)`: release, and the build as `uname -v` says it. Where it was
 * compiled is not told. @see init/version.c linux_banner (v4.4, v6.12)
 */
function banner(line: string): { release: string; version: string | null } | null {
  const from = line.indexOf(BANNER)
  if (from < 0) return null
  const text = line.slice(from + BANNER.length, from + LONGEST)
  const release = text.slice(0, 100).split(' ', 1)[0]!
  if (!RELEASE.test(release) || !text.startsWith(' (', release.length)) return null
  const build = text.lastIndexOf(' #')
  // Ubuntu's log has its signature behind the build
  const version =
    build < 0
      ? null
      : text
          .slice(build + 1)
          .replace(/ \(Ubuntu [^()]{1,100}\)\s*$/, '')
          .trim()
  return { release, version: version !== null && BUILD.test(version) ? version : null }
}

/** `Ubuntu 4.4.0-72.93-generic 4.4.49`, at the end of Ubuntu's banner, in /proc/version_signature and in apport's reports. */
const SIGNATURE = /\b(Ubuntu \d[\w.~+-]{1,60} \d{1,3}\.\d{1,3}\.\d{1,5})\)?\s{0,20}$/

/**
 * Prose that names the kernel that runs, with a distribution's number of the build: a release without one may be a range that
 * a fix speaks of.
 */
const PROSE: readonly RegExp[] = [
  // (host kernel version: 4.4.0-72-generic #93)
  /\bkernel (?:version|release)(?: is)?[:=]? {0,4}(\d{1,3}\.\d{1,3}\.\d{1,5}-\d[-+.\w~]{0,60})(?: (#\d[\w.~-]{0,40}))?/i,
  // kernel: 4.4.0-72-generic
  /\bkernel[:=] {0,4}(?:Linux )?(\d{1,3}\.\d{1,3}\.\d{1,5}-\d[-+.\w~]{0,60})(?: (#\d[\w.~-]{0,40}))?/i,
  // running kernel 4.4.0-72-generic
  /\b(?:running|booted|on)(?: the)? kernel {0,4}(\d{1,3}\.\d{1,3}\.\d{1,5}-\d[-+.\w~]{0,60})(?: (#\d[\w.~-]{0,40}))?/i,
]

/** Words before a release that make it another than the one that runs. */
const ANOTHER =
  /\b(?:fix|upgrad|updat|since|before|until|install|newer|older|than|later|try|propos|releas|boot into|test)\w{0,10}\b[^.]{0,48}$/i

/** The first of several releases of one kind of prose is taken, and at most this many lines. */
const MOST_PROSE = 64

/** `uname -a`, the banner or a signature, wherever a line has them: files of a report, logs and mails. */
export function unameText(): TextParser {
  return tellingParser((tell) => ({
    line: (line, at) => kernelLine(tell, line, at),
  }))
}

function kernelLine(tell: Tell, line: string, at: number): boolean {
  const signature = line.includes('Ubuntu ') ? SIGNATURE.exec(line.slice(-200)) : null
  if (signature) tell.value('kernel.signature', signature[1]!, at)
  const version = banner(line)
  if (version) {
    tell.host('banner', at, version)
    return true
  }
  const found = line.length <= LONGEST ? unameIn(line) : null
  if (found) tell.host('uname', at, found)
  return found !== null || signature !== null
}

/** The first of the words "Linux" that a `uname` follows: prose before it may say the word too. */
function unameIn(line: string): Uname | null {
  for (
    let from = line.indexOf('Linux '), tries = 0;
    from >= 0 && tries < 8;
    from = line.indexOf('Linux ', from + 1), tries++
  ) {
    const found = /[\w/]/.test(line[from - 1] ?? '') ? null : uname(line.slice(from).trim().split(/ +/))
    if (found) return found
  }
  return null
}

/** A mail or a ticket: what unameText finds, and releases that the prose names as the one that runs. */
export function proseKernelText(): TextParser {
  return tellingParser((tell) => {
    let said = 0
    return {
      line: (line, at) => {
        if (kernelLine(tell, line, at) || said >= MOST_PROSE || line.length > 64 * 1024) return
        for (const pattern of PROSE) {
          const found = pattern.exec(line)
          const [, release, build] = found ?? []
          if (!found || release === undefined || ANOTHER.test(line.slice(Math.max(0, found.index - 48), found.index)))
            continue
          said++
          tell.host('prose', at, { release: release.replace(/[.~+-]+$/, ''), version: build ?? null })
          return
        }
      },
    }
  })
}

/** `KEY=value`, `KEY="value"` of a shell file; `Key:<tab>value` of lsb_release -a. */
const KEY = /^([A-Za-z][\w ]{1,30})(?:=|:[ \t]{1,8})["']?([^"']{1,200})["']?\s{0,20}$/

/** How each file of the kind calls a distribution's name, its number, and both together. */
const KEYS: Record<string, 'name' | 'number' | 'both'> = {
  NAME: 'name',
  VERSION_ID: 'number',
  PRETTY_NAME: 'both',
  DISTRIB_ID: 'name',
  DISTRIB_RELEASE: 'number',
  DISTRIB_DESCRIPTION: 'both',
  'Distributor ID': 'name',
  Release: 'number',
  Description: 'both',
}
/** `CentOS Linux release 7.4.1708 (Core)` */
const RED_HAT = /^([A-Z][\w ]{1,60}?) release (\d{1,3}(?:\.\d{1,6}){0,3})(?: |$)/

/** /etc/os-release, lsb-release and redhat-release, lsb_release -a: "Ubuntu 16.04". @see os-release(5) */
export function osReleaseText(): TextParser {
  return tellingParser((tell) => {
    const said: { name?: string; number?: string; both?: string } = {}
    let line = 0
    return {
      line: (text, at) => {
        if (text.length > 400) return
        const redHat = RED_HAT.exec(text)
        if (redHat) {
          said.both ??= `${redHat[1]} ${redHat[2]}`
          line ||= at
          return
        }
        const [, key, value] = KEY.exec(text) ?? []
        const what = key !== undefined && Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
        if (what === undefined || said[what] !== undefined) return
        said[what] = value!.trim()
        line ||= at
      },
      end: () => {
        const { name, number, both } = said
        const distribution = name && number ? `${name} ${number}` : (both ?? name)
        if (distribution) tell.host('os-release', line, { distribution })
      },
    }
  })
}

const HOSTNAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/

/** hostname, /etc/hostname: one name; comments are passed over. */
export function hostnameText(): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      const name = line.length <= 300 ? line.trim() : ''
      if (seen || !HOSTNAME.test(name)) return
      seen = true
      tell.host('hostname', at, { nodename: name })
    },
  }))
}

/** ` 18:10:05 up 5 days, 10:58,  2 users`; `up 12 min`, `up 1 day, 3 min`, `up 10:58`. @see procps, library/uptime.c */
const UPTIME = /\bup {1,4}(?:(\d{1,6}) days?, {1,4})?(?:(\d{1,2}):(\d\d)|(\d{1,2}) min)(?:,|$)/

/** uptime. */
export function uptimeText(): TextParser {
  return tellingParser((tell) => ({
    line: (line, at) => {
      const found = line.length <= 400 ? UPTIME.exec(line.trimEnd()) : null
      if (!found) return
      const [days, hours, minutes, alone] = found.slice(1).map((part) => Number(part ?? 0))
      tell.host('uptime', at, { uptimeSeconds: ((days! * 24 + hours!) * 60 + minutes! + alone!) * 60 })
    },
  }))
}

/** `Sat Mar 25 18:10:05 UTC 2017`, `Sat 25 Mar 2017 06:10:05 PM UTC`: has a time and a year. */
const DATE = /^[A-Z][a-z]{2,8},? .{0,40}\d\d:\d\d:\d\d.{0,40}$/

/** date. */
export function dateText(): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      const text = line.length <= 100 ? line.trim() : ''
      if (seen || !DATE.test(text) || !/\b(?:19|20)\d\d\b/.test(text)) return
      seen = true
      tell.host('date', at, { date: text })
    },
  }))
}
