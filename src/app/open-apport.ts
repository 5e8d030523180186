import type { ByteStream } from '../base/bytes.ts'
import { ByteReader } from '../io/byte-reader.ts'
import { StreamEnded } from '../io/stream-ended.ts'
import { type ApportEvent, ApportParser } from '../parsers/apport.ts'
import type { InputContext, Place } from './input-context.ts'
import type { Member } from './member.ts'

/** Fields of one report, at most: Ubuntu's longest have some hundred. */
const MOST = 10_000

/** The fields of an apport report, each a member by its name; lines that belong to no field are one too, by the name "". */
export async function* openApport(context: InputContext, place: Place, reader: ByteReader): AsyncGenerator<Member> {
  // in an archive or folder a report stands for itself: it may be of another crash than what lies beside it
  const group = place.holder === 'none' ? place.group : { ...place.group, name: place.path }
  group.kind = 'apport'
  const fields = new Fields(reader)
  try {
    for (let count = 0; await fields.next(); count++) {
      if (count === MOST) throw new StreamEnded('limit', `it has more than ${MOST} fields`)
      const name = fields.name ?? ''
      const inner: Place = {
        ...place,
        path: name === '' ? place.path : `${place.path}!${name}`,
        name,
        holder: 'apport',
        group,
        wanted: context.wants(name, 'apport'),
        file: null,
        again: null,
      }
      const contents = new ByteReader(fields.contents())
      try {
        yield* context.open(context, inner, contents)
      } finally {
        await contents.close()
      }
    }
  } catch (error) {
    if (!(error instanceof StreamEnded)) throw error
    context.ended(place.path, error)
  }
}

/** The events of a report, pulled: one field after the other. */
class Fields {
  name: string | null = null
  private readonly reader: ByteReader
  private readonly parser = new ApportParser()
  private events: ApportEvent[] = []
  private at = 0
  private over = false
  private open = false
  private error: unknown = null

  constructor(reader: ByteReader) {
    this.reader = reader
  }

  /** The next event; null at the end. @throws what the reader throws, after all events before it */
  private async event(): Promise<ApportEvent | null> {
    while (this.at === this.events.length) {
      if (this.over) {
        if (this.error !== null) throw this.error
        return null
      }
      const piece = await this.reader.next().catch((error: unknown) => {
        this.error = error
        return null
      })
      this.over = piece === null
      this.events = piece === null ? this.parser.end() : this.parser.push(piece)
      this.at = 0
    }
    return this.events[this.at++]!
  }

  /** Steps to the next field, over what is left of this one. @returns false at the end */
  async next(): Promise<boolean> {
    for (;;) {
      const event = await this.event()
      if (event === null) return false
      if (event.kind !== 'field') continue
      this.name = event.name
      this.open = true
      return true
    }
  }

  /** The bytes of the field. @throws StreamEnded when they are cut or damaged */
  async *contents(): ByteStream {
    while (this.open) {
      const event = await this.event()
      if (event === null) return
      if (event.kind === 'data') yield event.bytes
      if (event.kind !== 'end') continue
      this.open = false
      if (event.fault === 'cut') throw new StreamEnded('cut', 'the report is cut off inside of its base64')
      if (event.fault === 'damaged') throw new StreamEnded('damaged', 'its base64 is damaged')
    }
  }
}
