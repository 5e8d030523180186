import { OUR_WORDS } from './our-words.ts'

/** What a stand-in stands for; its first part: "vm-1". */
export type SecretKind = 'host' | 'vm' | 'user' | 'ip' | 'mac' | 'uuid' | 'serial' | 'path' | 'cmdline'

/** Where a match stands, for what decides whether it is a secret. */
export interface Around {
  before: string
  after: string
  /** Domains of the hosts that are known: "corp.example.com". */
  domains: ReadonlySet<string>
}

/** A secret that is known by its form or by the words before it. */
export interface SecretPattern {
  kind: SecretKind
  /** With the flags d and g; its group `it` is the secret. */
  pattern: RegExp
  isOne?(it: string, around: Around): boolean
  /** It is a name: it is replaced wherever it stands; cut: the end of it may be missing. */
  name?: true | 'cut'
}

/** Accounts that every system has: they tell nothing. */
const SYSTEM_USERS = new Set(
  'root daemon bin sys nobody qemu libvirt libvirt-qemu kvm messagebus sshd dbus systemd syslog ubuntu debian admin'.split(
    ' ',
  ),
)

/** "alice@pts/0" names no host. */
const TERMINALS = /^(?:pts|tty\w{0,8}|console|notty)$/

/** Names that every host may have. */
export const EVERYBODYS = new Set(['(none)', 'localhost', 'localhost.localdomain', 'unknown', ''])

/** A word that our sentences, or the kernel's, are made of: as a name it is replaced only where nothing else can stand. */
export function isOurs(name: string): boolean {
  return name.length < 2 || !/\p{L}/u.test(name) || OUR_WORDS.has(name.toLowerCase())
}

const isUser = (it: string): boolean => !isOurs(it) && !SYSTEM_USERS.has(it)
const isName = (it: string): boolean => !isOurs(it) && !EVERYBODYS.has(it)

const USER = '(?<it>[A-Za-z_](?:[\\w.-]{0,30}[\\w-])?)'
const HOST = '(?<it>[A-Za-z0-9](?:[\\w.-]{0,251}[\\w-])?)'
const HEX2 = '[0-9a-fA-F]{2}'
/** Ends of systemd's unit names: "getty@tty1.service" names no user. */
const NO_UNIT = '(?![\\w.:\\\\-]{0,64}\\.(?:service|slice|scope|socket|mount|timer|target)\\b)'
/** The rest of a path: up to a blank, a quote, a bracket, or what separates values. */
const PATH = '[^\\s"\'`,;:<>|()\\[\\]{}!]{1,1000}'

/** Phrases with a login name in them. */
const USER_PHRASES = [
  `\\b(?:for|of|by) (?:(?:invalid|illegal) )?user ['"]?${USER}`,
  `\\buser ['"]${USER}['"]`,
  `\\b(?:user|username|login|logname|acct|ruser|account)\\s{0,3}[=:]\\s{0,3}['"]?${USER}`,
  `\\b(?:logged in|login|running|executed) as (?:user )?['"]?${USER}`,
  `\\b(?:e?uid|auid|loginuid)=\\d{1,10}\\s?\\(["']?${USER}`,
  `\\b(?:password|publickey|keyboard-interactive(?:/pam)?) for (?:invalid user )?${USER}`,
  `\\bsudo(?:\\[\\d{1,10}\\])?:\\s{1,10}${USER} : `,
  `(?<![\\w~])~${USER}/`,
  `/(?:home|Users)/${USER}`,
]

/** Phrases and file names with the name of a host in them. */
const HOST_PHRASES = [
  `\\b(?:nodename|hostname|host name|node name|host)\\s{0,3}[:=]\\s{0,3}['"]?${HOST}`,
  `\\bnfs4?: server ${HOST} (?:not responding|OK|timed out)`,
]
const HOST_PLACES = [
  `\\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\\d{1,2} \\d\\d:\\d\\d:\\d\\d ${HOST} [\\w./-]{1,64}(?:\\[\\d{1,10}\\])?:`,
  `\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[.,\\d]{0,10}(?:Z|[+-]\\d\\d:?\\d\\d)? ${HOST} [\\w./-]{1,64}(?:\\[\\d{1,10}\\])?:`,
  `\\bLinux ${HOST} \\d{1,3}\\.\\d{1,3}\\.\\S{1,100} #\\d`,
  '\\bsosreport-(?<it>[\\w.-]{1,100}?)(?:[-.]\\d{3,20})?-(?:\\d{4}-\\d{2}-\\d{2}|\\d{8,14})(?=[-.!/]|$)',
  '\\bsosreport-(?<it>[A-Za-z0-9][\\w-]{0,62})(?=\\.(?:tar|tgz|txz)|[!/]|$)',
  '\\b(?:scc|nts)_(?<it>[\\w.-]{1,100}?)_\\d{6}_\\d{4}(?=\\D|$)',
]

