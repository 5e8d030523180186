import { describe, expect, test } from 'vitest'
import { type Action, actionsFor, type KsmState, ksmState } from '../../src/diagnosis/actions.ts'
import type { TaskFact } from '../../src/diagnosis/hang-facts.ts'
import { type Hang, readHang } from '../../src/diagnosis/hang.ts'
import type { CounterName } from '../../src/ksm/counters.ts'
import { ZERO_PAGES } from '../../src/ksm/zero-page.ts'
import { facts, readLock, stackFact, task, walkedList } from '../support/hang-facts.ts'
import { ksm } from '../support/ksm-memory.ts'
import { surveyOf } from '../support/ksm-results.ts'

const WALK = 'try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages'
const WRITER = 'schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff'

/** What else a state needs of the host. */
const HOST = { pageSize: 4096, memoryBytes: null, pressed: false }

interface Given extends Partial<Omit<KsmState, 'counters'>> {
  counters?: Partial<Record<CounterName, number | null>>
  hang?: Hang | null
  comms?: readonly string[]
}

/** What to do on a host whose lists are bounded by the default, unless it says otherwise. */
function actions({ counters = {}, hang = null, comms = [], ...state }: Given = {}): Action[] {
  const all = { run: 1, pages_sharing: 5000, max_page_sharing: 256, use_zero_pages: 0, ...counters }
  const given: KsmState = {
    bounded: true,
    longest: 256,
    zeroPage: null,
    pageSize: 4096,
    memoryBytes: 512 * 2 ** 30,
    availableBytes: 256 * 2 ** 30,
    pressed: false,
    ...state,
    counters: all,
  }
  return actionsFor(given, hang, new Set(comms))
}

const one = (code: string, given: Given = {}): Action | undefined =>
  actions(given).find((action) => action.code === code)
const codes = (given: Given = {}): string[] => actions(given).map(({ code }) => code)

/** A hang whose walker has a stack that begins with WALK. */
function hang(
  comm: string,
  outer: string,
  mapcount: number | null = 400_000,
  rest: Partial<TaskFact> = {},
  walk = WALK,
): Hang {
  const qemu = task(500, 'qemu', { idleSeconds: 2 })
  const walker = task(2950, comm, { state: 'R', running: true, ...rest })
  const stacks = [stackFact(walker, `${walk} ${outer}`, { mms: new Set([qemu.mm]) }), stackFact(qemu, WRITER)]
  const held = { held: 'write', readers: 0, lastOwner: walker.id } as const
  return readHang(facts(stacks, [readLock(qemu.mm, [qemu], held)], walkedList({ mapcount }))).hang!
}

