import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { type CliRun, cli, complaints, fixture } from '../support/cli.ts'

// The user's file of defaults: where it is looked for, what it may say, and that flags win.

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const dump = fixture('6.1-small.vmcore')

let count = 0
/** A file of defaults; what is no string is written as JSON. */
function config(content: unknown): string {
  const path = join(folder, `config-${count++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const withConfig = (args: string[], path: string, more = {}): Promise<CliRun> =>
  cli(args, { env: { KSM_DUMP_CONFIG: path, ...more } })
const threshold = (run: CliRun): string => (JSON.parse(run.stdout) as AnalyzeReport).verdict.level

describe('defaults', () => {
  test('are those of the flags, and a flag wins', async () => {
    const path = config({ threshold: 20, memory: '64M', progress: false, failOn: 'warning' })
    const run = await withConfig(['analyze', dump, '--json'], path)
    // the longest list of one stable_node has 90 rmap_items
    expect([run.code, run.stderr, threshold(run)]).toEqual([1, '', 'critical'])
    const flag = await withConfig(['analyze', dump, '--json', '--threshold', '100000'], path)
    expect([flag.code, threshold(flag)]).toEqual([0, 'ok'])
    // a command without that flag is not disturbed
    expect((await withConfig(['info', dump], path)).code).toBe(0)
  })

  test('of $XDG_CONFIG_HOME, else of ~/.config; a relative one is ignored; none does without', async () => {
    const home = join(folder, 'home')
    for (const place of ['xdg/ksm-dump', 'home/.config/ksm-dump']) mkdirSync(join(folder, place), { recursive: true })
    writeFileSync(join(folder, 'xdg/ksm-dump/config.json'), '{"threshold": 20}')
    writeFileSync(join(home, '.config/ksm-dump/config.json'), '{"threshold": 200}')
    const level = async (env: Record<string, string | undefined>): Promise<string> =>
      threshold(await cli(['analyze', dump, '--json'], { env: { KSM_DUMP_CONFIG: undefined, HOME: home, ...env } }))
    expect(await level({ XDG_CONFIG_HOME: join(folder, 'xdg') })).toBe('critical')
    expect(await level({ XDG_CONFIG_HOME: undefined })).toBe('warning')
    expect(await level({ XDG_CONFIG_HOME: 'xdg' })).toBe('warning')
    expect(await level({ XDG_CONFIG_HOME: join(folder, 'xdg'), KSM_DUMP_CONFIG: 'none' })).toBe('ok')
    expect(await level({ XDG_CONFIG_HOME: '/dev/null' })).toBe('ok')
  })

  test('a user without a home has none', async () => {
    const without = `import os from 'node:os'
      import { syncBuiltinESMExports } from 'node:module'
      os.homedir = () => { if (!process.env.HOME) throw new Error('uv_os_homedir returned ENOENT'); return process.env.HOME }
      syncBuiltinESMExports()`
    const env = { HOME: undefined, KSM_DUMP_CONFIG: undefined, XDG_CONFIG_HOME: undefined }
    const preload = `--import=data:text/javascript,${encodeURIComponent(without)}`
    const run = await cli(['analyze', dump, '-q'], { env: { ...env, NODE_OPTIONS: preload } })
    expect([run.code, run.stderr]).toEqual([0, ''])
  })

  test('--help, completion and version do not look at them', async () => {
    const path = config('broken')
    for (const args of [['--help'], ['analyze', '--help'], ['completion', 'bash'], ['version']])
      expect((await withConfig(args, path)).code).toBe(0)
  })
})

describe('a file that can not be used: exit 2, the file and the key are named', () => {
  test.each<[string, unknown, RegExp]>([
    ['an unknown key', { treshold: 5000 }, /treshold: there is no such key, did you mean threshold\?/],
    ['an unknown key like none', { zzz: 1 }, /zzz: there is no such key\. Keys are threshold, /],
    ['a threshold too small', { threshold: 5 }, /threshold: Expected a whole number of 10 or more/],
    ['a threshold that is none', { threshold: '5000' }, /threshold: Expected a whole number/],
    ['a memory without a unit', { memory: 512 }, /memory: Expected a size of 1M or more/],
    ['a memory that is none', { memory: 'much' }, /memory: Expected a size of 1M or more/],
    ['a level that is none', { failOn: 'ok' }, /failOn: Expected one of warning, critical/],
    ['a word for a switch', { progress: 'no' }, /progress: Expected true or false/],
    ['a list', [], /it is no object/],
    ['no JSON', '{"threshold": ', /it is no JSON/],
    ['a terminal escape', '{"\\u001b[31mx": 1}', /31mx: there is no such key/],
    ['a prototype', '{"__proto__": {"threshold": 1}}', /__proto__: there is no such key/],
    ['too much', `{"threshold": 5000${' '.repeat(70_000)}}`, /larger than/],
  ])('%s', async (_, content, says) => {
    const path = config(content)
    const run = await withConfig(['analyze', dump], path)
    expect([run.code, run.stdout]).toEqual([2, ''])
    expect(complaints(run, [path])).toEqual([])
    expect(run.stderr).toMatch(says)
  })

  test('one that is named and not there, a folder, one that may not be read', async (context) => {
    for (const path of [join(folder, 'nosuch.json'), folder]) {
      const run = await withConfig(['info', dump], path)
      expect(run.code).toBe(2)
      expect(complaints(run, [path])).toEqual([])
    }
    if (process.getuid?.() === 0) return context.skip('root may read everything')
    const path = config({})
    chmodSync(path, 0)
    expect((await withConfig(['info', dump], path)).code).toBe(2)
  })
})
