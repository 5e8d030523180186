import type { ByteStream } from '../base/bytes.ts'
import type { Problem } from '../base/errors.ts'
import type { LineBatch } from '../io/line-reader.ts'
import type { InputKind } from './input-kinds.ts'

/** What holds a member: its name is a path below a report's top folder, a field, or the input itself. */
export type Holder = 'archive' | 'folder' | 'apport' | 'none'

/**
 * What belongs together as far as containers tell: one file, one report, one folder of a crash. Members of a group are of one host.
 * Two groups may be of one host all the same: that is for what they say to tell.
 */
export interface Group {
  /** As shown: "bundle.tar!sosreport-a.tar.xz". */
  readonly name: string
  /** Index of the input that it is in. */
  readonly input: number
  /** null until something in it told. */
  kind: InputKind | null
}

interface AnyMember {
  /** Where it is, as shown: "sosreport-x.tar.xz!sys/kernel/mm/ksm/run". */
  readonly path: string
  /** Below its report's top folder, as `wants` was asked; a field's name; "" for an input that is no container. */
  readonly name: string
  readonly holder: Holder
  readonly group: Group
  /** What its first bytes look like; null for text of no certain kind. */
  readonly looksLike: InputKind | null
  /** Why it is shorter than it was, one phrase; null while nothing is known of that. Text: certain when it has been read. */
  cut: string | null
}

/** A dump, as a file. */
export interface DumpMember extends AnyMember {
  readonly kind: 'dump'
  /** On disk until the walk is closed: the input itself, or a copy in the private folder. */
  readonly file: string
  readonly copied: boolean
}

/** A text, as bytes in UTF-8; a list of addresses is one too, mostly for a faster parser. */
export interface TextMember extends AnyMember {
  readonly kind: 'text' | 'list'
  /** To be read before the next member is asked for, once. It never throws: it ends, and `cut` says why. */
  readonly bytes: ByteStream
}

export type Member = DumpMember | TextMember

/** An input as documents name it. */
export interface WalkedInput {
  readonly name: string
  /** null while nothing told, and where it is of no known kind. */
  kind: InputKind | null
  /** Of the input itself; of a folder: those that were read. */
  bytes: number
}

/** What came of a walk over inputs. */
export interface InputWalk extends AsyncIterable<Member> {
  readonly inputs: readonly WalkedInput[]
  /** What was skipped, cut or not readable; grows while the walk goes on. */
  readonly problems: readonly Problem[]
  /** The lines of a text, to be read instead of its bytes; what is no text in it, and lines that are too long, become problems. */
  lines(member: TextMember): AsyncIterable<LineBatch>
  /** Removes the private folder: after that the copied dumps are gone. */
  close(): void
}
