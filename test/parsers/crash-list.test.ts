import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddressCount } from '../../src/parsers/crash/address-count.hot.ts'
import { AddressSet } from '../../src/parsers/crash/address-set.hot.ts'
import { CrashParser } from '../../src/parsers/crash-text.ts'
import type { Told, ToldList } from '../../src/parsers/told.ts'
import { crashTold, ofKind, textTold } from '../support/crash-text.ts'

const lists = (...lines: readonly string[]): ToldList[] => ofKind(crashTold(...lines), 'list')
const only = (...lines: readonly string[]): ToldList => {
  const found = lists(...lines)
  expect(found).toHaveLength(1)
  return found[0]!
}

/** rmap_items of 64 bytes, their hlist at 0x30. */
const item = (i: number): string => (0xffff88000ba00030n + 64n * BigInt(i)).toString(16)
const items = (count: number): string[] => Array.from({ length: count }, (_, i) => item(i))
const COMMAND = `list hlist_node.next ${item(0)}`
const PROMPT = `crash> ${COMMAND}`

describe('a list', () => {
  test('has its command, its first address and its length; it is told at its end', () => {
    const parser = new CrashParser()
    for (const [i, line] of [PROMPT, ...items(8)].entries()) parser.push(line, i + 1)
    expect(parser.told).toEqual([])
    parser.end()
    expect(parser.told).toEqual([
      {
        kind: 'list',
        line: 2,
        command: COMMAND,
        first: BigInt(`0x${item(0)}`),
        length: 8,
        duplicates: 0,
        implausible: 0,
        end: 'end',
        endAt: null,
      },
    ])
  })

  test.each([1, 2, 63, 64, 65, 66, 200])('of %i addresses has that length', (count) => {
    expect(only(PROMPT, ...items(count))).toMatchObject({ length: count, duplicates: 0, implausible: 0 })
    expect(only(PROMPT, ...items(count), 'crash> quit').length).toBe(count)
    expect(only(PROMPT, ...items(count), 'That is all of it.').length).toBe(count)
  })

  test('without a command, three addresses are one and two are none', () => {
    expect(only(...items(3))).toMatchObject({ line: 1, command: null, length: 3 })
    expect(lists(...items(2))).toEqual([])
    expect(lists(item(0), 'and', item(1), 'and', item(2))).toEqual([])
  })

  test('without a command, numbers, hashes and user addresses are none', () => {
    for (const lines of [
      ['20161123', '20161124', '20161125', '20161126'],
      ['c331fe278d9a', 'd595d9c95908', '4517530aaaaa'],
      ['0000000000000001', '0000000000000002', '0000000000000003'],
      ['00007f3ee3972200', '00007f3ee3973200', '00007f3ee3974200'],
      ['ffff8800', 'ffff8801', 'ffff8802'],
    ])
      expect(lists(...lines)).toEqual([])
  })

  test.each([
    ['0x in front', (line: string) => `0x${line}`],
    ['blanks about them', (line: string) => `    ${line}  `],
  ])('lines with %s count', (_name, form) => {
    for (const count of [3, 300])
      expect(only(...items(count).map(form))).toMatchObject({ length: count, implausible: 0 })
  })

  test('a blank line after every address does not cut it', () => {
    expect(only(PROMPT, ...items(100).flatMap((line) => [line, '']))).toMatchObject({ length: 100, end: 'end' })
  })

  test.each(['kmem -S vmap_area', 'search ffff88000ba00030', 'log -t'])('what %s prints is none', (command) => {
    expect(lists(`crash> ${command}`, ...items(5))).toEqual([])
  })

  test('objects of a slab are none, without a command too', () => {
    expect(lists('  FREE / [ALLOCATED]', ...items(5))).toEqual([])
    expect(only('  FREE / [ALLOCATED]', ...items(5), 'crash> list x', ...items(4)).length).toBe(4)
  })

  test('a command whose output goes to a file prints none', () => {
    expect(lists(`${PROMPT} > rmap_item.lst`, ...items(5))).toEqual([])
  })

  test.each(['-H', '-h', '-x', '-r', '-B'])('%s prints addresses all the same', (option) => {
    const command = `list ${option} ffff88000c44b048`
    expect(only(`crash> ${command}`, ...items(5))).toMatchObject({ command, length: 5 })
  })

  test('several lists after each other are told apart, by prompts and by prose', () => {
    expect(
      lists(PROMPT, ...items(80), PROMPT, ...items(3), 'and the other:', ...items(70)).map(({ length }) => length),
    ).toEqual([80, 3, 70])
  })
})

