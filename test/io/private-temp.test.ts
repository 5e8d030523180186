import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ByteReader } from '../../src/io/byte-reader.ts'
import { PrivateTemp } from '../../src/io/private-temp.ts'
import { StreamEnded } from '../../src/io/stream-ended.ts'
import { buildOnly } from '../support/build-only.ts'
import { sleep } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { pieces } from '../support/packers.ts'

const scratch = scratchFolder()
afterAll(() => scratch.remove())

/** A folder of its own for each test, to see all that is made in it. */
function parent(name: string): string {
  const path = join(scratch.path, name)
  mkdirSync(path)
  return path
}

const reader = (bytes: Uint8Array): ByteReader => new ByteReader(pieces(bytes, 1000))
const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0xff))

describe('the private folder', () => {
  test('is made with the first file, for this user only, and is gone after remove', async () => {
    const where = parent('made')
    const temp = new PrivateTemp(1e9, where)
    expect([temp.folder, readdirSync(where)]).toEqual([null, []])
    const first = await temp.spool(reader(bytes))
    const second = await temp.spool(reader(bytes.subarray(0, 10)))
    expect([first.bytes, first.ended, second.bytes]).toEqual([10_000, null, 10])
    expect(readFileSync(first.path).equals(bytes)).toBe(true)
    expect(temp.folder).not.toBeNull()
    expect(readdirSync(where)).toEqual([temp.folder!.slice(where.length + 1)])
    expect(statSync(temp.folder!).mode & 0o777).toBe(0o700)
    expect(statSync(first.path).mode & 0o777).toBe(0o600)
    expect(join(temp.folder!, 'dump-1')).toBe(first.path)
    temp.remove()
    temp.remove()
    expect(readdirSync(where)).toEqual([])
  })

  test('keeps to its limit over all files, and says so', async () => {
    const temp = new PrivateTemp(12_000, parent('limit'))
    expect((await temp.spool(reader(bytes))).ended).toBeNull()
    const second = await temp.spool(reader(bytes))
    expect(second.bytes).toBe(2000)
    expect(second.ended).toMatchObject({
      by: 'limit',
      message: expect.stringMatching(/only its first 2\.0 KiB were unpacked/),
    })
    expect(statSync(second.path).size).toBe(2000)
    temp.remove()
  })

  test('keeps what a stream gave before it ended early', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes
      throw new StreamEnded('cut', 'cut off')
    }
    const temp = new PrivateTemp(1e9, parent('broken'))
    const { path, ended } = await temp.spool(new ByteReader(broken()))
    expect(ended).toMatchObject({ by: 'cut' })
    expect(statSync(path).size).toBe(10_000)
    temp.remove()
  })

  test('an error of ours is not swallowed', async () => {
    async function* wrong(): AsyncGenerator<Uint8Array> {
      yield bytes
      throw new TypeError('a bug')
    }
    const temp = new PrivateTemp(1e9, parent('bug'))
    await expect(temp.spool(new ByteReader(wrong()))).rejects.toThrow('a bug')
    temp.remove()
  })
})

describe('however the process ends, the folder goes', () => {
  const program = join(scratch.path, 'spool.mjs')

  beforeAll(() => {
    // a program of its own, out of the same source
    buildOnly('io/private-temp.ts', scratch.path)
    scratch.file(
      'spool.mjs',
      Buffer.from(`
        import { PrivateTemp } from './built/io/private-temp.js'
        const [where, how] = process.argv.slice(2)
        const temp = new PrivateTemp(1e9, where)
        let done = false
        await temp.spool({ next: async () => (done ? null : ((done = true), Buffer.alloc(1000))) })
        // as bin/run.js and startRun do
        if (how === 'handled') {
          let asked = false
          process.on('SIGINT', () => { if (asked) process.exit(130); asked = true })
        }
        if (how === 'uncaught') process.on('uncaughtException', () => process.exit(70))
        console.log(temp.folder)
        if (how === 'throw' || how === 'uncaught') setTimeout(() => { throw new Error('a bug') }, 10)
        else if (how === 'exit') process.exit(3)
        else if (how !== 'end') setInterval(() => {}, 1000)
      `),
    )
  })

  async function run(
    how: string,
    ...signals: NodeJS.Signals[]
  ): Promise<{ code: number | null; signal: string | null }> {
    const where = parent(`${how}-${signals.join('-')}`)
    const child: ChildProcess = spawn(process.execPath, [program, where, how], { stdio: ['ignore', 'pipe', 'ignore'] })
    const folder = await new Promise<string>((resolve) =>
      child.stdout!.once('data', (piece: Buffer) => resolve(piece.toString().trim())),
    )
    if (signals.length > 0) expect(existsSync(folder)).toBe(true)
    const closed = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal })),
    )
    for (const signal of signals) {
      child.kill(signal)
      await sleep(150)
    }
    const result = await closed
    expect(readdirSync(where)).toEqual([])
    return result
  }

  test('at its end, by process.exit, by an error', async () => {
    expect(await run('end')).toMatchObject({ code: 0 })
    expect(await run('exit')).toMatchObject({ code: 3 })
    expect(await run('uncaught')).toMatchObject({ code: 70 })
    expect((await run('throw')).code).not.toBe(0)
  })

  test('by a signal that nobody listens to', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      expect(await run('wait', signal)).toEqual({ code: null, signal })
  })

  test('by the second Ctrl-C; the first leaves it for the work that ends', async () => {
    expect(await run('handled', 'SIGINT', 'SIGINT')).toEqual({ code: 130, signal: null })
  })
})
