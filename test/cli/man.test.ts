import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program, ROOT, skipLoudly } from '../support/cli.ts'

// man/: made from the help, fresh, and taken without a warning by the programs that show them.

const pages = readdirSync(join(ROOT, 'man'))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

test('are what the manifest and docs/ make', async () => {
  const script = '../../scripts/man-pages.mjs'
  const { manPages } = (await import(script)) as { manPages(root: string): Record<string, string> }
  const fresh = manPages(ROOT)
  expect(pages.toSorted()).toEqual(Object.keys(fresh).toSorted())
  for (const [page, roff] of Object.entries(fresh)) expect(read(`man/${page}`)).toBe(roff)
})

test('package.json names them all', () => {
  const { man } = JSON.parse(read('package.json')) as { man: string[] }
  expect(man.toSorted()).toEqual(pages.map((page) => `./man/${page}`).toSorted())
})

/** Runs a checker over every page; skips where it is absent. */
async function checked(context: { skip(note?: string): never }, command: string, args: string[]): Promise<string[]> {
  const shown: string[] = []
  for (const page of pages) {
    const run = await program(command, [...args, join(ROOT, 'man', page)], { env: { MANWIDTH: '80' } }).catch(
      () => null,
    )
    if (run === null) skipLoudly(context, `${command} is not installed: the man pages were not checked with it`)
    expect([page, run.code, run.stderr]).toEqual([page, 0, ''])
    shown.push(run.stdout)
  }
  return shown
}

describe('no warning', () => {
  test('of mandoc', async (context) => {
    expect((await checked(context, 'mandoc', ['-T', 'lint', '-W', 'warning'])).join('')).toBe('')
  })

  test('of man: and the page shows options, exit codes and variables as they are typed', async (context) => {
    const shown = await checked(context, 'man', ['--warnings', '-E', 'ascii', '-l'])
    const analyze = shown[pages.indexOf('ksm-dump-analyze.1')]!.replaceAll(/.\u0008/g, '')
    for (const words of [
      '--fail-on',
      '-o, --output FILE',
      'EXIT STATUS',
      'KSM_DUMP_CONFIG',
      'analyze --from report.json',
    ])
      expect(analyze).toContain(words)
    expect(analyze).toMatch(/^ +130 +interrupted by Ctrl-C/m)
  })
})