describe('members of its entries', () => {
  const rows = (count: number, ...members: readonly string[]): string[] =>
    items(count).flatMap((line) => [line, ...members])

  test.each([
    ['-s', ['  mm = 0xffff88000c4ec380,', '  address = 140365723583488,']],
    ['-S', ['  mm = 0xffff88000c4ec380', '  address = 18446614405446578904,']],
    ['a nested one', ['  hlist = {', '    next = 0xffff88000ba65a70,', '    pprev = 0xffff88000c44b048', '  },']],
    [
      'a whole struct',
      ['struct rmap_item {', '  mm = 0xffff88000c4ec380,', '  hlist = {', '    next = 0x0', '  }', '}'],
    ],
    ['of tree -p', ['  position: root/l/r']],
  ])('%s: the addresses are counted', (_name, members) => {
    for (const count of [3, 100]) {
      const option = members[0]!.includes('position') ? '-p' : '-s rmap_item.mm'
      expect(only(`crash> list ${option} ${item(0)}`, ...rows(count, ...members))).toMatchObject({ length: count })
      // crash -s echoes no command
      if (!members[0]!.startsWith('struct')) expect(only(...rows(count, ...members))).toMatchObject({ length: count })
    }
  })

  test('a member that goes on over several lines does not cut it', () => {
    const members = ['  cpumask = {{', '      bits = {0x1, 0x2,', '        0x3}', '    }},']
    expect(only(`crash> list -s a.b ${item(0)}`, ...rows(100, ...members)).length).toBe(100)
  })

  test('those of the first 64 are told, each with the address of its struct', () => {
    const waiters = [
      'crash> list -H 0xffff88000c4ec3f0 -s rwsem_waiter.task,type',
      ...Array.from({ length: 70 }, (_, i) => [
        item(i),
        `  task = 0xffff88000c50${(0x1000 + i).toString(16)},`,
        '  type = RWSEM_WAITING_FOR_WRITE',
      ]).flat(),
    ]
    const told = crashTold(...waiters)
    const structs = ofKind(told, 'struct')
    expect(structs).toHaveLength(64)
    structs.forEach(({ type, address, members }, i) => {
      expect([type, address, Object.fromEntries(members)]).toEqual([
        'rwsem_waiter',
        BigInt(`0x${item(i)}`),
        { task: `0xffff88000c50${(0x1000 + i).toString(16)}`, type: 'RWSEM_WAITING_FOR_WRITE' },
      ])
    })
    expect(ofKind(told, 'list')).toMatchObject([{ length: 70 }])
  })

  test('with -l the struct stands elsewhere', () => {
    const told = crashTold(`crash> list -s rmap_item.mm -l rmap_item.hlist ${item(0)}`, ...rows(1, '  mm = 0x1'))
    expect(ofKind(told, 'struct')).toMatchObject([{ type: 'rmap_item', address: null }])
  })

  test('what follows a list without a prompt is not swallowed', () => {
    const told = crashTold(
      ...rows(100, '  mm = 0xffff88000c4ec380,'),
      'PID: 44       TASK: ffff88000c53c4c0  CPU: 1    COMMAND: "numad"',
      ' #0 [ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
    )
    expect(ofKind(told, 'task')).toMatchObject([{ pid: 44, frames: [{ symbol: 'smp_call_function_many' }] }])
    expect(ofKind(told, 'list')).toMatchObject([{ length: 100 }])
  })

  test('an indented session is read as one at the margin', () => {
    const session = [
      `crash> list -s rmap_item.mm ${item(0)}`,
      ...rows(100, '  mm = 0x1,'),
      'crash> p jiffies',
      'jiffies = $1 = 5',
    ]
    const told = crashTold(...session.map((line) => `    ${line}`))
    expect(ofKind(told, 'list')).toMatchObject([{ length: 100 }])
    expect(ofKind(told, 'value')).toMatchObject([{ name: 'jiffies' }])
  })
})

