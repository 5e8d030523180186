import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentsOf, packed, scratchFolder } from '../support/containers.ts'
import { FIXTURES } from '../support/corpus.ts'
import { type Areas, damages } from '../support/damage.ts'
import { type KdumpFile, writeKdump } from '../support/dump-writer.ts'

// Random damage, seeded: the real binary answers in bounded time and memory, and never with other numbers than the undamaged
// dump's unless it says that something is wrong. Raw pages have no checksum, so there it is our own checks that have to notice.

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const folder = scratchFolder()
afterAll(folder.remove)

const SECONDS = 20
const MEGABYTES = 1200

interface Result {
  status: number | null
  stdout: string
  stderr: string
  seconds: number
  peakMb: number
}

function run(path: string): Promise<Result> {
  return new Promise((resolve) => {
    const started = performance.now()
    const child = spawn(process.execPath, [bin, 'analyze', path, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    let peakMb = 0
    child.stdout.on('data', (piece: Buffer) => {
      stdout += piece.toString()
    })
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString()
    })
    const look = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'latin1')
        peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
      } catch {
        // gone already, or no /proc here
      }
    }, 25)
    const timer = setTimeout(() => child.kill('SIGKILL'), (SECONDS + 5) * 1000)
    child.on('close', (status) => {
      clearInterval(look)
      clearTimeout(timer)
      resolve({ status, stdout, stderr, seconds: (performance.now() - started) / 1000, peakMb })
    })
  })
}

/** The document without what names the file, and without how much of it was read. */
function numbers(document: Record<string, unknown>): string {
  const { inputs: _inputs, image: _image, coverage: _coverage, ...rest } = document
  return JSON.stringify(rest, (key, value) => (key === 'input' ? null : (value as unknown)))
}

/** Whether the document says that something is wrong. */
function warns(document: {
  partial: boolean
  problems: unknown[]
  ksm: null | { census: { agree: boolean | null }; longest: { checks: null | Record<string, number> }[] }
}): boolean {
  if (document.partial || document.problems.length > 0 || document.ksm === null) return true
  return (
    document.ksm.census.agree !== true ||
    document.ksm.longest.some((node) => node.checks && Object.values(node.checks).some((bad) => bad > 0))
  )
}

let raw: KdumpFile
let zlib: Uint8Array
let wanted: string
beforeAll(async () => {
  zlib = readFileSync(join(FIXTURES, '6.1-small.vmcore'))
  raw = writeKdump(packed(await contentsOf(join(FIXTURES, '6.1-small.vmcore')), 'raw'))
  const whole = await run(folder.file('whole', raw.bytes))
  expect(whole.status).toBe(0)
  wanted = numbers(JSON.parse(whole.stdout) as Record<string, unknown>)
})

const COUNT = { raw: 60, zlib: 20 }

test.each([
  ['raw pages', COUNT.raw, () => raw.bytes, () => raw.at],
  [
    'zlib pages',
    COUNT.zlib,
    () => zlib,
    (): Areas => ({ existing: 4096 * 3, dumped: 4096 * 4, descriptors: 4096 * 5, data: 4096 * 5 + 24 * 12898 }),
  ],
] as const)('damaged variants of 6.1-small, %s: %i', { timeout: 600_000 }, async (_name, count, source, areas) => {
  const bytes = source()
  const variants = damages(count, areas(), bytes.length)
  const faults: string[] = []
  const statuses = new Map<number | null, number>()
  let next = 0
  const worker = async (id: number): Promise<void> => {
    for (let i = next++; i < variants.length; i = next++) {
      const { name, apply } = variants[i]!
      const result = await run(folder.file(`damaged-${id}`, apply(Uint8Array.from(bytes))))
      const fault = faultOf(result)
      statuses.set(result.status, (statuses.get(result.status) ?? 0) + 1)
      if (fault !== null) faults.push(`${name}: ${fault}`)
    }
  }
  await Promise.all([worker(0), worker(1)])
  expect(faults).toEqual([])
  // damage that nothing notices would make this test worthless, and so would damage that always kills
  expect(statuses.size).toBeGreaterThan(1)
})

function faultOf({ status, stdout, stderr, seconds, peakMb }: Result): string | null {
  if (![0, 3, 4, 5].includes(status ?? -1)) return `exit ${status}: ${stderr.slice(0, 500)}`
  if (seconds > SECONDS) return `${seconds.toFixed(1)} s`
  if (peakMb > MEGABYTES) return `${peakMb.toFixed(0)} MB`
  if (/\n {4}at /.test(stderr)) return `a stack trace: ${stderr.slice(0, 500)}`
  let document: Parameters<typeof warns>[0] & Record<string, unknown>
  try {
    document = JSON.parse(stdout)
  } catch {
    return `no JSON: ${stdout.slice(0, 200)}`
  }
  if (status === 3 || status === 5) return document.problems.length > 0 ? null : 'refused without a reason'
  return numbers(document) === wanted || warns(document) ? null : 'other numbers, and nothing says so'
}
