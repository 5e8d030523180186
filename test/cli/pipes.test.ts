import { createHash } from 'node:crypto'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, fixture, shell, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import type { Truth } from '../support/corpus.ts'

// Readers that go away, disks that are full, and what a run leaves behind.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const dump = fixture('7.2-small.vmcore')
const truth = JSON.parse(readFileSync(fixture('7.2-small.truth.json'), 'utf8')) as Truth
const chain = truth.nodes.find((each) => each.kind === 'chain')!

describe('a reader that goes away', () => {
  const env = { DUMP: dump, NODE_ADDRESS: chain.address }

  test.each([
    ['walk --addresses | head -1', '$KSM_DUMP walk "$DUMP" $NODE_ADDRESS --addresses | head -n 1', /^[0-9a-f]{16}\n$/],
    [
      'nodes --json | head -c 100',
      '$KSM_DUMP nodes "$DUMP" --json | head -c 100',
      /^\{\n {2}"schema": "ksm-dump\/nodes\/1"/,
    ],
    ['analyze | head -1', '$KSM_DUMP analyze "$DUMP" | head -n 1', /^OK: /],
    ['--help | true', '$KSM_DUMP --help | true', /^$/],
    ['a message on stderr that nobody reads', '$KSM_DUMP info /no/dump 2>&1 >/dev/null | true', /^$/],
  ])('%s', async (name, line, says) => {
    const run = await shell(`${line}; echo "\${PIPESTATUS[0]}" >&2`, { env })
    expect(run.stdout).toMatch(says)
    expect([name, run.stderr]).toEqual([name, name.includes('message') ? '3\n' : '0\n'])
  })

  test('all addresses come when the reader stays, slow as it may be', async () => {
    const run = await shell('$KSM_DUMP walk "$DUMP" $NODE_ADDRESS --addresses | (sleep 0.5; cat)', { env })
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/^([0-9a-f]{16}\n)+$/)
    const lines = run.stdout.trimEnd().split('\n')
    expect(lines.length).toBe(chain.length)
    expect(new Set(lines).size).toBe(chain.length)
  })
})

describe('output that can not be written', () => {
  test.each([
    ['text', '$KSM_DUMP analyze "$DUMP" >/dev/full'],
    ['JSON', '$KSM_DUMP info "$DUMP" --json >/dev/full'],
    ['addresses', '$KSM_DUMP walk "$DUMP" $NODE_ADDRESS --addresses >/dev/full'],
    ['help', '$KSM_DUMP --help >/dev/full'],
  ])('%s: one message, exit 4', async (_, line) => {
    if (!existsSync('/dev/full')) return
    const run = await shell(line, { env: { DUMP: dump, NODE_ADDRESS: chain.address } })
    expect([run.code, run.stdout]).toEqual([4, ''])
    expect(run.stderr).toMatch(/^ksm-dump: standard output can not be written: ENOSPC[^\n]*\n$/)
  })

  test('a full stderr loses the message, not the exit code', async () => {
    if (!existsSync('/dev/full')) return
    expect((await shell('$KSM_DUMP info /no/dump 2>/dev/full')).code).toBe(3)
  })
})

describe('what a run leaves behind', () => {
  const copy = join(scratch.path, 'read-only.vmcore')
  const sum = (): string => createHash('sha256').update(readFileSync(copy)).digest('hex')

  beforeAll(() => {
    scratch.file('read-only.vmcore', readFileSync(dump))
    chmodSync(copy, 0o444)
  })

  test('the dump as it was, and nothing in the folders for temporary files, caches and settings', async () => {
    const before = { sum: sum(), mtime: statSync(copy).mtimeMs }
    const home = join(scratch.path, 'home')
    mkdirSync(join(home, 'tmp'), { recursive: true })
    const env = {
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      XDG_CACHE_HOME: undefined,
      XDG_CONFIG_HOME: undefined,
      XDG_DATA_HOME: undefined,
    }
    for (const args of [
      ['analyze', copy],
      ['nodes', copy, '--json'],
      ['walk', copy, chain.address],
      ['info', copy],
    ])
      expect((await cli(args, { env, cwd: home })).code).toBe(0)
    expect((await cli(['info', join(home, 'tmp')], { env, cwd: home })).code).toBe(3)
    expect({ sum: sum(), mtime: statSync(copy).mtimeMs }).toEqual(before)
    expect(readdirSync(home, { recursive: true })).toEqual(['tmp'])
  })

  test('the dump is opened for reading only, and once', async (context) => {
    const log = join(scratch.path, 'strace.log')
    const run = await shell(
      'command -v strace >/dev/null || exit 99; strace -f -e trace=openat,open,creat -o "$LOG" $KSM_DUMP info "$DUMP"',
      { env: { LOG: log, DUMP: copy } },
    )
    if (run.code !== 0) skipLoudly(context, 'strace is not there or may not trace')
    const opens = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(copy))
    expect(opens.length).toBe(1)
    expect(opens[0]).toContain('O_RDONLY')
  })

  test('a file that is being replaced while it is read: the one that was opened is read', async () => {
    // an open descriptor, not the name: what the shell has open under /dev/fd has a size like any file
    if (!existsSync('/proc/self/fd')) return
    const fd = openSync(copy, 'r')
    const run = await cli(['info', `/proc/${process.pid}/fd/${fd}`])
    closeSync(fd)
    expect([run.code, run.stderr]).toEqual([0, ''])
  })
})
