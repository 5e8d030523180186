import { readFileSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { KsmDumpError } from '../base/errors.ts'

/** Largest file that is read, bytes: it has a handful of keys. */
const MOST = 65_536

/** The text of the user's file of defaults. */
export interface UserConfig {
  path: string
  text: string
}

/**
 * The user's file of defaults: what KSM_DUMP_CONFIG names ("none": no file at all), else config.json in ksm-dump's folder of
 * $XDG_CONFIG_HOME or ~/.config.
 * @returns null when there is none
 * @throws KsmDumpError bad-config: the file that KSM_DUMP_CONFIG names is not there, or one that is there can't be read
 */
export function userConfig(): UserConfig | null {
  const named = process.env['KSM_DUMP_CONFIG'] ?? ''
  if (named === 'none') return null
  const path = named === '' ? usualPlace() : named
  const found = look(path)
  if (!found && named === '') return null
  if (!found) throw unusable(path, 'it is not there (KSM_DUMP_CONFIG names it)')
  if (!found.isFile()) throw unusable(path, 'it is no file')
  if (found.size > MOST) throw unusable(path, `it is larger than ${MOST} bytes`)
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    throw unusable(path, (error as Error).message)
  }
}

/** @see the XDG base directory specification: a path there that is not absolute is to be ignored */
function usualPlace(): string {
  const base = process.env['XDG_CONFIG_HOME'] ?? ''
  return join(isAbsolute(base) ? base : join(homedir(), '.config'), 'ksm-dump', 'config.json')
}

/** Null also for a home that can't be looked into: a service has none. */
function look(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function unusable(path: string, why: string): KsmDumpError {
  return new KsmDumpError('bad-config', `The configuration ${path} can not be used: ${why}.`, {
    advice: 'KSM_DUMP_CONFIG=none does without.',
  })
}
