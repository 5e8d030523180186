/** A numbered line of a trace. */
export interface FrameLine {
  number: number
  symbol: string
  offset: number | null
  module: string | null
  address: bigint | null
  sp: bigint | null
}

//  #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91 [kvm]
//  #6 [ffff885f8fb4fcd0] rmap_walk_ksm           mail cut it
//  #0 [] rmap_walk_ksm at ffffffff811e6f91       the stack address is lost
//  10 [ffff885f8fb4fe80] do_migrate_pages at ..  the "#" is lost
const BRACKETED = /^ *(#?)(\d{1,3}) +\[([^\]]{0,40})\] +(\S{1,512})(.*)$/
//  #0 rmap_walk_ksm at ffffffff811e6f91
const UNBRACKETED = /^ *#(\d{1,3}) +([A-Za-z_.][\w.$+]{0,511}) at (?:0x)?([0-9a-f]{6,16})(?: \[(\w{1,64})\])?(?: |$)/
/** Behind the symbol. */
const REST =
  /^(?: \(via [^)]{1,300}\))?(?: +at(?: +(?:0x)?([0-9a-f]{1,12}\.{3}[0-9a-f]{0,12}|[0-9a-f]{4,16}))?)?(?: +\[(\w{1,64})\])?/
const AFTER = /^(?: \*)?(?: \(unreliable\))?$/
const STACK_ADDRESS = /^(?:0x)?[0-9a-f]{4,16}$/
/** "ffff885f...4fb78": a chat client shortened it. */
const SHORTENED = /^[0-9a-f]{1,14}\.{3}[0-9a-f]{0,14}$/
const SYMBOL = /^(?:\(unknown\)|[A-Za-z_.$0-9][^"',;:()=]*)$/

/**
 * Reads a frame of `bt` on any machine; null when the line is none.
 * @see crash 9.0.2: x86_64.c x86_64_print_stack_entry, arm64.c, ppc64.c, s390x.c
 */
export function parseFrame(line: string): FrameLine | null {
  const found = BRACKETED.exec(line)
  if (!found) return unbracketed(line)
  const [, mark, number, bracket, name, rest] = found
  const sp = STACK_ADDRESS.test(bracket!) ? hex(bracket!) : null
  if (sp === null && bracket !== '' && !SHORTENED.test(bracket!)) return null
  if (!SYMBOL.test(name!)) return null
  const tail = REST.exec(rest!)!
  const at = tail[1]
  const after = rest!.slice(tail[0].length).trim()
  // a remark behind a whole frame is allowed; prose behind "#1 [..] word" is no frame
  if (at === undefined ? !AFTER.test(after) : /^[\w]/.test(rest!.slice(tail[0].length))) return null
  if (mark === '' && (at === undefined || bracket!.length < 8)) return null
  if (bracket === '' && at === undefined) return null
  return {
    number: Number(number),
    ...place(name!),
    module: tail[2] ?? null,
    address: at === undefined || at.includes('.') ? null : hex(at),
    sp,
  }
}

function unbracketed(line: string): FrameLine | null {
  const found = UNBRACKETED.exec(line)
  if (!found) return null
  return {
    number: Number(found[1]),
    ...place(found[2]!),
    module: found[4] ?? null,
    address: hex(found[3]!),
    sp: null,
  }
}

/** "f+219" of `bt -s`, "f+0xdb" of `bt -sx`, "f". */
export function place(text: string): { symbol: string; offset: number | null } {
  const plus = text.lastIndexOf('+')
  if (plus <= 0) return { symbol: text, offset: null }
  const offset = text.slice(plus + 1)
  if (/^0x[0-9a-f]{1,8}$/.test(offset)) return { symbol: text.slice(0, plus), offset: Number.parseInt(offset, 16) }
  if (/^\d{1,9}$/.test(offset)) return { symbol: text.slice(0, plus), offset: Number(offset) }
  return { symbol: text, offset: null }
}

function hex(text: string): bigint {
  return BigInt(text.startsWith('0x') ? text : `0x${text}`)
}
