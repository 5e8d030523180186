import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { info } from '../../src/app/info.ts'
import { log } from '../../src/app/log.ts'
import type { Run } from '../../src/app/run-steps.ts'
import { type InfoReport, LogDocument, type LogReport } from '../../src/document/schema.ts'
import { fixture, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import { corpusDump, truthDumps } from '../support/corpus.ts'
import { Remake } from '../support/remake.ts'

// The log needs neither symbols nor types: it is read of dumps that nothing else is, and `info` says so.

const run: Run = { abort: { aborted: false }, show: () => {} }
const options = { memory: null, timings: false }
const scratch = scratchFolder()
afterAll(() => scratch.remove())

async function logOf(path: string): Promise<{ exit: number; document: LogReport }> {
  const { document, exit, close } = await log([path], { ...options, since: null, level: null }, run)
  close()
  expect(LogDocument.safeParse(document).error).toBeUndefined()
  return { exit, document }
}

async function canLog(path: string): Promise<InfoReport['can']['log']> {
  const { document, close } = await info([path], options, run)
  close()
  return document.can.log
}

const dumps = truthDumps().filter((dump) => dump.truth.log !== undefined)

test('there are dumps to compare', () => {
  expect(dumps.length).toBeGreaterThanOrEqual(2)
})

describe.each(dumps)('$name', ({ path, truth }) => {
  test("the log is the witness's, whether the kernel is understood or not, and info says that it can be read", async () => {
    const { exit, document } = await logOf(path)
    expect(exit).toBe(0)
    expect(document).toMatchObject({ partial: false, problems: [], leftOut: 0 })
    const { records, first, last } = truth.log!
    expect(document.records.length).toBe(records)
    expect(document.records.map(({ seq }) => seq)).toEqual(document.records.map((_, i) => first.seq + i))
    for (const [record, wanted] of [
      [document.records[0], first],
      [document.records.at(-1), last],
    ] as const)
      expect(record && { seq: record.seq, ns: Math.round(record.time * 1e9), text: record.text }).toEqual(wanted)
    expect(await canLog(path)).toEqual({ ok: true, why: null })
  })
})

test('a real dump of 5.10, whose symbols are not known', async (context) => {
  const path = corpusDump('5.10-hang')
  if (path === null) skipLoudly(context, 'KSM_DUMP_CORPUS is not set: no real dump whose symbols are not known')
  const { exit, document } = await logOf(path)
  expect([exit, document.problems, document.kernel?.symbols]).toEqual([0, [], null])
  expect(document.image?.pages).toMatchObject({ excluded: 0, damaged: 0, beyond: 0 })
  expect(document.records.length).toBe(398)
  // a record of several lines, and who wrote it
  expect(document.records.find(({ text }) => text.startsWith('Unstable clock'))).toMatchObject({
    level: 4,
    caller: 'T1',
    text: [
      'Unstable clock detected, switching default tracing clock to "global"',
      'If you want to keep using the local clock, then add:',
      '  "trace_clock=local"',
      'on the kernel command line',
    ].join('\n'),
  })
})

describe('a dump that has lost something', () => {
  const path = fixture('6.1-small.vmcore')
  let whole: LogReport
  let remake: Remake
  const notesWithout = (line: string): { name: string; type: number; desc: Uint8Array }[] =>
    remake.notes.map((note) => {
      if (note.name !== 'VMCOREINFO') return note
      const text = Buffer.from(note.desc).toString('latin1')
      expect(text).toContain(line)
      return { ...note, desc: Uint8Array.from(Buffer.from(text.replace(line, `X${line.slice(1)}`), 'latin1')) }
    })
  const infoSymbol = (name: string): bigint => remake.kernel.vmcoreinfo!.symbol(name)!
  beforeAll(async () => {
    whole = (await logOf(path)).document
    remake = await Remake.of(path)
  })

  test('its symbols: the log is the same, every record of it, and nothing is wrong', async () => {
    const file = scratch.file('no-symbols.vmcore', remake.bytes({ notes: notesWithout('SYMBOL(kallsyms_names)') }))
    const { exit, document } = await logOf(file)
    expect([exit, document.partial, document.problems]).toEqual([0, false, []])
    expect(document.kernel).toMatchObject({ symbols: null, types: null })
    expect([document.records, document.events]).toEqual([whole.records, whole.events])
    expect(await canLog(file)).toEqual({ ok: true, why: null })
  })

  test('its phys_base: no address, no log; exit 5 with the reason, as info has it', async () => {
    const file = scratch.file('no-phys-base.vmcore', remake.bytes({ notes: notesWithout('NUMBER(phys_base)') }))
    const { exit, document } = await logOf(file)
    expect([exit, document.records, document.problems.map(({ code }) => code)]).toEqual([5, [], ['no-translation']])
    expect((await canLog(file)).ok).toBe(false)
    expect(document.problems[0]!.message).toContain((await canLog(file)).why)
  })

  test('the place of its log: a kernel that is understood has none that can be read, exit 4', async () => {
    const file = scratch.file('no-prb.vmcore', remake.bytes({ notes: notesWithout('SYMBOL(prb)') }))
    const { exit, document } = await logOf(file)
    expect([exit, document.records, document.problems.map(({ code }) => code)]).toEqual([4, [], ['pages-absent']])
    expect(await canLog(file)).toEqual({ ok: false, why: 'the kernel log is of an unknown kind' })
  })

  test('a page of the text: the records in it are missing, and that is told, with and without symbols', async () => {
    const info = remake.kernel.vmcoreinfo!
    const { memory } = remake.kernel
    const ring = memory!.u64(infoSymbol('prb'))!
    const text = memory!.u64(
      ring + BigInt(info.offset('printk_ringbuffer.text_data_ring')! + info.offset('prb_data_ring.data')!),
    )!
    // what is left out stays left out: the last test of this remake
    expect(remake.exclude(text + 0x1000n, text + 0x1001n)).toBe(1)
    for (const notes of [[...remake.notes], notesWithout('SYMBOL(kallsyms_names)')]) {
      const file = scratch.file('no-text.vmcore', remake.bytes({ notes }))
      const { exit, document } = await logOf(file)
      expect([exit, document.partial]).toEqual([4, true])
      const lost = whole.records.length - document.records.length
      expect(lost).toBeGreaterThan(10)
      expect(document.problems).toMatchObject([
        { code: 'pages-absent', message: expect.stringContaining(`${lost} records can not be read`) as string },
      ])
      const kept = new Set(document.records.map(({ seq }) => seq))
      expect(document.records).toEqual(whole.records.filter(({ seq }) => kept.has(seq)))
      expect(await canLog(file)).toEqual({ ok: true, why: document.problems[0]!.message })
    }
  })
})
