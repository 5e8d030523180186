const DAMAGE = /[\u0000\u000d\u001b\u00a0\u200b-\u200f\u2060\ufeff&]|<br/
const COLOURS = /\u001b\[[\d;?]{0,24}[A-Za-z]?/g
/** U+00A0, also where its UTF-8 was read as Latin-1. */
const NO_BREAK = /\u00c2?\u00a0/g
const INVISIBLE = /[\u0000\u001b\u200b-\u200f\u2060\ufeff]/g
const ENTITIES = /&(lt|gt|amp|quot|nbsp|#39|#x27|#160);/g
const CHARACTERS: Readonly<Record<string, string>> = {
  ...{ lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ' },
  ...{ '#39': "'", '#x27': "'", '#160': ' ' },
}
const BREAKS = /\r|<br ?\/?>/
/** Lines that one line of a web page may hold. */
const MOST = 512

/** Undoes what consoles, mail and web pages did to a line: colours, carriage returns, entities, blanks that are none. */
export function cleanLines(line: string): string[] {
  if (!DAMAGE.test(line)) return [line]
  const text = line
    .replace(COLOURS, '')
    .replace(NO_BREAK, ' ')
    .replace(INVISIBLE, '')
    .replace(ENTITIES, (whole, name: string) => CHARACTERS[name] ?? whole)
  return text.split(BREAKS, MOST)
}
