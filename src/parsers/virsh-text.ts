/** libvirt's guests: `virsh list`, a guest's XML, its QEMU's log and pid file. A guest's name is told as it stands there. */
import type { TextParser } from './told.ts'
import { type LineReader, type Tell, tellingParser } from './sos/telling.ts'

/** ` Id    Name                           State`: fixed columns before libvirt 4.10, as wide as needed since. @see tools/vsh-table.c, virsh-domain-monitor.c */
const HEADER = /^\s{0,40}Id {1,20}Name {1,200}State\s*$/
const RULE = /^\s{0,40}-{10,}\s*$/
/** States of a guest; none is the end of another. @see tools/virsh-domain-monitor.c virshDomainState */
const STATES = ['pmsuspended', 'in shutdown', 'shut off', 'no state', 'running', 'crashed', 'paused', 'dying', 'idle']
/** ` 2     va-web-01                      running`, `-` for a guest that doesn't run. */
const ROW = /^\s{0,40}(\d{1,9}|-) {1,20}(\S.{0,600})$/
/** `error: failed to connect to the hypervisor` */
const FAILED = /^error: (.{1,400})/

/**
 * `virsh list --all`, also in the middle of a mail where runs of blanks became one: the state is what a row ends with, and a
 * guest's name may have blanks.
 */
export function virshListText(): TextParser {
  return tellingParser((tell) => {
    /** Line of the table's head; null outside a table. */
    let head: number | null = null
    let rows = 0
    let tables = 0
    const close = (): void => {
      if (head === null) return
      tell.value('guests.listed', String(rows), head)
      head = null
    }
    return {
      line: (line, at) => {
        if (line.length > 1024) return close()
        if (HEADER.test(line)) {
          close()
          if (++tables > 16) return
          head = at
          rows = 0
          return
        }
        const failed = FAILED.exec(line)
        if (failed && tables <= 16) tell.error('virsh', failed[1]!, at)
        // an empty line ends a table, but a mailer may have put one after every line
        if (head === null || line.trim() === '' || (rows === 0 && RULE.test(line))) return
        const [, id, rest] = ROW.exec(line.trimEnd()) ?? []
        const state = rest === undefined ? undefined : STATES.find((each) => rest.endsWith(` ${each}`))
        if (id === undefined || rest === undefined || state === undefined) return close()
        const name = rest.slice(0, -state.length).trimEnd()
        rows++
        tell.value(`guest.${name}.id`, id, at)
        tell.value(`guest.${name}.state`, state, at)
      },
      end: close,
    }
  })
}

/** One entry an element of a guest's XML; libvirt prints each on a line of its own. @see docs/formatdomain.rst, src/conf/domain_conf.c */
interface Element {
  pattern: RegExp
  /** What to tell of the guest; null: nothing. */
  take: (found: RegExpExecArray) => { what: string; text: string } | null
}

/** Bytes in a KiB by the names that libvirt takes. @see src/util/virutil.c virScaleInteger */
const KIB: Record<string, number> = {
  KiB: 1,
  k: 1,
  MiB: 1024,
  M: 1024,
  GiB: 1048576,
  G: 1048576,
  TiB: 1073741824,
  T: 1073741824,
}

