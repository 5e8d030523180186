import type { AddressForm } from '../../src/parsers/kallsyms.ts'

/** One symbol; `type` is the letter of nm. */
export interface SymbolRecipe {
  name: string
  address: bigint
  type?: string
}

/** The parts of a kallsyms table, as they lie in memory. */
export interface KallsymsTables {
  count: number
  names: Uint8Array
  tokenTable: Uint8Array
  tokenIndex: Uint8Array
  offsets: Uint8Array
}

export interface KallsymsRecipe {
  form: AddressForm
  /** kallsyms_relative_base. */
  base: bigint
  /** Address of kallsyms_offsets (place-relative). */
  offsetsAt: bigint
  twoByteLengths: boolean
}

/** What the tokens stand for that are no letters; they overlap, so that greedy choices are made. */
const LONG_TOKENS = ['ksm_', 'kallsyms_', 'stable_node', '_node', 'st', 'page_', '__', 'tks', 'a_very_long_token_']

/** 256 tokens: every printable letter is itself, the others stand for more, or for nothing. */
function tokens(): string[] {
  const table = Array.from({ length: 256 }, (_, i) => (i > 0x20 && i < 0x7f ? String.fromCharCode(i) : ''))
  LONG_TOKENS.forEach((token, i) => {
    table[i < 4 ? i : 0x80 + 7 * i] = token
  })
  return table
}

/** Greedy: the longest token at each place. @returns the token numbers */
function compress(text: string, table: readonly string[]): number[] {
  const packed: number[] = []
  for (let at = 0; at < text.length; ) {
    let best = -1
    table.forEach((token, i) => {
      if (token !== '' && text.startsWith(token, at) && (best < 0 || token.length > table[best]!.length)) best = i
    })
    if (best < 0) throw new Error(`no token for ${text[at]}`)
    packed.push(best)
    at += table[best]!.length
  }
  return packed
}

/** Writes the tables of a list of symbols: scripts/kallsyms.c (v6.1). Symbols come in the order of their addresses. */
export function writeKallsyms(symbols: readonly SymbolRecipe[], recipe: KallsymsRecipe): KallsymsTables {
  const table = tokens()
  const names: number[] = []
  for (const { name, type = 'T' } of symbols) {
    const packed = compress(type + name, table)
    if (recipe.twoByteLengths && packed.length > 0x7f) names.push((packed.length & 0x7f) | 0x80, packed.length >> 7)
    else if (packed.length > 0xff) throw new Error('too long a name')
    else names.push(packed.length)
    names.push(...packed)
  }
  const tokenTable: number[] = []
  const tokenIndex = new DataView(new ArrayBuffer(512))
  table.forEach((token, i) => {
    tokenIndex.setUint16(2 * i, tokenTable.length, true)
    tokenTable.push(...Buffer.from(token, 'latin1'), 0)
  })
  const offsets = new DataView(new ArrayBuffer(4 * symbols.length))
  symbols.forEach(({ address }, i) => {
    offsets.setInt32(4 * i, Number(BigInt.asIntN(32, entryOf(address, i, recipe))), true)
  })
  return {
    count: symbols.length,
    names: Uint8Array.from(names),
    tokenTable: Uint8Array.from(tokenTable),
    tokenIndex: new Uint8Array(tokenIndex.buffer),
    offsets: new Uint8Array(offsets.buffer),
  }
}

function entryOf(address: bigint, i: number, { form, base, offsetsAt }: KallsymsRecipe): bigint {
  if (form === 'base-relative') return address - base
  if (form === 'place-relative') return address - (offsetsAt + BigInt(4 * i))
  // percpu symbols and other small ones are absolute, all others negative
  return address < 0x80000000n ? address : base - 1n - address
}
