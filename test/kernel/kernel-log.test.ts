import { describe, expect, test } from 'vitest'
import { KsmDumpError } from '../../src/base/errors.ts'
import { infoDocument } from '../../src/document/info.ts'
import type { DumpImage } from '../../src/image/types.ts'
import { readHost } from '../../src/kernel/host.ts'
import { kernelLog, LOG_FORMS, logExtent, logProblems, openLog } from '../../src/kernel/kernel-log.ts'
import { type KernelOpening, openKernel } from '../../src/kernel/open.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { type ImageRecipe, KernelImage } from '../support/kernel-image.ts'
import { LogBuf } from '../support/log-buf-writer.ts'
import { readAll, WHOLE } from '../support/log-reading.ts'
import { PrintkRing } from '../support/printk-writer.ts'

/** Texts of a kernel's log; null when there is none of a known form. */
function texts(kernel: HandKernel): string[] | null {
  // nothing else than these two is needed
  const { vmcoreinfo, memory } = kernel.kernel()
  const reading = kernelLog({ vmcoreinfo, memory })
  return reading && readAll(reading).texts
}

describe('the form of the log', () => {
  test('is told by VMCOREINFO: the lockless ring, records in log_buf, or none that is known', () => {
    const kernel = new HandKernel()
    expect(texts(kernel)).toBeNull()
    new LogBuf(kernel, 1024).push('of 5.9')
    expect(texts(kernel)).toEqual(['of 5.9'])
    new PrintkRing(kernel, 4, 9).push('of 5.10')
    expect(texts(kernel)).toEqual(['of 5.10'])
  })

  test('the text ring before 3.5 is none of them', () => {
    const kernel = new HandKernel()
    for (const name of ['log_buf', 'log_buf_len', 'log_end', 'logged_chars'])
      kernel.info.push(`SYMBOL(${name})=${kernel.variable(name).toString(16)}`)
    expect(texts(kernel)).toBeNull()
  })

  test('every form has a name of its own and its commit', () => {
    expect(new Set(LOG_FORMS.map(({ id }) => id)).size).toBe(LOG_FORMS.length)
    for (const { source } of LOG_FORMS) expect(source).toMatch(/^[0-9a-f]{12} \("printk: .+", in v\d+\.\d+\)$/)
  })

  test('a host with a log of 5.9: records, panic and events', () => {
    const kernel = new HandKernel()
    new LogBuf(kernel, 1024)
      .push('INFO: task kcompactd0:38 blocked for more than 120 seconds.')
      .push('Kernel panic - not syncing: hung_task: blocked tasks')
    expect(readHost(kernel.kernel())).toMatchObject({
      logRecords: 2,
      host: { panic: 'Kernel panic - not syncing: hung_task: blocked tasks' },
      events: [{ kind: 'hung-task', pid: 38 }],
    })
  })
})

/** A dump of a hand-made kernel with a log. */
function dump(log: (hand: HandKernel) => void, recipe: ImageRecipe = {}, without?: string): Opening {
  const hand = new HandKernel()
  log(hand)
  const made = new KernelImage(hand, recipe)
  made.info.push(...hand.info)
  if (without !== undefined) made.line(without, null)
  const image = made.image()
  return { image, opening: openKernel(image, 'dump') }
}

interface Opening {
  image: DumpImage
  opening: KernelOpening
}

const canLog = ({ image, opening }: Opening): { ok: boolean; why: string | null } =>
  infoDocument(
    { tool: { name: 'ksm-dump', version: '0' }, inputs: [], image, opening, problems: [] },
    opening.kernel && readHost(opening.kernel),
    logExtent(opening),
    'dump',
  ).can.log

const LOGS: [string, (hand: HandKernel) => void][] = [
  ['the lockless ring', (hand) => void new PrintkRing(hand, 4, 9).push('a').push('b')],
  ['log_buf', (hand) => void new LogBuf(hand, 1024).push('a').push('b')],
]

