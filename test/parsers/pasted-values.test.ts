import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pastedValuesText } from '../../src/parsers/pasted-values.ts'
import { proseKernelText } from '../../src/parsers/uname-text.ts'
import { CORPUS } from '../support/corpus.ts'
import { fed, hostsOf, values } from '../support/host-texts.ts'

const told = (...lines: string[]): Record<string, string> => values(pastedValuesText(), lines)
const G = { 'ksm.pages_sharing': '9842113' }
const S = { 'ksm.pages_shared': '51204' }

describe('lines that are values', () => {
  test.each([
    ['grep -H', '/sys/kernel/mm/ksm/pages_sharing:9842113'],
    ['a loop with echo', '/sys/kernel/mm/ksm/pages_sharing: 9842113'],
    ['a path with a blank', '/sys/kernel/mm/ksm/pages_sharing 9842113'],
    ['a path and an equals sign', '/sys/kernel/mm/ksm/pages_sharing = 9842113'],
    ['grep in the folder', 'pages_sharing:9842113'],
    ['grep above the folder', 'ksm/pages_sharing:9842113'],
    ['by hand', 'pages_sharing = 9842113'],
    ['without blanks', 'pages_sharing=9842113'],
    ['columns', 'pages_sharing    9842113'],
    ['a tab', 'pages_sharing\t9842113'],
    ['a table', '| pages_sharing | 9842113 |'],
    ['a list', '- pages_sharing: 9842113'],
    ['a list with stars', '  * pages_sharing: 9842113'],
    ['code marks', '`pages_sharing: 9842113`'],
    ['a code mark around the name', '`pages_sharing`: 9842113'],
    ['emphasis', '**pages_sharing**: 9842113'],
    ['JSON', '    "pages_sharing": 9842113,'],
    ['thousands', 'pages_sharing: 9,842,113'],
    ['quoted', '> /sys/kernel/mm/ksm/pages_sharing:9842113'],
    ['quoted thrice', '> > > /sys/kernel/mm/ksm/pages_sharing:9842113'],
    ['a debugger', 'ksm_pages_sharing = 9842113'],
    ['node_exporter', 'node_ksmd_pages_sharing 9842113'],
    ['with its unit', 'pages_sharing: 9842113 pages'],
    ['with a remark', 'pages_sharing: 9842113 (37.5 GiB)'],
    ['no-break spaces', '\u00a0\u00a0pages_sharing:\u00209842113'],
  ])('%s', (_form, line) => expect(told(line)).toEqual(G))

  test('several on a line, and values that are no counters', () => {
    expect(told('pages_shared: 51204, pages_sharing: 9842113; run: 1')).toEqual({ ...S, ...G, 'ksm.run': '1' })
    expect(told('/sys/kernel/mm/ksm/advisor_mode:[none] scan-time')).toEqual({ 'ksm.advisor_mode': 'none' })
    expect(told('/sys/kernel/mm/ksm/advisor_mode:none [scan-time]')).toEqual({ 'ksm.advisor_mode': 'scan-time' })
    expect(told('/sys/kernel/mm/ksm/general_profit:-12345')).toEqual({ 'ksm.general_profit': '-12345' })
  })

  test('the line is told, and a value that is pasted twice is told twice', () => {
    expect(
      fed(pastedValuesText(), ['Hello,', '', 'pages_shared: 51204', 'and an hour later', 'pages_shared: 51205']),
    ).toEqual([
      { kind: 'value', line: 3, name: 'ksm.pages_shared', text: '51204' },
      { kind: 'value', line: 5, name: 'ksm.pages_shared', text: '51205' },
    ])
  })

  test("a folder's files of a whole kernel, as grep prints them", () => {
    const files = {
      full_scans: 18311,
      merge_across_nodes: 1,
      pages_shared: 51204,
      pages_sharing: 9842113,
      pages_to_scan: 1250,
      run: 1,
      sleep_millisecs: 10,
    }
    const lines = Object.entries(files).map(([name, value]) => `> /sys/kernel/mm/ksm/${name}:${value}`)
    const wanted = Object.fromEntries(Object.entries(files).map(([name, value]) => [`ksm.${name}`, String(value)]))
    expect(told('$ grep -H . /sys/kernel/mm/ksm/*', ...lines)).toEqual(wanted)
    // the same from within the folder: "run" is a word like another, but for its neighbours
    expect(told(...lines.map((line) => line.replace(/^.*\//, '')))).toEqual(wanted)
  })

  test('counters of the kernel, settings, memory', () => {
    expect(
      told(
        '$ grep -E "ksm|migrate" /proc/vmstat',
        'pgmigrate_success 41120332',
        'cow_ksm 41120',
        '/proc/vmstat:ksm_swpin_copy 7',
        'MemTotal:       541065216 kB',
        '/proc/meminfo:MemFree:        247124168 kB',
        'kernel.numa_balancing = 1',
        '/proc/sys/kernel/hung_task_timeout_secs:120',
      ),
    ).toEqual({
      'vmstat.pgmigrate_success': '41120332',
      'vmstat.cow_ksm': '41120',
      'vmstat.ksm_swpin_copy': '7',
      'meminfo.MemTotal': '541065216 kB',
      'meminfo.MemFree': '247124168 kB',
      'sysctl.kernel.numa_balancing': '1',
      'sysctl.kernel.hung_task_timeout_secs': '120',
    })
  })
})

describe('values on lines of their own', () => {
  test.each([
    ['cat', '# cat /sys/kernel/mm/ksm/pages_sharing', '9842113'],
    ['cat with a whole prompt', 'root@hv-r920-3:~# cat /sys/kernel/mm/ksm/pages_sharing', '9842113'],
    ['sudo cat', '$ sudo cat /sys/kernel/mm/ksm/pages_sharing', '9842113'],
    ['head', '==> /sys/kernel/mm/ksm/pages_sharing <==', '9842113'],
    ['a wrapped line', '/sys/kernel/mm/ksm/pages_sharing:', '9842113'],
    ['quoted', '> # cat /sys/kernel/mm/ksm/pages_sharing', '> 9842113'],
  ])('%s', (_form, first, second) => {
    expect(fed(pastedValuesText(), [first, second])).toEqual([
      { kind: 'value', line: 2, name: 'ksm.pages_sharing', text: '9842113' },
    ])
  })

  test('several files of one command, in their order', () => {
    expect(
      told('$ cat /sys/kernel/mm/ksm/pages_shared /sys/kernel/mm/ksm/pages_sharing', '51204', '9842113', '77'),
    ).toEqual({ ...S, ...G })
    expect(told('$ cat /sys/kernel/mm/ksm/{pages_sharing,pages_shared}', '9842113', '51204')).toEqual({ ...S, ...G })
    expect(told('$ cat /sys/kernel/mm/ksm/advisor_mode', '[none] scan-time')).toEqual({ 'ksm.advisor_mode': 'none' })
  })

  test('of files whose order is not known nothing is told', () => {
    expect(told('$ cat /sys/kernel/mm/ksm/*', '51204', '9842113')).toEqual({})
    expect(told('$ cat /sys/kernel/mm/ksm/pages_shared /etc/other', '51204', '1')).toEqual({})
    expect(told('$ cat /sys/kernel/mm/ksm/pages_shared | wc -l', '1')).toEqual({})
  })

  test('what is no value ends the waiting', () => {
    expect(told('$ cat /sys/kernel/mm/ksm/pages_shared', 'cat: permission denied', '51204')).toEqual({})
    expect(told('/sys/kernel/mm/ksm/pages_shared:', 'see below', '51204')).toEqual({})
  })
})

describe('prose', () => {
  test.each([
    ['We see pages_shared: 51204 on the host when it hangs.', S],
    ['On the host pages_sharing = 9842113, and it grows.', G],
    ['pages_sharing: 9842113, should I worry?', G],
    ['If you wonder: no. We have pages_sharing: 9842113 here.', G],
    ['ksm (pages_shared: 51204, pages_sharing: 9842113) is on', { ...S, ...G }],
  ])('a fact: %s', (line, values) => expect(told(line)).toEqual(values))

  test.each([
    // numbers beside the names
    'pages_sharing grew to 9842113 within a day',
    'the pages_sharing of 9842113 is high',
    'pages_sharing is 9842113',
    'The `pages_shared` tells me that 48911 pages are shared',
    'pages_shared     - how many shared pages are being used',
    'pages_sharing/pages_shared: 193',
    'about 9842113 pages_sharing',
    // what may be, should be, or is by default
    'if pages_sharing = 1000000 the walk takes 10 s',
    'The default is max_page_sharing: 256',
    'set max_page_sharing=256 and reboot',
    'You should try pages_to_scan = 100',
    'for example pages_sharing: 1000',
    'lower than pages_sharing: 5',
    'pages_shared: 100 would be fine',
    // commands that write
    'echo 2 > /sys/kernel/mm/ksm/run',
    '# echo 256 > /sys/kernel/mm/ksm/max_page_sharing',
    'sysctl -w kernel.numa_balancing=0',
    // code
    'static unsigned long ksm_pages_shared = 0;',
    '\tksm_pages_sharing = 1; /* one more */',
    '+\tksm_pages_shared = 0;',
    'if (ksm_pages_sharing == 0)',
    'ksm_pages_sharing += 1',
    'if (ksm_pages_shared != 5)',
    'pages_sharing: %lu',
    'printk("pages_sharing: %d", 5)',
    // rounded, ranged, of another unit
    'pages_sharing: 9.8 million',
    'pages_sharing: 9.8',
    'pages_sharing: 9 million',
    'pages_sharing: 9842k',
    'pages_sharing: 38 GiB',
    'pages_sharing: 98%',
    'pages_sharing: 100-200',
    'pages_sharing: 100 - 200',
    'pages_sharing: 100 to 200',
    'pages_sharing: 100 -> 9842113',
    'pages_sharing: 100 \u2192 9842113',
    'pages_sharing: 51,20',
    'pages_sharing: ~9842113',
    'pages_sharing: >9842113',
    'pages_sharing: 0x9624c1',
    'pages_sharing: 123456789012345678901',
    // crash's own form is its parser's
    'ksm_pages_sharing = $5 = 9842113',
    // words of other things
    'run: 1',
    'run 1',
    'run = 2',
    'test run: 15',
    'Mar 25 18:02 pages: 4',
    'max_sharing: 5',
    'my_pages_sharing: 5',
    'x.pages_sharing: 5',
    'pages_sharing2: 5',
    '/sys/kernel/mm/ksm/: 5',
    '/sys/kernel/mm/transparent_hugepage/khugepaged/pages_collapsed:5',
    '/sys/kernel/mm/transparent_hugepage/khugepaged/full_scans:5',
    '/proc/4120/ksm_stat: 5',
    // of one process: /proc/PID/ksm_stat
    'ksm_zero_pages 12',
    'ksm_rmap_items 500',
    'ksm_merging_pages 400',
  ])('no value: %j', (line) => expect(told(line)).toEqual({}))

  test('a number that follows prose is not a value', () => {
    expect(told('I looked at pages_sharing', '9842113')).toEqual({})
    expect(told('rmap_item list(stable_node->hlist): ', '2306920 rmap_item.lst')).toEqual({})
  })
})

const inputs = CORPUS === null ? null : join(CORPUS, '..', 'inputs')
describe.skipIf(inputs === null || !existsSync(inputs))('real texts without such values', () => {
  const files =
    inputs === null || !existsSync(inputs)
      ? []
      : ['', 'near-miss', 'crash-4.4-hang'].flatMap((folder) =>
          readdirSync(join(inputs, folder))
            .filter((name) => /\.(txt|log)$/.test(name))
            .map((name) => join(folder, name)),
        )
  test('are there', () => expect(files.length).toBeGreaterThan(30))
  test("the bug's mail names the kernel of the host in its prose", () => {
    const mail = readFileSync(join(inputs!, '000_9ee973ecd88cd55e.txt'), 'utf8')
    expect(hostsOf(fed(proseKernelText(), mail))).toMatchObject([
      { source: 'prose', release: '4.4.0-72-generic', version: '#93' },
    ])
  })
  test.each(files)('%s', (file) => {
    const text = readFileSync(join(inputs!, file), 'utf8')
    const names = Object.keys(values(pastedValuesText(), text))
    expect(names).toEqual([])
  })
})