/** Places where a virtual machine's name stands. */
const VM_PLACES = [
  '\\bguest=(?<it>[^,\\s"\']{1,200})',
  '(?:^|\\s)--?name[\\s\\0]{1,4}(?:guest=)?(?<it>[^,\\s"\'=\\0]{1,200})(?=[,\\s"\'\\0]|$)',
  '\\blibvirt/(?:qemu|images)/(?!networks/)(?:[\\w.-]{1,60}/){0,3}(?<it>[\\w.-]{1,100}?)\\.(?:log|xml|pid|qcow2|img|raw|monitor|sock)\\b',
  '\\bdomain-\\d{1,9}-(?<it>[\\w.-]{1,100})(?=[/\\s]|$)',
  'machine-qemu\\\\x2d\\d{1,9}\\\\x2d(?<it>[^\\s/.]{1,200})\\.scope',
]
const VM_PHRASES = [
  '\\b(?:domain|guest|VM|vm) [\'"](?<it>[^\'"\\n]{1,100})[\'"]',
  '\\b(?:guest|VM|vm|domain)\\s{0,2}[=:]\\s{0,2}(?<it>[A-Za-z][\\w.-]{0,99})',
  '^\\s{0,4}(?:\\d{1,6}|-)\\s{1,10}(?<it>\\S{1,100})\\s{1,40}(?:running|paused|shut off|idle|pmsuspended)\\b',
]

const of = (kind: SecretKind, sources: readonly string[], more: Partial<SecretPattern> = {}): SecretPattern[] =>
  sources.map((source) => ({ kind, pattern: new RegExp(source, 'dgm'), ...more }))

