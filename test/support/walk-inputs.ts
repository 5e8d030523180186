import type { Problem } from '../../src/base/errors.ts'
import type { InputLimits, Wants } from '../../src/app/input-context.ts'
import type { DumpMember, InputWalk, TextMember } from '../../src/app/member.ts'
import { INPUT_LIMITS, openInputs } from '../../src/app/open-inputs.ts'

/** A text with its lines. */
export interface ReadText extends Omit<TextMember, 'bytes'> {
  lines: string[]
}

export interface WalkedAll {
  walk: InputWalk
  texts: ReadText[]
  dumps: DumpMember[]
  problems: readonly Problem[]
  /** By the name that was asked for. */
  text(name: string): string | undefined
}

export interface WalkOptions {
  wants?: Wants
  limits?: Partial<InputLimits>
  abort?: { aborted: boolean }
  /** Called with each member before it is read. */
  seen?: (path: string) => void
}

/** Walks inputs to their end and reads every text. The caller closes the walk. */
export async function walkInputs(names: readonly string[], options: WalkOptions = {}): Promise<WalkedAll> {
  const { wants = () => true, limits = {}, abort = { aborted: false }, seen = () => {} } = options
  const walk = openInputs(names, wants, { ...INPUT_LIMITS, ...limits }, abort, () => {})
  const texts: ReadText[] = []
  const dumps: DumpMember[] = []
  for await (const member of walk) {
    seen(member.path)
    if (member.kind === 'dump') {
      dumps.push(member)
      continue
    }
    const lines: string[] = []
    for await (const batch of walk.lines(member)) lines.push(...batch.lines)
    const { bytes: _, ...rest } = member
    texts.push({ ...rest, lines })
  }
  const text = (name: string): string | undefined => {
    const found = texts.find((each) => each.name === name)
    return found === undefined ? undefined : found.lines.map((line) => `${line}\n`).join('')
  }
  return { walk, texts, dumps, problems: walk.problems, text }
}
