import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { fileSource } from '../../src/io/file-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function path(name: string, bytes: Uint8Array): string {
  const full = join(folder, name)
  writeFileSync(full, bytes)
  return full
}

test('reads from any place, fewer bytes at the end', () => {
  const name = path('ten', Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  const source = fileSource(name)
  expect(source).toMatchObject({ name, size: 10 })
  const into = new Uint8Array(4)
  expect(source.read(2, into)).toBe(4)
  expect([...into]).toEqual([2, 3, 4, 5])
  expect(source.read(8, into)).toBe(2)
  for (const at of [10, 2 ** 60, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(source.read(at, into)).toBe(0)
  source.close()
  source.close()
})

test('a file that shrinks gives fewer bytes', () => {
  const name = path('shrinks', new Uint8Array(100))
  const source = fileSource(name)
  truncateSync(name, 50)
  expect(source.read(40, new Uint8Array(20))).toBe(10)
  source.close()
})

test('reading after close is read-failed', () => {
  const source = fileSource(path('closed', new Uint8Array(10)))
  source.close()
  expect(() => source.read(0, new Uint8Array(4))).toThrow(expect.objectContaining({ code: 'read-failed', at: '0x0' }))
})

test.each([
  ['a missing file', () => join(folder, 'none'), 'not-found'],
  ['a path through a file', () => join(path('plain', new Uint8Array(1)), 'x'), 'not-found'],
  ['a directory', () => folder, 'is-a-directory'],
  ['an empty file', () => path('empty', new Uint8Array(0)), 'is-empty'],
  ['a device', () => '/dev/null', 'not-a-dump'],
  [
    'a pipe, without waiting for its writer',
    () => {
      const name = join(folder, 'pipe')
      execFileSync('mkfifo', [name])
      return name
    },
    'not-a-dump',
  ],
])('%s', (_name, make, code) => {
  const name = make()
  expect(() => fileSource(name)).toThrow(expect.objectContaining({ code, input: name, advice: expect.any(String) }))
})

// root may read everything
test.skipIf(process.getuid?.() === 0)('a file that belongs to somebody else', () => {
  const name = path('secret', new Uint8Array(10))
  chmodSync(name, 0)
  expect(() => fileSource(name)).toThrow(expect.objectContaining({ code: 'no-permission', advice: expect.any(String) }))
})