describe('how it ends', () => {
  test.each([
    [`list: duplicate list entry: ${item(1)}`, 'cycle', item(1)],
    ['list: invalid list entry: 10', 'invalid', '10'],
    ['list: invalid kernel virtual address: dead000000000100  type: "list entry"', 'invalid', 'dead000000000100'],
    ['list: invalid kernel virtual address: 0x10', 'invalid', '10'],
    [`list: page excluded: kernel virtual address: ${item(9)}  type: "list entry"`, 'invalid', item(9)],
    [`list: seek error: kernel virtual address: ${item(9)}  type: "list entry"`, 'invalid', item(9)],
    ['list: invalid list entry: 0', 'end', null],
    ['list: -l and -o are mutually exclusive', 'end', null],
  ] as const)('%s', (line, end, endAt) => {
    for (const count of [4, 400]) {
      const told = crashTold(PROMPT, ...items(count), '', line)
      expect(ofKind(told, 'list')).toMatchObject([
        { length: count, end, endAt: endAt === null ? null : BigInt(`0x${endAt}`) },
      ])
      expect(ofKind(told, 'error')).toMatchObject([{ command: 'list', text: line.slice(6) }])
    }
  })

  test('tree: duplicate tree entry', () => {
    const line = `tree: duplicate tree entry: ${item(1)}`
    expect(only('crash> tree -t rbtree -o stable_node.node ffffffff81455088', ...items(4), '', line)).toMatchObject({
      end: 'cycle',
      endAt: BigInt(`0x${item(1)}`),
    })
  })

  test('an error without a list is only that', () => {
    expect(crashTold('crash> list nosuch.next 0', 'list: invalid argument: nosuch.next')).toMatchObject([
      { kind: 'error' },
    ])
  })

  test('a last line that is half an address is cut off, not counted', () => {
    for (const half of ['ffff88000ba', 'ffff88000ba0003', 'ffff', 'f'])
      for (const count of [4, 400])
        expect(only(...items(count), half)).toMatchObject({ length: count, end: 'cut', implausible: 0 })
  })

  test('a half address in the middle is a damaged line of the list', () => {
    for (const count of [4, 400])
      expect(only(...items(count), 'ffff88000ba', ...items(3))).toMatchObject({
        length: count + 4,
        end: 'end',
        implausible: 1,
      })
  })

  test('an address that crash prints unpadded belongs to the list of a command', () => {
    expect(only(PROMPT, ...items(4), '13e6', '7f3ee654c200')).toMatchObject({ length: 6, implausible: 2, end: 'end' })
    expect(only(...items(4), '13e6')).toMatchObject({ length: 4, end: 'end' })
  })

  test.each(['...', '[...]', '<snip>', '[snip]', '.....'])('lines that were left out: %s', (line) => {
    expect(only(...items(4), line)).toMatchObject({ length: 4, end: 'cut' })
    expect(only(...items(4), line, ...items(3))).toMatchObject({ length: 7, end: 'cut' })
  })

  test.each(['head -30', 'tail -5', 'grep ffff88', 'sed -n 1,9p'])('a list through %s is not the whole one', (pipe) => {
    expect(only(`${PROMPT} | ${pipe}`, ...items(4))).toMatchObject({ length: 4, end: 'cut' })
  })
})

