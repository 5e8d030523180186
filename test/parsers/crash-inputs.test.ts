import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Told, ToldTask } from '../../src/parsers/told.ts'
import { cleanText, INPUTS, ofKind, recorded, symbols, textTold, withoutLines } from '../support/crash-text.ts'

if (INPUTS === null)
  console.warn('SKIPPED: KSM_DUMP_CORPUS is not set, or has no texts beside it: recorded crash output is not read')

/** What a reader of the dump says of crash-4.4-hang. */
interface HangTruth {
  kernel: { release: string }
  symbols: Record<string, string>
  counters: Record<string, number>
  nodes: {
    address: string
    kpfn: string
    page: string
    length: number
    first: string
    count: number
    mapcount: number
    mapping: string
  }[]
  walkers: { pid: number; comm: string; address: string; cpu: number }[]
  locks: { mm: string; count: string; waiters: { pid: number; comm: string; typeName: string }[] }[]
  tasks: {
    address: string
    pid: number
    comm: string
    state: number
    on_cpu: number
    cpu: number
    mm: string | null
    stack: { symbol: string }[] | null
  }[]
}

const HANG = 'crash-4.4-hang'
/** task_struct.state as /proc says it. */
const STATES: Record<number, string> = { 0: 'R', 1: 'S', 2: 'D' }
const WALK = [
  'smp_call_function_single',
  'smp_call_function_many',
  'native_flush_tlb_others',
  'flush_tlb_page',
  'ptep_clear_flush',
  'try_to_unmap_one',
  'rmap_walk_ksm',
  'rmap_walk',
  'try_to_unmap',
  'migrate_pages',
  'do_migrate_pages',
  'sys_migrate_pages',
  'entry_SYSCALL_64_fastpath',
]