const ELEMENTS: readonly Element[] = [
  {
    pattern: /^<uuid>([0-9A-Fa-f-]{32,36})<\/uuid>/,
    take: ([, text]) => ({ what: 'uuid', text: text!.toLowerCase() }),
  },
  {
    pattern: /^<memory((?: \w{1,20}=['"]\w{1,20}['"]){0,4})>(\d{1,15})<\/memory>/,
    take: ([, attributes, text]) => {
      const unit = / unit=['"](\w{1,20})/.exec(attributes!)?.[1] ?? 'KiB'
      const kib = Object.hasOwn(KIB, unit) ? KIB[unit]! * Number(text) : Number.NaN
      return Number.isSafeInteger(kib) ? { what: 'memoryKiB', text: String(kib) } : null
    },
  },
  { pattern: /^<vcpu(?: [^<>]{0,400})?>(\d{1,5})<\/vcpu>/, take: ([, text]) => ({ what: 'vcpus', text: text! }) },
  { pattern: /^<nosharepages ?\/>/, take: () => ({ what: 'nosharepages', text: 'yes' }) },
  { pattern: /^<locked ?\/>/, take: () => ({ what: 'locked', text: 'yes' }) },
  { pattern: /^<hugepages ?\/?>/, take: () => ({ what: 'hugepages', text: 'yes' }) },
]

/** `<domstatus state='running' reason='booted' pid='24561'>` of /run/libvirt/qemu/NAME.xml. @see src/conf/domain_conf.c virDomainObjFormat */
const STATUS = /^<domstatus state=['"]([\w ]{1,40})['"](?: reason=['"][^'"]{0,80}['"])?(?: pid=['"](\d{1,10})['"])?/
/** `<domain type='kvm' id='2'>`: without id for a guest that doesn't run. */
const DOMAIN = /^<domain(?: type=['"]\w{1,20}['"])?(?: id=['"](\d{1,9})['"])?[ >]/
/** `<vcpu id='0' pid='24577'/>` of the same file. @see src/qemu/qemu_domain.c */
const VCPU = /^<vcpu id=['"]\d{1,5}['"] pid=['"](\d{1,10})['"]/
const NAME = /^<name>([^<]{1,400})<\/name>/
const MOST_VCPUS = 1024

/**
 * A guest's XML: /etc/libvirt/qemu/NAME.xml, the live one of /run/libvirt/qemu, or of `virsh dumpxml`. Another's XML, of a network
 * or of a volume, tells nothing.
 */
export function guestXmlText(): TextParser {
  return tellingParser((tell) => new GuestXml(tell))
}

/** What was found about the guest before its name stood there. */
interface Pending {
  what: string
  text: string
  at: number
}

class GuestXml implements LineReader {
  private readonly tell: Tell
  private domain = false
  private name: string | null = null
  private backing = false
  private readonly pending: Pending[] = []
  private readonly seen = new Set<string>()
  private readonly vcpus: string[] = []
  private vcpusAt = 0

  constructor(tell: Tell) {
    this.tell = tell
  }

  line(text: string, at: number): void {
    const line = text.slice(0, 2048).trim()
    if (!line.startsWith('<')) return
    const status = STATUS.exec(line)
    if (status) {
      this.say('state', status[1]!, at)
      if (status[2] !== undefined && status[2] !== '0') this.say('pid', status[2], at)
    }
    const domain = DOMAIN.exec(line)
    if (domain) {
      this.domain = true
      if (domain[1] !== undefined) this.say('id', domain[1], at)
    }
    const vcpu = VCPU.exec(line)
    if (vcpu && this.vcpus.length < MOST_VCPUS) {
      this.vcpus.push(vcpu[1]!)
      this.vcpusAt ||= at
      return
    }
    if (!this.domain) return
    const name = this.name === null ? NAME.exec(line) : null
    if (name) {
      this.name = entities(name[1]!)
      for (const each of this.pending) this.tell.value(`guest.${this.name}.${each.what}`, each.text, each.at)
    }
    // <locked/> and <hugepages/> mean it under <memoryBacking> only
    if (line.startsWith('<memoryBacking>')) this.backing = true
    if (line.startsWith('</memoryBacking>')) this.backing = false
    for (const { pattern, take } of ELEMENTS) {
      const found = pattern.exec(line)
      const told = found && take(found)
      if (told && (this.backing || told.text !== 'yes')) this.say(told.what, told.text, at)
    }
  }

  end(): void {
    if (this.vcpus.length > 0) this.say('vcpuPids', this.vcpus.join(' '), this.vcpusAt)
  }

  /** Each thing once: a live XML may hold the XML of before a migration too. */
  private say(what: string, text: string, at: number): void {
    if (this.seen.has(what)) return
    this.seen.add(what)
    if (this.name === null) this.pending.push({ what, text, at })
    else this.tell.value(`guest.${this.name}.${what}`, text, at)
  }
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const entities = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name]!)

/** /run/libvirt/qemu/NAME.pid: one number. @param name - the guest, by the file's name */
export function guestPidText(name: string): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      if (seen || line.length > 100 || !/^\d{1,10}$/.test(line.trim())) return
      seen = true
      tell.value(`guest.${name}.pid`, line.trim(), at)
    },
  }))
}

/** `2017-03-20 07:12:44.123+0000: starting up libvirt version: ...`: the command line follows. @see src/qemu/qemu_process.c */
const START = /: starting up(?: libvirt version)?/
/** `-machine pc-i440fx-xenial,accel=kvm,usb=off,mem-merge=off`, on a line of its own since libvirt 6. @see QEMU, qemu-options.hx */
const MEM_MERGE = /[, ]mem-merge=(on|off)\b/

/**
 * /var/log/libvirt/qemu/NAME.log: whether the last start of the guest turned merging off. QEMU merges unless it is told not to,
 * so nothing is told of a start that doesn't say.
 * @param name - the guest, by the file's name
 */
export function qemuLogText(name: string): TextParser {
  return tellingParser((tell) => {
    let said: { text: string; at: number } | null = null
    return {
      line: (line, at) => {
        if (START.test(line.slice(0, 200))) said = null
        const found = line.includes('mem-merge=') ? MEM_MERGE.exec(line) : null
        if (found) said = { text: found[1]!, at }
      },
      end: () => {
        if (said) tell.value(`guest.${name}.memMerge`, said.text, said.at)
      },
    }
  })
}
