import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Plugin } from '@oclif/core/config'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOCUMENTS } from '../../src/document/schema.ts'
import { type CliRun, fixture, program, ROOT, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'

// What is published: the shape of the package, and that it works where nothing but it is installed.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  version: string
  files: string[]
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  engines: Record<string, string>
}

/** npm without its scripts: dist/ is there already, and other tests are using it. */
const npm = (args: readonly string[], timeout = 120_000): Promise<CliRun> =>
  program('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier'], { cwd: ROOT, timeout })

async function pack(
  ...args: string[]
): Promise<{ filename: string; files: { path: string; size: number }[]; size: number }> {
  const run = await npm(['pack', '--json', '--ignore-scripts', ...args])
  expect([run.code, run.code === 0 ? '' : run.stderr]).toEqual([0, ''])
  return JSON.parse(run.stdout)[0]
}

describe('npm pack', () => {
  test('has what runs and what is read, and nothing of the workshop', async () => {
    const { files, size } = await pack('--dry-run')
    const paths = files.map((file) => file.path)
    for (const needed of [
      'package.json',
      'oclif.manifest.json',
      'bin/run.js',
      'dist/commands/analyze.js',
      'dist/commands/_base.js',
      'dist/app/analyze.js',
      'schemas/analyze.json',
      'schemas/nodes.json',
      'schemas/walk.json',
      'schemas/info.json',
      'man/ksm-dump.1',
      'man/ksm-dump-analyze.1',
      'docs/design.md',
      'docs/json.md',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
    ])
      expect(paths).toContain(needed)
    const folders = new Set(paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))
    expect([...folders].sort()).toEqual(['bin', 'dist', 'docs', 'man', 'schemas'])
    expect(paths.filter((path) => /\.ts$|\.test\.|\.vmcore|tsbuildinfo/.test(path))).toEqual([])
    expect(size).toBeLessThan(1_000_000)
    // every module of src is there, built
    const modules = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const built = modules.filter((file) => file.endsWith('.ts')).map((file) => `dist/${file.replace(/\.ts$/, '.js')}`)
    expect(built.filter((path) => !paths.includes(path))).toEqual([])
  })

  test('names exact versions, and every import of dist is a dependency', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
    expect(manifest.engines['node']).toBe('>=20')
    const imported = new Set<string>()
    for (const file of readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.js')) continue
      for (const [, name] of read(`dist/${file}`).matchAll(
        /(?:(?<!['"])\bfrom|\bimport\(?)\s*['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/g,
      ))
        if (name !== undefined && !name.startsWith('node:')) imported.add(name)
    }
    expect(imported.size).toBeGreaterThan(3)
    for (const name of imported) expect(manifest.dependencies).toHaveProperty([name])
  })

  test('slow: installs globally from the tarball and runs there', { timeout: 240_000 }, async (context) => {
    const { filename } = await pack('--pack-destination', scratch.path)
    const prefix = join(scratch.path, 'prefix')
    mkdirSync(prefix)
    const install = await npm(
      [
        'install',
        '--global',
        '--prefix',
        prefix,
        '--prefer-offline',
        '--fetch-retries=1',
        join(scratch.path, filename),
      ],
      200_000,
    )
    if (install.timedOut || /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(install.stderr))
      skipLoudly(
        context,
        `the packages could not be fetched, so the installed package was not tried: ${install.stderr.slice(0, 300)}`,
      )
    expect([install.code, install.code === 0 ? '' : install.stderr]).toEqual([0, ''])
    const binary = join(prefix, 'bin/ksm-dump')
    const run = (args: string[]): Promise<CliRun> => program(binary, args, { cwd: scratch.path })
    expect((await run(['--version'])).stdout).toContain(`ksm-dump/${manifest.version} `)
    const info = await run(['info', fixture('6.1-small.vmcore')])
    expect([info.code, info.stderr]).toEqual([0, ''])
    expect(info.stdout).toMatch(/6\.1\.0-56-cloud-amd64/)
    const nodes = await run(['nodes', fixture('7.2-small.vmcore'), '--top', '1', '--json'])
    expect(JSON.parse(nodes.stdout)).toMatchObject({ nodes: [{ kind: 'chain', length: 5600 }] })
    expect((await run(['--help'])).stdout).toMatch(/analyze/)
    expect((await run(['walk', '/dev/null', '0x0'])).code).toBe(3)
  })
})

describe('generated files are fresh', () => {
  test.each(Object.entries(DOCUMENTS))('schemas/%s.json', (command, schema) => {
    expect(JSON.parse(read(`schemas/${command}.json`))).toEqual(
      JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))),
    )
  })

  test('there is a schema for each command that prints a document', () => {
    const { commands } = JSON.parse(read('oclif.manifest.json')) as { commands: Record<string, { flags: object }> }
    const printing = Object.entries(commands).filter(([, { flags }]) => 'json' in flags)
    expect(readdirSync(join(ROOT, 'schemas')).sort()).toEqual(printing.map(([id]) => `${id}.json`).sort())
  })

  test('oclif.manifest.json', async () => {
    const plugin = new Plugin({
      root: ROOT,
      ignoreManifest: true,
      errorOnManifestCreate: true,
      respectNoCacheDefault: true,
      type: 'core',
    })
    await plugin.load()
    expect(JSON.parse(read('oclif.manifest.json'))).toEqual(JSON.parse(JSON.stringify(plugin.manifest)))
  })
})
