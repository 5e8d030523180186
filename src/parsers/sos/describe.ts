/** What kind of report a sosreport is: by its name, by the names of its members and by what they told. */
import type { Told } from '../told.ts'
import { STAND_INS } from './sos-texts.ts'

export interface SosKind {
  /** By version.txt, "4.8.2". */
  sosVersion: string | null
  /**
   * yes: a stand-in that only `sos clean` (or soscleaner) puts, or the name of a cleaned archive; maybe: only names that a real
   * host may have; no: no sign seen. Folders keep their names when an archive is cleaned.
   */
  obfuscated: 'yes' | 'maybe' | 'no'
  /** What says so, phrases. */
  signs: string[]
  /** "Ubuntu 16.04"; null where no file tells. */
  distribution: string | null
  /** By the folders of its package manager. */
  family: 'debian' | 'red-hat' | null
  /** The day by its name, ISO 8601; to the second for names of old. */
  made: string | null
  /** A bundle of `sos collect`: each report in it is of a host of its own. */
  bundle: boolean
}

export interface SosSigns {
  /** The archive's own name, null for a folder. */
  archive?: string | null
  /** The top folder's name. */
  top?: string | null
  /** Paths below the top folder. */
  members?: Iterable<string>
  /** What the members' parsers told. */
  told?: Iterable<Told>
}

/** `sosreport-HOST[-LABEL][-CASE]-YYYY-MM-DD-RRRRRRR`: since 3.5.1 (Red Hat) and 3.9 (Debian); a bundle has five letters. @see sos/policies name_pattern */
const FRIENDLY = /^(?:sosreport|sos-collector)-(.{1,150})-(\d{4}-\d\d-\d\d)-[a-z]{5,7}$/
/** `sosreport-HOST[.CASE]-YYYYMMDDHHMMSS`: before. */
const LEGACY = /^sosreport-(.{1,150})-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/
const EXTENSION = /\.tar(?:\.[a-z0-9]{1,4})?$/

/** host0, host1 ...: what a short name becomes; and a name that a real host may have. @see sos/cleaner/mappings/hostname_map.py (4.0) */
const HOST_STAND_IN = /^host\d{1,6}(?:\.|$)/

/** Members that only one family of distributions has. */
const FAMILIES: readonly { family: 'debian' | 'red-hat'; member: RegExp }[] = [
  {
    family: 'debian',
    member: /^(?:installed-debs$|sos_commands\/(?:dpkg|apt|ubuntu)\/|var\/log\/kern\.log|etc\/debian_version$)/,
  },
  {
    family: 'red-hat',
    member: /^(?:installed-rpms$|sos_commands\/(?:rpm|yum|dnf|subscription_manager)\/|etc\/redhat-release$)/,
  },
]

/** Tells what kind of report it is; every sign is optional, and more signs never make the answer less sure. */
export function describeSos({ archive = null, top = null, members = [], told = [] }: SosSigns): SosKind {
  const signs = new SignList()
  const name = (archive ?? top ?? '').replace(EXTENSION, '')
  if (/-obfuscated$/.test(name)) signs.sure('the name of the archive ends in "-obfuscated"')
  if (/^soscleaner-/.test(name)) signs.sure('the archive is named by soscleaner')
  const plain = name.replace(/-obfuscated$/, '')
  const friendly = FRIENDLY.exec(plain)
  const legacy = LEGACY.exec(plain)
  const host = friendly?.[1] ?? legacy?.[1]
  if (host !== undefined && HOST_STAND_IN.test(host.replace('-', '.')))
    signs.unsure(`the host is called "${host}" by the name`)

  const families = new Map<string, number>()
  for (const member of members) {
    for (const { family, member: pattern } of FAMILIES) {
      if (pattern.test(member)) families.set(family, (families.get(family) ?? 0) + 1)
    }
    const standIn = STAND_INS.map((pattern) => pattern.exec(member)).find((found) => found !== null)
    if (standIn) signs.sure(`"${standIn[0]}" in the name of a member`)
  }

  let sosVersion: string | null = null
  let distribution: string | null = null
  for (const each of told) {
    if (each.kind === 'value' && each.name === 'sos.version') sosVersion ??= each.text
    if (each.kind === 'value' && each.name === 'sos.obfuscated') signs.sure(`"${each.text}" in a file`)
    if (each.kind !== 'host') continue
    distribution ??= each.distribution
    if (each.nodename !== null && HOST_STAND_IN.test(each.nodename)) {
      const standIn = STAND_INS.some((pattern) => pattern.test(each.nodename!))
      signs[standIn ? 'sure' : 'unsure'](`the host is called "${each.nodename}"`)
    }
  }

  const [, , year, month, day, hour, minute, second] = legacy ?? []
  return {
    sosVersion,
    obfuscated: signs.verdict,
    signs: signs.phrases,
    distribution,
    family: families.size === 1 ? ([...families.keys()][0] as 'debian' | 'red-hat') : null,
    made: friendly?.[2] ?? (legacy ? `${year}-${month}-${day}T${hour}:${minute}:${second}` : null),
    bundle: name.startsWith('sos-collector-'),
  }
}

/** Signs as they are met, each once, and not without end. */
class SignList {
  readonly phrases: string[] = []
  verdict: 'yes' | 'maybe' | 'no' = 'no'
  sure(phrase: string): void {
    this.verdict = 'yes'
    this.add(phrase)
  }
  unsure(phrase: string): void {
    if (this.verdict === 'no') this.verdict = 'maybe'
    this.add(phrase)
  }
  private add(phrase: string): void {
    if (this.phrases.length < 32 && !this.phrases.includes(phrase)) this.phrases.push(phrase)
  }
}
