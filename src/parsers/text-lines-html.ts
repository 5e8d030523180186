/** What stands in place of a tag: a new line for blocks, a blank for cells, nothing for the rest. Unknown tags stay as they are. */
const TAGS: readonly (readonly [names: string, instead: string])[] = [
  [
    'address article aside blockquote body br center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr ' +
      'html legend li main nav ol option p pre section select table tbody textarea tfoot thead tr ul',
    '\n',
  ],
  ['td th', ' '],
  [
    'a abbr acronym b big button cite code col colgroup del em figcaption font g head i iframe img input ins kbd label link ' +
      'meta nobr path q s samp script small span strike strong style sub summary sup svg template time title tt u use var wbr',
    '',
  ],
]
const INSTEAD = new Map(TAGS.flatMap(([names, instead]) => names.split(' ').map((name) => [name, instead] as const)))

/** Entities that pages and mails hold; others stay. */
const ENTITIES = new Map<string, string>(
  Object.entries({
    lt: '<',
    gt: '>',
    amp: '&',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    ensp: ' ',
    emsp: ' ',
    thinsp: ' ',
    ndash: '--',
    mdash: '--',
    minus: '-',
    hellip: '...',
    lsquo: "'",
    rsquo: "'",
    ldquo: '"',
    rdquo: '"',
    rarr: '->',
    shy: '',
    zwnj: '',
    zwj: '',
    lbrack: '[',
    rbrack: ']',
    lsqb: '[',
    rsqb: ']',
    lowbar: '_',
    num: '#',
    vert: '|',
    verbar: '|',
    grave: '`',
    tab: '\t',
  }),
)

/** Tags that no kernel line holds: with one of them the text is a page. "<IRQ>", "<TASK>", "<one_stable_tree>" are none. */
const PAGE =
  /<!doctype html|<(?:html|body|pre|div)(?: [^<>]{0,4000})?>|<br ?\/?>|<\/(?:p|pre|div|span|a|code|td|li)>|<(?:span|a|p|td|code) [a-z-]{1,20}=/i
const TAG = /<\/?([a-z][a-z0-9]{0,15})(?:[\s/][^<>]{0,4000})?>|<!(?:doctype[^<>]{0,400}|--[^<>]{0,4000}--)>/gi
const CUT_TAG = /<\/?([a-z][a-z0-9]{0,15})(?:\s[^<>]{0,4000})?$/i
const HIDDEN = /<(script|style)(?:\s[^<>]{0,4000})?>/gi
/** Ends of what is skipped. */
const ENDS = { tag: />/g, script: /<\/script>/gi, style: /<\/style>/gi } as const
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi
/** Most lines that a tag or a script without an end may swallow. */
const MOST_SWALLOWED = 5_000

/**
 * Turns a saved page into its text: entities always, tags from the first sign that it is a page on. What looks like a tag and
 * is none stays.
 */
export class PageText {
  private page = false
  /** What is skipped until its end. */
  private until: keyof typeof ENDS | null = null
  private swallowed = 0

  /** No tag or script of an earlier line is open. */
  get idle(): boolean {
    return this.until === null
  }

  /** @returns the text of a line: itself when there is nothing to do, pieces where the page begins new lines */
  line(line: string): string | string[] {
    if (this.until === null) {
      const tags = line.includes('<')
      if (!tags && !line.includes('&')) return line
      if (!this.page && tags) this.page = mayBePage(line) && PAGE.test(line)
      if (!this.page || !tags) return entities(line)
    }
    const shown = this.tags(this.hidden(line))
    // nothing but tags
    if (shown.trim() === '') return []
    if (!shown.includes('\n')) return entities(shown)
    const pieces = shown.split('\n').filter((piece) => piece.trim() !== '')
    return pieces.map(entities)
  }

  /** Cuts out scripts, styles and tags that began on another line. */
  private hidden(line: string): string {
    let at = 0
    let shown = ''
    for (;;) {
      if (this.until !== null) {
        const end = ENDS[this.until]
        end.lastIndex = at
        if (!end.test(line)) {
          if (++this.swallowed > MOST_SWALLOWED) this.until = null
          return shown
        }
        at = end.lastIndex
        this.until = null
      }
      HIDDEN.lastIndex = at
      const found = HIDDEN.exec(line)
      if (!found) return shown + line.slice(at)
      shown += line.slice(at, found.index)
      at = HIDDEN.lastIndex
      this.swallowed = 0
      this.until = found[1]!.toLowerCase() as 'script' | 'style'
    }
  }

  private tags(line: string): string {
    const cut = CUT_TAG.exec(line)
    let text = line
    if (cut && INSTEAD.has(cut[1]!.toLowerCase())) {
      text = line.slice(0, cut.index)
      this.until = 'tag'
      this.swallowed = 0
    }
    return text.replace(TAG, (tag, name: string | undefined) =>
      name === undefined ? '' : (INSTEAD.get(name.toLowerCase()) ?? tag),
    )
  }
}

/** Letters that the tags of PAGE begin with, and "/", "!". */
const TAG_STARTS = new Set([...'abcdhpst/!'].map((char) => char.charCodeAt(0)))

/** Cheap: "<" of a log ("[<ffffffff8115af54>]", "<3>") begins no tag. */
function mayBePage(line: string): boolean {
  for (let i = line.indexOf('<'); i >= 0; i = line.indexOf('<', i + 1)) {
    const code = line.charCodeAt(i + 1)
    if (TAG_STARTS.has(code >= 0x41 && code <= 0x5a ? code | 0x20 : code)) return true
  }
  return false
}

function entities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(ENTITY, (entity, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? entity
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : entity
  })
}
