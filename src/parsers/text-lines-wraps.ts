/** A line that was broken in two, and how the halves are told. Both patterns see lines without trailing blanks. */
export interface Wrap {
  name: string
  first: RegExp
  next: RegExp
  /** What stands between the halves. */
  glue: string
}

const HEX = '(?:0x)?[0-9a-f]{6,16}'
const SYMBOL = '[A-Za-z_.][\\w.$+-]{0,200}'

/** One entry a form; the first that fits is taken. */
export const WRAPS: readonly Wrap[] = [
  // stable_node->hlist->first = NEWLINE 0xffff883f3e5746b0
  { name: 'value', first: /[\w)\]] ?=$/, next: /^ *(?:0x[0-9a-f]{4,16}\b|-?\d{1,20}$|[0-9a-f]{16}$)/, glue: ' ' },
  // stable_node: NEWLINE 0xffff881f836ba000
  { name: 'labelled value', first: /[\w)\]] ?:$/, next: /^ *(?:0x[0-9a-f]{4,16}|\d{1,20}|[0-9a-f]{16})$/, glue: ' ' },
  // stable_node-> NEWLINE hlist->first = 0xffff883f3e5746b0
  { name: 'member', first: /\w->$/, next: /^ *[A-Za-z_]\w/, glue: '' },
  // #6 [ffff885f8fb4fcd0] rmap_walk_ksm at NEWLINE ffffffff811e6f91
  {
    name: 'address of a frame',
    first: /^ *#?\d{1,3} +\[[^\]]{0,40}\] +\S{1,200} at$/,
    next: new RegExp(`^ *${HEX}(?: \\[\\w{1,64}\\])?$`),
    glue: ' ',
  },
  // #6 [ffff885f8fb4fcd0] rmap_walk_ksm NEWLINE at ffffffff811e6f91
  {
    name: 'place of a frame',
    first: new RegExp(`^ *#\\d{1,3} +\\[[0-9a-f]{4,16}\\] +${SYMBOL}$`),
    next: new RegExp(`^ *at ${HEX}(?: \\[\\w{1,64}\\])?$`),
    glue: ' ',
  },
  // #6 [ffff885f8fb4fcd0] NEWLINE rmap_walk_ksm at ffffffff811e6f91
  {
    name: 'symbol of a frame',
    first: /^ *#\d{1,3} +\[[0-9a-f]{4,16}\]$/,
    next: new RegExp(`^ *${SYMBOL}(?: +at(?: ${HEX}.{0,80})?)?$`),
    glue: ' ',
  },
  // [exception RIP: NEWLINE smp_call_function_single+219]
  { name: 'exception', first: /^ *\[exception RIP:$/, next: /^ *[^\s\]]{1,200}\]$/, glue: ' ' },
  // PID: 2950   TASK: ffff885f97745280  CPU: 49 NEWLINE COMMAND: "numad"
  {
    name: 'header',
    first: /^ *(?:\[[^\]]{1,24}\] \[[A-Z?]{2}\] +)?PID: +\d{1,10} +TASK: +[0-9a-f]{8,16}(?: +CPU: +[\d-]{1,5})?$/,
    next: /^ *(?:CPU: +[\d-]{1,5} +)?COMMAND: +"[^"]{0,40}"?$/,
    glue: '  ',
  },
  // ... COMMAND: NEWLINE "numad"
  {
    name: 'name of a header',
    first: /^ *(?:\[[^\]]{1,24}\] \[[A-Z?]{2}\] +)?PID: +\d{1,10} +TASK: .{0,60}COMMAND:$/,
    next: /^ *"[^"]{0,40}"$/,
    glue: ' ',
  },
  // >     33       1   0  ffff88000c509b80  RU  282.8   931256   602000 NEWLINE qemu-system-x86
  {
    name: 'name of a row of ps',
    first: /^>? *\d{1,10} +-?\d{1,10} +[\d-]{1,5} +[0-9a-f]{8,16} +[A-Z?]{2} +[\d.]{1,8} +\d{1,16} +\d{1,16}$/,
    next: /^ *[[A-Za-z(][^:#=]{0,31}$/,
    glue: '  ',
  },
  // [<ffff0000080a8054>] NEWLINE kvm_mmu_notifier_invalidate_page+0x60/0xb0
  {
    name: 'symbol of a log frame',
    first: /\[<[0-9a-f]{8,16}>\]$/,
    next: /^ *(?:\? )?[A-Za-z_.][\w.]{0,200}\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}(?: \[\w{1,64}\])?$/,
    glue: ' ',
  },
]

/** What joins a bare value may also be the first line of a list of them. */
const BARE = /^ *(?:0x)?[0-9a-f]{8,16}$/
/** Longer lines are never the first half of one. */
const LONGEST_HALF = 4_096

/** Joins what was broken in two. A line is held back only while it can be the first half of one. */
export class Joiner {
  private held: string | null = null
  private heldAt = 0
  private value: string | null = null
  private valueAt = 0
  private readonly sink: (text: string, at: number) => void

  constructor(sink: (text: string, at: number) => void) {
    this.sink = sink
  }

  /** No line is held back. */
  get idle(): boolean {
    return this.held === null
  }

  push(line: string, at: number): void {
    if (this.held === null) {
      this.consider(line, at)
      return
    }
    const text = line.trimEnd()
    if (this.value !== null) {
      if (BARE.test(text)) this.release()
      else this.join(' ', this.value)
      this.consider(line, at)
      return
    }
    const held = this.held.trimEnd()
    const wrap = WRAPS.find(({ first, next }) => first.test(held) && next.test(text))
    if (!wrap) {
      this.release()
      this.consider(line, at)
    } else if ((wrap.name === 'value' || wrap.name === 'labelled value') && BARE.test(text)) {
      this.value = line
      this.valueAt = at
    } else this.join(wrap.glue, line)
  }

  /** A bare address: it is no first half of anything. */
  bare(line: string, at: number): void {
    if (this.held === null) this.sink(line, at)
    else this.push(line, at)
  }

  end(): void {
    if (this.value !== null) this.join(' ', this.value)
    this.release()
  }

  /** Holds a line that may go on, and lets go any other. */
  private consider(line: string, at: number): void {
    if (line.length <= LONGEST_HALF && mayGoOn(line)) {
      this.held = line
      this.heldAt = at
    } else this.sink(line, at)
  }

  private join(glue: string, next: string): void {
    const joined = this.held!.trimEnd() + glue + next.trimStart()
    const at = this.heldAt
    this.held = null
    this.value = null
    this.consider(joined, at)
  }

  private release(): void {
    const { held, value } = this
    this.held = null
    this.value = null
    if (held !== null) this.sink(held, this.heldAt)
    if (value !== null) this.sink(value, this.valueAt)
  }
}

/** Cheap: most lines end here. */
function mayGoOn(line: string): boolean {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === 0x20) end--
  if (end === 0) return false
  let start = 0
  while (line.charCodeAt(start) === 0x20) start++
  const last = line.charCodeAt(end - 1)
  const first = line.charCodeAt(start)
  // "=", ":", ">" and "]" at the end; "#", ">", "P", "[" and digits at the start of what is broken elsewhere
  const ends = last === 0x3d || last === 0x3a || last === 0x3e || last === 0x5d
  const starts = first === 0x23 || first === 0x3e || first === 0x50 || (first >= 0x30 && first <= 0x39)
  const bracket = first === 0x5b && line.includes('PID: ')
  if (!ends && !starts && !bracket) return false
  const text = end === line.length ? line : line.slice(0, end)
  return WRAPS.some(({ first: pattern }) => pattern.test(text))
}