describe('what is offered, in the order to try', () => {
  test('on a host that is bounded and quiet', () => {
    expect(codes()).toEqual(['stop-ksmd', 'unmerge', 'remerge', 'exclude-guest'])
    expect(one('remerge')!.commands).toEqual(['echo 1 > /sys/kernel/mm/ksm/run', 'systemctl start ksmtuned'])
  })

  test('on one that has everything', () => {
    const counters = { max_page_sharing: 2_147_483_647, use_zero_pages: 0 }
    expect(codes({ counters, zeroPage: 'yes', hang: hang('numad', 'do_migrate_pages'), comms: ['numad'] })).toEqual([
      'stop-migrator',
      'stop-ksmd',
      'unmerge',
      'bound',
      'zero-pages',
      'remerge',
      'exclude-guest',
    ])
  })

  test.each([
    ['compaction', 'compact_zone', 'less contiguous free memory'],
    ['reclaim', 'shrink_folio_list shrink_lruvec', 'what is stopped or moved away to free it'],
    ['a cpuset', 'do_migrate_pages cpuset_migrate_mm_workfn', 'guests stay on the NUMA nodes where they are'],
    ['memory offlining', 'do_migrate_range offline_pages', 'what it does for the host is not done'],
  ])('a walker that no command stops has a cost of its own: %s', (_, outer, cost) => {
    const walk = outer.startsWith('shrink') ? 'try_to_unmap_one rmap_walk_ksm try_to_unmap' : undefined
    expect(one('wait-out', { hang: hang('kworker/1:2', outer, null, {}, walk) })).toMatchObject({ cost })
  })

  test('on a kernel without a bound: another kernel, and never to merge again', () => {
    const given = { bounded: false, counters: { max_page_sharing: null } }
    expect(codes(given)).toEqual(['stop-ksmd', 'unmerge', 'update-kernel', 'exclude-guest'])
    expect(one('update-kernel', given)!.commands).toEqual(['echo 0 > /sys/kernel/mm/ksm/run'])
  })

  test('where a text does not say whether the kernel has a bound: neither merging again nor another kernel', () => {
    const given = { bounded: null, counters: { max_page_sharing: 1_000_000 } }
    expect(codes(given)).toEqual(['stop-ksmd', 'unmerge', 'exclude-guest'])
  })

  test('every action says what it is, what it costs and what it risks', () => {
    const all = actions({
      zeroPage: 'yes',
      counters: { max_page_sharing: 10_000, use_zero_pages: 0 },
      comms: ['numad'],
    })
    for (const { code, commands, now, ...words } of all) {
      expect(typeof now).toBe('boolean')
      expect(commands, code).not.toEqual([])
      for (const word of Object.values(words)) expect(word, code).toMatch(/^[^\n]{3,}[^.\s]$/)
    }
  })
})

describe('stop-migrator', () => {
  const stop = (comm: string, outer: string, comms: string[]): Action | undefined =>
    one('stop-migrator', { hang: hang(comm, outer), comms })

  test('numad runs, and nothing hangs yet', () => {
    expect(one('stop-migrator', { comms: ['numad', 'qemu'] })).toMatchObject({
      commands: ['systemctl stop numad'],
      applies: 'numad runs on this host',
    })
    expect(one('stop-migrator', { comms: ['numa', 'qemu'] })).toBeUndefined()
  })

  test('numad walks: its service, with what is left of the pass', () => {
    const action = stop('numad', 'do_migrate_pages kernel_migrate_pages', ['numad'])!
    expect(action).toMatchObject({
      commands: ['systemctl stop numad'],
      applies: 'numad (pid 2950) walks the list',
    })
    // 400,000 of 500,000 at 10 us each
    expect(action.risk).toContain('(this pass: about 4.0 s, estimate)')
    expect(action.risk).toContain('a walk can not be interrupted')
    // where the walk is can not be told
    const unknown = { hang: hang('numad', 'do_migrate_pages', null) }
    expect(one('stop-migrator', unknown)!.risk).not.toContain('this pass')
  })

  test('migratepages walks: that process, whether numad runs or not', () => {
    for (const comms of [[], ['numad']])
      expect(stop('migratepages', 'do_migrate_pages kernel_migrate_pages', comms)).toMatchObject({
        title: 'Stop migratepages, so that it begins no further migration',
        commands: ['kill 2950'],
        applies: 'migratepages (pid 2950) walks the list',
      })
  })

  test('a text that does not say who walks: nobody is named, and no process without a number', () => {
    for (const [comm, unknown] of [
      ['migratepages', { pid: null }],
      ['', { comm: null }],
      ['', { comm: null, pid: null }],
    ] as const)
      for (const comms of [[], ['numad']]) {
        const action = one('stop-migrator', { hang: hang(comm, 'do_migrate_pages', null, unknown), comms })
        expect(JSON.stringify(action ?? {})).not.toContain('null')
        if (action?.title.includes('numad')) expect(action.commands).toEqual(['systemctl stop numad'])
      }
  })

  test('somebody else walks: nobody who migrates is there to be stopped', () => {
    for (const [comm, outer] of [
      ['kcompactd0', 'compact_zone compact_node kcompactd'],
      ['qemu-system-x86', 'compact_zone try_to_compact_pages __alloc_pages_direct_compact'],
      ['kswapd0', 'shrink_folio_list shrink_node balance_pgdat'],
    ] as const)
      expect(stop(comm, outer, [])).toBeUndefined()
  })

  test('somebody else walks while numad runs: numad is stopped, and nobody is killed', () => {
    for (const [comm, outer] of [
      ['kcompactd0', 'compact_zone compact_node kcompactd'],
      ['qemu-system-x86', 'compact_zone try_to_compact_pages __alloc_pages_direct_compact'],
    ] as const)
      expect(stop(comm, outer, ['numad'])).toMatchObject({
        title: 'Stop numad, so that it begins no further migration',
        commands: ['systemctl stop numad'],
        applies: 'numad runs on this host',
      })
  })
})