describe('doubles and addresses that can not be', () => {
  test('a cycle: the entry that comes again is a double', () => {
    expect(only(PROMPT, ...items(100), item(3), '', `list: duplicate list entry: ${item(3)}`)).toMatchObject({
      length: 101,
      duplicates: 1,
      end: 'cycle',
    })
  })

  test.each([
    ['not aligned', 'ffff88000ba00031'],
    ['in user space', '00007f3ee654c230'],
    ['at another offset than the rest', 'ffff88000ba00038'],
  ])('%s', (_name, odd) => {
    expect(only(PROMPT, ...items(200), odd, ...items(200).map((line) => line.replace('88000', '88100')))).toMatchObject(
      {
        length: 401,
        implausible: 1,
      },
    )
  })

  test('lists of objects of other sizes keep no offset', () => {
    const objects = Array.from({ length: 300 }, (_, i) => (0xffff88000ba00000n + 40n * BigInt(i)).toString(16))
    expect(only(PROMPT, ...objects).implausible).toBe(0)
    // 99 of 100 are not more than 99 %
    expect(only(PROMPT, ...items(99), 'ffff88000b000038').implausible).toBe(0)
  })

  test('s390x has no upper half', () => {
    const told = crashTold(
      '    CPUS: 2',
      ' RELEASE: 5.14.0',
      ' MACHINE: s390x',
      'crash> list hlist_node.next 7d2f4a30',
      '7d2f4a30',
      '7d2f4a70',
      '17d2f4ab0',
    )
    expect(ofKind(told, 'list')).toMatchObject([{ first: 0x7d2f4a30n, length: 3, implausible: 0, end: 'end' }])
  })

  const address = fc.oneof(
    { weight: 6, arbitrary: fc.nat(40).map((i) => BigInt(`0x${item(i)}`)) },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(0n, 1n, 0xffffffffffffffffn, 0x8000000000000000n, 0xffffffffn, 0x100000000n),
    },
  )

  test('counts what a plain set counts (property)', () => {
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 400 }), (addresses) => {
        const count = new AddressCount()
        for (const each of addresses) {
          expect(count.parse(each.toString(16).padStart(16, '0'))).toBe(true)
          count.take()
        }
        const good = addresses.filter((each) => each % 8n === 0n && each >> 63n === 1n)
        const offsets = new Map<bigint, number>()
        for (const each of good) offsets.set(each % 64n, (offsets.get(each % 64n) ?? 0) + 1)
        const most = Math.max(0, ...offsets.values())
        expect({
          length: count.length,
          duplicates: count.duplicates(),
          implausible: count.implausible(),
          last: (BigInt(count.lastHi) << 32n) | BigInt(count.lastLo),
        }).toEqual({
          length: addresses.length,
          duplicates: addresses.length - new Set(addresses).size,
          implausible: addresses.length - good.length + (most > 0.99 * good.length ? good.length - most : 0),
          last: addresses[addresses.length - 1],
        })
      }),
      { numRuns: 300 },
    )
  })

  test('a set counts over its seams, and says when there were too many (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (values, most) => {
        const set = new AddressSet([2, 5, most + 5])
        for (const each of values) set.add(each, 0xffff8800)
        expect(set.duplicates()).toBe(values.length > most + 5 ? null : values.length - new Set(values).size)
        set.clear()
        set.add(1, 1)
        expect(set.duplicates()).toBe(0)
        expect(set.bytes).toBe(8)
      }),
    )
  })

  test('too many addresses: how many were there before is not told', () => {
    const set = new AddressSet([4])
    for (let i = 0; i < 5; i++) set.add(i, 0)
    expect(set.duplicates()).toBeNull()
    expect(set.bytes).toBe(0)
  })

  test.each([
    '',
    ' ',
    '0x',
    'g000000000000000',
    'ffff88000ba00030 ffff88000ba00070',
    'ffff88000ba00030,',
    '12345678901234567',
    'ffff88000ba0003\u0130',
  ])('no address: "%s"', (line) => {
    expect(new AddressCount().parse(line)).toBe(false)
  })
})

