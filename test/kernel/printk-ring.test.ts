import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogGaps, LogRecord } from '../../src/kernel/log-record.ts'
import { readPrintkRing } from '../../src/kernel/printk-ring.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { readAll, WHOLE } from '../support/log-reading.ts'
import { direct, PAGE } from '../support/memory.ts'
import { PrintkRing, type RecordRecipe } from '../support/printk-writer.ts'

function ring(countBits = 4, sizeBits = 9): { kernel: HandKernel; log: PrintkRing } {
  const kernel = new HandKernel()
  return { kernel, log: new PrintkRing(kernel, countBits, sizeBits) }
}

const read = (kernel: HandKernel): LogRecord[] => [...readPrintkRing(kernel.kernel())]
const gaps = (kernel: HandKernel): LogGaps => readAll(readPrintkRing(kernel.kernel())).gaps
const texts = (kernel: HandKernel): string[] => read(kernel).map(({ text }) => text)

describe('a log that is whole', () => {
  test('records with their number, time, level and facility, oldest first', () => {
    const { kernel, log } = ring()
    log.push('Linux version 6.1', { level: 5, nanoseconds: 0n })
    log.push('from user space', { level: 3, facility: 1, nanoseconds: 1_500_000_000n, caller: 812 })
    log.push('debug', { level: 7, state: 'committed', nanoseconds: 123_456_789_000_000n, caller: 0x80000005 })
    expect(read(kernel)).toEqual([
      { seq: 0, time: 0, level: 5, facility: 0, caller: null, text: 'Linux version 6.1' },
      { seq: 1, time: 1.5, level: 3, facility: 1, caller: 'T812', text: 'from user space' },
      { seq: 2, time: 123456.789, level: 7, facility: 0, caller: 'C5', text: 'debug' },
    ])
  })

  test('a kernel that does not say where the caller is, and one that says it is outside: no caller', () => {
    for (const at of [85, 88, 4000, 5000]) {
      const { kernel, log } = ring()
      log.push('a', { caller: 812 })
      kernel.info.push(`OFFSET(printk_info.caller_id)=${at}`)
      expect(read(kernel)).toMatchObject(at < 4096 ? [{ text: 'a', caller: null }] : [])
    }
    const { kernel, log } = ring()
    log.push('a', { caller: 812 })
    kernel.info.splice(kernel.info.indexOf('OFFSET(printk_info.caller_id)=20'), 1)
    expect(read(kernel)).toMatchObject([{ text: 'a', caller: null }])
  })

  test('several lines are one record; text is UTF-8', () => {
    const { kernel, log } = ring()
    log.push('Call Trace:\n rmap_walk_ksm+0x1a\n try_to_unmap').push('Grüße')
    expect(texts(kernel)).toEqual(['Call Trace:\n rmap_walk_ksm+0x1a\n try_to_unmap', 'Grüße'])
  })

  test('a block that wraps lies at the start of the ring', () => {
    for (const first of [430, 432, 440, 488, 496]) {
      const { kernel, log } = ring()
      log.push('x'.repeat(first))
      expect(log.place).toBeGreaterThanOrEqual(440)
      log.push('y'.repeat(70)).push('after')
      expect(texts(kernel).slice(-2)).toEqual(['y'.repeat(70), 'after'])
    }
  })

  test('a block that ends exactly at the end of the ring does not wrap', () => {
    const { kernel, log } = ring()
    log.push('x'.repeat(400)).push('y'.repeat(96))
    expect(log.place).toBe(0)
    expect(texts(kernel)).toEqual(['x'.repeat(400), 'y'.repeat(96)])
    log.push('z')
    expect(texts(kernel)).toEqual(['y'.repeat(96), 'z'])
  })

  test('many rounds of both rings: the youngest records, in order', () => {
    const { kernel, log } = ring(3, 9)
    for (let i = 0; i < 100; i++) {
      log.push(`record ${i} ${'.'.repeat((i * 7) % 60)}`)
      const found = read(kernel)
      const last = found.at(-1)!
      expect([last.seq, last.text]).toEqual([i, `record ${i} ${'.'.repeat((i * 7) % 60)}`])
      expect(found.map(({ seq }) => seq)).toEqual(found.map((_, k) => i - found.length + 1 + k))
      expect(found.length).toBeGreaterThanOrEqual(Math.min(i + 1, 5))
      expect(gaps(kernel)).toEqual(WHOLE)
    }
  })

  test('an empty record, one whose text was lost, one that is being written', () => {
    const { kernel, log } = ring()
    log
      .push('a')
      .push('', { text: 'none', length: 0 })
      .push('lost', { text: 'lost' })
      .push('half', { state: 'reserved' })
      .push('z')
    expect(read(kernel).map(({ seq, text }) => [seq, text])).toEqual([
      [0, 'a'],
      [1, ''],
      [4, 'z'],
    ])
    // the kernel itself has no more
    expect(gaps(kernel)).toEqual(WHOLE)
  })

  test('a text_len larger than the block: what the block has', () => {
    const { kernel, log } = ring()
    log.push('12345678', { length: 400 }).push('z')
    expect(texts(kernel)).toEqual(['12345678', 'z'])
  })
})

