import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type KernelOpening, openKernel } from '../../src/kernel/open.ts'
import { HandKernel, PHYS_BASE, VMEMMAP } from '../support/hand-kernel.ts'
import { KNOWN_LAYOUT } from '../support/btf-writer.ts'
import { KernelImage, STEXT, VERSION } from '../support/kernel-image.ts'
import { ksm } from '../support/ksm-memory.ts'
import { surveyOf } from '../support/ksm-results.ts'
import { directMap, PAGE_OFFSET } from '../support/memory.ts'
import { GIB1 } from '../support/page-tables.ts'

const open = (made: KernelImage, other: Parameters<KernelImage['image']>[0] = {}): KernelOpening =>
  openKernel(made.image(other), 'dump')
const stopped = (opening: KernelOpening): [string | undefined, string | undefined] => [
  opening.stopped?.code,
  opening.stopped?.message,
]

describe('a kernel is found', () => {
  test('with its address space, symbols, types and identity', () => {
    const opening = open(new KernelImage(new HandKernel()))
    expect(opening).toMatchObject({ stopped: null, problems: [] })
    const kernel = opening.kernel!
    expect(kernel).toMatchObject({ release: '6.1.0-hand', version: VERSION, buildId: '00112233' })
    expect(kernel.space).toEqual({
      levels: 4,
      physBase: BigInt(PHYS_BASE),
      kaslrOffset: 0n,
      pageOffset: PAGE_OFFSET,
      vmemmap: VMEMMAP,
      pageTable: 0x580_0000,
      smeMask: 0n,
      basesFrom: 'variables',
    })
    expect(kernel.directMap).toEqual(directMap(kernel.physical))
    expect(kernel.memory.translate(VMEMMAP + 0x40n)).toBe(0x1000_0040)
    expect(kernel.types.struct('uts_namespace')?.size).toBe(424)
    expect(kernel.types.enumerator('PG_lru')).toBe(5)
  })

  test.each([
    ['base-relative', true, { header: 24 }],
    ['absolute-percpu', false, { header: 32 }],
    ['place-relative', true, { header: 32, layout: KNOWN_LAYOUT }],
  ] as const)('%s symbols: the KSM of a hand-made kernel is counted through all of it', (form, twoByteLengths, btf) => {
    for (const era of ['6.1', '5.10'] as const) {
      const memory = ksm({
        era,
        trees: [[{ items: 5 }, { dups: [{ items: 3 }, { items: 2 }] }]],
        migrate: [{ items: 4 }],
      })
      const { kernel } = open(new KernelImage(memory, { form, twoByteLengths, btf }))
      const survey = surveyOf(kernel!)
      expect(survey).toMatchObject({ agree: true, complete: true, problems: [] })
      expect(survey.totals).toEqual({ nodes: 4, chains: 1, dups: 2, items: 14, migrate: 1 })
    }
  })

  test('with page tables of 5 levels, and with encrypted memory', () => {
    for (const options of [{ levels: 5 }, { smeMask: 1n << 47n }, { levels: 5, smeMask: 1n << 51n }] as const) {
      const made = new KernelImage(new HandKernel(options))
      const opening = open(made)
      expect(opening).toMatchObject({ stopped: null, problems: [] })
      expect(opening.kernel!.space).toMatchObject(options)
      expect(opening.memory!.translate(VMEMMAP + 0x40n)).toBe(0x1000_0040)
    }
  })

  test.each([
    [4, 0xffff888000000000n, 0xffffea0000000000n],
    [5, 0xff11000000000000n, 0xffd4000000000000n],
  ] as const)('%i levels, without CONFIG_RANDOMIZE_MEMORY: the constants', (levels, pageOffset, vmemmap) => {
    const hand = new HandKernel({ levels })
    hand.tables.map(pageOffset, 0, GIB1)
    const opening = open(new KernelImage(hand, { variables: false }))
    expect(opening).toMatchObject({ stopped: null, problems: [] })
    expect(opening.space).toMatchObject({ pageOffset, vmemmap, basesFrom: 'constants' })
  })

  test('a phys_base below 0, a KASLR shift', () => {
    const made = new KernelImage(new HandKernel())
    made.line('KERNELOFFSET', '1a000000')
    expect(open(made).space).toMatchObject({ kaslrOffset: 0x1a000000n })
    expect(open(made.line('KERNELOFFSET', null)).space).toMatchObject({ kaslrOffset: null })
    expect(open(made.line('NUMBER(phys_base)', '-4096')).space).toMatchObject({ physBase: -4096n })
  })

  test('an image whose machine is not told is taken for x86_64', () => {
    expect(open(new KernelImage(new HandKernel()), { arch: 'unknown' }).stopped).toBeNull()
  })

  test('a name of the kernel that can not be read is null', () => {
    expect(open(new KernelImage(new HandKernel()).line('SYMBOL(init_uts_ns)', null)).kernel!.version).toBeNull()
    expect(open(new KernelImage(new HandKernel()).line('BUILD-ID', null).line('OSRELEASE', null)).kernel).toMatchObject(
      {
        release: 'unknown',
        buildId: null,
      },
    )
  })
})

