import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzed } from './analyzed.ts'
import { FIXTURES } from './corpus.ts'

/** What must be found in a hang, whether a dump or a text shows it. */
export interface Essentials {
  release: string
  walker: { pid: number; comm: string }
  walked: { address: string; length: number }
  pattern: string
  /** By pid. */
  waiters: { pid: number; waitsFor: string }[]
}

/** A recorded crash session. */
export interface CrashSession {
  name: string
  path: string
  text: string
}

const FOLDER = join(FIXTURES, 'crash')

/** Every session of fixtures/crash. */
export function crashSessions(): CrashSession[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => ({
      name: basename(file, '.txt'),
      path: join(FOLDER, file),
      text: readFileSync(join(FOLDER, file), 'utf8'),
    }))
}

const asked = new Map<string, Promise<Essentials>>()

/** What the dump of a session shows: asked anew where the dump is a fixture, else as it was noted when the session was recorded. */
export function essentialsOf({ name }: CrashSession): Promise<Essentials> {
  const known = asked.get(name) ?? ask(name)
  asked.set(name, known)
  return known
}

async function ask(name: string): Promise<Essentials> {
  const dump = join(FIXTURES, `${name}.vmcore`)
  if (existsSync(dump)) return essentials((await analyzed(dump)).document)!
  return JSON.parse(readFileSync(join(FOLDER, `${name}.truth.json`), 'utf8')) as Essentials
}

/** The essentials of a verdict, null when it sees no hang. */
export function essentials({ hang, kernel }: AnalyzeReport): Essentials | null {
  if (hang === null) return null
  return {
    release: kernel?.release ?? '',
    walker: { pid: hang.holder!.pid!, comm: hang.holder!.comm! },
    walked: { address: hang.node?.address ?? '', length: hang.node?.length ?? 0 },
    pattern: hang.pattern!,
    waiters: hang.waiters.map(({ pid, waitsFor }) => ({ pid: pid!, waitsFor })).sort((a, b) => a.pid - b.pid),
  }
}

/** The commands of a session with what they printed, each as if it were pasted alone. */
export function commandsOf(text: string): { command: string; output: string }[] {
  return text
    .split(/^(?=crash> )/m)
    .slice(1)
    .map((piece) => ({ command: piece.slice('crash> '.length, piece.indexOf('\n')), output: piece }))
}

/** What the command printed that begins so, without the command itself. */
export function printedBy(text: string, start: string): string {
  const found = commandsOf(text).find(({ command }) => command.startsWith(start))
  return found ? found.output.slice(found.output.indexOf('\n') + 1) : ''
}
