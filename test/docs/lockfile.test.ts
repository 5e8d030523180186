import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Entry {
  version?: string
  resolved?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const lock = JSON.parse(readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8')) as {
  packages: Record<string, Entry>
}

// `npm ci` refuses a lock file that lacks an entry, also one of a platform that a registry did not serve when the file was made.
test('package-lock.json: every dependency has an entry, and none names a registry', () => {
  const names = Object.keys(lock.packages)
  const missing: string[] = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    expect([path, entry.resolved]).toEqual([path, undefined])
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (!names.some((each) => each.endsWith(`node_modules/${name}`))) missing.push(`${path} -> ${name}`)
    }
  }
  expect(missing).toEqual([])
})