describe('what does not fit is told, and the rest stands', () => {
  test('a direct map that the page tables do not confirm', () => {
    const hand = new HandKernel()
    const made = new KernelImage(hand)
    hand.tables.map(PAGE_OFFSET, 0x4000_0000, GIB1)
    const opening = open(made)
    expect(opening.kernel).not.toBeNull()
    expect(opening.problems.map(({ code, message }) => [code, message])).toEqual([
      [
        'damaged-structure',
        'The direct map at 0xffff9a15c0000000 could not be confirmed by the page tables: page tables lead to 0x46000000 instead of 0x6000000.',
      ],
    ])
  })

  test('page tables that are not in the dump', () => {
    const made = new KernelImage(new HandKernel())
    made.hand.memory.exclude(0x580_0000 / 4096)
    const opening = open(made)
    expect(opening.kernel).not.toBeNull()
    expect(opening.problems[0]!.message).toContain('page table of level 4 is excluded')
  })

  test('a release of VMCOREINFO that is not that of the kernel, a KASLR shift that does not lead to _stext', () => {
    const made = new KernelImage(new HandKernel()).line('OSRELEASE', '6.2.0-other\x1b').line('KERNELOFFSET', '1a000000')
    const opening = open(made)
    expect(opening.kernel).not.toBeNull()
    expect(opening.problems.map(({ code, message }) => [code, message])).toEqual([
      ['implausible-value', 'VMCOREINFO names the release 6.2.0-other., the kernel itself 6.1.0-hand.'],
      ['implausible-value', 'KERNELOFFSET (0x1a000000) does not lead to _stext (0xffffffff81000000).'],
    ])
  })

  test('symbols that VMCOREINFO places differently', () => {
    const opening = open(new KernelImage(new HandKernel()).line('SYMBOL(phys_base)', STEXT.toString(16)))
    expect(opening.kernel).not.toBeNull()
    expect(opening.problems.map(({ code, message }) => [code, message])).toEqual([
      ['damaged-structure', 'kallsyms and VMCOREINFO place these symbols differently: phys_base.'],
    ])
  })
})