describe.skipIf(INPUTS === null)('a session on a hang of 4.4', () => {
  const truth = (): HangTruth => JSON.parse(recorded(`${HANG}/truth.json`)) as HangTruth
  const file = (name: string): Told[] => textTold(recorded(`${HANG}/${name}`))
  const numad = (): HangTruth['walkers'][number] => truth().walkers[0]!

  /** A task's stack as the truth has it: without the compiler's offsets, the first without its remark. */
  const stackOf = (task: HangTruth['tasks'][number]): string[] =>
    (task.stack ?? []).map(({ symbol }) => symbol.split(/[+ ]/)[0]!)

  /** Every statement about a task agrees with the truth in what it says. */
  function agrees(told: readonly ToldTask[]): void {
    const tasks = new Map(truth().tasks.map((task) => [BigInt(task.address), task]))
    for (const each of told) {
      const task = tasks.get(each.address!)
      // the truth lacks the second idle task
      if (!task) {
        expect(each.comm).toBe('swapper/1')
        continue
      }
      expect(each).toMatchObject({ pid: task.pid, comm: task.comm, cpu: task.cpu })
      if (each.state !== null) expect([each.pid, each.state]).toEqual([task.pid, STATES[task.state]])
      if (each.running !== null) expect([each.pid, each.running]).toEqual([task.pid, task.on_cpu === 1])
      if (each.kthread !== null) expect([each.pid, each.kthread]).toEqual([task.pid, task.mm === null])
      if (each.frames.length > 0 && stackOf(task).length > 0)
        expect([each.pid, symbols(each).map((symbol) => symbol.replace(/\..*/, ''))]).toEqual([
          task.pid,
          stackOf(task).map((symbol) => symbol.replace(/\..*/, '')),
        ])
    }
  }

  test.each(['bt.txt', 'bt-l.txt', 'bt-f.txt'])('%s: numad walks a list while it migrates', (name) => {
    const [task, ...others] = ofKind(file(name), 'task')
    expect(others).toEqual([])
    expect(task).toMatchObject({ pid: numad().pid, comm: 'numad', cpu: numad().cpu, running: true, doubt: null })
    expect(task!.address).toBe(BigInt(numad().address))
    expect(symbols(task!)).toEqual(WALK)
    expect(task!.frames[0]).toMatchObject({ offset: 124, address: 0xffffffff81093fbcn, sp: 0xffff8800003b3b70n })
    expect(file(name).map(({ kind }) => kind)).toEqual(['task'])
  })

  test('bt-a.txt: both CPUs; the stack of the one that shows the scheduler is doubtful', () => {
    const found = ofKind(file('bt-a.txt'), 'task')
    expect(found.map(({ pid, running, doubt }) => [pid, running, doubt === null])).toEqual([
      [33, true, false],
      [44, true, true],
    ])
    agrees(found)
  })

  test('foreach-UN-bt.txt: the waiters, with the stacks of the truth', () => {
    const found = ofKind(file('foreach-UN-bt.txt'), 'task')
    expect(found.map(({ pid }) => pid).sort()).toEqual(
      truth()
        .locks[0]!.waiters.map(({ pid }) => pid)
        .sort(),
    )
    for (const { state, frames } of found) expect([state, frames.length > 5]).toEqual(['D', true])
    agrees(found)
  })

  test.each(['foreach-bt.txt', 'ps.txt', 'ps-m.txt'])('%s: every task of the truth', (name) => {
    const found = ofKind(file(name), 'task')
    const addresses = new Set(found.map(({ address }) => address))
    for (const task of truth().tasks) expect(addresses.has(BigInt(task.address))).toBe(true)
    expect(addresses.size).toBe(truth().tasks.length + 1)
    agrees(found)
  })

  test('ps.txt and runq.txt: who is on a CPU', () => {
    const running = ofKind(file('ps.txt'), 'task').filter((task) => task.running)
    expect(running.map(({ pid }) => pid)).toEqual([33, 44])
    expect(ofKind(file('runq.txt'), 'task').map(({ pid, cpu, running }) => [pid, cpu, running])).toEqual([
      [33, 0, true],
      [44, 1, true],
    ])
    expect(ofKind(file('set-numad.txt'), 'task')).toMatchObject([{ pid: 44, comm: 'numad', running: true, state: 'R' }])
  })

  test('ps-m.txt: how long the waiters have waited', () => {
    const waiters = ofKind(file('ps-m.txt'), 'task').filter(({ state }) => state === 'D')
    expect(waiters).toHaveLength(10)
    for (const { idleSeconds } of waiters) {
      expect(idleSeconds).toBeGreaterThanOrEqual(2.682)
      expect(idleSeconds).toBeLessThanOrEqual(2.725)
    }
  })

  test('waiters.txt: their order and what they wait for, by their task_structs', () => {
    const told = file('waiters.txt')
    const tasks = new Map(truth().tasks.map((task) => [task.address, task]))
    const rows = ofKind(told, 'struct').map(({ type, members }) => [
      type,
      tasks.get(members.get('task')!)?.pid,
      members.get('type'),
    ])
    expect(rows).toEqual(
      truth().locks[0]!.waiters.map(({ pid, typeName }) => ['rwsem_waiter', pid, `RWSEM_WAITING_FOR_${typeName}`]),
    )
    expect(ofKind(told, 'list')).toMatchObject([{ length: 10, duplicates: 0, implausible: 0, end: 'end' }])
  })

  test.each(['mmap_sem.txt', 'mmap_sem-x.txt'])('%s: the lock', (name) => {
    const [lock] = ofKind(file(name), 'struct')
    expect(lock).toMatchObject({ type: 'mm_struct', address: BigInt(truth().locks[0]!.mm) })
    const count = BigInt(lock!.members.get('mmap_sem.count')!)
    expect(BigInt.asUintN(64, count)).toBe(BigInt(truth().locks[0]!.count))
    expect(lock!.members.get('mmap_sem.owner')).toBe('0x0')
    expect(lock!.members.get('mmap_sem.wait_lock.raw_lock.val.counter')).toMatch(/^0(x0)?$/)
    if (name === 'mmap_sem.txt') expect(lock!.members.get('mm_users.counter')).toBe('13')
  })

  test('stable_node.struct.txt, rmap_item.struct.txt, struct-page.txt: what hangs together in KSM', () => {
    const [node] = truth().nodes
    const [stable] = ofKind(file('stable_node.struct.txt'), 'struct')
    expect([stable!.type, stable!.address]).toEqual(['stable_node', BigInt(node!.address)])
    expect(stable!.members.get('hlist.first')).toBe(node!.first)
    expect(Number(stable!.members.get('kpfn'))).toBe(Number(node!.kpfn))
    const [item] = ofKind(file('rmap_item.struct.txt'), 'struct')
    expect([item!.type, item!.members.get('head'), item!.members.get('mm')]).toEqual([
      'rmap_item',
      node!.address,
      truth().locks[0]!.mm,
    ])
    expect(item!.members.get('hlist.next')).toBe('0xffff88000ba65a70')
    const [page] = ofKind(file('struct-page.txt'), 'struct')
    expect([page!.type, page!.address, page!.members.get('mapping')]).toEqual([
      'page',
      BigInt(node!.page),
      node!.mapping,
    ])
    expect(Number(page!.members.get('_count.counter'))).toBe(node!.count)
  })

  test('rd-stable_node.txt: its words', () => {
    const [words] = ofKind(file('rd-stable_node.txt'), 'struct')
    expect(words!.address).toBe(BigInt(truth().nodes[0]!.address))
    // hlist at 24, kpfn at 32
    expect(`0x${words!.members.get('0x18')}`).toBe(truth().nodes[0]!.first)
    expect(BigInt(`0x${words!.members.get('0x20')}`)).toBe(BigInt(truth().nodes[0]!.kpfn))
  })

  test('rmap_item.lst.gz: the whole list', () => {
    const node = truth().nodes[0]!
    expect(file('rmap_item.lst.gz')).toEqual([
      {
        kind: 'list',
        line: 1,
        command: null,
        first: BigInt(node.first),
        length: node.length,
        duplicates: 0,
        implausible: 0,
        end: 'end',
        endAt: null,
      },
    ])
  })

  test('rmap_item.lst.gz cut in the middle of its last line, and doubled', () => {
    const text = recorded(`${HANG}/rmap_item.lst.gz`)
    expect(ofKind(textTold(text.slice(0, -6)), 'list')).toMatchObject([
      { length: truth().nodes[0]!.length - 1, end: 'cut' },
    ])
    expect(ofKind(textTold(text + text), 'list')).toMatchObject([
      { length: 2 * truth().nodes[0]!.length, duplicates: truth().nodes[0]!.length },
    ])
  })

  test('stable_node.txt: the node, its list and its length', () => {
    const node = truth().nodes[0]!
    const told = file('stable_node.txt')
    expect(ofKind(told, 'struct').map(({ type, address }) => [type, address])).toEqual([
      ['stable_node', BigInt(node.address)],
    ])
    expect(ofKind(told, 'list')).toMatchObject([{ first: BigInt(node.first), length: node.length }])
    expect(ofKind(told, 'struct')[0]!.members.get('kpfn')).toBe(node.kpfn)
  })

  test('counters, the kernel, memory and caches', () => {
    const value = (name: string): string | undefined => ofKind(file(name), 'value')[0]?.text
    const { counters, kernel } = truth()
    expect(Number(value('p-ksm_pages_shared.txt'))).toBe(counters['pages_shared'])
    expect(Number(value('p-ksm_pages_sharing.txt'))).toBe(counters['pages_sharing'])
    expect(Number(value('p-ksm_rmap_items.txt'))).toBe(counters['rmap_items'])
    expect(value('p-root_stable_tree.txt')).toContain(truth().symbols['one_stable_tree'])
    expect(ofKind(file('px-root_stable_tree.txt'), 'struct')[0]!.members.get('rb_node')).toBe('0xffff88000c44b060')
    expect(ofKind(file('p-linux_banner.txt'), 'host')).toMatchObject([{ release: kernel.release, source: 'banner' }])
    expect(ofKind(file('sys.txt'), 'host')).toMatchObject([
      { release: kernel.release, cpus: 2, uptimeSeconds: 234, source: 'sys' },
    ])
    expect(
      new Map(ofKind(file('kmem-i.txt'), 'value').map(({ name, text }) => [name, text])).get('kmem.TOTAL MEM'),
    ).toBe('51039')
    expect(ofKind(file('kmem-s.txt'), 'value')).toContainEqual({
      kind: 'value',
      line: 38,
      name: 'kmem.cache.kmalloc-64',
      text: '170782',
    })
  })

  test.each(['struct-o-rmap_item.txt', 'struct-o-stable_node.txt', 'log.txt', 'log-m.txt', 'dmesg.txt'])(
    '%s: nothing for this parser',
    (name) => {
      expect(file(name)).toEqual([])
    },
  )

  test('list-s-head.txt: its two errors', () => {
    expect(file('list-s-head.txt')).toMatchObject([{ kind: 'error' }, { kind: 'error', command: 'list' }])
  })

  test('session.txt tells what its commands tell one by one', () => {
    const whole = file('session.txt')
    agrees(ofKind(whole, 'task'))
    const lines = new Set(withoutLines(whole).map(key))
    const names = readdirSync(join(INPUTS!, HANG)).filter(
      (name) => /\.txt$/.test(name) && !['session.txt', 'stable_node.txt'].includes(name),
    )
    expect(names.length).toBeGreaterThan(30)
    for (const name of names)
      for (const each of withoutLines(file(name))) {
        // in the whole, other commands say that pid 33 is on a CPU
        if (each.kind === 'task' && each.pid === 33) continue
        expect([name, lines.has(key(each)) ? null : each]).toEqual([name, null])
      }
    expect(ofKind(whole, 'list').map(({ first, length }) => [first, length])).toContainEqual([
      BigInt(truth().nodes[0]!.first),
      truth().nodes[0]!.length,
    ])
    expect(
      ofKind(whole, 'task')
        .filter((task) => task.pid === 33 && task.frames.length > 0)
        .map(({ doubt }) => doubt === null),
    ).toEqual([false, false])
  })

  test('the normaliser leaves every line of it as it is', () => {
    for (const name of readdirSync(join(INPUTS!, HANG)).filter((each) => /\.(txt|gz)$/.test(each))) {
      const text = recorded(`${HANG}/${name}`)
      // the blanks of a progress line that was overwritten are gone already
      expect([name, cleanText(text).join('\n') === text]).toEqual([name, true])
    }
  })
})