describe.each(LOGS)('a log in %s', (_name, log) => {
  test.each([
    ['that is understood', null, {}, undefined],
    ['without symbols', 'no-symbols', {}, 'SYMBOL(kallsyms_names)'],
    ['without types', 'no-types', { btf: null }, undefined],
  ])('is read of a kernel %s, and info says so', (_what, stopped, recipe, without) => {
    const made = dump(log, recipe, without)
    expect(made.opening.stopped?.code ?? null).toBe(stopped)
    expect(readAll(openLog(made.opening)!)).toMatchObject({ texts: ['a', 'b'], gaps: WHOLE })
    expect(logProblems(made.opening, WHOLE, 'dump')).toEqual([])
    expect(canLog(made)).toEqual({ ok: true, why: null })
  })

  test('is read where addresses may be wrong, and that is told', () => {
    const made = dump(log, { physBase: 0x1000n })
    expect(made.opening.stopped?.code).toBe('no-translation')
    expect(readAll(openLog(made.opening)!).texts).toEqual(['a', 'b'])
    const problems = logProblems(made.opening, WHOLE, 'dump')
    expect(problems).toMatchObject([{ code: 'damaged-structure', message: expect.stringMatching(/phys_base.*differ/) }])
    expect(canLog(made)).toEqual({ ok: true, why: problems[0]!.message })
  })

  test('is not read where no address can be translated', () => {
    const made = dump(log, {}, 'NUMBER(phys_base)')
    expect(openLog(made.opening)).toBeNull()
    expect(canLog(made)).toEqual({ ok: false, why: expect.stringMatching(/NUMBER\(phys_base\)/) as string })
  })
})

test('info of a kernel whose log is of no known form, and of one whose log is not in the dump', () => {
  expect(canLog(dump(() => {}))).toEqual({ ok: false, why: 'the kernel log is of an unknown kind' })
  const gone = dump((hand) => {
    const { ring } = new PrintkRing(hand, 4, 9).push('a')
    hand.exclude(ring)
  })
  expect(canLog(gone)).toEqual({ ok: false, why: 'the kernel log can not be read' })
})

test('info of a log that is not whole says what is missing', () => {
  const made = dump((hand) => {
    const log = new LogBuf(hand, 1024).push('a').push('b')
    log.spoil('len', 4)
  })
  expect(canLog(made)).toEqual({
    ok: true,
    why: expect.stringMatching(/^The kernel log is not whole: 1 record can not .*; it breaks off at 0xffff/) as string,
  })
})

describe('what is missing of a log', () => {
  const about = (gaps: Partial<typeof WHOLE>, stopped: KsmDumpError | null = null): [string, string, string | null][] =>
    logProblems({ stopped }, { ...WHOLE, ...gaps }, 'dump').map(({ code, message, input, at }) => {
      expect(input).toBe('dump')
      return [code, message, at]
    })

  test('pages that are absent, records that can not be, an early end', () => {
    expect(about({ absent: 2 })).toEqual([
      [
        'pages-absent',
        'The kernel log is not whole: 2 records can not be read because pages are not in the dump.',
        null,
      ],
    ])
    expect(about({ torn: 1 })).toEqual([
      ['damaged-structure', 'The kernel log is not whole: 1 record can not be what the kernel wrote.', null],
    ])
    expect(about({ absent: 1, torn: 1, brokenAt: 0xffff1000n })).toEqual([
      [
        'pages-absent',
        'The kernel log is not whole: 1 record can not be read because pages are not in the dump; 1 record can not be what the ' +
          'kernel wrote; it breaks off at 0xffff1000, before its youngest record.',
        '0xffff1000',
      ],
    ])
  })

  test('symbols and types are not', () => {
    for (const code of ['no-symbols', 'no-types'] as const)
      expect(about({}, new KsmDumpError(code, 'none', { input: 'dump' }))).toEqual([])
    expect(about({}, new KsmDumpError('no-translation', 'two of them', { input: 'dump' }))).toEqual([
      ['damaged-structure', 'two of them', null],
    ])
  })
})
