import type { ErrorCode } from '../base/errors.ts'

const COPY_AGAIN = 'Copy the file again from where it was made; when it is as short there, dump again.'
const SAVE_MORE = 'A dump of a lower dump level (makedumpfile -d) may have what is missing.'

/** What to try, by code, where an error or a problem does not bring advice of its own. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  'read-failed': 'The disk or the network may be failing: copy the file to a healthy one.',
  'is-a-vmlinux': 'Give the dump itself, often called vmcore or dump.<date>.',
  'damaged-header': COPY_AGAIN,
  'truncated-header': COPY_AGAIN,
  'file-truncated': COPY_AGAIN,
  'flattened-damaged': COPY_AGAIN,
  'bitmap-mismatch': COPY_AGAIN,
  'dump-incomplete': 'Dump again with more space, or with a higher dump level.',
  'split-part-missing': 'Give all parts of the dump together, in any order.',
  'pages-absent': SAVE_MORE,
  'list-damaged': '`walk` on that list tells where it breaks off; `nodes --json` has all lists.',
  'damaged-structure': 'Numbers that rest on it may be wrong; --json lists every problem.',
  'not-a-list':
    '`nodes` lists the stable_nodes of the dump; `walk` also takes an hlist_node, a struct page or pfn:0x...',
  'limit-reached': 'Raise the limit to see the rest.',
  'no-types': '`info` tells what the dump has and what would help.',
  'no-symbols': '`info` tells what the dump has and what would help.',
  'no-ksm': '`info` tells what the dump has and what would help.',
  'no-translation': '`info` tells what the dump has and what would help.',
  'other-machine': '`info` describes the dump; for the rest use crash or drgn.',
}

/** @returns one sentence, null when there is nothing to try */
export function adviceFor(code: ErrorCode): string | null {
  return ADVICE[code] ?? null
}