describe('stop-ksmd', () => {
  test.each([
    [1, 'ksmd runs (run is 1)'],
    [0, 'run is 0 now; ksmtuned or tuned may set it again'],
    [2, 'run is 2 now; ksmtuned or tuned may set it again'],
    [null, 'run is unknown now; ksmtuned or tuned may set it again'],
  ])('run is %s: what would start it again is stopped first', (run, applies) => {
    expect(one('stop-ksmd', { counters: { run } })).toMatchObject({
      commands: ['systemctl stop ksmtuned ksm', 'echo 0 > /sys/kernel/mm/ksm/run'],
      applies,
    })
  })
})

describe('unmerge', () => {
  const WRITE = ['echo 2 > /sys/kernel/mm/ksm/run', 'grep -H . /sys/kernel/mm/ksm/pages_sh*']

  test('needs a page for each that pages_sharing counts', () => {
    // the bug's host: 2,306,920 items on one page
    const { cost } = one('unmerge', { counters: { pages_sharing: 2_306_919 } })!
    expect(cost).toBe('8.8 GiB of memory (2,306,919 pages); one CPU for about 6.9 s (estimate, 3 us a page)')
    expect(one('unmerge', { counters: { pages_sharing: 39_999 } })!.cost).toContain('156.2 MiB')
    expect(one('unmerge')!.risk).toMatch(/OOM killer.*it waits for a walk that goes on/)
  })

  test('and one for each zero page that KSM placed, where the kernel counts them', () => {
    const counters = { pages_sharing: 19_999, ksm_zero_pages: 20_000 }
    expect(one('unmerge', { counters })!.cost).toContain('156.2 MiB of memory (39,999 pages)')
    expect(one('unmerge', { counters: { ...counters, ksm_zero_pages: null } })!.cost).toContain('19,999 pages')
  })

  test('counts in pages of this host, if the counter can be read', () => {
    const given = { counters: { pages_sharing: 1024 }, pageSize: 65_536 }
    expect(one('unmerge', given)!.cost).toContain('64.0 MiB')
    expect(one('unmerge', { counters: { pages_sharing: null } })!.cost).toBe('memory: pages_sharing x page size')
  })

  test.each([
    ['plenty is available', { availableBytes: 2 ** 30 }, true],
    ['too little is available, whatever the host has in all', { availableBytes: 40 * 2 ** 20 }, false],
    ['nothing tells what is available: a dump', { availableBytes: null }, false],
    ['memory is short', { pressed: true }, false],
  ])('now only where there is memory for it: %s', (_, given, now) => {
    // 5,000 pages are 20 MiB
    expect(one('unmerge', given)).toMatchObject({ now })
    expect(one('unmerge', given)!.title.startsWith('Unmerge, only where there is memory')).toBe(!now)
  })

  test.each([
    [0, WRITE],
    [1, WRITE],
    [null, WRITE],
    // a write of what run is already does nothing
    [2, ['echo 0 > /sys/kernel/mm/ksm/run', ...WRITE]],
  ])('run is %s', (run, commands) => {
    expect(one('unmerge', { counters: { run } })!.commands).toEqual(commands)
  })
})

