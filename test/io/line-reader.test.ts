import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINE_BYTES, LineReader } from '../../src/io/line-reader.ts'
import { StreamEnded } from '../../src/io/stream-ended.ts'
import { inUtf8, markedEncoding } from '../../src/io/text-encoding.ts'
import { drained, logText, pieces } from '../support/packers.ts'

async function read(bytes: Uint8Array | string, size = 65_536): Promise<{ lines: string[]; reader: LineReader }> {
  const reader = new LineReader()
  const lines: string[] = []
  for await (const batch of reader.batches(pieces(Buffer.from(bytes), size))) {
    expect(batch.first).toBe(lines.length + 1)
    lines.push(...batch.lines)
  }
  expect(reader.count).toBe(lines.length)
  return { lines, reader }
}

describe('lines', () => {
  test('end with LF or CR LF; the last one needs no end', async () => {
    for (const size of [100, 3, 1]) {
      expect((await read('a\nb\r\n\n d \r\r\nlast', size)).lines).toEqual(['a', 'b', '', ' d ', 'last'])
      expect((await read('one\n', size)).lines).toEqual(['one'])
      expect((await read('', size)).lines).toEqual([])
      expect((await read('\n\n', size)).lines).toEqual(['', ''])
    }
  })

  test('are the same as by splitting, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'ü', '\n', '\n', '€', ' ', 'x'.repeat(200)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        async (parts, size) => {
          const text = parts.join('')
          const wanted = text.split('\n')
          if (wanted.at(-1) === '') wanted.pop()
          expect((await read(text, size)).lines).toEqual(wanted)
        },
      ),
    )
  })

  test('what is no UTF-8 becomes U+FFFD, and the line stays', async () => {
    const latin1 = Buffer.from('Fehler in Modul f\xfcr KSM\n', 'latin1')
    const { lines, reader } = await read(latin1)
    expect(lines).toEqual(['Fehler in Modul f\ufffdr KSM'])
    expect(reader.rubbishLines).toBe(0)
  })

  test('a line longer than the limit is cut there and counted, the next one is whole', async () => {
    const long = 'x'.repeat(LINE_BYTES + 10)
    for (const size of [1_000_000, 65_536, 1000]) {
      const { lines, reader } = await read(`before\n${long}\nafter\n${'y'.repeat(LINE_BYTES)}\nend`, size)
      expect(lines.map((line) => line.length)).toEqual([6, LINE_BYTES, 5, LINE_BYTES, 3])
      expect(lines[2]).toBe('after')
      expect([reader.cutLines, reader.skippedBytes]).toEqual([1, 10])
    }
  })

  test('one line of 300 MB takes no memory', async () => {
    const block = Buffer.alloc(1_000_000, ' ')
    const before = process.memoryUsage().arrayBuffers
    const reader = new LineReader()
    for (let i = 0; i < 300; i++) reader.push(block)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
    expect(reader.end().lines.map((line) => line.length)).toEqual([LINE_BYTES])
    expect(reader.skippedBytes).toBe(300_000_000 - LINE_BYTES)
  })
})

describe('rubbish', () => {
  test('NULs of a power loss are left out, the line behind them stays', async () => {
    const text = `Nov 22 15:30:12 hv kernel: before\n${'\0'.repeat(5000)}Nov 22 15:41:00 hv kernel: [    0.000000] Linux\nnext\n`
    for (const size of [65_536, 700]) {
      const { lines, reader } = await read(text, size)
      expect(lines).toEqual([
        'Nov 22 15:30:12 hv kernel: before',
        'Nov 22 15:41:00 hv kernel: [    0.000000] Linux',
        'next',
      ])
      expect([reader.rubbishLines, reader.skippedBytes]).toEqual([0, 5000])
    }
  })

  test('lines of binary are empty and counted, line numbers stay', async () => {
    const binary = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3) * 31) & 0xff).map((byte) =>
      byte === 10 ? 11 : byte,
    )
    const { lines, reader } = await read(Buffer.concat([Buffer.from('good\n'), binary, Buffer.from('\ngood again\n')]))
    expect(lines).toEqual(['good', '', 'good again'])
    expect([reader.rubbishLines, reader.skippedBytes]).toEqual([1, 5000])
  })

  test('colours, tabs and backspaces are no rubbish', async () => {
    const { lines, reader } = await read('\u001b[31m\u001b[1mred\u001b[0m\tü\b\n')
    expect([lines.length, lines[0]?.includes('red'), reader.rubbishLines]).toEqual([1, true, 0])
  })

  test('any bytes give lines, as many as they have ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 999 }), async (bytes, size) => {
        const ends = bytes.filter((byte) => byte === 10).length
        const more = bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0
        expect((await read(bytes, size)).lines.length).toBe(ends + more)
      }),
    )
  })
})

test('an error of the stream comes after the lines before it', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one\ntwo')
    throw new StreamEnded('cut', 'cut')
  }
  const lines: string[] = []
  await expect(
    (async () => {
      for await (const batch of new LineReader().batches(broken())) lines.push(...batch.lines)
    })(),
  ).rejects.toBeInstanceOf(StreamEnded)
  expect(lines).toEqual(['one', 'two'])
})

test('a batch keeps no more alive than its lines: a kept line is no slice of its piece', () => {
  const reader = new LineReader()
  const kept: string[] = []
  const before = process.memoryUsage().heapUsed
  const piece = Buffer.from(`${'z'.repeat(500_000)}\na short line\n`)
  for (let i = 0; i < 400; i++) kept.push(reader.push(piece).lines[1]!)
  expect(kept.at(-1)).toBe('a short line')
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})

test('UTF-16, as PowerShell writes it, becomes UTF-8', async () => {
  const text = 'PID: 44  TASK: ffff88000c53c4c0 ü\r\nnext\r\n'
  const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
  const big = Buffer.from(little).swap16()
  for (const [bytes, name] of [
    [little, 'utf-16le'],
    [big, 'utf-16be'],
  ] as const) {
    expect(markedEncoding(bytes)).toBe(name)
    const { bytes: utf8 } = await drained(inUtf8(pieces(bytes, 5), name))
    expect((await read(utf8)).lines).toEqual(['PID: 44  TASK: ffff88000c53c4c0 ü', 'next'])
  }
  expect(markedEncoding(Buffer.from('plain'))).toBeNull()
})

test('a hundred MB of log in some seconds', { timeout: 60_000 }, () => {
  const text = logText(10_000_000)
  const reader = new LineReader()
  const cpu = process.cpuUsage()
  for (let i = 0; i < 10; i++)
    for (let at = 0; at < text.length; at += 262_144) reader.push(text.subarray(at, at + 262_144))
  const { user, system } = process.cpuUsage(cpu)
  // 0.15 to 0.3 s of CPU on a quiet machine
  expect(user + system).toBeLessThan(5e6)
})
