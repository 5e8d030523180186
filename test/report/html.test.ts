import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { STYLE } from '../../src/report/html-style.ts'
import { analyzed } from '../support/analyzed.ts'
import { cli, fixture } from '../support/cli.ts'
import { pageOf, plainText, skeleton, withTextEverywhere } from '../support/html-page.ts'
import { HOSTILE } from '../support/hostile-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => join(folder, name)

let hang: AnalyzeReport
let page: string
beforeAll(async () => {
  hang = (await analyzed(fixture('6.1-hang.vmcore'))).document
  page = await pageOf(hang)
})

const headings = (of: string): string[] => [...of.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, text]) => text!)

describe('the page of 6.1-hang', () => {
  test('says the verdict, the chain of reasons, the commands and what to do', () => {
    const text = plainText(page)
    expect(text).toContain('critical confidence: proven ksm-walk-hang')
    for (const fact of [
      '7 tasks wait for the mmap lock of qemu-system-x86 (pid 92); it is held by numad (pid 101, CPU 0)',
      '230,000 rmap_items',
      '48 % through',
      'crash list hlist_node.next ffff8a77c289a830 | wc -l',
      'drgn prog.stack_trace(101)',
      'ruled out lost-ipi',
      'LP: #1680513',
      'RHEL-ALT 7, kernel-alt yes 4.11.0-10.el7a',
      'systemctl stop numad',
      'risk EBUSY while anything is merged: only after unmerging',
      '256 default 899 3.5 MiB 2.6 ms',
      '> #1 [ffffcfae006f76f8] rmap_walk_ksm+0xcc at ffffffffa0b135cc',
      'pages_sharing 230,337',
      'linux-image-6.1.0-56-cloud-amd64 6.1.192-2',
    ])
      expect(text).toContain(fact)
    expect(page).toContain('<code>0xffff8a77c7d50f40</code>')
  })

  test('has its parts in the order of every report', () => {
    expect(headings(page)).toEqual([
      'What to do now',
      'Why: the chain of reasons',
      'What was ruled out, and what stays open',
      'The known bug',
      'What to do, in this order',
      'What a limit would do',
      'The lists, and whose memory it is',
      'Who walks, who waits',
      'KSM&#39;s counters',
      'What this rests on',
    ])
  })

  test('has every picture, for wide and narrow places, with its words', () => {
    const captions = [...page.matchAll(/<figcaption><strong>([^<]*)/g)].map(([, text]) => text)
    expect(captions).toEqual([
      'Who waits for whom.',
      'The cost of max_page_sharing.',
      'Lists by length.',
      'Merged memory by virtual machine.',
      'Merged memory by NUMA node.',
      'Stacks of the tasks, by state.',
    ])
    const pictures = page.match(/<svg [^>]*>/g)!
    expect(pictures).toHaveLength(12)
    for (const picture of pictures) expect(picture).toMatch(/ role="img" aria-label="[^"]{20,}"/)
    expect(page.replace(/<script>[\s\S]*?<\/script>/, '')).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('has tables that can be read aloud', () => {
    const tables = page.match(/<table[\s\S]*?<\/table>/g)!
    expect(tables.length).toBeGreaterThan(6)
    for (const each of tables) {
      expect(each).toContain('<caption>')
      expect(each).toContain('scope="row"')
      expect(each).not.toMatch(/<th(?! scope=)[ >]/)
      const widths = each.match(/<tr>[\s\S]*?<\/tr>/g)!.map((row) => row.match(/<t[hd][ >]/g)!.length)
      expect(new Set(widths).size).toBe(1)
    }
  })

  test('takes nothing from elsewhere', () => {
    const urls = [...page.matchAll(/ (?:href|src|action|data|xlink:href)="([^"]*)"/g)].map(([, url]) => url!)
    expect(urls.filter((url) => !url.startsWith('#'))).toEqual(['https://bugs.launchpad.net/bugs/1680513'])
    for (const [, id] of page.matchAll(/ href="#([^"]*)"/g)) expect(page).toContain(` id="${id}"`)
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; base-uri 'none'/)
    expect(page).not.toMatch(/ style="| on\w+="|<link|<img|<iframe|@import|url\(/)
  })

  test('is the same from the JSON, by the command', async () => {
    const [direct, saved, again] = [file('direct.html'), file('saved.json'), file('again.html')]
    const dump = fixture('6.1-hang.vmcore')
    expect((await cli(['analyze', dump, '--html', '-o', direct, '--json', '-o', saved])).code).toBe(0)
    expect((await cli(['analyze', '--from', saved, '--html', '-o', again])).code).toBe(0)
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(direct, 'utf8'))
    expect(plainText(readFileSync(direct, 'utf8'))).toContain('numad (pid 101, CPU 0)')
  })
})

test('what a document does not have is left out', async () => {
  const text = file('bt.txt')
  writeFileSync(
    text,
    [
      'crash> bt 4242',
      'PID: 4242   TASK: ffff885f8fb48000  CPU: 3   COMMAND: "numad"',
      ' #0 [ffff885f8fb4fb78] smp_call_function_many at ffffffff810ff1a0',
      ' #1 [ffff885f8fb4fc30] ptep_clear_flush at ffffffff811d2b6e',
      ' #2 [ffff885f8fb4fc60] try_to_unmap_one at ffffffff811c5f6b',
      ' #3 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811d9cc2',
      ' #4 [ffff885f8fb4fd80] try_to_unmap at ffffffff811c7b2d',
      ' #5 [ffff885f8fb4fdc8] migrate_pages at ffffffff811dee0b',
      ' #6 [ffff885f8fb4fe80] do_migrate_pages at ffffffff811cc5cc',
      'crash> list hlist_node.next ffff883f3e5746b0 | wc -l',
      '2306920',
      '',
    ].join('\n'),
  )
  const { document } = await analyzed(text)
  expect(document.verdict.code).toBe('ksm-walk-hang')
  const page = await pageOf(document)
  expect(headings(page)).not.toContain('The lists, and whose memory it is')
  expect(headings(page)).not.toContain('KSM&#39;s counters')
  expect(plainText(page)).toContain('rmap_walk_ksm')
  expect(plainText(page)).not.toMatch(/\b0 rmap_items|NaN|undefined|null\b/)
})

describe('foreign text', () => {
  test('never becomes markup, wherever it stands', async () => {
    const { document } = await analyzed(fixture('6.12-hang.vmcore'))
    await fc.assert(
      fc.asyncProperty(HOSTILE, async (text) => {
        // as long, with letters that mean nothing: it must make the same page but for its texts
        const harmless = text.replace(/[<>&"'`]/g, 'y')
        const [one, two] = [
          await pageOf(withTextEverywhere(document, text)),
          await pageOf(withTextEverywhere(document, harmless)),
        ]
        expect(skeleton(one)).toBe(skeleton(two))
        expect(one).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/)
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  test('is no part of style sheet, script or policy', async () => {
    const hostile = await pageOf(withTextEverywhere(hang, '</style><script>alert(1)</script>'))
    for (const part of [/<style>[\s\S]*?<\/style>/, /<script>[\s\S]*?<\/script>/, /<meta http-equiv[^>]*>/])
      expect(part.exec(hostile)?.[0]).toBe(part.exec(page)?.[0])
  })
})

describe('a page stays below a megabyte', () => {
  const many = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of)

  test('with 30,000 waiters and 1,000 findings, and says how many more there are', async () => {
    const { findings, hang: walk } = hang
    const withWaiters = (count: number): AnalyzeReport => ({
      ...hang,
      findings: many(1000, findings[0]!),
      hang: {
        ...walk!,
        waiters: Array.from({ length: count }, (_, i) => ({ ...walk!.waiters[0]!, pid: i + 1000, comm: `qemu-${i}` })),
      },
    })
    const timed = async (count: number): Promise<[page: string, seconds: number]> => {
      const document = withWaiters(count)
      const started = performance.now()
      return [await pageOf(document), (performance.now() - started) / 1000]
    }
    await timed(3000)
    const [, few] = await timed(3000)
    const [page, all] = await timed(30_000)
    // ten times as many take ten times as long at most; by squares it would be a hundred times
    expect(all).toBeLessThan(40 * Math.max(few, 0.02))
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000)
    const text = plainText(page)
    expect(text).toContain('Who waits: 30,000 tasks')
    expect(text).toContain('… and 29,900 more')
    expect(text).toContain('… and 970 more')
    expect(text).toContain('29,976 more groups')
  })

  test('with endless names that swell when they are escaped', async () => {
    const { stacks, ksm } = hang
    const swollen = withTextEverywhere(
      {
        ...hang,
        inputs: many(500, hang.inputs[0]!),
        actions: many(500, hang.actions[0]!),
        findings: many(500, { ...hang.findings[0]!, evidence: many(100, hang.findings[0]!.evidence[0]!) }),
        stacks: { groups: many(200, stacks!.groups[0]!), leftOut: 7 },
        ksm: { ...ksm!, longest: many(500, ksm!.longest[0]!) },
        problems: many(500, { code: 'x', message: 'x', input: 'x', at: 'x' }),
      },
      '"'.repeat(20_000),
    )
    const page = await pageOf(swollen)
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000)
    expect(page).toContain('Too much for this file')
    expect(page.trimEnd()).toMatch(/<\/html>$/)
  })

  test('with commands without end to type now', async () => {
    const commands = many(30, '"'.repeat(20_000))
    const actions = many(20, { ...hang.actions[0]!, commands, now: true })
    const page = await pageOf({ ...hang, actions })
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000)
    expect(page).toContain('Too much for this file')
    expect(plainText(page)).toContain('KSM&#39;s counters'.replace('&#39;', "'"))
  })

  test('a chain of waits, or a ring, of any length ends', async () => {
    const one = hang.hang!.waiters[0]!
    const chain = Array.from({ length: 20_000 }, (_, i) => ({
      ...one,
      pid: 1000 + i,
      behind: i === 0 ? { pid: 101, comm: 'numad' } : { pid: 999 + i, comm: one.comm },
    }))
    const ring = [
      { ...one, pid: 7, behind: { pid: 8, comm: one.comm } },
      { ...one, pid: 8, behind: { pid: 7, comm: one.comm } },
    ]
    const page = await pageOf({ ...hang, hang: { ...hang.hang!, waiters: [...chain, ...ring] } })
    expect(plainText(page)).toContain('Who waits: 20,002 tasks')
  })
})

describe('pictures and tiles', () => {
  const withKsm = (part: Partial<NonNullable<AnalyzeReport['ksm']>>): AnalyzeReport => ({
    ...hang,
    ksm: { ...hang.ksm!, ...part },
  })

  test('NUMA nodes: shares of bytes, and those that are not drawn are one bar', async () => {
    const perNode = Array.from({ length: 20 }, (_, nid) => ({
      nid,
      lists: 10,
      items: 1000,
      mergedBytes: 2 ** 20 * (nid + 1),
    }))
    const page = await pageOf(withKsm({ perNode }))
    const label = /aria-label="(Merged memory by NUMA node:[^"]*)"/.exec(page)![1]!
    // 20 of 210 MiB
    expect(label).toContain('NUMA node 19 9.5 %, 20.0 MiB')
    // nodes 0 to 11: 78 of 210 MiB
    expect(label).toContain('12 other NUMA nodes 37.1 %, 78.0 MiB')
  })

  test('a list of 256 to 511 is not drawn as over the limit: 256 is within', async () => {
    const bin = (from: number) => ({ from, to: 2 * from - 1, lists: 1, items: from })
    const within = await pageOf(withKsm({ histogram: [bin(256)] }))
    expect(within).not.toContain('class="bar beyond"')
    expect(await pageOf(withKsm({ histogram: [bin(256), bin(512)] }))).toContain('class="bar beyond"')
  })

  test('the tiles are of one list: length and pass of the one that is walked', async () => {
    const node = { ...hang.hang!.node!, length: 5000 }
    const text = plainText(await pageOf({ ...hang, hang: { ...hang.hang!, node } }))
    expect(text).toContain('list that is walked 5,000 rmap_items')
    expect(text).toContain('one pass over it 50 ms estimate')
    const unknown = plainText(await pageOf({ ...hang, hang: { ...hang.hang!, node: { ...node, length: null } } }))
    expect(unknown).not.toContain('one pass over it')
  })

  test('waiters that nothing joins to the walker are told of', async () => {
    const apart = { ...hang.hang!.waiters[0]!, pid: 9999, behind: { pid: null, comm: null } }
    const page = await pageOf({ ...hang, hang: { ...hang.hang!, waiters: [...hang.hang!.waiters, apart] } })
    expect(plainText(page)).toContain('1 more task: behind whom, up to the walker, is not known.')
  })
})

test('d3 is loaded for --html alone: the start of the others does not wait for it', async () => {
  const loaded = async (...args: string[]): Promise<string[]> => {
    const coverage = mkdtempSync(join(folder, 'coverage-'))
    const run = await cli(['analyze', fixture('6.1-small.vmcore'), ...args], { env: { NODE_V8_COVERAGE: coverage } })
    expect(run.code).toBe(0)
    return readdirSync(coverage).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { result: { url: string }[] }
      return result.map(({ url }) => url).filter((url) => /\/d3-\w+\/|\/report\/html/.test(url))
    })
  }
  expect(await loaded()).toEqual([])
  expect(await loaded('--json')).toEqual([])
  expect((await loaded('--html')).length).toBeGreaterThan(5)
})

