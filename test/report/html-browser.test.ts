import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture, skipLoudly } from '../support/cli.ts'
import { withLongLists } from '../support/hostile-report.ts'
import { pageOf, withTextEverywhere } from '../support/html-page.ts'

// The page in a real browser: nothing is fetched, nothing fails, nothing is cut off, at two widths, light and dark, printed, by
// keyboard, for screen readers, and without its script.

/** Where distributions put it; the test downloads none. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

const folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
const pages = new Map<string, string>()
let browser: Browser | null = null

beforeAll(async () => {
  if (CHROMIUM === undefined) return
  const text = join(folder, 'numad-bt.txt')
  writeFileSync(
    text,
    'crash> bt 42\nPID: 42   TASK: ffff885f8fb48000  CPU: 3   COMMAND: "numad"\n #0 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811d9cc2\n #1 [ffff885f8fb4fd80] try_to_unmap at ffffffff811c7b2d\n #2 [ffff885f8fb4fdc8] migrate_pages at ffffffff811dee0b\n #3 [ffff885f8fb4fe80] do_migrate_pages at ffffffff811cc5cc\n',
  )
  const documents: Record<string, AnalyzeReport> = {}
  for (const name of ['6.1-hang', '6.12-hang', '6.1-small'])
    documents[name] = (await analyzed(fixture(`${name}.vmcore`))).document
  documents['text'] = (await analyzed(text)).document
  documents['huge'] = withLongLists(documents['6.12-hang']!, 150)
  documents['hostile'] = withTextEverywhere(documents['6.1-hang']!, `<img src=x onerror=alert(1)>"'${'W'.repeat(300)}`)
  for (const [name, document] of Object.entries(documents)) {
    const path = join(folder, `${name}.html`)
    writeFileSync(path, await pageOf(document))
    pages.set(name, pathToFileURL(path).href)
  }
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

/** Opens a page, and collects what goes wrong on it. */
async function opened(
  name: string,
  options: BrowserContextOptions,
): Promise<{ page: Page; wrong: string[]; context: BrowserContext }> {
  const context = await browser!.newContext(options)
  const page = await context.newPage()
  const wrong: string[] = []
  const url = pages.get(name)!
  page.on('console', (message) => wrong.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('dialog', (dialog) => wrong.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => request.url() === url || wrong.push(`request: ${request.url()}`))
  await page.goto(url)
  return { page, wrong, context }
}

/** What stands out of the window, out of its picture, or out of its block. */
const CUT_OFF = `(() => {
  const wrong = []
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is ' + document.documentElement.scrollWidth + ' wide')
  for (const svg of document.querySelectorAll('svg')) {
    if (svg.getBoundingClientRect().width === 0) continue
    const { width, height } = svg.viewBox.baseVal
    for (const text of svg.querySelectorAll('text')) {
      if (text.textContent === '') continue
      const box = text.getBBox()
      const rect = text.parentElement.tagName === 'g' ? text.parentElement.querySelector('rect').getBBox() : { x: 0, y: 0, width, height }
      const out = box.x < rect.x - 1 || box.x + box.width > rect.x + rect.width + 1 || box.y < rect.y - 2 || box.y + box.height > rect.y + rect.height + 2
      if (out) wrong.push(text.textContent)
    }
  }
  return wrong
})()`

const AXE = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations, passes }) => ({ passes: passes.length, violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')) }))`

interface Judged {
  passes: number
  violations: string[]
}

const LOOKS = [
  ['6.1-hang', 360, 'light'],
  ['6.1-hang', 360, 'dark'],
  ['6.1-hang', 1440, 'light'],
  ['6.1-hang', 1440, 'dark'],
  ['6.12-hang', 360, 'light'],
  ['6.1-small', 1440, 'light'],
  ['text', 360, 'dark'],
  ['hostile', 360, 'light'],
  ['hostile', 1440, 'dark'],
] as const

describe('in Chromium', () => {
  beforeEach((context) => {
    if (browser === null) skipLoudly(context, 'Chromium is not installed: the HTML page was not looked at in a browser')
  })

  test.each(LOOKS)(
    '%s at %i, %s: no error, no request, nothing cut off, no finding of axe',
    async (name, width, colorScheme) => {
      const { page, wrong, context } = await opened(name, { viewport: { width, height: 900 }, colorScheme })
      expect(await page.evaluate(CUT_OFF)).toEqual([])
      const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      expect(Number(/\d+/.exec(background)) < 128).toBe(colorScheme === 'dark')
      await page.evaluate(axe.source)
      const { passes, violations } = await page.evaluate<Judged>(AXE)
      expect(violations).toEqual([])
      expect(passes).toBeGreaterThan(20)
      expect(wrong).toEqual([])
      await context.close()
    },
  )

  test.each([
    ['6.1-hang', 2],
    ['6.12-hang', 2],
    ['6.1-small', 2],
    ['text', 2],
    // 1,350 waiters, 450 findings: what is kept off the paper is counted on it
    ['huge', 4],
  ])('%s prints on %i pages at most', async (name, most) => {
    const { page, context } = await opened(name, { colorScheme: 'dark' })
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true })
    const count = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThanOrEqual(most)
    await context.close()
  })

  test('without its script everything is there to read', async () => {
    const { page, wrong, context } = await opened('6.1-hang', { javaScriptEnabled: false })
    for (const words of ['230,000', 'systemctl stop numad', 'Who waits: 7 tasks', 'pages_sharing'])
      expect(await page.getByText(words).first().isVisible()).toBe(true)
    // what is folded opens without it
    await page.getByText('Stack 1:').click()
    expect(await page.locator('#stack-1').isVisible()).toBe(true)
    expect(await page.locator('svg:visible').count()).toBe(6)
    expect(wrong).toEqual([])
    await context.close()
  })

  test('by keyboard: past the contents, a table sorted, a stack zoomed and back', async () => {
    const { page, wrong, context } = await opened('6.1-hang', { viewport: { width: 1440, height: 900 } })
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the report')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('main')

    const waiters = page.getByRole('region', { name: 'Who waits: 7 tasks' })
    const pids = (): Promise<string[]> => waiters.locator('tbody td:nth-child(2)').allTextContents()
    await waiters.getByRole('button', { name: 'pid' }).focus()
    await page.keyboard.press('Enter')
    expect(await pids()).toEqual(['100', '99', '98', '97', '96', '95', '94'])
    await page.keyboard.press('Enter')
    expect(await pids()).toEqual(['94', '95', '96', '97', '98', '99', '100'])
    expect(await waiters.locator('th[aria-sort=ascending]').textContent()).toBe('pid')

    const walk = page.locator('.icicle .wide').getByRole('button', { name: 'rmap_walk_ksm: 1 task' })
    const width = async (): Promise<number> => Number(await walk.locator('rect').getAttribute('width'))
    const before = await width()
    await walk.focus()
    await page.keyboard.press('Enter')
    expect(await width()).toBeGreaterThan(7 * before)
    expect(await page.evaluate(CUT_OFF)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await width()).toBeCloseTo(before, 0)
    expect(wrong).toEqual([])
    await context.close()
  })
})
