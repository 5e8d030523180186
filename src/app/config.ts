import { KsmDumpError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { printable } from '../base/text.ts'
import { userConfig } from '../io/user-config.ts'

/**
 * Defaults out of the user's file, by the name of the flag that each stands for. zod is loaded only where there is such a file: it
 * costs as much as the start of Node.
 * @throws KsmDumpError bad-config, with the file and the key
 */
export async function configDefaults(): Promise<Readonly<Record<string, unknown>>> {
  const config = userConfig()
  if (config === null) return {}
  const wrong = (what: string): KsmDumpError =>
    new KsmDumpError('bad-config', `The configuration ${config.path}: ${printable(what)}.`, {
      advice: 'KSM_DUMP_CONFIG=none does without; docs/environment.md has all keys.',
    })
  let value: unknown
  try {
    value = JSON.parse(config.text)
  } catch (error) {
    throw wrong(`it is no JSON: ${(error as Error).message}`)
  }
  const { CONFIG_KEYS, ConfigFile } = await import('./config-schema.ts')
  const { data, error } = ConfigFile.safeParse(value)
  if (data) return Object.fromEntries(Object.entries(data).map(([key, set]) => [flagName(key), set]))
  const [issue] = error.issues
  if (issue?.code !== 'unrecognized_keys')
    throw wrong(issue && issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : 'it is no object')
  const key = issue.keys[0]!
  const meant = nearest(key, CONFIG_KEYS)
  throw wrong(
    `${key}: there is no such key${meant === null ? '.' : `, did you mean ${meant}?`} Keys are ${CONFIG_KEYS.join(', ')}`,
  )
}

/** failOn is --fail-on. */
function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
