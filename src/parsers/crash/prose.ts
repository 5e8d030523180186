import type { ToldStruct } from '../told.ts'
import type { Session } from './session.ts'

/** "stable_node->hlist->first = 0xffff883f3e5746b0"; format strings have no number there, code ends in ";". */
const MEMBER =
  /\b([A-Za-z_]\w{0,63})->([A-Za-z_]\w{0,63}(?:(?:->|\.)[A-Za-z_]\w{0,63}){0,6})(?: ?[=:] ?| is | was )(0x[0-9a-f]{1,16}|\d{1,20})(?![\w;])/g
/** "stable_node: 0xffff881f836ba000", "struct stable_node at 0x..", "stable_node 0x..": names of structs have an underscore. */
const PLACE =
  /\b([a-z][a-z0-9]{0,31}_[a-z0-9_]{1,62})(?: \*)?\)?(?: ?[:=] ?| at | is | )(?:at )?(0x[0-9a-f]{16})(?![\w;])/g
/** "length: 170000", "kpfn: 0x13e6 page: 0xffffea000004f980": a line of nothing else, behind a struct. */
const PAIRS = /^ *(?:[A-Za-z_]\w{0,63}: (?:0x[0-9a-f]{1,16}|\d{1,20})(?: {1,8}|$)){1,8}$/
const PAIR = /([A-Za-z_]\w{0,63}): (0x[0-9a-f]{1,16}|\d{1,20})/g

const NUMBER = '(\\d{1,3}(?:,\\d{3}){1,4}|\\d{1,12})'
const ITEMS = '(?:entries|nodes|items|elements|members|rmap_items?)'
const LIST = '([A-Za-z]\\w{0,63}(?:(?:->|\\.)\\w{1,64}){0,4})'
/** How a list's length is said in words, one entry a form; the list has a name of C, with an underscore or "->". */
const LENGTHS: readonly { pattern: RegExp; list: number; count: number }[] = [
  // the stable_node->hlist is as long as 170000 entries
  {
    pattern: new RegExp(
      `\\b${LIST}(?: list)? (?:is|was|has|had|holds|contains|contained)(?: [a-z]{1,12}){0,5} ${NUMBER} ${ITEMS}\\b`,
    ),
    list: 1,
    count: 2,
  },
  // 170000 entries in the stable_node->hlist
  {
    pattern: new RegExp(`\\b${NUMBER} ${ITEMS} (?:in|on|of) (?:the |its )?(?:list )?(?:of )?${LIST}\\b`),
    list: 2,
    count: 1,
  },
]

/** "the numad task has induced a migration, and the stack is as follows": a name for the stack that follows. */
const NAMED =
  /\b[Tt]he ([A-Za-z][\w./:-]{0,14}) (?:task|process|thread|daemon)\b|\b([A-Za-z][\w./-]{0,14}) \(pid \d{1,8}\)/g
/** Cheap, before the patterns above. */
const SPEAKS_OF_ITEMS = /entries|nodes|items|elements|members|rmap_item/
const SPEAKS_OF_TASKS = /task|process|thread|daemon|\(pid /
const NO_NAMES = new Set(
  (
    'a active all another blocked calling child crashed current first following guest host hung idle kernel last main migrating ' +
    'migration new next one only other owner panic parent previous problem running same second single sleeping stuck target ' +
    'thread user userspace vcpu victim vm waiting whole worker wrong'
  ).split(' '),
)
/** Lines between a name and its stack at most, and between a struct and its further members. */
const NEAR = 6
const LONGEST = 4_096

/**
 * What people write about structs, lists and tasks in a bug's mail, in crash's and C's own terms: no more is read than a name of C
 * and a number beside it.
 */
export class Prose {
  private told: ToldStruct | null = null
  private toldAt = 0
  /** The struct whose list was told. */
  private sizedTold: ToldStruct | null = null
  private name: string | null = null
  private nameAt = 0
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /** A line that no other rule took. */
  line(text: string, at: number): void {
    if (text.length > LONGEST) return
    if (text.includes('0x') || text.includes('->') || text.includes(': ')) this.structs(text, at)
    if (SPEAKS_OF_ITEMS.test(text)) this.lengths(text, at)
    if (SPEAKS_OF_TASKS.test(text)) this.names(text, at)
  }

  /** The name of a task that was spoken of just before this line. */
  nameNear(at: number): string | null {
    return this.name !== null && at - this.nameAt <= NEAR ? this.name : null
  }

  private structs(text: string, at: number): void {
    const places = [...text.matchAll(PLACE)]
    if (this.told && at - this.toldAt <= NEAR && places.length === 0 && PAIRS.test(text)) {
      for (const [, name, value] of text.matchAll(PAIR)) this.member(this.told, name!, value!, at)
      this.toldAt = at
      this.sized(this.told, at)
      return
    }
    for (const [, type, place] of places) {
      const address = BigInt(place!)
      // a struct of the kernel lies in its half
      if (address >> 63n === 0n) continue
      if (this.told?.type === type && this.told?.address === address && at - this.toldAt <= NEAR) continue
      this.begin(type!, address, at)
    }
    for (const [, type, path, value] of text.matchAll(MEMBER)) {
      if (!this.told || this.told.type !== type || at - this.toldAt > NEAR) this.begin(type!, null, at)
      this.member(this.told!, path!.replaceAll('->', '.'), value!, at)
      this.toldAt = at
    }
  }

  private begin(type: string, address: bigint | null, at: number): void {
    this.told = { kind: 'struct', line: at, type: this.session.own.name(type), address, members: new Map() }
    this.toldAt = at
    this.session.tell(this.told)
  }

  private member(told: ToldStruct, path: string, value: string, at: number): void {
    if (told.members.size < 64 && this.session.mayMember(at))
      told.members.set(this.session.own.name(path), this.session.own.text(value))
  }

  /** A struct whose first entry and length are told is a list. */
  private sized(told: ToldStruct, at: number): void {
    if (this.sizedTold === told) return
    const length = Number(told.members.get('length'))
    const first = [...told.members].find(([path]) => path === 'first' || path.endsWith('.first'))?.[1]
    if (!Number.isSafeInteger(length) || length < 1 || !first?.startsWith('0x')) return
    this.sizedTold = told
    this.session.tell({
      kind: 'list',
      line: at,
      command: null,
      first: BigInt(first),
      length,
      duplicates: null,
      implausible: 0,
      end: 'end',
      endAt: null,
    })
  }

  private lengths(text: string, at: number): void {
    for (const { pattern, list, count } of LENGTHS) {
      const found = pattern.exec(text)
      if (!found || !/_|->/.test(found[list]!)) continue
      this.session.tell({
        kind: 'count',
        line: at,
        count: Number(found[count]!.replaceAll(',', '')),
        file: this.session.own.name(found[list]!),
      })
      return
    }
  }

  private names(text: string, at: number): void {
    for (const [, task, pid] of text.matchAll(NAMED)) {
      const name = task ?? pid!
      if (NO_NAMES.has(name.toLowerCase())) continue
      this.name = this.session.own.name(name)
      this.nameAt = at
    }
  }
}