describe('bound', () => {
  test.each([
    [256, false],
    [9_999, false],
    [10_000, true],
    [2_147_483_647, true],
    [null, false],
  ])('max_page_sharing is %s: %s', (limit, offered) => {
    const action = one('bound', { counters: { max_page_sharing: limit } })
    expect(action !== undefined).toBe(offered)
    if (!action) return
    expect(action.commands).toEqual(['echo 256 > /sys/kernel/mm/ksm/max_page_sharing'])
    expect(action.risk).toContain('EBUSY')
    expect(action.risk).toContain('after unmerging')
  })

  test('not where the kernel has no such limit', () => {
    expect(one('bound', { bounded: false, counters: { max_page_sharing: 1_000_000 } })).toBeUndefined()
  })
})

describe('remerge', () => {
  test.each([
    ['no list is longer than the limit', { longest: 256 }, true],
    ['a list has outgrown the limit', { longest: 400 }, false],
    [
      'the limit was raised, and comes down first',
      { longest: 500_000, counters: { max_page_sharing: 1_000_000 } },
      true,
    ],
    ['what the lists are is not known', { longest: null }, true],
    ['a walk hangs the host all the same', { longest: null, hang: hang('numad', 'do_migrate_pages') }, false],
    ['nothing bounds them', { bounded: false }, false],
  ])('%s: %s, %s', (_, given, offered) => {
    expect(one('remerge', given) !== undefined).toBe(offered)
  })
})

describe('zero-pages', () => {
  test.each<[KsmState['zeroPage'], number | null, boolean]>([
    ['yes', 0, true],
    ['yes-inferred', 0, true],
    ['no', 0, false],
    ['no-inferred', 0, false],
    [null, 0, false],
    ['yes', 1, false],
    ['yes', null, false],
  ])('the page of the longest list is zero: %s, use_zero_pages %s: %s', (zero, knob, offered) => {
    const action = one('zero-pages', { zeroPage: zero, counters: { use_zero_pages: knob } })
    expect(action !== undefined).toBe(offered)
    if (!action) return
    expect(action.commands).toEqual(['echo 1 > /sys/kernel/mm/ksm/use_zero_pages'])
    expect(action.applies.includes('(inferred)')).toBe(zero === 'yes-inferred')
    expect(action.risk).toContain('after unmerging')
  })
})

describe('the state of KSM by a dump', () => {
  test('has its counters, its bound, and what the page of the longest list holds', () => {
    const survey = surveyOf(ksm({ trees: [[{ items: 3 }, { items: 40 }, { items: 5 }]] }).kernel())
    const [longest, second] = survey.nodes.sorted()
    survey.nodes.zero[longest!] = ZERO_PAGES.indexOf('yes-inferred')
    survey.nodes.zero[second!] = ZERO_PAGES.indexOf('no')
    const { counters } = survey
    expect(ksmState(survey, HOST)).toEqual({
      counters,
      bounded: true,
      longest: 40,
      zeroPage: 'yes-inferred',
      availableBytes: null,
      ...HOST,
    })
    expect(ksmState({ ...survey, bounded: false }, HOST)!.bounded).toBe(false)
  })

  test('a chain that is longer in all is no list of a page: the longest of one page counts', () => {
    const survey = surveyOf(ksm({ trees: [[{ dups: [{ items: 30 }, { items: 30 }] }, { items: 40 }]] }).kernel())
    const [chain, node] = survey.nodes.sorted()
    expect([survey.nodes.length[chain!], survey.nodes.length[node!]]).toEqual([60, 40])
    survey.nodes.zero[chain!] = ZERO_PAGES.indexOf('no')
    survey.nodes.zero[node!] = ZERO_PAGES.indexOf('yes')
    expect(ksmState(survey, HOST)!.zeroPage).toBe('yes')
  })

  test('is none, where nothing is merged', () => {
    expect(ksmState(surveyOf(ksm().kernel()), HOST)).toBeNull()
  })
})
