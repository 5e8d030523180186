import { describe, expect, test } from 'vitest'
import type { ToldStruct, ToldValue } from '../../src/parsers/told.ts'
import { crashTold, ofKind } from '../support/crash-text.ts'

const structs = (...lines: readonly string[]): ToldStruct[] => ofKind(crashTold(...lines), 'struct')
const values = (...lines: readonly string[]): ToldValue[] => ofKind(crashTold(...lines), 'value')
const members = ({ members }: ToldStruct): Record<string, string> => Object.fromEntries(members)

const NODE = [
  'struct stable_node {',
  '  {',
  '    node = {',
  '      __rb_parent_color = 18446612132520046688,',
  '      rb_right = 0x0',
  '    },',
  '    {',
  '      head = 0xffff88000c44b060,',
  '      list = {',
  '        next = 0x0,',
  '        prev = 0x0',
  '      }',
  '    }',
  '  },',
  '  hlist = {',
  '    first = 0xffff88000ba6b730',
  '  },',
  '  kpfn = 5094,',
  '  nid = 0',
  '}',
]
const NODE_MEMBERS = {
  'node.__rb_parent_color': '18446612132520046688',
  'node.rb_right': '0x0',
  head: '0xffff88000c44b060',
  'list.next': '0x0',
  'list.prev': '0x0',
  'hlist.first': '0xffff88000ba6b730',
  kpfn: '5094',
  nid: '0',
}

