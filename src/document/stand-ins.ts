import type { SecretKind } from './secret-patterns.ts'

const KINDS: readonly SecretKind[] = ['host', 'vm', 'user', 'ip', 'mac', 'uuid', 'serial', 'path', 'cmdline']
const FORM = `(?:${KINDS.join('|')})-[1-9]\\d{0,8}`
const STAND_IN = new RegExp(`^${FORM}$`)

/** Already replaced, by us: a report that is redacted again stays as it is. */
export function isStandIn(text: string): boolean {
  return STAND_IN.test(text)
}

/** Numbers the stand-ins of a document by first sight: "vm-1" is one machine everywhere. */
export class StandIns {
  /** Stand-in to what it stands for, in the order of first sight. */
  readonly originals = new Map<string, string>()
  private readonly given = new Map<string, string>()
  private readonly numbers = new Map<string, number>()
  private readonly taken = new Set<string>()
  private readonly inputs = new Map<string, string>()
  private readonly inputNames = new Set<string>()

  /** Notes the stand-ins that a text has already: none of them is given to something else. */
  avoid(text: string): void {
    for (const [word] of text.matchAll(new RegExp(`\\b${FORM}\\b`, 'g'))) this.taken.add(word)
  }

  of(kind: SecretKind, original: string): string {
    if (isStandIn(original)) return original
    // DNS does not tell cases apart
    const key = `${kind} ${kind === 'host' ? original.toLowerCase() : original}`
    return this.assign(key, original, () => this.next(kind, (number) => `${kind}-${number}`))
  }

  /** For a kernel address in hexadecimal without 0x: so small a number that it is none, and still hexadecimal. */
  ofAddress(digits: string): string {
    const form = (number: number): string => `0xadd${String(number).padStart(5, '0')}`
    return this.assign(`address ${digits}`, `0x${digits}`, () => this.next('address', form))
  }

  /** For the name of an input: as it is shown, with a number behind it where another one is shown so. */
  ofInput(original: string, shown: string): string {
    const known = this.inputs.get(original)
    if (known !== undefined) return known
    let name = shown
    let number = this.numbers.get(`input ${shown}`) ?? 1
    while (this.inputNames.has(name)) name = `${shown}#${++number}`
    this.numbers.set(`input ${shown}`, number)
    this.inputs.set(original, name)
    this.inputNames.add(name)
    if (name !== original && !this.originals.has(name)) this.originals.set(name, original)
    return name
  }

  private assign(key: string, original: string, make: () => string): string {
    const known = this.given.get(key)
    if (known !== undefined) return known
    const name = make()
    this.given.set(key, name)
    this.originals.set(name, original)
    return name
  }

  /** The next name of a kind that nothing has. */
  private next(kind: string, form: (number: number) => string): string {
    let number = this.numbers.get(kind) ?? 0
    let name: string
    do name = form(++number)
    while (this.taken.has(name) || this.originals.has(name))
    this.numbers.set(kind, number)
    return name
  }
}
