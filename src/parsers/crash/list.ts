import { joined } from '../../base/halves.ts'
import type { ToldList } from '../told.ts'
import { AddressCount } from './address-count.hot.ts'
import { type Command, isThinned, optionOf } from './command.ts'
import type { Session, Subject } from './session.ts'
import { StructMembers } from './struct.ts'
import { address } from './told-task.ts'

/** A line that is nothing but an address; whole ones have eight digits at least. */
export const BARE_ADDRESS = /^ *(?:0x)?[0-9a-f]{1,16}$/
/** Whoever pasted it left lines out. */
export const ELISION = /^ *(?:\[?\.{3,6}\]?|<snip>|\[snip\]|-{2,8} ?snip ?-{2,8})$/

/** Without a command, so many addresses one after the other are a list. */
const FEWEST = 3
/** Rows of `list -s` whose members are read; the addresses are counted without end. */
const MOST_ROWS = 64
const WHOLE = 8
/** Commands that print bare addresses which are no list. */
const NO_LISTS = new Set(['kmem', 'search', 'log', 'dis', 'net', 'dev', 'rd', 'help', 'eval', 'vtop', 'whatis'])
const LISTS = new Set(['list', 'tree'])

/** What an error says of the list before it, one entry a form. @see crash 9.0.2, tools.c, do_list, do_rbtree */
const ENDS: readonly { pattern: RegExp; end: ToldList['end'] }[] = [
  { pattern: /^duplicate (?:list|tree) entry: (?:0x)?([0-9a-f]{1,16})/, end: 'cycle' },
  // NULL ends an hlist that was walked from its head (-H): its entries are good
  { pattern: /^invalid (?:list|tree) entry: (?:0x)?(0+)$/, end: 'end' },
  { pattern: /^invalid (?:list|tree) entry: (?:0x)?([0-9a-f]{1,16})/, end: 'invalid' },
  { pattern: /^invalid (?:kernel virtual )?address: (?:0x)?([0-9a-f]{1,16})/, end: 'invalid' },
  {
    pattern:
      /^(?:page excluded|seek error|read error|invalid user address): (?:kernel |user )?virtual address: (?:0x)?([0-9a-f]{1,16})/,
    end: 'invalid',
  },
]

