import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseVmcoreInfo } from '../../src/parsers/vmcoreinfo.ts'

const TEXT = `OSRELEASE=6.1.0-50-cloud-amd64
BUILD-ID=4cd3a0c2
PAGESIZE=4096
SYMBOL(init_uts_ns)=ffffffff8221a3c0
SYMBOL(swapper_pg_dir)=0xFFFFFFFF82210000
OFFSET(list_head.next)=0
SIZE(page)=64
LENGTH(free_area.free_list)=6
NUMBER(phys_base)=-1048576
NUMBER(sme_mask)=0x800000000000
NUMBER(PG_lru)=4
KERNELOFFSET=1a000000
CRASHTIME=1764000000
`

describe('VMCOREINFO', () => {
  const info = parseVmcoreInfo(TEXT)

  test('raw values', () => {
    expect(['OSRELEASE', 'BUILD-ID', 'CRASHTIME', 'SYMBOL(init_uts_ns)'].map((key) => info.get(key))).toEqual([
      '6.1.0-50-cloud-amd64',
      '4cd3a0c2',
      '1764000000',
      'ffffffff8221a3c0',
    ])
    expect(info.get('OSRELEASE2')).toBeNull()
  })

  test('symbols: hexadecimal, with and without 0x, in either case', () => {
    expect(info.symbol('init_uts_ns')).toBe(0xffffffff8221a3c0n)
    expect(info.symbol('swapper_pg_dir')).toBe(0xffffffff82210000n)
    expect(info.symbol('page')).toBeNull()
    expect(info.symbols()).toEqual(['init_uts_ns', 'swapper_pg_dir'])
  })

  test('numbers: signed decimal, some hexadecimal', () => {
    expect(info.number('phys_base')).toBe(-1048576n)
    expect(info.number('sme_mask')).toBe(0x800000000000n)
    expect(info.number('PG_lru')).toBe(4n)
    expect(info.number('init_uts_ns')).toBeNull()
  })

  test('offsets, sizes, the KASLR shift', () => {
    expect([
      info.offset('list_head.next'),
      info.size('page'),
      info.offset('page'),
      info.size('list_head.next'),
    ]).toEqual([0, 64, null, null])
    expect(info.kernelOffset()).toBe(0x1a000000n)
    expect(parseVmcoreInfo('OSRELEASE=6').kernelOffset()).toBeNull()
  })

  test('spaces and carriage returns around a value, values with =, lines without', () => {
    const odd = parseVmcoreInfo('A= 1 \r\nnonsense\n=2\nB=x=y\nNUMBER(a)= 5\r\n')
    expect([odd.get('A'), odd.get('B'), odd.get(''), odd.get('nonsense'), odd.number('a')]).toEqual([
      '1',
      'x=y',
      null,
      null,
      5n,
    ])
  })

  test('a line that is there twice: the last one', () => {
    expect(parseVmcoreInfo('A=1\nA=2').get('A')).toBe('2')
  })

  test('the text ends within its last line', () => {
    expect(parseVmcoreInfo('A=1\nSYMBOL(x)=ffffffff81').symbol('x')).toBe(0xffffffff81n)
    expect(parseVmcoreInfo('A=1\nSYMBOL(x').symbol('x')).toBeNull()
  })

  test.each([
    ['no digits', ''],
    ['a sign', '-5'],
    ['other letters', 'ffffffff8221a3cg'],
    ['17 digits', '1ffffffff8221a3c0'],
    ['a prefix alone', '0x'],
    ['two prefixes', '0x0x1f'],
  ])('a symbol with %s is none', (_name, value) => {
    expect(parseVmcoreInfo(`SYMBOL(x)=${value}\nKERNELOFFSET=${value}`).symbol('x')).toBeNull()
    expect(parseVmcoreInfo(`KERNELOFFSET=${value}`).kernelOffset()).toBeNull()
  })

  test('a prefix in upper case is one', () => {
    const upper = parseVmcoreInfo('SYMBOL(x)=0XFFFF\nNUMBER(n)=0X10\nKERNELOFFSET=0XA')
    expect([upper.symbol('x'), upper.number('n'), upper.kernelOffset()]).toEqual([0xffffn, 16n, 10n])
  })

  test.each(['', '-', '5.5', '1e3', '1'.repeat(21), '0xg', 'ff'])('a number that says "%s" is none', (value) => {
    expect(parseVmcoreInfo(`NUMBER(x)=${value}`).number('x')).toBeNull()
  })

  test.each(['', '-8', '0x10', '1'.repeat(10), 'eight'])('an offset or size that says "%s" is none', (value) => {
    expect(parseVmcoreInfo(`OFFSET(x)=${value}`).offset('x')).toBeNull()
    expect(parseVmcoreInfo(`SIZE(x)=${value}`).size('x')).toBeNull()
  })

  test('names of objects of JavaScript are no keys', () => {
    const none = parseVmcoreInfo('')
    expect([none.get('constructor'), none.get('__proto__'), none.symbols()]).toEqual([null, null, []])
  })

  test('what is longer than any kernel writes is not read', () => {
    expect(parseVmcoreInfo(`${'x'.repeat(65_536)}\nA=1`).get('A')).toBeNull()
    expect(parseVmcoreInfo(`A=1\n${'x'.repeat(65_536)}`).get('A')).toBe('1')
  })
})

test('any text gives an answer (property)', () => {
  const key = fc.constantFrom('SYMBOL(x)', 'NUMBER(x)', 'OFFSET(x)', 'SIZE(x)', 'KERNELOFFSET', 'x', 'SYMBOL(')
  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^0[xX]?[0-9a-f]{0,4}$/),
    fc.stringMatching(/^[-0-9a-fxXA-F ]{0,22}$/),
  )
  const line = fc.oneof(
    fc.tuple(key, value).map(([name, what]) => `${name}=${what}`),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const info = parseVmcoreInfo(lines.join('\n'))
      for (const each of [info.symbol('x'), info.number('x'), info.kernelOffset()]) {
        if (each !== null) expect(typeof each).toBe('bigint')
      }
      for (const each of [info.offset('x'), info.size('x')]) if (each !== null) expect(each).toBeLessThan(1e9)
      expect(info.symbols()).toBeInstanceOf(Array)
    }),
    { numRuns: 1000 },
  )
})