/** A statement as text; bigints and maps too. */
function key(told: Told): string {
  return JSON.stringify(told, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value instanceof Map ? [...value] : value,
  )
}

describe.skipIf(INPUTS === null)('near misses', () => {
  const near = (name: string): Told[] => textTold(recorded(`near-miss/${name}`))
  const stacks = (name: string): ToldTask[] => ofKind(near(name), 'task').filter(({ frames }) => frames.length > 0)

  test.each([
    ['n01-numad-anon-4.4.txt', [[3120, 'numad', 12, 'rmap_walk_anon']]],
    [
      'n02-thp-compaction-4.15.txt',
      [
        [21877, 'CPU 3/KVM', 16, 'compact_zone'],
        [21880, 'CPU 6/KVM', 8, 'rwsem_down_read_failed'],
      ],
    ],
    ['n03-numa-balancing-5.4.txt', [[40412, 'CPU 11/KVM', 14, 'migrate_misplaced_page']]],
    ['n08-ksmd-scanning-6.1.txt', [[118, 'ksmd', 5, 'ksm_scan_thread']]],
    ['n09-fork-storm-5.4.txt', [[61204, 'postgres', 13, 'anon_vma_fork']]],
    [
      'n11-migration-wait-compaction-6.12.txt',
      [
        [71, 'kcompactd0', 13, 'kcompactd_do_work'],
        [4411, 'qemu-system-x86', 11, 'migration_entry_wait_on_locked'],
      ],
    ],
    ['n12-short-list-4.4.txt', [[2877, 'numad', 13, 'rmap_walk_ksm']]],
  ] as const)('%s', (name, expected) => {
    expect(stacks(name).map(({ pid, comm, frames }) => [pid, comm, frames.length])).toEqual(
      expected.map(([pid, comm, count]) => [pid, comm, count]),
    )
    stacks(name).forEach((task, i) => {
      expect(symbols(task)).toContain(expected[i]![3])
      expect(task.doubt).toBeNull()
    })
  })

  test.each([
    'n04-ksmd-lru-drain-4.4.log',
    'n05-csd-stuck-5.15.txt',
    'n06-kswapd-anon-vma-5.10.txt',
    'n07-mmap-pileup-6.1-sysrq-w.txt',
    'n10-nfs-4.18.log',
  ])('%s: a log, nothing of crash', (name) => {
    expect(near(name)).toEqual([])
  })

  test('n12: the limit, the node and its short list', () => {
    const told = near('n12-short-list-4.4.txt')
    expect(ofKind(told, 'value')).toMatchObject([{ name: 'ksm_max_page_sharing', text: '8' }])
    const [node] = ofKind(told, 'struct')
    expect([node!.type, node!.address, Object.fromEntries(node!.members)]).toEqual([
      'stable_node',
      0xffff880d41c0b1c0n,
      { 'hlist.first': '0xffff880e4c9f4cf0', kpfn: '13900211', rmap_hlist_len: '8' },
    ])
    expect(ofKind(told, 'list')).toMatchObject([
      { first: 0xffff880e4c9f4cf0n, length: 8, duplicates: 0, implausible: 0, end: 'end' },
    ])
  })

  test('n13: stale words are no walk', () => {
    expect(near('n13-stale-symbol-5.10.txt')).toMatchObject([{ kind: 'task', pid: 51, comm: 'kcompactd0', frames: [] }])
    expect(ofKind(near('n13-stale-symbol-5.10.txt'), 'task')[0]!.doubt).toMatch(/stale/)
  })
})

