import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ApportEvent, type ApportFault, ApportParser, isApport } from '../../src/parsers/apport.ts'

interface Field {
  name: string | null
  packed: boolean
  bytes: Buffer
  fault: ApportFault | null
}

/** The fields of a report; checks that events come in their order. */
function parsed(report: Uint8Array | string, size = 1_000_000): Field[] {
  const bytes = Buffer.from(report)
  const parser = new ApportParser()
  const fields: Field[] = []
  let open = false
  const take = (events: ApportEvent[]): void => {
    for (const event of events) {
      expect(event.kind === 'field').toBe(!open)
      if (event.kind === 'field')
        fields.push({ name: event.name, packed: event.packed, bytes: Buffer.alloc(0), fault: null })
      else if (event.kind === 'data') fields.at(-1)!.bytes = Buffer.concat([fields.at(-1)!.bytes, event.bytes])
      else fields.at(-1)!.fault = event.fault
      open = event.kind !== 'end'
    }
  }
  for (let at = 0; at < bytes.length; at += size) take(parser.push(bytes.subarray(at, at + size)))
  take(parser.end())
  expect(open).toBe(false)
  return fields
}

/** A packed field as apport writes it: each chunk base64 by itself, with its own padding. */
function packedField(name: string, packed: Uint8Array, chunk: number): string {
  let text = `${name}: base64\n`
  for (let at = 0; at < packed.length; at += chunk)
    text += ` ${Buffer.from(packed.subarray(at, at + chunk)).toString('base64')}\n`
  return text
}

const log = Buffer.from('[    0.000000] Linux version 4.4.0-72-generic\n'.repeat(500))
const dump = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) & 0xff))
const REPORT = `ProblemType: KernelCrash
Architecture: amd64
Lsusb:
 Bus 002 Device 002: ID 8087:8002 Intel Corp.
 
 Looks: like a key
Uname: Linux 4.4.0-72-generic x86_64
${packedField('VmCore', dump, 1000)}${packedField('VmCoreDmesg', gzipSync(log), 100)}`

describe('a report', () => {
  test('gives texts and packed fields, in pieces of any size', () => {
    for (const size of [1_000_000, 100, 7, 1]) {
      const fields = parsed(REPORT, size)
      expect(fields.map(({ name, packed, fault }) => [name, packed, fault])).toEqual([
        ['ProblemType', false, null],
        ['Architecture', false, null],
        ['Lsusb', false, null],
        ['Uname', false, null],
        ['VmCore', true, null],
        ['VmCoreDmesg', true, null],
      ])
      const [type, , usb, uname, core, dmesg] = fields.map(({ bytes }) => bytes)
      expect(type!.toString()).toBe('KernelCrash\n')
      expect(usb!.toString()).toBe('Bus 002 Device 002: ID 8087:8002 Intel Corp.\n\nLooks: like a key\n')
      expect(uname!.toString()).toBe('Linux 4.4.0-72-generic x86_64\n')
      expect(core!.equals(dump)).toBe(true)
      expect(gunzipSync(dmesg!).equals(log)).toBe(true)
    }
  })

  test('with CR LF is read the same', () => {
    const fields = parsed(REPORT.replaceAll('\n', '\r\n'), 333)
    expect(fields.map(({ name }) => name)).toEqual(parsed(REPORT).map(({ name }) => name))
    expect(fields[3]!.bytes.toString()).toBe('Linux 4.4.0-72-generic x86_64\n')
    expect(gunzipSync(fields[5]!.bytes).equals(log)).toBe(true)
  })

  test('a value longer than a line is looked at for is whole, and so is one in UTF-8', () => {
    for (const length of [200, 250, 255, 256, 257, 1000, 70_000]) {
      const value = `${'ü'.repeat(length)}: end`
      const fields = parsed(`ProblemType: Bug\nCmd: ${value}\nNext: x\n`, 4096)
      expect(fields.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
        ['ProblemType', 'Bug\n'],
        ['Cmd', `${value}\n`],
        ['Next', 'x\n'],
      ])
    }
  })

  test('lines that belong to no field are kept, in their place', () => {
    const fields = parsed(
      'ProblemType: Bug\nUname: Linux\n\n** Attachment added\nsome words, no key\nDate: now\nthe end',
    )
    expect(fields.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
      ['ProblemType', 'Bug\n'],
      ['Uname', 'Linux\n'],
      [null, '** Attachment added\nsome words, no key\n'],
      ['Date', 'now\n'],
      [null, 'the end'],
    ])
  })

  test('words after the key that only begin like base64 are text', () => {
    const fields = parsed('ProblemType: Bug\nEncoding: base64 and more\nOther: base64\n QUJD\n')
    expect(fields.map(({ packed, bytes }) => [packed, bytes.toString()])).toEqual([
      [false, 'Bug\n'],
      [false, 'base64 and more\n'],
      [true, 'ABC'],
    ])
  })
})

