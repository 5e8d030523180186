import type { ToldStruct } from '../told.ts'
import type { Session, Subject } from './session.ts'

/** ffff88000c44b030:  ffff88000c44b060 0000000000000000   `.D............. */
export const RD_LINE = /^ *([0-9a-f]{8,16}): {1,2}((?:[0-9a-f]{16})(?: [0-9a-f]{16})?)(?: .*)?$/

/** Words of one rd that are kept. */
const MOST = 512
/** Bytes that a line shows at most. */
const LINE = 16n

/**
 * Memory by `rd`: words of 8 bytes by their distance from the start ("0x18"), the nearest to a struct that raw memory is. Words of
 * other sizes and symbols (`rd -s`) are passed over.
 * @see crash 9.0.2, memory.c, display_memory
 */
export class RawWords implements Subject {
  private told: ToldStruct | null = null
  private next = 0n
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  line(start: string, words: string, at: number): void {
    const address = BigInt(`0x${start}`)
    if (this.told && address !== this.next) this.close()
    this.session.turn(this)
    this.told ??= { kind: 'struct', line: at, type: null, address, members: new Map() }
    const { members } = this.told
    const from = address - this.told.address!
    words.split(' ').forEach((word, i) => {
      if (members.size < MOST && this.session.mayMember(at))
        members.set(`0x${(from + 8n * BigInt(i)).toString(16)}`, this.session.own.text(word))
    })
    this.next = address + LINE
  }

  close(): void {
    const { told } = this
    this.told = null
    if (told) this.session.tell(told)
  }
}
