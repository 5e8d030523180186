import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLogBuf } from '../../src/kernel/log-buf.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { LogBuf, type LogBufOptions, type LogBufRecipe } from '../support/log-buf-writer.ts'
import { readAll, WHOLE } from '../support/log-reading.ts'
import { direct, PAGE } from '../support/memory.ts'

interface Made {
  kernel: HandKernel
  log: LogBuf
}

function ring(length = 1024, options: LogBufOptions = {}): Made {
  const kernel = new HandKernel()
  return { kernel, log: new LogBuf(kernel, length, options) }
}

const read = (kernel: HandKernel): ReturnType<typeof readAll> => readAll(readLogBuf(kernel.kernel()))

describe('a log that is whole', () => {
  test('records with their number, time, level and facility, oldest first', () => {
    const { kernel, log } = ring()
    log.push('Linux version 4.15', { level: 5, nanoseconds: 0n })
    log.push('from user space', { level: 3, facility: 1, nanoseconds: 1_500_000_000n })
    log.push('debug', { level: 7, nanoseconds: 123_456_789_000_000n })
    expect(read(kernel)).toMatchObject({
      records: [
        { seq: 0, time: 0, level: 5, facility: 0, caller: null, text: 'Linux version 4.15' },
        { seq: 1, time: 1.5, level: 3, facility: 1, caller: null, text: 'from user space' },
        { seq: 2, time: 123456.789, level: 7, facility: 0, caller: null, text: 'debug' },
      ],
      gaps: WHOLE,
    })
  })

  test('a record as a 4.4 kernel wrote it, byte for byte', () => {
    const { kernel, log } = ring()
    const text = 'Initializing cgroup subsys cpuset'
    const header = [0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0x21, 0, 0, 0, 0, 0xc6]
    kernel.bytes(log.buffer, Uint8Array.from([...header, ...Buffer.from(text), 0, 0, 0]))
    log.indexes(0, 0x34)
    expect(read(kernel)).toMatchObject({ records: [{ seq: 0, time: 0, level: 6, facility: 0, text }], gaps: WHOLE })
  })

  test('struct log, the name before 3.11', () => {
    const { kernel, log } = ring(1024, { struct: 'log' })
    log.push('a').push('b')
    expect(read(kernel)).toMatchObject({ texts: ['a', 'b'], gaps: WHOLE })
  })

  test('callers, where VMCOREINFO has them: a task, task 0, a CPU', () => {
    const { kernel, log } = ring(1024, { callers: true })
    log.push('a', { caller: 812 }).push('b', { caller: 0 }).push('c', { caller: 0x80000005 })
    const { records, texts } = read(kernel)
    expect(texts).toEqual(['a', 'b', 'c'])
    expect(records.map(({ caller }) => caller)).toEqual(['T812', 'T0', 'C5'])
  })

  test('a header with room for a caller that is not told, and a caller outside of the header: none', () => {
    const { kernel, log } = ring(1024, { callers: true })
    log.push('a', { caller: 812 })
    const line = kernel.info.indexOf('OFFSET(printk_log.caller_id)=16')
    for (const says of ['', 'OFFSET(printk_log.caller_id)=17', 'OFFSET(printk_log.caller_id)=4000']) {
      kernel.info[line] = says
      expect(read(kernel).records).toMatchObject([{ text: 'a', caller: null }])
    }
  })

  test('several lines are one record; text is UTF-8, may be empty, and ends before the dictionary', () => {
    const { kernel, log } = ring()
    const dictionary = 'SUBSYSTEM=pci\0DEVICE=+pci:0000:00:01.0'
    log.push('Call Trace:\n rmap_walk_ksm+0x1a\n try_to_unmap').push('Grüße', { dictionary })
    log.push('', { dictionary }).push('').push('end')
    expect(read(kernel)).toMatchObject({
      texts: ['Call Trace:\n rmap_walk_ksm+0x1a\n try_to_unmap', 'Grüße', '', '', 'end'],
      gaps: WHOLE,
    })
  })

  test('a record that is too long for the end of the buffer lies at its start', () => {
    const { kernel, log } = ring(256)
    log.push('x'.repeat(84)).push('y'.repeat(84)).push('z'.repeat(44))
    expect(log.kept.map(({ at }) => at)).toEqual([100, 0])
    expect(read(kernel)).toMatchObject({ texts: ['y'.repeat(84), 'z'.repeat(44)], gaps: WHOLE })
  })

  test('the sign of the turn in the last place that it can have, and as the first thing of the log', () => {
    const { kernel, log } = ring(256)
    log.push('x'.repeat(104)).push('y'.repeat(104)).push('z')
    expect(log.kept.map(({ at }) => at)).toEqual([120, 0])
    expect(read(kernel)).toMatchObject({ texts: ['y'.repeat(104), 'z'], gaps: WHOLE })
    // the sign stands at 240 = 256 - 16, and may be where log_first_idx points after the record in front of it was dropped
    log.indexes(240, log.next)
    expect(read(kernel)).toMatchObject({ records: [{ seq: 0, text: 'z' }], gaps: WHOLE })
  })

  test('many turns: exactly the records that the kernel still has, in order', () => {
    for (const callers of [false, true]) {
      const { kernel, log } = ring(512, { callers })
      let turns = 0
      for (let i = 0; i < 200; i++) {
        const dictionary = i % 3 === 0 ? 'SUBSYSTEM=ksm' : ''
        const place = log.next
        log.push(`record ${i} ${'.'.repeat((i * 7) % 60)}`, { dictionary, level: i % 8 })
        if (log.next < place) turns++
        const { records, texts, gaps } = read(kernel)
        expect([texts, gaps]).toEqual([log.kept.map(({ text }) => text), WHOLE])
        expect(records.map(({ seq }) => seq)).toEqual(records.map((_, k) => k))
        expect(records.at(-1)).toMatchObject({ level: i % 8, time: i })
      }
      expect(turns).toBeGreaterThan(15)
    }
  })

  test('an empty ring has none', () => {
    const { kernel } = ring()
    expect(read(kernel)).toMatchObject({ texts: [], gaps: WHOLE })
  })

  test('equal indexes of a ring with records in it: full, read once around', () => {
    const { kernel, log } = ring(256)
    log.push('a'.repeat(64)).push('b'.repeat(64)).push('c'.repeat(48)).push('d'.repeat(64))
    expect(log.kept.map(({ at }) => at)).toEqual([160, 0])
    expect(log.next).toBe(80)
    // what the kernel dropped last is still there
    log.indexes(80, 80)
    expect(read(kernel)).toMatchObject({
      texts: ['b'.repeat(64), 'c'.repeat(48), 'd'.repeat(64)],
      gaps: WHOLE,
    })
  })
})