describe('reports that are hurt', () => {
  test('a cut at any place: what stands before it comes, and inside of base64 the cut is said', () => {
    const whole = parsed(REPORT)
    const bytes = Buffer.from(REPORT)
    for (let cut = 1; cut < bytes.length; cut += 13) {
      const fields = parsed(bytes.subarray(0, cut), 500)
      fields.forEach((field, i) => {
        const before = whole[i]!
        const last = i === fields.length - 1
        if (field.packed || !last) expect(before.bytes.subarray(0, field.bytes.length).equals(field.bytes)).toBe(true)
        if (!last) expect([field.name, field.fault]).toEqual([before.name, null])
      })
      const last = fields.at(-1)!
      const line = bytes.subarray(bytes.lastIndexOf(10, cut - 1) + 1, cut).toString()
      if (last.packed) expect(last.fault).toBe(line.startsWith(' ') || last.bytes.length === 0 ? 'cut' : null)
      else expect(last.fault).toBeNull()
      // all whole bytes of the line are there
      if (last.packed && line.startsWith(' '))
        expect(last.bytes.length).toBeGreaterThanOrEqual(Math.floor(((line.length - 3) * 3) / 4))
    }
  })

  test('what is no base64 ends its field with a word, the next field is whole', () => {
    const bad = REPORT.replace(/(VmCore: base64\n [^\n]{200})/, '$1!!?!')
    const fields = parsed(bad, 300)
    expect(fields.map(({ name, fault }) => [name, fault]).slice(-2)).toEqual([
      ['VmCore', 'damaged'],
      ['VmCoreDmesg', null],
    ])
    expect(gunzipSync(fields.at(-1)!.bytes).equals(log)).toBe(true)
    expect(dump.subarray(0, 150).equals(fields.at(-2)!.bytes.subarray(0, 150))).toBe(true)
  })

  test('any bytes, and reports with some of theirs changed, never throw', () => {
    const bytes = Buffer.from(REPORT)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5000 }),
        (changes, size) => {
          const bad = Buffer.from(bytes)
          for (const [at, byte] of changes) bad[at] = byte
          parsed(bad, size)
        },
      ),
      { numRuns: 100 },
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 1, max: 99 }),
        (any, size) => void parsed(any, size),
      ),
    )
  })

  test('one line of base64, or of text, of 100 MB takes no memory', () => {
    for (const begin of [
      'ProblemType: Bug\nVmCore: base64\n ',
      'ProblemType: Bug\nText:\n ',
      'ProblemType: Bug\nText: ',
      '',
    ]) {
      const parser = new ApportParser()
      parser.push(Buffer.from(begin))
      const block = Buffer.alloc(1_000_001, 'QUJD')
      const before = process.memoryUsage()
      let bytes = 0
      for (let i = 0; i < 100; i++)
        for (const event of parser.push(block)) if (event.kind === 'data') bytes += event.bytes.length
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      expect(bytes).toBeGreaterThan(70_000_000)
      expect(heapUsed - before.heapUsed).toBeLessThan(60_000_000)
      expect(arrayBuffers - before.arrayBuffers).toBeLessThan(100_000_000)
    }
  })

  test('64 KiB of hostile key lines in no time', () => {
    for (const text of [
      'a:'.repeat(32_768),
      'A'.repeat(65_536),
      `${'.'.repeat(65_000)}: x`,
      'a: b\n'.repeat(13_000),
      ' '.repeat(65_536),
    ]) {
      const bytes = Buffer.from(text)
      // the best of some: the machine may be busy
      const took = Array.from({ length: 5 }, () => {
        const begin = process.cpuUsage()
        const parser = new ApportParser()
        parser.push(bytes)
        parser.end()
        return process.cpuUsage(begin).user / 1000
      })
      expect(Math.min(...took)).toBeLessThan(50)
    }
  })
})

describe('the first bytes of a report', () => {
  test.each([
    ['ProblemType: KernelCrash\nArchitecture: amd64\n', true],
    ['ProblemType: KernelOops\r\nAnnotation: x\r\n', true],
    ['ProblemType: Crash', false],
    ['ProblemType: KernelOops is what apport says\nand I think so\n', false],
    ['  ProblemType: Bug\n', false],
    ['Architecture: amd64\nProblemType: Bug\n', false],
    ['', false],
  ])('%j: %s', (head, is) => {
    expect(isApport(Buffer.from(head))).toBe(is)
  })
})
