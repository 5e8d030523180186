import { hex } from '../base/text.ts'
import type { VirtAddr } from '../base/units.ts'
import type { Processes } from '../kernel/processes.ts'
import type { Kernel } from '../kernel/types.ts'
import { walkSeconds } from '../ksm/cost.ts'
import { END_END } from '../ksm/hlist-walk.hot.ts'
import { listEnd, whyUnreadable } from '../ksm/list-end.ts'
import type { OneList } from '../ksm/one-list.ts'
import { commonMembers, type Opened } from './common.ts'
import { nodeRow, ownerRows } from './node-rows.ts'
import type { WalkReport } from './schema.ts'

/** What `walk` found; null where it did not come so far. */
export interface FoundList {
  kernel: Kernel | null
  list: OneList | null
  processes: Processes | null
  /** The address that was given; null for a page frame. */
  asked: VirtAddr | null
}

/** Builds the document of `walk`. */
export function walkDocument(opened: Opened, { kernel, list, processes, asked }: FoundList): WalkReport {
  const ended = list?.end ?? END_END
  return {
    schema: 'ksm-dump/walk/1',
    ...commonMembers(opened, list?.content ?? null),
    start: {
      address: list ? hex(list.start.address) : asked === null ? null : hex(asked),
      takenFor: list?.start.takenFor ?? null,
    },
    node: kernel && list ? nodeRow(kernel, list.layout, list.nodes, list.row) : null,
    length: list?.length ?? null,
    end: list ? listEnd(ended) : null,
    endAt: list && ended !== END_END && list.endAt !== 0n ? hex(list.endAt) : null,
    endWhy: list && list.why !== 0 ? whyUnreadable(list.why) : null,
    checks: list?.checks ?? null,
    walkSeconds: list ? walkSeconds(list.length) : null,
    owners: kernel && list && processes ? ownerRows(kernel, list.owners, processes) : [],
  }
}