describe('struct', () => {
  test('a whole one: type and address by its command, members by path, anonymous ones without a name', () => {
    const found = structs('crash> struct stable_node ffff88000c44b030', ...NODE)
    expect(found.map(({ line, type, address }) => [line, type, address])).toEqual([
      [2, 'stable_node', 0xffff88000c44b030n],
    ])
    expect(members(found[0]!)).toEqual(NODE_MEMBERS)
  })

  test('without a command its head names the type', () => {
    expect(structs(...NODE)).toMatchObject([{ type: 'stable_node', address: null }])
    expect(members(structs(...NODE)[0]!)).toEqual(NODE_MEMBERS)
  })

  test('mail took the indent away', () => {
    const found = structs('crash> struct stable_node ffff88000c44b030', ...NODE.map((line) => line.trimStart()))
    expect(found.map(members)).toEqual([NODE_MEMBERS])
  })

  const SOME = ['  hlist = {', '    first = 0xffff880e4c9f4cf0', '  }', '  kpfn = 13900211', '    rmap_hlist_len = 8']
  test.each([
    ['struct stable_node.hlist,kpfn,rmap_hlist_len ffff880d41c0b1c0', 0xffff880d41c0b1c0n],
    ['struct -x stable_node.hlist,kpfn,rmap_hlist_len 0xffff880d41c0b1c0', 0xffff880d41c0b1c0n],
    ['stable_node.hlist,kpfn,rmap_hlist_len ffff880d41c0b1c0', 0xffff880d41c0b1c0n],
    ['*stable_node.hlist,kpfn ffff880d41c0b1c0', 0xffff880d41c0b1c0n],
    ['* stable_node.hlist,kpfn ffff880d41c0b1c0', 0xffff880d41c0b1c0n],
    ['struct stable_node.hlist -l 24 ffff880d41c0b1d8', 0xffff880d41c0b1c0n],
    ['struct stable_node.hlist -l stable_node.hlist ffff880d41c0b1d8', null],
    ['struct stable_node.hlist some_symbol', null],
  ])('some members: %s', (command, address) => {
    const found = structs(`crash> ${command}`, ...SOME, 'crash> quit')
    expect(found.map(({ type, address }) => [type, address])).toEqual([['stable_node', address]])
    expect(members(found[0]!)).toEqual({ 'hlist.first': '0xffff880e4c9f4cf0', kpfn: '13900211', rmap_hlist_len: '8' })
  })

  test('several: only the first stands at the address of the command', () => {
    const found = structs('crash> struct stable_node ffff88000c44b030 2', ...NODE, '', ...NODE)
    expect(found.map(({ address }) => address)).toEqual([0xffff88000c44b030n, null])
  })

  test('task -R: members of the task whose header stands above', () => {
    const header = (i: number): string => `PID: ${i}   TASK: ffff88000c53c4c${i}  CPU: 1   COMMAND: "numad"`
    const told = crashTold(
      'crash> foreach UN task -R state,on_cpu',
      header(1),
      '  state = 2,',
      '  on_cpu = 0,',
      '',
      header(2),
      '  state = 0,',
    )
    expect(
      ofKind(told, 'struct').map(({ type, address, members }) => [type, address, Object.fromEntries(members)]),
    ).toEqual([
      ['task_struct', 0xffff88000c53c4c1n, { state: '2', on_cpu: '0' }],
      ['task_struct', 0xffff88000c53c4c2n, { state: '0' }],
    ])
    expect(ofKind(told, 'task')).toMatchObject([{ source: 'task', pid: 1 }, { pid: 2 }])
  })

  test('values are told as printed', () => {
    const lines = [
      '  comm = "a = b, {",',
      '  next = 0xffffffff81455088 <one_stable_tree>,',
      '  count = -4294967295,',
      '  type = RWSEM_WAITING_FOR_WRITE',
      '  bits = {0x1, 0x2 <repeats 12 times>},',
    ]
    expect(members(structs('crash> struct x.y ffff88000c44b030', ...lines)[0]!)).toEqual({
      comm: '"a = b, {"',
      next: '0xffffffff81455088 <one_stable_tree>',
      count: '-4294967295',
      type: 'RWSEM_WAITING_FOR_WRITE',
      bits: '{0x1, 0x2 <repeats 12 times>}',
    })
  })

  test.each([
    [
      '-o',
      [
        'struct rmap_item {',
        '   [0] struct rmap_item *rmap_list;',
        '       union {',
        '   [8]     int nid;',
        '       };',
        '  [16] struct mm_struct *mm;',
        '}',
        'SIZE: 64',
      ],
    ],
    ['-o with an address', ['struct rmap_item {', '  [ffff88000ba6b700] struct rmap_item *rmap_list;', '}']],
    ['as in the seed of the bug', ['struct hlist_head { ', '[0] struct hlist_node *first; ', '} ']],
    ['C', ['struct rmap_item {', '    struct rmap_item *rmap_list;', '    unsigned long address;', '};']],
    ['code', ['    stable_node = page_stable_node(page);', '  x = y;', 'int a = 5', 'kpfn = 7']],
    ['settings', ['  vm.swappiness = 10', '  name = some text', '  ; a = b']],
  ])('a layout, code and settings have no values: %s', (_name, lines) => {
    expect(crashTold(...lines)).toEqual([])
  })

  test('code behind the members of a command is none of them', () => {
    expect(structs('crash> struct a.b ffff88000c44b030', '  b = 0x1', '  c = 0x2;').map(members)).toEqual([
      { b: '0x1' },
    ])
  })

  test('a struct behind a layout is read', () => {
    expect(
      structs(
        'crash> struct -o stable_node',
        'struct stable_node {',
        '  [24] struct hlist_head hlist;',
        '}',
        'SIZE: 48',
        'crash> struct stable_node ffff88000c44b030',
        ...NODE,
      ),
    ).toHaveLength(1)
  })

  test('rows beyond the braces and a brace that never closes swallow nothing', () => {
    const told = crashTold(
      'crash> struct a.b ffff88000c44b030',
      '  b = {',
      ...Array.from({ length: 70 }, () => 'prose'),
      'PID: 44   TASK: ffff88000c53c4c0  CPU: 1   COMMAND: "numad"',
      '  }',
      '}',
    )
    expect(ofKind(told, 'task')).toHaveLength(1)
  })
})