/**
 * Every form, in the order in which they claim their place: what is longer first. Each quantifier has a bound, so that a text
 * takes time in proportion to its length.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  ...of('cmdline', [
    '(?:^|[\\s/\'"=])(?:qemu-system-[\\w-]{1,40}|qemu-kvm|kvm)[\'"]?[\\s\\0]{1,4}(?<it>-{1,2}[a-z][^\\n]*)',
  ]),
  ...of('path', [
    `(?<it>(?:/|(?<=^|[!\\s"'=]))(?:home|Users)/${PATH})`,
    `(?<![\\w.])(?<it>/root/${PATH})`,
    '(?<it>[A-Za-z]:\\\\Users\\\\[^\\s"\'<>|]{1,1000})',
  ]),
  ...of('user', [`(?<![\\w.+-])(?<it>[A-Za-z0-9_](?:[\\w.+-]{0,62}[\\w+-])?)@(?=[A-Za-z0-9])${NO_UNIT}`], {
    name: true,
    isOne: isUser,
  }),
  ...of('host', [`(?<=[\\w+-]@)${NO_UNIT}${HOST}`], {
    name: true,
    isOne: (it) => !EVERYBODYS.has(it) && !TERMINALS.test(it),
  }),
  ...of('uuid', [
    '(?<![0-9a-fA-F])(?<it>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?![0-9a-fA-F])',
    '(?<!\\w)(?<it>[0-9a-fA-F]{32})(?!\\w)',
    '(?<![\\w-])(?<it>[A-Za-z0-9]{6}(?:-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6})(?![\\w-])',
  ]),
  ...of('mac', [`(?<![0-9a-fA-F:])(?<it>(?:${HEX2}:){5,19}${HEX2})(?![0-9a-fA-F]|:[0-9a-fA-F])`]),
  ...of('mac', ['(?<![\\w.])(?<it>(?:[0-9a-fA-F]{4}\\.){2}[0-9a-fA-F]{4})(?!\\w|\\.\\w)'], {
    isOne: (it) => /[a-f]/i.test(it),
  }),
  // a date has dashes, too, but no letters
  ...of('mac', [`(?<![\\w-])(?<it>(?:${HEX2}-){5}${HEX2})(?![\\w-])`], { isOne: (it) => /[a-f]/i.test(it) }),
  ...of(
    'serial',
    [
      '\\b(?:[Ss]erial(?: ?(?:[Nn]umber|[Nn]o\\.?|[Nn]um))?|SERIAL|S/N|SN(?=\\s?[:=])|[Aa]sset ?[Tt]ag|[Ss]ervice ?[Tt]ag|[Cc]hassis ?[Tt]ag|WWN|wwn|WWID|wwid|WWPN|wwpn|WWNN|wwnn|machine[-_ ]?id)(?:[\'"]?[ \\t]{0,3}[:=#][ \\t]{0,3}|[ \\t]{1,3})[\'"]?(?<it>[\\w.-]{4,63}\\w)',
    ],
    { isOne: (it) => /\d/.test(it) },
  ),
  ...of('serial', ['\\b(?<it>iqn\\.\\d{4}-\\d{2}\\.[\\w.:-]{1,200})', '\\b(?<it>(?:naa|eui)\\.[0-9a-fA-F]{16,32})']),
  ...of(
    'ip',
    ['(?<![\\w:])(?<it>(?:[0-9a-fA-F]{0,4}:){2,8}(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F]{0,4}))(?![\\w:])'],
    { isOne: isAddress6 },
  ),
  ...of('ip', ['(?<![\\w.])(?<it>\\d{1,3}(?:\\.\\d{1,3}){3})(?!\\w|\\.\\d)'], { isOne: isAddress4 }),
  ...of('user', USER_PHRASES, { name: true, isOne: isUser }),
  ...of('vm', VM_PLACES, { name: true }),
  // libvirt names the process, a comm has 15 characters
  ...of('vm', ['\\bqemu:(?<it>[^\\s,;:()\'"]{1,200})'], { name: 'cut' }),
  ...of('vm', VM_PHRASES, { name: true, isOne: isName }),
  ...of('host', HOST_PLACES, { name: true }),
  ...of('host', HOST_PHRASES, { name: true, isOne: isName }),
  ...of('host', ['(?<![\\w.-])(?<it>[A-Za-z0-9][\\w-]{0,62}(?:\\.[\\w-]{1,63}){1,8})(?![\\w-])'], {
    isOne: (it, { domains }) =>
      [...it.matchAll(/\./g)].some(({ index }) => domains.has(it.slice(index + 1).toLowerCase())),
  }),
]

/** Words that stand before an address, and not before a version. */
const BEFORE_ADDRESS =
  /(?:^|\W)(?:ip|ipv4|l?addr|faddr|raddr|address|from|host|server|peer|client|src|dst|source|destination|gateway|gw|nameserver|inet|portal|target|ping|connect(?:ed|ion)? to|listening on|remote|local)\s{0,3}[:=]?\s{0,3}[[(/]{0,2}$/i
/** Words that stand before a version. */
const BEFORE_VERSION = /(?:^|\W)(?:version|release|revision|kernel|linux|v)\s{0,3}[:=]?\s{0,3}$/i

/** "6.1.0.1" is a version more often than an address: below 10 it is one only behind a word for it, or with a port or a mask. */
function isAddress4(it: string, { before, after }: Around): boolean {
  const parts = it.split('.')
  if (parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return false
  const first = Number(parts[0])
  if (first === 0 || first === 127 || /^255\.255\./.test(it) || BEFORE_VERSION.test(before)) return false
  return first >= 10 || BEFORE_ADDRESS.test(before) || /^(?::\d{1,5}\b|\/\d{1,2}\b)/.test(after)
}

/** Times ("12:34:56") and PCI addresses ("0000:3b:00") have neither "::" nor eight groups. */
function isAddress6(it: string): boolean {
  const halves = it.split('::')
  if (halves.length > 2) return false
  const groups = it.split(':').filter((group) => group !== '')
  const count = groups.length + (it.includes('.') ? 1 : 0)
  if (halves.length === 1) return count === 8
  return count < 8 && groups.some((group) => group.length > 2)
}
