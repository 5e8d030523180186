import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CliRun, program, ROOT } from './cli.ts'

/** The folder that bench/peers.sh has filled with the newest crash and drgn; null when there is none. */
const FOLDER = process.env['KSM_DUMP_PEERS'] || null

const inFolder = (name: string): boolean => FOLDER !== null && existsSync(join(FOLDER, 'usr/bin', name))

function onPath(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Whether drgn or crash can be run. */
export function hasPeer(name: 'drgn' | 'crash'): boolean {
  return inFolder(name) || onPath(name)
}

/** Runs drgn or crash in a folder of its own, with these files in it: texts, or the dumps that they are copied from. */
export async function runPeer(
  name: 'drgn' | 'crash',
  args: readonly string[],
  files: Record<string, { text: string } | { copyOf: string }>,
  stdin?: string,
): Promise<CliRun> {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-peer-'))
  try {
    for (const [file, from] of Object.entries(files)) {
      if ('text' in from) writeFileSync(join(folder, file), from.text)
      else copyFileSync(from.copyOf, join(folder, file))
    }
    const options = { cwd: folder, stdin, timeout: 300_000 }
    return inFolder(name)
      ? await program(join(ROOT, 'bench/peers.sh'), [FOLDER!, name, ...args], options)
      : await program(name, args, options)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
