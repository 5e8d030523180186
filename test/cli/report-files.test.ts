import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cli, fixture } from '../support/cli.ts'

// The report's files: whole or not at all, in the order of the flags, and again from the JSON without the dump.

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => join(folder, name)
const dump = fixture('6.1-small.vmcore')
const session = fixture('crash/6.1-hang.txt')

describe('-o', () => {
  test('several forms, each in its file by the order of the flags; the name says nothing', async () => {
    const [json, text] = [file('a.txt'), file('b.json')]
    const run = await cli(['analyze', dump, '-o', json, '--json', '--text', '-o', text])
    expect([run.code, run.stdout, run.stderr]).toEqual([0, '', ''])
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ schema: 'ksm-dump/analyze/1' })
    expect(readFileSync(text, 'utf8')).toMatch(/^[A-Z]+: /)
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.json'])
  })

  test('inputs may stand behind it', async () => {
    const path = file('before')
    expect((await cli(['analyze', '-o', path, dump])).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toMatch(/^[A-Z]+: /)
    rmSync(path)
  })

  test('what is there is not overwritten without --force', async () => {
    const path = file('there')
    writeFileSync(path, 'mine')
    const refused = await cli(['analyze', dump, '-o', path])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('--force overwrites it')
    expect(readFileSync(path, 'utf8')).toBe('mine')
    expect((await cli(['analyze', dump, '--json', '-o', path, '--force'])).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toContain('"verdict"')
  })

  test('a place that can not be written leaves nothing behind', async () => {
    const before = readdirSync(folder)
    const run = await cli(['analyze', dump, '-o', join(file('none'), 'x')])
    expect(run.code).toBe(4)
    expect(run.stderr).toContain('can not be written')
    expect(readdirSync(folder)).toEqual(before)
  })

  test('a device is written to as it is', async () => {
    expect((await cli(['analyze', dump, '-o', '/dev/null'])).code).toBe(0)
  })
})

describe('--from', () => {
  test('gives every form byte for byte as the dump did', async () => {
    const saved = file('saved.json')
    const direct = await cli(['analyze', dump, '--json'])
    writeFileSync(saved, direct.stdout)
    expect((await cli(['analyze', '--from', saved, '--json'])).stdout).toBe(direct.stdout)
    expect((await cli(['analyze', '--from', saved])).stdout).toBe((await cli(['analyze', dump])).stdout)
  })

  test('of a report without an answer: the same exit, and its message alone', async () => {
    const saved = file('none.json')
    const direct = await cli(['analyze', file('no-such'), '--json', '-o', saved])
    const again = await cli(['analyze', '--from', saved, '--markdown'])
    expect([direct.code, again.code, again.stdout]).toEqual([3, 3, ''])
    expect(again.stderr).toContain('no such file')
  })

  test('of an answer with an input that could not be read: the same exit and message', async () => {
    const saved = file('some.json')
    const direct = await cli(['analyze', session, file('no-such'), '--json', '-o', saved])
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({ partial: true, verdict: { code: 'ksm-walk-hang' } })
    const again = await cli(['analyze', '--from', saved, '-q'])
    expect([direct.code, again.code]).toEqual([3, 3])
    expect(direct.stderr).toContain('PARTIAL: ')
    expect(again.stderr).toBe(direct.stderr)
    // without --from it is no input
    const wrong = await cli(['analyze', saved])
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('--from')])
  })

  test.each([
    ['no JSON', 'verdict: ok', /it is no JSON/],
    ['another document', '{"schema":"ksm-dump/nodes/1"}', /no report of ksm-dump analyze --json/],
    ['a list', '[]', /no report/],
  ])('%s', async (name, text, says) => {
    const path = file(name)
    writeFileSync(path, text)
    const run = await cli(['analyze', '--from', path])
    expect([run.code, run.stdout]).toEqual([3, ''])
    expect(run.stderr).toMatch(says)
  })
})