describe('what stops it', () => {
  const whole = (): KernelImage => new KernelImage(new HandKernel())

  test.each(['aarch64', 'i386', 's390x', 'ppc64'] as const)('another machine: %s', (arch) => {
    const opening = open(whole(), { arch })
    expect(stopped(opening)).toEqual([
      'other-machine',
      `This is a dump of a ${arch} machine (little-endian, 4096-byte pages); only x86_64 is understood.`,
    ])
    expect(opening).toMatchObject({ vmcoreinfo: null, kernel: null })
  })

  test.each([
    ['big-endian', { endian: 'big' as const }, null],
    ['32-bit words', { wordSize: 4 as const }, null],
    ['pages of 65536 bytes', {}, '65536'],
  ])('another machine, by its words: %s', (what, other, pageSize) => {
    const made = whole()
    if (pageSize !== null) made.line('PAGESIZE', pageSize)
    const [code, message] = stopped(open(made, { arch: 'unknown', ...other }))
    expect(code).toBe('other-machine')
    expect(message).toContain(what)
  })

  test('no VMCOREINFO', () => {
    const opening = open(whole(), { vmcoreinfo: null })
    expect(opening.stopped).toMatchObject({ code: 'no-vmcoreinfo', input: 'dump', exit: 5 })
    expect(opening).toMatchObject({
      vmcoreinfo: null,
      space: null,
      memory: null,
      symbols: null,
      types: null,
      kernel: null,
    })
  })

  test.each([
    ['NUMBER(phys_base)', null, 'VMCOREINFO lacks NUMBER(phys_base), so addresses can not be translated.'],
    ['SYMBOL(swapper_pg_dir)', null, 'VMCOREINFO lacks SYMBOL(swapper_pg_dir), so addresses can not be translated.'],
    ['SYMBOL(swapper_pg_dir)', '1000', "swapper_pg_dir (0x1000) lies outside the kernel's image."],
    ['NUMBER(phys_base)', '-99999999999', "swapper_pg_dir (0xffffffff80800000) lies outside the kernel's image."],
  ])('%s of %s', (key, value, message) => {
    const opening = open(whole().line(key, value))
    expect(stopped(opening)).toEqual(['no-translation', message])
    expect(opening.vmcoreinfo).not.toBeNull()
  })

  test('a VMCOREINFO without kallsyms lines (before 6.0): how far it came', () => {
    const made = whole()
    for (const name of ['names', 'num_syms', 'token_table', 'token_index', 'offsets', 'relative_base'])
      made.line(`SYMBOL(kallsyms_${name})`, null)
    const opening = open(made)
    expect(opening.stopped).toMatchObject({ code: 'no-symbols', exit: 5 })
    expect(opening.stopped!.advice).toContain('Kernels have it since 6.0')
    expect(opening.memory!.translate(STEXT)).toBe(0x600_0000)
    expect(opening).toMatchObject({ symbols: null, types: null, kernel: null })
  })

  test('page_offset_base or vmemmap_base in a page that is not there', () => {
    const hand = new HandKernel()
    hand.symbols.set('page_offset_base', [0xffffffffa0000000n])
    hand.variable('vmemmap_base', VMEMMAP)
    const opening = open(new KernelImage(hand, { variables: false }))
    expect(stopped(opening)).toEqual([
      'no-translation',
      'The variables page_offset_base and vmemmap_base can not be read, so the direct map can not be found.',
    ])
    expect(opening.symbols).not.toBeNull()
  })

  test('a phys_base that VMCOREINFO and the kernel say differently', () => {
    const opening = open(new KernelImage(new HandKernel(), { physBase: -4096n }))
    expect(stopped(opening)).toEqual([
      'no-translation',
      "phys_base of VMCOREINFO (83886080) and of the kernel's variable (-4096) differ.",
    ])
  })

  test('no BTF', () => {
    const opening = open(new KernelImage(new HandKernel(), { btf: null }))
    expect(stopped(opening)).toEqual([
      'no-types',
      '6.1.0-hand carries no BTF (no __start_BTF symbol), so the layout of its structures is not known.',
    ])
    expect(opening).toMatchObject({ types: null, kernel: null })
    expect(opening.symbols).not.toBeNull()
    expect(opening.space).toMatchObject({ pageOffset: PAGE_OFFSET })
  })

  test('BTF that ends before it begins', () => {
    const hand = new HandKernel()
    const at = hand.variable('__start_BTF', 0n, 64)
    hand.symbols.set('__stop_BTF', [at])
    expect(stopped(open(new KernelImage(hand, { btf: null })))[0]).toBe('no-types')
  })

  test('BTF that is not whole in the dump', () => {
    const made = whole()
    const { hand } = made
    const start = hand.symbols.get('__start_BTF')![0]!
    const length = hand.symbols.get('__stop_BTF')![0]! - start
    const offset = Number(start % 4096n) + 30
    hand.memory.hole(Math.floor(hand.phys(start) / 4096), offset, offset + 1)
    expect(stopped(open(made))).toEqual([
      'no-types',
      `The BTF of 6.1.0-hand (${length} bytes) is not whole in the dump.`,
    ])
  })

  test('BTF that is damaged: what, and where', () => {
    const made = whole()
    const start = made.hand.symbols.get('__start_BTF')![0]!
    made.hand.set32(start + 4n, 5000)
    const opening = open(made)
    expect(stopped(opening)).toEqual(['no-types', 'The BTF of 6.1.0-hand is damaged: header length 5000.'])
    expect(opening.stopped!.at).toBe(`0x${(start + 4n).toString(16)}`)
  })
})

test('damaged images and VMCOREINFO texts: a kernel, or a KsmDumpError that is returned (property)', () => {
  const change = fc.record({ word: fc.nat(), value: fc.oneof(fc.nat(), fc.constantFrom(0, 0xffffffff, 0x7fffffff, 1)) })
  const text = fc.record({
    line: fc.nat(),
    value: fc.oneof(fc.string(), fc.constantFrom('', '0', 'ffffffffffffffff', '-1', '0x10', 'ffffffff82000000')),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 10 }), fc.array(text, { maxLength: 2 }), (changes, texts) => {
      const made = new KernelImage(new HandKernel())
      const start = made.hand.phys(0xffffffff82000000n)
      const end = made.hand.phys(made.tables.relative_base) + 8
      for (const { word, value } of changes) made.hand.memory.u32(start + 4 * (word % ((end - start) / 4)), value)
      for (const { line, value } of texts) {
        const at = line % made.info.length
        made.info[at] = `${made.info[at]!.split('=')[0]}=${value}`
      }
      const opening = open(made)
      expect(opening.kernel === null).toBe(opening.stopped !== null)
    }),
    { numRuns: 300 },
  )
})