describe('a log that is not', () => {
  test.each([
    ['shorter than its header', 12],
    ['not a multiple of 4', 22],
    ['that leads behind the youngest record', 400],
    ['that leads behind the buffer', 0xfffc],
    ['of 0 where the ring has not turned', 0],
  ])('a record with a length %s: the log breaks off there', (_name, length) => {
    const { kernel, log } = ring()
    log.push('a').push('b').push('c')
    const { at } = log.kept[1]!
    log.spoil('len', length, at)
    expect(read(kernel)).toMatchObject({ texts: ['a'], gaps: { absent: 0, torn: 1, brokenAt: log.at(at) } })
  })

  test('a length that leads to no record: what stands there is refused', () => {
    const { kernel, log } = ring()
    log.push('a').push('\xff'.repeat(40)).push('c')
    log.spoil('len', log.kept[1]!.at + 20, log.kept[0]!.at)
    const { texts, gaps } = read(kernel)
    expect(texts).toEqual(['a'])
    expect(gaps).toEqual({ absent: 0, torn: 1, brokenAt: log.at(log.kept[1]!.at + 20) })
  })

  test.each([
    ['text', 'text_len', 24],
    ['text', 'text_len', 0xffff],
    ['dictionary', 'dict_len', 17],
    ['dictionary', 'dict_len', 0xffff],
  ] as const)(
    'a record whose %s is longer than itself (%s %i) is left out, the next are there',
    (_name, member, length) => {
      const { kernel, log } = ring()
      // 16 of header, 6 of text, 2 of padding
      log.push('a').push('123456').push('c')
      log.spoil(member, length, log.kept[1]!.at)
      expect(read(kernel)).toMatchObject({
        records: [
          { seq: 0, text: 'a' },
          { seq: 2, text: 'c' },
        ],
        gaps: { absent: 0, torn: 1, brokenAt: null },
      })
    },
  )

  test('a text that fills its record to the end is whole', () => {
    const { kernel, log } = ring()
    log.push('12345678').push('123456', { dictionary: 'A=' })
    expect(read(kernel)).toMatchObject({ texts: ['12345678', '123456'], gaps: WHOLE })
  })

  test('a second sign of a turn is none: the log breaks off', () => {
    const { kernel, log } = ring(256)
    log.push('x'.repeat(84)).push('y'.repeat(84)).push('z'.repeat(44))
    log.spoil('len', 0)
    expect(read(kernel)).toMatchObject({ texts: ['y'.repeat(84)], gaps: { torn: 1, brokenAt: log.at(0) } })
  })

  test('a ring that never turns: the end of the buffer is the end', () => {
    const { kernel, log } = ring(256)
    log.push('x'.repeat(84)).push('y'.repeat(84)).push('z'.repeat(44))
    // the sign of the turn becomes a record up to the last byte
    log.spoil('len', 56, 200)
    expect(read(kernel)).toMatchObject({ texts: ['y'.repeat(84), ''], gaps: { torn: 1, brokenAt: log.at(256) } })
  })

  test('pages of the buffer that are not in the dump: without its text a record is missing, without its header the rest', () => {
    const kernel = new HandKernel()
    kernel.seek(0x1000_0000 - PAGE)
    const log = new LogBuf(kernel, 3 * PAGE)
    for (let i = 0; i < 3; i++) log.push(`${i}`.repeat(2032))
    log.push('3'.repeat(400)).push('4')
    // 0 and 1 in the first page, header of 2 at the start of the second, 3 and 4 behind it
    expect(log.kept.map(({ at }) => at)).toEqual([0, 2048, 4096, 6144, 6560])
    const page = Math.floor(Number(log.buffer - direct(0)) / PAGE)
    kernel.memory.hole(page, 1000, 1500)
    expect(read(kernel)).toMatchObject({
      texts: ['1', '2', '3', '4'].map((digit) => expect.stringMatching(`^${digit}+$`) as string),
      gaps: { absent: 1, torn: 0, brokenAt: null },
    })
    kernel.memory.hole(page + 1, 8, 10)
    expect(read(kernel)).toMatchObject({
      texts: ['1'.repeat(2032)],
      gaps: { absent: 2, torn: 0, brokenAt: log.at(4096) },
    })
    kernel.exclude(log.buffer)
    expect(read(kernel)).toMatchObject({ texts: [], gaps: { absent: 1, torn: 0, brokenAt: log.at(0) } })
  })

  const without =
    (start: string) =>
    ({ kernel }: Made): void => {
      const found = kernel.info.findIndex((line) => line.startsWith(start))
      expect(found).toBeGreaterThan(0)
      kernel.info.splice(found, 1)
    }
  const says =
    (line: string) =>
    ({ kernel }: Made): void =>
      void kernel.info.push(line)
  const LINES = [
    ...['log_buf', 'log_buf_len', 'log_first_idx', 'log_next_idx'].map((name) => `SYMBOL(${name})`),
    'SIZE(printk_log)',
    ...['ts_nsec', 'len', 'text_len', 'dict_len'].map((name) => `OFFSET(printk_log.${name})`),
  ]
  test.each<[string, (made: Made) => void]>([
    ...LINES.map((line): [string, (made: Made) => void] => [`no ${line}`, without(line)]),
    ['a header too small for a record', says('SIZE(printk_log)=12')],
    ['ts_nsec outside of the header', says('OFFSET(printk_log.ts_nsec)=9')],
    ['len outside of the header', says('OFFSET(printk_log.len)=15')],
    ['text_len outside of the header', says('OFFSET(printk_log.text_len)=15')],
    ['no room for facility and level behind dict_len', says('OFFSET(printk_log.dict_len)=13')],
    ['a buffer at 0', ({ kernel, log }) => void kernel.set(log.variables.log_buf, 0n)],
    ['a buffer too large to be one', ({ kernel, log }) => void kernel.set32(log.variables.log_buf_len, 0x4000004)],
    ['a buffer smaller than a header', ({ kernel, log }) => void kernel.set32(log.variables.log_buf_len, 12)],
    ['a first index behind the buffer', ({ log }) => void log.indexes(1012, 20)],
    ['a next index behind the buffer', ({ log }) => void log.indexes(0, 0xfffffffc)],
    ['a first index between two words', ({ log }) => void log.indexes(2, 20)],
    ['variables that are not in the dump', ({ kernel, log }) => void kernel.exclude(log.variables.log_buf_len)],
  ])('%s: no log', (_name, damage) => {
    const made = ring()
    made.log.push('a')
    expect(read(made.kernel).texts).toEqual(['a'])
    damage(made)
    expect(read(made.kernel)).toMatchObject({ texts: [], gaps: WHOLE })
  })

  test('a header too small for its members, or larger than any, though the buffer has room for it: no log', () => {
    const { kernel, log } = ring(16_384)
    log.push('a'.repeat(4200)).push('b')
    for (const size of [8, 12]) {
      const members = ['ts_nsec', 'len', 'text_len', 'dict_len'].map((name) => `OFFSET(printk_log.${name})=${size - 8}`)
      kernel.info.push(...members, `SIZE(printk_log)=${size}`)
      expect(read(kernel)).toMatchObject({ texts: [], gaps: WHOLE })
      kernel.info.splice(-5)
    }
    expect(read(kernel).texts.length).toBe(2)
    kernel.info.push('SIZE(printk_log)=4100')
    expect(read(kernel)).toMatchObject({ texts: [], gaps: WHOLE })
  })

  test('a buffer that leads nowhere: nothing but that is told', () => {
    const { kernel, log } = ring()
    log.push('a')
    kernel.set(log.variables.log_buf, 0x1000n)
    expect(read(kernel)).toMatchObject({ texts: [], gaps: { absent: 1, torn: 0, brokenAt: 0x1000n } })
  })

  test('any bytes in the ring, any indexes: always an end, never more records than the buffer can hold (property)', () => {
    const length = 1024
    const record: fc.Arbitrary<[string, LogBufRecipe]> = fc.tuple(
      fc.string({ maxLength: 60 }),
      fc.record({ dictionary: fc.string({ maxLength: 20 }), caller: fc.nat(0xffffffff) }, { requiredKeys: [] }),
    )
    // lengths that are likely to fit keep the walk going
    const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 16, 20, 24, 64))
    const damage = fc.tuple(fc.nat(length - 1), value)
    const index = fc.oneof(
      fc.nat(length / 4).map((word) => 4 * word),
      fc.nat(0xffffffff),
    )
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 40 }),
        fc.array(damage, { maxLength: 20 }),
        fc.option(fc.tuple(index, index)),
        fc.boolean(),
        (records, damages, indexes, callers) => {
          const { kernel, log } = ring(length, { callers })
          for (const [text, recipe] of records) log.push(text, recipe)
          for (const [at, byte] of damages) kernel.bytes(log.at(at), Uint8Array.of(byte))
          if (indexes) log.indexes(...indexes)
          const { records: found, gaps } = read(kernel)
          const bound = length / log.header
          expect(found.length + gaps.torn + gaps.absent).toBeLessThanOrEqual(bound + 1)
          expect(found.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(length)
          if (damages.length === 0 && indexes === null)
            expect([found.map(({ text }) => text), gaps]).toEqual([log.kept.map(({ text }) => wellFormed(text)), WHOLE])
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a buffer of nothing but random bytes (property)', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 512, maxLength: 512 }),
        fc.nat(127),
        fc.nat(127),
        fc.nat(40),
        (bytes, first, next, size) => {
          const { kernel, log } = ring(512)
          kernel.bytes(log.buffer, bytes)
          log.indexes(4 * first, 4 * next)
          kernel.info.push(`SIZE(printk_log)=${size}`)
          expect(read(kernel).records.length).toBeLessThanOrEqual(512 / 16)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** A string as UTF-8 keeps it. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')