describe('colours', () => {
  // https://www.w3.org/TR/WCAG21/#dfn-relative-luminance
  const luminance = (hex: string): number => {
    const digits = hex.length === 4 ? [...hex.slice(1)].map((each) => each + each) : hex.slice(1).match(/../g)!
    const [r, g, b] = digits.map((each) => {
      const value = Number.parseInt(each, 16) / 255
      return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one: string, two: string): number => {
    const [dark, light] = [luminance(one), luminance(two)].sort((a, b) => a - b) as [number, number]
    return (light + 0.05) / (dark + 0.05)
  }
  const themes = STYLE.match(/:root\{[^}]*\}/g)!
  const text = [
    ...['page', 'card', 'code', 'waits', 'runs', 'sleeps'].flatMap((on) => [`text ${on}`, `soft ${on}`]),
    ...['critical', 'warning', 'ok', 'unknown'].flatMap((tone) => [`on ${tone}`, `${tone} card`]),
    ...['waits', 'waits2'].map((on) => `waitst ${on}`),
    ...['runs', 'runs2'].map((on) => `runst ${on}`),
    ...['sleepst sleeps', 'link card', 'link page', 'now card'],
  ]

  test.each([
    ['light', 0],
    ['dark', 1],
  ])('%s: text stands out from what it stands on (WCAG AA), bars from the page', (_name, which) => {
    expect(themes).toHaveLength(2)
    const colours = Object.fromEntries(
      [...themes[which]!.matchAll(/--(\w+):(#\w+)/g)].map(([, name, hex]) => [name, hex!]),
    )
    const weak = (pairs: string[], least: number): string[] =>
      pairs.filter((pair) => {
        const [one, two] = pair.split(' ') as [string, string]
        return contrast(colours[one]!, colours[two]!) < least
      })
    expect(weak(text, 4.5)).toEqual([])
    expect(weak(['bar card', 'beyond card', 'soft card'], 3)).toEqual([])
  })
})
