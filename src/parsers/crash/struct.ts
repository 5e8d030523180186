import type { ToldStruct } from '../told.ts'
import { addressOf, type Command, operands, optionOf } from './command.ts'
import type { Session, Subject } from './session.ts'

/** "struct stable_node {" */
export const STRUCT_HEAD = /^ *(?:struct|union) (\w{1,128}) \{$/
/** "  first = 0xffff88000ba6b730," ; not "name = $1 = ..." of p */
export const MEMBER = /^( *)([A-Za-z_][\w.[\]]{0,127}) = (?!\$\d)(.*)$/
/** "  {", "  },", "}" */
export const BRACE = /^ *([{}]),?;?$/
/** "  [24] struct hlist_head hlist;", "      union {", "SIZE: 48" of struct -o and without an address: no values */
export const LAYOUT =
  /^ *(?:\[0?x?[0-9a-f]{1,16}\] .{0,400}|(?:struct|union) \{|\} ?\w{1,64};|SIZE: (?:0x)?[0-9a-f]{1,10})$/

/** Most members of one struct. */
const MOST = 512
const DEEPEST = 64
/** Lines of other kinds that may stand within the braces of one. */
const MOST_STRANGE = 64
/** Values that crash prints; a line of code or of a configuration file has others. */
const VALUE = /^(?:-?\d{1,20}\b|0x[0-9a-f]{1,16}\b|\{|"|'|NULL$|[A-Z][A-Z0-9_]{2,80}\b|\((?:struct |void )|<)/

/** A block, or an address. */
const FIRST_VALUE = /^(?:\{$|0x[0-9a-f]{9,16}\b)/

/** Members by path: names within braces are joined with dots, anonymous unions and structs add nothing. */
export class StructMembers {
  private told: ToldStruct | null = null
  private readonly path: string[] = []
  private count = 0
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  get isOpen(): boolean {
    return this.told !== null
  }

  /** Braces that are open. */
  get depth(): number {
    return this.path.length
  }

  /** @param root - name that all paths begin with: the variable that p printed */
  begin(type: string | null, address: bigint | null, at: number, root: string | null): void {
    this.close()
    this.told = {
      kind: 'struct',
      line: at,
      type: type === null ? null : this.session.own.name(type),
      address,
      members: new Map(),
    }
    this.count = 0
    this.path.length = 0
    if (root !== null) this.path.push(root)
  }

  member(name: string, printed: string, at: number): void {
    const { told } = this
    if (!told) return
    const value = printed.replace(/,$/, '').trimEnd()
    if (value === '{') {
      this.push(name)
      return
    }
    if (this.count >= MOST || !this.session.mayMember(at)) return
    this.count++
    const path = [...this.path.filter((part) => part !== ''), name].join('.')
    told.members.set(this.session.own.name(path), this.session.own.text(value))
  }

  brace(text: string): void {
    if (text === '{') this.push('')
    else this.path.pop()
  }

  close(): void {
    const { told } = this
    this.told = null
    this.path.length = 0
    if (told && told.members.size > 0) this.session.tell(told)
  }

  private push(name: string): void {
    if (this.path.length < DEEPEST) this.path.push(name)
  }
}

/** Commands that print members. */
const PRINTERS = new Set(['struct', 'union', '*'])

/** What `struct`, `union`, `task -R` and p print of a struct. @see crash 9.0.2, symbols.c, cmd_datatype_common */
export class StructBlock implements Subject {
  private readonly members: StructMembers
  private command: Command | null = null
  /** Blocks that this command printed. */
  private blocks = 0
  /** The address of a header that stands before members: of `task -R`. */
  private header: bigint | null = null
  /** Its last brace ends it. */
  private whole = false
  private strange = 0
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
    this.members = new StructMembers(session)
  }

  /** A command was typed. */
  typed(command: Command): void {
    this.command = command
    this.blocks = 0
    this.header = null
  }

  /** A task's header went by. */
  headed(address: bigint | null): void {
    this.header = address
    this.blocks = 0
  }

  head(type: string, at: number): boolean {
    this.session.turn(this)
    this.begin(type, true, at)
    this.members.brace('{')
    return true
  }

  /** @returns false when the line is no member: code, prose, a file of settings */
  member(indent: string, name: string, value: string, at: number): boolean {
    if (value.endsWith(';')) return false
    const known = this.target()
    const open = this.members.isOpen
    // without a command and outside of braces: what crash prints, and first of all what only it prints
    if (known === null && this.members.depth === 0) {
      if (name.includes('.') || !(open ? VALUE : FIRST_VALUE).test(value) || (!open && indent.length < 2)) return false
    }
    if (!open) {
      this.session.turn(this)
      this.begin(known?.type ?? null, false, at)
    }
    this.members.member(name, value, at)
    return true
  }

  /** @returns false when no struct is open */
  brace(text: string): boolean {
    if (!this.members.isOpen) return false
    this.members.brace(text)
    // the brace of "struct X {" ends it; members of "struct X.m" go on behind theirs
    if (text === '}' && this.members.depth === 0 && this.whole) this.session.turn(null)
    return true
  }

  /** A line of a struct's layout: braces of its unions count, nothing has a value. */
  laidOut(line: string): boolean {
    if (this.members.isOpen && line.endsWith('{')) this.members.brace('{')
    else if (this.members.isOpen && line.includes('}')) this.members.brace('}')
    return true
  }

  /** A line that is no member: within braces it may be the rest of a long value. @returns true while the struct goes on */
  passes(): boolean {
    return this.members.isOpen && this.members.depth > 0 && ++this.strange <= MOST_STRANGE
  }

  /** p printed a variable or an expression that is a struct. */
  variable(name: string | null, at: number): void {
    this.session.turn(this)
    this.members.begin(null, null, at, name)
    this.whole = true
    if (name === null) this.members.brace('{')
  }

  close(): void {
    this.members.close()
    this.strange = 0
    this.whole = false
  }

  private begin(type: string | null, whole: boolean, at: number): void {
    const known = this.target()
    const same = known !== null && (type === null || known.type === type)
    this.members.begin(type ?? known?.type ?? null, same && this.blocks === 0 ? known.address : null, at, null)
    this.blocks++
    this.whole = whole
  }

  /** Type and place that the command names. */
  private target(): { type: string; address: bigint | null } | null {
    const { command } = this
    if (!command || command !== this.session.command) return null
    if (command.name === 'task' || (command.name === 'foreach' && command.words.includes('task')))
      return { type: 'task_struct', address: this.header }
    const words = operands(command)
    // crash takes a struct's name for a command: "stable_node.hlist ffff..", "*stable_node ffff.."
    const name = PRINTERS.has(command.name) ? words[0] : command.name.replace(/^\*/, '')
    if (name === undefined || !/^[A-Za-z_]\w{0,127}(?:[.,].*)?$/.test(name)) return null
    const address = addressOf(command)
    if (!PRINTERS.has(command.name) && address === null) return null
    const type = name.split(/[.,]/)[0]!
    // -l: the address is that of a member within
    const inside = optionOf(command, ['-l'])
    if (inside === null || address === null) return { type, address }
    return { type, address: /^\d{1,6}$/.test(inside) ? address - BigInt(inside) : null }
  }
}
