import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { BIN, cleanEnv, program, ROOT, skipLoudly } from '../support/cli.ts'

// docs/fleet.md: what it shows is run as it stands there. UPDATE_DOCS=1 writes the tables anew: look at the diff.

const page = readFileSync(join(ROOT, 'docs/fleet.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The first block of code under a heading. */
function block(heading: string): string {
  const found = new RegExp(`^## ${heading}[\\s\\S]*?\`\`\`bash\\n([\\s\\S]*?)\`\`\``, 'm').exec(page)?.[1]
  if (found === undefined) throw new Error(`docs/fleet.md has no block under ${heading}`)
  return found
}

const dumps = ['6.1-hang.vmcore', '6.1-small.vmcore', '7.2-small.vmcore']

/** An environment in which ksm-dump is a command. */
let path: string
beforeAll(() => {
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/ksm-dump'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 })
  path = `${join(folder, 'bin')}:${process.env['PATH']}`
})

/** An empty folder with these fixtures in dumps/. */
function workplace(name: string): string {
  const place = join(folder, name)
  mkdirSync(join(place, 'dumps'), { recursive: true })
  for (const dump of dumps) copyFileSync(join(ROOT, 'fixtures', dump), join(place, 'dumps', dump))
  return place
}

/** Verdicts by input, whatever the order of the lines. */
function verdicts(text: string): Record<string, string> {
  const lines = text.trimEnd().split('\n')
  return Object.fromEntries(
    lines.map((line) => {
      const { inputs, verdict } = JSON.parse(line) as AnalyzeReport
      return [basename(inputs[0]!.name), verdict.level]
    }),
  )
}
const EXPECTED = Object.fromEntries(dumps.map((name) => [name, name.includes('hang') ? 'critical' : 'ok']))

test('GNU parallel: every dump has its line; after a resume nothing is done twice', {
  timeout: 240_000,
}, async (context) => {
  const there = await program('parallel', ['--version']).catch(() => null)
  if (!there?.stdout.includes('GNU parallel'))
    skipLoudly(context, 'GNU parallel is not installed: its example was not run')
  const place = workplace('parallel')
  for (const _ of ['run', 'resume']) {
    const run = await program('bash', ['-c', block('GNU parallel')], {
      cwd: place,
      env: { PATH: path, HOME: folder },
      timeout: 120_000,
    })
    expect(run.code).toBe(0)
    expect(readFileSync(join(place, 'errors.log'), 'utf8').replace(/^Academic[\s\S]*?\n\n$/m, '')).not.toContain(
      'ksm-dump:',
    )
    const text = readFileSync(join(place, 'fleet.ndjson'), 'utf8')
    expect(text.trimEnd().split('\n').length).toBe(dumps.length)
    expect(verdicts(text)).toEqual(EXPECTED)
  }
})

test('the script for Slurm, with the variables of an array set by hand', { timeout: 240_000 }, async () => {
  const place = workplace('slurm')
  writeFileSync(join(place, 'dumps.txt'), dumps.map((name) => `dumps/${name}\n`).join(''))
  for (const task of ['0', '1']) {
    const run = await program('bash', ['-c', block('Slurm')], {
      cwd: place,
      env: { PATH: path, SLURM_ARRAY_TASK_ID: task, SLURM_ARRAY_TASK_COUNT: '2' },
      timeout: 120_000,
    })
    expect([run.code, run.stdout, run.stderr]).toEqual([0, '', ''])
  }
  const lines = readdirSync(join(place, 'lines')).map((file) => readFileSync(join(place, 'lines', file), 'utf8'))
  expect(lines.length).toBe(2)
  expect(verdicts(lines.join(''))).toEqual(EXPECTED)
})

describe('DuckDB', () => {
  interface Connection {
    runAndReadAll(sql: string): Promise<{ columnNames(): string[]; getRowsJson(): unknown[][] }>
  }
  let connection: Connection | null = null
  beforeAll(async () => {
    const library = '@duckdb/node-api'
    const duckdb = (await import(library).catch(() => null)) as {
      DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Connection> }> }
    } | null
    if (duckdb === null) return
    const command = /`ksm-dump (analyze --each [^`]*) > fleet\.ndjson`/.exec(page)![1]!
    const run = spawnSync('bash', ['-c', `"$NODE" "$BIN" ${command}`], {
      cwd: ROOT,
      env: cleanEnv({ NODE: process.execPath, BIN }),
      maxBuffer: 1 << 28,
    })
    writeFileSync(join(folder, 'fleet.ndjson'), run.stdout)
    connection = await (await duckdb.DuckDBInstance.create(':memory:')).connect()
  })

  test('the queries print what stands below them', async (context) => {
    if (connection === null)
      skipLoudly(context, '@duckdb/node-api is not installed: the SQL of docs/fleet.md was not run')
    let fresh = page
    let count = 0
    for (const [all, sql] of page.matchAll(/```sql\n([\s\S]*?)```\n\n(?:\|.*\n)+/g)) {
      const answer = await connection.runAndReadAll(
        sql!.replaceAll("'fleet.ndjson'", `'${join(folder, 'fleet.ndjson')}'`),
      )
      const row = (cells: unknown[]): string => `| ${cells.map((cell) => String(cell)).join(' | ')} |\n`
      const columns = answer.columnNames()
      const table = [row(columns), `|${'---|'.repeat(columns.length)}\n`, ...answer.getRowsJson().map(row)].join('')
      fresh = fresh.replace(all, () => `\`\`\`sql\n${sql}\`\`\`\n\n${table}`)
      count++
    }
    expect(count).toBeGreaterThanOrEqual(4)
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(ROOT, 'docs/fleet.md'), fresh)
    else expect(page).toBe(fresh)
  })
})