describe('a log that is not', () => {
  test('a record whose block was overwritten: its number differs', () => {
    const { kernel, log } = ring()
    log.push('a').push('b')
    kernel.set(log.data, 77n)
    expect(texts(kernel)).toEqual(['b'])
    expect(gaps(kernel)).toEqual({ ...WHOLE, torn: 1 })
  })

  test('a descriptor of an older round is left out', () => {
    const { kernel, log } = ring()
    log.push('a').push('b')
    kernel.set(log.lastDesc, kernel.get(log.lastDesc) - 16n)
    expect(texts(kernel)).toEqual(['a'])
  })

  test.each([
    ['next before begin', 8n, 0n, 1],
    ['a block of less than its number', 0n, 4n, 1],
    ['a block larger than the ring', 0n, 8n + 512n + 8n, 1],
    ['positions that are half lost', 1n, 16n, 1],
    ['positions of an odd value', 5n, 5n, 0],
  ])('%s: left out', (_name, begin, next, torn) => {
    const { kernel, log } = ring()
    log.push('a').push('b')
    kernel.set(log.lastDesc + 8n, begin).set(log.lastDesc + 16n, next)
    expect(texts(kernel)).toEqual(['a'])
    expect(gaps(kernel)).toEqual({ ...WHOLE, torn })
  })

  test('pages of the ring that are not in the dump: their records are left out', () => {
    const { kernel } = ring()
    kernel.seek(0x1000_0000 - PAGE)
    const far = new PrintkRing(kernel, 4, 12)
    kernel.info.push(`SYMBOL(prb)=${kernel.symbols.get('prb')![1]!.toString(16)}`)
    far.push('a').push('b')
    expect(texts(kernel)).toEqual(['a', 'b'])
    const pfn = Math.floor(Number(far.data - direct(0)) / PAGE)
    kernel.memory.hole(pfn, Number(far.data % 4096n) + 16, PAGE)
    expect(texts(kernel)).toEqual(['a'])
    expect(gaps(kernel)).toEqual({ ...WHOLE, absent: 1 })
    // of a text that is there without its number, nothing is known
    kernel.memory.hole(pfn, Number(far.data % 4096n), Number(far.data % 4096n) + 8)
    expect(texts(kernel)).toEqual(['b'])
    expect(gaps(kernel)).toEqual({ ...WHOLE, absent: 1 })
    for (const [slots, size] of [
      [far.descs, 24],
      [far.infos, 88],
    ] as const) {
      const last = Number(slots % 4096n) + 14 * size
      kernel.memory.hole(pfn, last, last + size)
      expect(texts(kernel)).toEqual(['a'])
      expect(gaps(kernel)).toEqual({ ...WHOLE, absent: 1 })
    }
    kernel.exclude(far.descs)
    expect(texts(kernel)).toEqual([])
  })

  test.each([
    [
      'no SYMBOL(prb)',
      (kernel: HandKernel) =>
        kernel.info.splice(
          kernel.info.findIndex((line) => line.startsWith('SYMBOL(prb)')),
          1,
        ),
    ],
    ['no offsets', (kernel: HandKernel) => kernel.info.splice(2, 5)],
    ['offsets that are not offsets', (kernel: HandKernel) => kernel.info.push('OFFSET(prb_desc.state_var)=100000')],
    ['a descriptor without room for its members', (kernel: HandKernel) => kernel.info.push('SIZE(prb_desc)=16')],
    ['an info without room for its members', (kernel: HandKernel) => kernel.info.push('SIZE(printk_info)=19')],
    ['prb that is null', (kernel: HandKernel) => kernel.set(kernel.symbols.get('prb')![0]!, 0n)],
    ['prb that leads nowhere', (kernel: HandKernel) => kernel.set(kernel.symbols.get('prb')![0]!, 0x1000n)],
  ])('%s: no log', (_name, damage) => {
    const { kernel, log } = ring()
    log.push('a')
    damage(kernel)
    expect(texts(kernel)).toEqual([])
  })

  test.each([
    ['count_bits', 0n, 23],
    ['count_bits', 0n, 0xffffffff],
    ['size_bits', 48n, 32],
    ['size_bits', 48n, 27],
  ])('%s of a ring too large to be one', (_name, at, value) => {
    const { kernel, log } = ring()
    log.push('a')
    kernel.set32(log.ring + at, value)
    expect(texts(kernel)).toEqual([])
  })

  test('records behind the head are not in the log', () => {
    const { kernel, log } = ring()
    log.push('a').push('b').push('c')
    const head = kernel.get(log.ring + 24n)
    kernel.set(log.ring + 24n, head - 1n)
    expect(texts(kernel)).toEqual(['a', 'b'])
  })

  test('a head that the tail never reaches: one round, and no more', () => {
    const { kernel, log } = ring()
    log.push('a').push('b')
    kernel.set(log.ring + 24n, 0x3fff_0000_0000_0000n)
    expect(texts(kernel)).toEqual(['a', 'b'])
    expect(gaps(kernel)).toEqual({ ...WHOLE, brokenAt: log.ring })
  })

  test('any words in the ring: records, or none; always an end (property)', () => {
    const record: fc.Arbitrary<[string, RecordRecipe]> = fc.tuple(
      fc.string({ maxLength: 60 }),
      fc.record(
        {
          state: fc.constantFrom('reserved', 'committed', 'finalized', 'reusable'),
          text: fc.constantFrom('lost', 'none'),
          length: fc.nat(0xffff),
        },
        { requiredKeys: [] },
      ),
    )
    const word = fc.oneof(
      fc.nat(600).map(BigInt),
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.constantFrom(1n << 63n, (1n << 63n) + 5n),
    )
    const damage = fc.tuple(fc.nat(), word)
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), fc.array(damage, { maxLength: 10 }), (records, damages) => {
        const { kernel, log } = ring(3, 8)
        const words = kernel.heapWords()
        for (const [text, recipe] of records) log.push(text, recipe)
        for (const [at, value] of damages) kernel.set(words[at % words.length]!, value)
        const found = read(kernel)
        expect(found.length).toBeLessThanOrEqual(9)
        for (const { text } of found) expect(text.length).toBeLessThanOrEqual(256)
      }),
      { numRuns: 300 },
    )
  })
})