/** Lists of addresses: `list`, `tree`, and runs of bare addresses without a command. Counted, never kept. */
export class ListRun implements Subject {
  private active = false
  private command: Command | null = null
  private line = 0
  /** Digits of its first address: what has fewer may be half of one. */
  private width = WHOLE
  /** Blanks in front of its addresses. */
  private indent = 0
  /** The command shows members of each entry. */
  private shows = false
  private end: ToldList['end'] = 'end'
  private endAt: bigint | null = null
  /** What may be half an address, as long as nothing follows. */
  private half = false
  private readonly count = new AddressCount()
  private readonly rows: StructMembers
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
    this.rows = new StructMembers(session)
  }

  /** Bytes held to tell addresses apart. */
  get bytes(): number {
    return this.count.bytes
  }

  /** A run is under way. */
  get isOpen(): boolean {
    return this.active
  }

  /** A run is so long that its rows are no longer read: its lines may be given to `fast`. */
  get isLong(): boolean {
    return this.active && this.count.length > MOST_ROWS
  }

  /**
   * The next line of a long run, when it is a whole address or a member: no objects are made.
   * @returns false when the line has to be looked at
   */
  fast(line: string): boolean {
    const { count } = this
    if (count.parse(line)) {
      if (count.digits < this.width) return false
      if (this.half) this.torn()
      count.take()
      return true
    }
    return this.rowLine(line)
  }

  /** A bare address that may begin a run. @returns false when it is no part of a list */
  address(line: string, at: number): boolean {
    const { count, session } = this
    const { command } = session
    if (!count.parse(line)) return false
    if (this.active) {
      if (count.digits < this.width) {
        if (this.isHalf()) return true
        // crash prints small values unpadded: a list that was followed into nonsense
        if (this.command === null) return false
      }
      this.rows.close()
      if (this.half) this.torn()
      count.take()
      this.begins(at)
      return true
    }
    if (command && (NO_LISTS.has(command.name) || command.to !== null)) return false
    const listed = command !== null && LISTS.has(command.name)
    if (count.digits < WHOLE) return false
    // numbers, hashes and the like are no list without a command
    if (!listed && (count.digits !== 16 || count.hi < 0x80000000)) return false
    session.turn(this)
    count.reset()
    count.anyHalf = session.arch === 's390x'
    count.take()
    this.active = true
    this.command = listed ? command : null
    this.line = at
    this.width = count.digits
    this.indent = indentOf(line)
    this.shows = optionOf(this.command, ['-s', '-S']) !== null
    this.end = isThinned(this.command) ? 'cut' : 'end'
    this.endAt = null
    this.half = false
    this.begins(at)
    return true
  }

  /**
   * A line of a row that `list -s` prints: indented deeper than the addresses. @returns false when it is none
   */
  rowLine(line: string): boolean {
    return this.active && (this.shows ? indentOf(line) >= this.indent + 2 : isMember(line))
  }

  /** A member line within a run: "  mm = 0xffff88000c4ec380,". @returns false when no run is open */
  member(name: string, value: string, at: number): boolean {
    if (!this.active) return false
    if (this.count.length <= MOST_ROWS) this.rows.member(name, value, at)
    return true
  }

  brace(text: string): boolean {
    if (!this.active) return false
    if (this.count.length <= MOST_ROWS) this.rows.brace(text)
    return true
  }

  /** An error of the command that prints. @returns false when no run is open */
  failed(text: string): boolean {
    if (!this.active) return false
    for (const { pattern, end } of ENDS) {
      const found = pattern.exec(text)
      if (!found) continue
      this.end = end
      this.endAt = end === 'end' ? null : address(found[1]!)
      this.half = false
      break
    }
    this.session.turn(null)
    return true
  }

  /** Lines are left out here. @returns false when no run is open */
  elision(): boolean {
    if (!this.active) return false
    this.end = 'cut'
    return true
  }

  close(): void {
    if (!this.active) return
    this.active = false
    this.rows.close()
    const { count, command } = this
    if (command !== null || count.length >= FEWEST) {
      const told: ToldList = {
        kind: 'list',
        line: this.line,
        command: command ? this.session.own.text(command.text) : null,
        first: joined(count.firstLo, count.firstHi),
        length: count.length,
        duplicates: count.duplicates(),
        implausible: count.implausible(),
        end: this.half ? 'cut' : this.end,
        endAt: this.endAt,
      }
      this.session.tell(told)
    }
    count.reset()
  }

  /** A shorter line may be what is left of an address: it begins as the one before. */
  private isHalf(): boolean {
    const { count } = this
    const text = joined(count.lo, count.hi).toString(16)
    const before = joined(count.lastLo, count.lastHi).toString(16)
    const same = Math.min(4, text.length)
    if (text.slice(0, same) !== before.slice(0, same)) return false
    if (this.half) this.torn()
    this.half = true
    return true
  }

  /** Addresses follow the half one: it is a damaged line of the list. */
  private torn(): void {
    this.half = false
    this.count.takeTorn()
  }

  /** Members that follow are of the structure at this address, unless -l says that it stands elsewhere. */
  private begins(at: number): void {
    if (this.count.length > MOST_ROWS) return
    const { command } = this
    const shown = optionOf(command, ['-s', '-S'])
    const place = optionOf(command, ['-l']) === null ? joined(this.count.lo, this.count.hi) : null
    this.rows.begin(shown?.split('.')[0] ?? null, place, at, null)
  }
}

function indentOf(line: string): number {
  let i = 0
  while (line.charCodeAt(i) === 0x20) i++
  return i
}

/** "  name = ..." or a brace. */
function isMember(line: string): boolean {
  const i = indentOf(line)
  if (i === 0) return false
  const first = line.charCodeAt(i)
  if (first === 0x7d || first === 0x7b) return line.length - i <= 2
  const equals = line.indexOf(' = ', i)
  if (equals < 0 || equals - i > 80) return false
  for (let k = i; k < equals; k++) if (line.charCodeAt(k) === 0x20) return false
  return true
}
