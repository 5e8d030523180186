import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, fixture } from '../support/cli.ts'

// The flags of redaction, on a real report with the name of a host in it.

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => join(folder, name)
const saved = file('saved.json')
const dump = fixture('6.1-hang.vmcore')

beforeAll(async () => {
  const { stdout } = await cli(['analyze', dump, '--json'])
  writeFileSync(saved, stdout.replace('"name": "(none)"', '"name": "hv7.acme.example"'))
})

/** Every form of the saved report, by one run. */
async function forms(way: string, input: readonly string[], ...flags: string[]): Promise<Record<string, string>> {
  const names = ['text', 'json', 'launchpad', 'markdown']
  const targets = names.flatMap((name) => [`--${name}`, '-o', file(`${way}.${name}`)])
  const { code, stdout, stderr } = await cli(['analyze', ...input, ...targets, ...flags])
  expect([code, stdout, stderr]).toEqual([0, '', ''])
  return Object.fromEntries(names.map((name) => [name, readFileSync(file(`${way}.${name}`), 'utf8')]))
}

describe('redaction', () => {
  test('is on for what others read, and off for the terminal and JSON', async () => {
    const { text, json, launchpad, markdown } = await forms('default', ['--from', saved])
    expect(text).toContain('hv7.acme.example')
    expect(json).toBe(readFileSync(saved, 'utf8'))
    expect(markdown).toContain('host host-1')
    expect(`${launchpad}${markdown}`).not.toContain('hv7')
    expect((await forms('none', ['--from', saved], '--no-redact'))['markdown']).toContain('host hv7.acme.example')
  })

  test('--redact alone hides names in every form, --redact=all kernel addresses, too', async () => {
    const { address } = JSON.parse(readFileSync(saved, 'utf8')).hang.node
    const names = await forms('names', ['--from', saved], '--redact')
    for (const form of Object.values(names)) {
      expect(form).not.toContain('hv7')
      expect(form).toContain(address)
    }
    expect(JSON.parse(names['json']!).host.name).toBe('host-1')
    // redacting what is redacted changes nothing
    expect(await forms('twice', ['--from', file('names.json')], '--redact=names')).toEqual(names)
    for (const form of Object.values(await forms('all', ['--from', saved], '--redact=all')))
      expect(form).not.toMatch(/hv7|ff[0-9a-f]{14}/)
  })

  test('--from gives byte for byte what the dump gave', async () => {
    const direct = await forms('direct', [dump])
    expect(await forms('again', ['--from', file('direct.json')])).toEqual(direct)
  })

  test('--redact-map writes what stands for what, for its owner alone', async () => {
    const map = file('map.json')
    const run = await cli(['analyze', '--from', saved, '--launchpad', '--redact-map', map])
    expect(run.stdout).toMatch(/^ksm-dump /)
    expect(JSON.parse(readFileSync(map, 'utf8'))).toMatchObject({ 'host-1': 'hv7.acme.example' })
    expect(statSync(map).mode & 0o777).toBe(0o600)
    const again = await cli(['analyze', '--from', saved, '--launchpad', '--redact-map', map])
    expect([again.code, again.stdout]).toEqual([2, ''])
  })

  test.each([
    [['--redact=maybe'], /one of: names, all/],
    [['--no-redact=1'], /takes no value/],
    [['--redact', '--no-redact'], /cannot also be provided/],
    [['--redact-map', 'm'], /nothing is redacted/],
    [['--markdown', '-o', 'm', '--redact-map', 'm'], /file of its own/],
  ])('%j is refused', async (flags, says) => {
    const run = await cli(['analyze', '--from', saved, ...flags], { cwd: folder })
    expect([run.code, run.stdout]).toEqual([2, ''])
    expect(run.stderr.replace(/\s+›?\s*/g, ' ')).toMatch(says)
  })
})