describe('prose about structs', () => {
  test.each([
    ['stable_node: 0xffff881f836ba000', 'stable_node', 0xffff881f836ba000n, {}],
    ['the struct stable_node at 0xffff881f836ba000 is it', 'stable_node', 0xffff881f836ba000n, {}],
    ['(struct stable_node *) 0xffff881f836ba000', 'stable_node', 0xffff881f836ba000n, {}],
    ['stable_node = 0xffff881f836ba000', 'stable_node', 0xffff881f836ba000n, {}],
    ['stable_node->hlist->first is 0xffff883f3e5746b0', 'stable_node', null, { 'hlist.first': '0xffff883f3e5746b0' }],
    [
      'mm_struct->mmap_sem.count = 0xffffffff00000001, so',
      'mm_struct',
      null,
      { 'mmap_sem.count': '0xffffffff00000001' },
    ],
    ['dup->rmap_hlist_len = 42', 'dup', null, { rmap_hlist_len: '42' }],
  ])('%s', (line, type, address, of) => {
    const [found] = structs(line)
    expect(found).toMatchObject({ type, address })
    expect(members(found!)).toEqual(of)
  })

  test('a member said some lines later belongs to the struct whose address was said', () => {
    const found = structs(
      'We have the stable_node 0xffff881f836ba000.',
      'Its first entry is',
      'stable_node->hlist->first = 0xffff883f3e5746b0',
      'and stable_node->kpfn = 5094',
    )
    expect(found.map((each) => [each.address, members(each)])).toEqual([
      [0xffff881f836ba000n, { 'hlist.first': '0xffff883f3e5746b0', kpfn: '5094' }],
    ])
  })

  test.each([
    'stable_node->kpfn = 7;',
    'stable_node->hlist->first = %p',
    'stable_node: 0x%lx',
    'stable_node: 0x00007f3ee3972200',
    'page: 0xffffea000004f980',
    'if (stable_node->kpfn != 5094)',
    'hlist_for_each_entry(rmap_item, &stable_node->hlist, hlist) {',
  ])('format strings, code and other addresses are nothing: %s', (line) => {
    expect(crashTold(line)).toEqual([])
  })
})

describe('p', () => {
  test.each([
    ['ksm_pages_sharing = $1 = 170297', 'ksm_pages_sharing', '170297'],
    ['ksm_pages_sharing = $4 = 0x29939', 'ksm_pages_sharing', '0x29939'],
    [
      'root_stable_tree = $1 = (struct rb_root *) 0xffffffff81455088 <one_stable_tree>',
      'root_stable_tree',
      '(struct rb_root *) 0xffffffff81455088 <one_stable_tree>',
    ],
    ['  jiffies = $12 = 4294937296  ', 'jiffies', '4294937296'],
    ['per_cpu(x, 0) = $1 = 5', 'per_cpu(x, 0)', '5'],
  ])('%s', (line, name, text) => {
    // per_cpu(..) begins with a letter as all do
    expect(values(line)).toEqual([{ kind: 'value', line: 1, name, text }])
  })

  test.each(['p/x ksm_pages_sharing', 'px ksm_pages_sharing', 'p -x ksm_pages_sharing'])(
    '%s: the name is in the command',
    (command) => {
      expect(values(`crash> ${command}`, '$4 = 0x29939')).toMatchObject([
        { name: 'ksm_pages_sharing', text: '0x29939' },
      ])
    },
  )

  test('a value whose name nothing says is nothing', () => {
    expect(crashTold('$4 = 0x29939')).toEqual([])
    expect(crashTold('crash> p 1+2', '$4 = 3')).toEqual([])
    expect(crashTold('crash> p ksm_run ksm_scan', '$4 = 3')).toEqual([])
  })

  test('a struct behind a pointer, and a variable that is one', () => {
    expect(
      structs('crash> px *root_stable_tree', '$2 = {', '  rb_node = 0xffff88000c44b060', '}').map(members),
    ).toEqual([{ rb_node: '0xffff88000c44b060' }])
    expect(
      structs('ksm_scan = $3 = {', '  mm_slot = 0xffffffff813439c0,', '  list = {', '    next = 0x0', '  }', '}').map(
        members,
      ),
    ).toEqual([{ 'ksm_scan.mm_slot': '0xffffffff813439c0', 'ksm_scan.list.next': '0x0' }])
  })

  test('what follows the struct of a variable is not in it', () => {
    expect(crashTold('ksm_scan = $3 = {', '  seqnr = 5', '}', 'ksm_run = $4 = 1')).toMatchObject([
      { kind: 'struct' },
      { kind: 'value', name: 'ksm_run', text: '1' },
    ])
  })

  test('linux_banner names the kernel', () => {
    const told = crashTold(
      'linux_banner = $6 = 0xffffffff81224080 <linux_banner> "Linux version 4.4.60-ksm (root@vm) (gcc version 12.2.0 (Debian 12.2.0-14+deb12u1) ) #1 SMP Mon Nov 23 15:57:55 UTC 2026\\n"',
    )
    expect(ofKind(told, 'host')).toMatchObject([
      { source: 'banner', release: '4.4.60-ksm', version: '#1 SMP Mon Nov 23 15:57:55 UTC 2026', cpus: null },
    ])
  })

  test('no such symbol', () => {
    expect(crashTold('p: gdb request failed: p nosuchsym')).toMatchObject([{ kind: 'error', command: 'p' }])
  })
})

