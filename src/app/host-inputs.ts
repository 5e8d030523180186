import type { TextEvidence } from '../diagnosis/text-evidence.ts'
import type { LogNote } from '../parsers/klog-text.ts'
import type { SosKind } from '../parsers/sos/describe.ts'
import type { Moment } from '../parsers/told.ts'
import type { DumpMember } from './member.ts'

/** A statement about a log, with the log's name. */
export type InputNote = LogNote & { input: string }

/** What the inputs give of one boot of one host. */
export interface HostInputs {
  /** As shown: the names of its inputs. */
  names: string[]
  texts: TextEvidence[]
  notes: InputNote[]
  dumps: DumpMember[]
  /** What kind of report it is. */
  sos: SosKind
  /** One of its texts is a kernel log by its look: where it reports nothing, that is an answer. */
  quiet: boolean
  /** Where a log says that this boot began, and that the next one did; null where none says it. */
  began: Moment | null
  ended: Moment | null
  /** Which boot of its host it is, a phrase; null where there is no other. */
  boot: string | null
}