describe.skipIf(INPUTS === null)("the bug's own mail", () => {
  const mail = (): string => recorded('000_9ee973ecd88cd55e.txt')
  const NODE = 0xffff881f836ba000n
  const FIRST = 0xffff883f3e5746b0n
  const LENGTH = 2_306_920

  test('names the node, its first rmap_item and the length, and shows the stack of numad', () => {
    const told = textTold(mail())
    expect(told.map(({ kind }) => kind)).toEqual(['task', 'count', 'struct', 'count', 'list'])
    expect(
      ofKind(told, 'struct').map(({ type, address, members }) => [type, address, Object.fromEntries(members)]),
    ).toEqual([['stable_node', NODE, { 'hlist.first': `0x${FIRST.toString(16)}` }]])
    expect(ofKind(told, 'count').map(({ count, file }) => [count, file])).toEqual([
      [LENGTH, 'stable_node->hlist'],
      [LENGTH, 'rmap_item.lst'],
    ])
    expect(ofKind(told, 'list')).toMatchObject([
      { first: FIRST, length: LENGTH, command: `list hlist_node.next 0x${FIRST.toString(16)} > rmap_item.lst` },
    ])
    const [task] = ofKind(told, 'task')
    expect(task).toMatchObject({ comm: 'numad', pid: null, address: null, running: null, doubt: null })
    expect(symbols(task!)).toEqual(WALK.slice(1, 11))
    expect(task!.frames[0]!.sp).toBe(0xffff885f8fb4fb78n)
  })

  test('with other numbers and names it tells those', () => {
    const other = mail()
      .replaceAll('numad', 'mover')
      .replaceAll('2306920', '1234567')
      .replaceAll('ffff881f836ba000', 'ffff9c81f00ba140')
      .replaceAll('ffff883f3e5746b0', 'ffff9c83f00746f0')
      .replaceAll('rmap_item.lst', 'out.txt')
    const told = textTold(other)
    expect(ofKind(told, 'struct')).toMatchObject([{ address: 0xffff9c81f00ba140n }])
    expect(ofKind(told, 'list')).toMatchObject([{ first: 0xffff9c83f00746f0n, length: 1_234_567 }])
    expect(ofKind(told, 'task')).toMatchObject([{ comm: 'mover' }])
  })

  test.each([
    ['quoted', (text: string) => text.replace(/^/gm, '> ')],
    ['quoted twice', (text: string) => text.replace(/^/gm, '>> ')],
    ['with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    [
      'as a page',
      (text: string) =>
        `<html><body><pre>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</pre></body></html>`,
    ],
    [
      'quoted-printable',
      (text: string) =>
        `Content-Transfer-Encoding: quoted-printable\n\n${text.replaceAll('=', '=3D').replace(/ $/gm, '=20')}`,
    ],
    ['in a chat', (text: string) => text.replace(/^/gm, '[12:01] <gavin> ')],
    ['with no-break spaces', (text: string) => text.replaceAll('  ', '\u00a0 ')],
  ])('%s it tells the same', (_name, form) => {
    expect(withoutLines(textTold(form(mail())))).toEqual(withoutLines(textTold(mail())))
  })
})
