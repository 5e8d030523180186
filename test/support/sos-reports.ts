import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Links } from '../../src/io/member-names.ts'
import { sosMember } from '../../src/parsers/sos/members.ts'
import type { SosMember } from '../../src/parsers/sos/sos-member.ts'
import type { Told } from '../../src/parsers/told.ts'
import { CORPUS } from './corpus.ts'
import { fed } from './host-texts.ts'

/** What a report of inputs/sos-small must give, as far as text parsers alone can tell. */
export interface Expected {
  case: string
  kind: string
  kernel?: { release: string }
  hostname?: string | null
  numaNodes?: number | null
  cpus?: number | null
  guests?: string[] | null
  ksm?: { counters: Record<string, number> | null; advisorMode?: string; bounded: boolean | null }
  numad?: { running: boolean; pid: number | null }
  hang?: { numadLog?: string } | null
  obfuscated?: boolean
  nested?: Record<string, Expected>
}

export interface SmallReports {
  /** Archives, unpacked trees and folders by their name in expect.json. */
  expected: Record<string, Expected>
  /** Where the generator wrote them. */
  made: string
  /** Unpacks an archive, once. @returns the folder that has its top folder */
  unpacked(archive: string): string
  remove(): void
}

/** Makes the small sosreports of the inputs beside the corpus, in a temporary folder; null, loudly, when there are none. */
export function smallReports(): SmallReports | null {
  const generator = CORPUS === null ? null : join(CORPUS, '..', 'inputs', 'sos-small', 'make-sos.mjs')
  if (generator === null || !existsSync(generator)) {
    console.warn('SKIPPED: no inputs/sos-small beside KSM_DUMP_CORPUS: no report was read')
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-sos-'))
  const made = join(folder, 'made')
  mkdirSync(made)
  execFileSync(process.execPath, [generator, made, '--trees'], { stdio: ['ignore', 'ignore', 'inherit'] })
  let count = 0
  const known = new Map<string, string>()
  return {
    made,
    expected: JSON.parse(readFileSync(join(made, 'expect.json'), 'utf8')) as Record<string, Expected>,
    unpacked: (archive) => {
      const path = resolve(made, archive)
      const target = known.get(path) ?? join(folder, `unpacked-${count++}`)
      if (known.has(path)) return target
      known.set(path, target)
      mkdirSync(target)
      try {
        execFileSync('tar', ['-xf', path, '-C', target], { stdio: 'ignore' })
      } catch {
        // tar refuses some members of a hostile archive and unpacks the rest
      }
      return target
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The one folder in a folder: an archive's top. */
export function topOf(folder: string): string {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory())
  const top = folders.find((each) => each.name.startsWith('sos')) ?? folders[0]
  if (!top) throw new Error(`no folder in ${folder}`)
  return join(folder, top.name)
}

export interface Reading {
  /** Paths of all members. */
  members: string[]
  /** Wanted members, each once, by the path that has its text. */
  wanted: Map<string, SosMember>
  /** By the path that has the text. */
  told: Map<string, Told[]>
}

/** Reads an unpacked report as a reader of archives does: links lead to members of the report or nowhere. */
export function readReport(top: string): Reading {
  const files = new Set<string>()
  const links = new Map<string, string>()
  const walk = (folder: string): void => {
    for (const name of readdirSync(join(top, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`
      const found = lstatSync(join(top, path))
      if (found.isSymbolicLink()) links.set(path, readlinkSync(join(top, path)))
      else if (found.isDirectory()) walk(path)
      else if (found.isFile()) files.add(path)
    }
  }
  walk('')
  const known = new Links()
  for (const [name, target] of links) known.add(name, target)
  const wanted = new Map<string, SosMember>()
  const told = new Map<string, Told[]>()
  for (const path of [...files, ...links.keys()]) {
    const member = sosMember(path)
    const target = member && known.resolve(path)
    if (!member || target === null || !files.has(target) || wanted.has(target)) continue
    wanted.set(target, sosMember(target) ?? member)
    if (typeof member.parser === 'string') continue
    told.set(target, fed(member.parser(), readFileSync(join(top, target), 'utf8')))
  }
  return { members: [...files, ...links.keys()], wanted, told }
}