describe('kmem', () => {
  test('-i: pages', () => {
    const found = values(
      '                 PAGES        TOTAL      PERCENTAGE',
      '    TOTAL MEM    51039     199.4 MB         ----',
      '         FREE    46477     181.6 MB   91% of TOTAL MEM',
      '      BUFFERS        0            0    0% of TOTAL MEM',
      '   TOTAL HUGE        0            0         ----',
      ' COMMIT LIMIT    25519      99.7 MB         ----',
      '    COMMITTED    19372      75.7 MB   75% of TOTAL LIMIT',
    )
    expect(found.map(({ name, text }) => [name, text])).toEqual([
      ['kmem.TOTAL MEM', '51039'],
      ['kmem.FREE', '46477'],
      ['kmem.BUFFERS', '0'],
      ['kmem.TOTAL HUGE', '0'],
      ['kmem.COMMIT LIMIT', '25519'],
      ['kmem.COMMITTED', '19372'],
    ])
  })

  test.each(['FREE 5 lunches', 'USED 7', 'SLAB 3159 things, 6% of TOTAL MEM'])('prose is no row: %s', (line) => {
    expect(crashTold(line)).toEqual([])
  })

  test('-s: objects in use, of both eras', () => {
    const found = values(
      'CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME',
      'ffff880000090b00       64     170782    170880   2670     4k  kmalloc-64',
      'CACHE            NAME                 OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE',
      'ffff880000090b00 ksm_rmap_item             64     170340    170880   2670     4k',
    )
    expect(found.map(({ name, text }) => [name, text])).toEqual([
      ['kmem.cache.kmalloc-64', '170782'],
      ['kmem.cache.ksm_rmap_item', '170340'],
    ])
  })

  test('PAGE: the struct page, members as printed', () => {
    const row = 'ffffb7a0801bee40  6fb9000 ffff8a114a404143 7fa17b4fd 100841 fffffc008000f locked,referenced,uptodate'
    const [found] = structs('      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS', row)
    expect(found).toMatchObject({ type: 'page', address: 0xffffb7a0801bee40n })
    expect(members(found!)).toEqual({
      physical: '6fb9000',
      mapping: 'ffff8a114a404143',
      index: '7fa17b4fd',
      _refcount: '100841',
      flags: 'fffffc008000f',
    })
    expect(structs(row)).toEqual([])
  })
})

describe('rd and sym', () => {
  test('words by their distance from the start; a gap begins another', () => {
    const found = structs(
      'crash> rd ffff88000c44b030 6',
      'ffff88000c44b030:  ffff88000c44b060 0000000000000000   `.D.............',
      'ffff88000c44b040:  0000000000000000 ffff88000ba6b730   ........0.......',
      'ffff88000c44b050:  00000000000013e6                    ........',
      'ffff88000c44c000:  0000000000000001 0000000000000002   ................',
    )
    expect(found.map(({ address }) => address)).toEqual([0xffff88000c44b030n, 0xffff88000c44c000n])
    expect(members(found[0]!)).toEqual({
      '0x0': 'ffff88000c44b060',
      '0x8': '0000000000000000',
      '0x10': '0000000000000000',
      '0x18': 'ffff88000ba6b730',
      '0x20': '00000000000013e6',
    })
  })

  test('symbols in place of words are passed over', () => {
    expect(crashTold('ffffffff81343a08:  one_stable_tree 0000000000000000 ')).toEqual([])
  })

  test('sym: where a symbol lies, under a name of its own', () => {
    expect(
      values('ffffffffba2b1722 (t) __schedule+642 file: 3800', 'ffffffff81453040 (b) ksm_pages_sharing'),
    ).toMatchObject([
      { name: 'sym.__schedule+642', text: 'ffffffffba2b1722' },
      { name: 'sym.ksm_pages_sharing', text: 'ffffffff81453040' },
    ])
  })
})