describe('how a length is told', () => {
  const counted = (told: readonly Told[]): unknown[] =>
    told.map((each) =>
      each.kind === 'count'
        ? [each.count, each.file]
        : each.kind === 'list'
          ? [each.command, each.first, each.length]
          : each,
    )

  test('wc after a list that went to a file: the count, and the list that was counted', () => {
    const redirected = `${COMMAND} > rmap_item.lst`
    for (const wc of ['$ wc -l rmap_item.lst', 'crash> !wc -l rmap_item.lst', 'root@host:~# wc -l rmap_item.lst'])
      expect(counted(crashTold(`crash> ${redirected}`, wc, '2306920 rmap_item.lst'))).toEqual([
        [2306920, 'rmap_item.lst'],
        [redirected, BigInt(`0x${item(0)}`), 2306920],
      ])
    // the answer alone names the file that the list went to
    expect(counted(crashTold(`crash> ${redirected}`, 'It has', '  $ 2306920 rmap_item.lst'))).toHaveLength(2)
  })

  test('wc behind a pipe', () => {
    expect(counted(crashTold(`${PROMPT} | wc -l`, '2306920'))).toEqual([
      [2306920, null],
      [`${COMMAND} | wc -l`, BigInt(`0x${item(0)}`), 2306920],
    ])
    // the prompt is lost
    expect(counted(crashTold(`${COMMAND} | wc -l`, '', '2306920'))).toHaveLength(2)
    expect(crashTold('foreach UN bt | grep PID | wc -l', '61')).toEqual([])
    expect(crashTold('crash> foreach UN bt | grep PID | wc -l', '61')).toEqual([])
  })

  test('wc of standard input and of several files', () => {
    expect(counted(crashTold('$ wc -l < rmap_item.lst', '2306920'))).toEqual([[2306920, 'rmap_item.lst']])
    expect(counted(crashTold('$ cat rmap_item.lst | wc -l', '2306920'))).toEqual([[2306920, 'rmap_item.lst']])
    expect(counted(crashTold('$ wc -l a.lst b.lst', '  3 a.lst', ' 40 b.lst', ' 43 total'))).toEqual([
      [3, 'a.lst'],
      [40, 'b.lst'],
    ])
    expect(counted(crashTold('$ wc a.lst', '  3  3  51 a.lst'))).toEqual([[3, 'a.lst']])
  })

  test('a list from a head does not begin with it', () => {
    expect(counted(crashTold('crash> list -H ffff88000c44b048 | wc -l', '12'))).toEqual([[12, null]])
  })

  test.each(['23 processes', ' 2306920 rmap_item', '12', '2306920'])('"%s" by itself is no count', (line) => {
    expect(crashTold(line)).toEqual([])
    expect(crashTold('$ wc -l a.lst', '1 a.lst', 'crash> bt', line)).toHaveLength(1)
  })

  test('a mail that names a node, its first entry and a length', () => {
    const told = textTold(
      [
        'finally find the',
        'stable_node->hlist is as long as 1234567 entries:',
        '',
        'rmap_item list(stable_node->hlist):',
        'stable_node: 0xffff881f836ba000 stable_node->hlist->first =',
        '0xffff88000ba00030',
      ].join('\n'),
    )
    expect(ofKind(told, 'count')).toEqual([{ kind: 'count', line: 2, count: 1234567, file: 'stable_node->hlist' }])
    expect(ofKind(told, 'struct')).toEqual([
      {
        kind: 'struct',
        line: 5,
        type: 'stable_node',
        address: 0xffff881f836ba000n,
        members: new Map([['hlist.first', '0xffff88000ba00030']]),
      },
    ])
  })

  test.each([
    ['the rmap_item.lst holds 1,234,567 nodes', 'rmap_item.lst'],
    ['there are 1234567 rmap_items in the stable_node->hlist', 'stable_node->hlist'],
    ['1,234,567 entries in stable_node->hlist', 'stable_node->hlist'],
    ['ksm_list was about 1234567 items long', 'ksm_list'],
  ])('a length in words: %s', (line, file) => {
    expect(crashTold(line)).toMatchObject([{ kind: 'count', count: 1234567, file }])
  })

  test.each([
    'the list is as long as 12 entries',
    'csd_lock_wait called %d times',
    'stable_node->hlist is as long as %d entries',
    'It has 12 entries.',
    'the file has_entries is 12 kB',
  ])('prose without a name of C, and format strings, are no counts: %s', (line) => {
    expect(crashTold(line)).toEqual([])
  })

  test('a node, its first entry and its length, line by line', () => {
    const told = crashTold(
      'stable_node: 0xffff88000c44b030 stable_node->hlist->first = 0xffff88000ba6b730',
      'length: 170000',
      'kpfn: 0x13e6 page: 0xffffea000004f980',
    )
    expect(ofKind(told, 'struct').map(({ address, members }) => [address, Object.fromEntries(members)])).toEqual([
      [
        0xffff88000c44b030n,
        { 'hlist.first': '0xffff88000ba6b730', length: '170000', kpfn: '0x13e6', page: '0xffffea000004f980' },
      ],
    ])
    expect(ofKind(told, 'list')).toMatchObject([{ first: 0xffff88000ba6b730n, length: 170000, command: null }])
  })
})

test('a list of two million addresses is counted in bounded memory', () => {
  const parser = new CrashParser()
  const count = 2_000_000
  for (let i = 0; i < count; i++) parser.push(item((i * 7919) % count), i + 1)
  const held = parser.bytes
  parser.push(item(5), count + 1)
  parser.end()
  expect(ofKind(parser.told, 'list')).toMatchObject([{ length: count + 1, duplicates: 1, implausible: 0 }])
  expect(held).toBeLessThanOrEqual(16 * count)
  expect(parser.bytes).toBe(0)
})
