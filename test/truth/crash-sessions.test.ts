import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { analyzed } from '../support/analyzed.ts'
import { FIXTURES } from '../support/corpus.ts'
import { scratchFolder } from '../support/containers.ts'
import { commandsOf, crashSessions, essentials, essentialsOf, printedBy } from '../support/crash-sessions.ts'

// The verdict from crash's text against that from the dump itself: walker, node, length, pattern and waiters.

/**
 * Waiters that a text can't clear of suspicion, by session: it names them as perhaps behind the walk. ps and pidstat wait for the
 * mmap_lock of a process that their stacks don't name; the dump's queue says that it isn't the walker's.
 */
const PERHAPS: Record<string, number[]> = { '6.1-reclaim': [100, 102] }

const scratch = scratchFolder()
afterAll(() => scratch.remove())

describe.each(crashSessions())('$name', (session) => {
  const { name, path, text } = session

  test('the whole session says what the dump says', async () => {
    const { document, exit } = await analyzed(path)
    expect(exit).toBe(0)
    expect(document.problems).toEqual([])
    const wanted = await essentialsOf(session)
    const found = essentials(document)!
    const perhaps = document
      .hang!.waiters.filter(({ pid, confidence }) => confidence === 'weak' && PERHAPS[name]?.includes(pid!))
      .map(({ pid }) => pid)
    expect(perhaps).toEqual(PERHAPS[name] ?? [])
    expect({ ...found, waiters: found.waiters.filter(({ pid }) => !perhaps.includes(pid)) }).toEqual({
      release: wanted.release,
      walker: wanted.walker,
      walked: wanted.walked,
      pattern: wanted.pattern,
      waiters: wanted.waiters,
    })
    // a short walk explains no hang, from text as from the dump
    const confidence = wanted.walked.length < 10_000 ? 'weak' : 'strong'
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang', confidence })
  })

  test('each command alone: never an error, never another walker, never more certain than text can be', async () => {
    const { walker, walked } = await essentialsOf(session)
    const commands = commandsOf(text)
    expect(commands.length).toBeGreaterThan(25)
    for (const { command, output } of commands) {
      const { document, exit } = await analyzed(scratch.file('command.txt', Buffer.from(output)))
      expect([command, [0, 3].includes(exit)]).toEqual([command, true])
      expect([command, JSON.stringify(document).includes('"proven"')]).toEqual([command, false])
      if (document.hang) expect([command, document.hang.holder]).toEqual([command, expect.objectContaining(walker)])
      for (const list of document.findings.filter(({ code }) => code === 'oversized-list'))
        expect([command, list.summary]).toEqual([
          command,
          expect.stringContaining(walked.length.toLocaleString('en-US')),
        ])
    }
  })

  test('a bt -f, the waiters and the stable_node: its address stands in the words of the walk', async () => {
    const { walker, walked } = await essentialsOf(session)
    const trace = scratch.file('bt.txt', Buffer.from(printedBy(text, `bt -f ${walker.pid}`)))
    const node = scratch.file('node.txt', Buffer.from(pieceOf(text, 'struct ksm_stable_node')))
    // without anybody who waits, the walk of a list below the limit is none
    const waiters = scratch.file('un.txt', Buffer.from(pieceOf(text, 'foreach UN bt')))
    const { document } = await analyzed(trace, node, waiters)
    expect(document.hang?.holder).toMatchObject(walker)
    expect(document.hang?.node).toMatchObject(walked)
    // where the exception is in rmap_walk_ksm itself, crash shows no words of its frame
    const shown = printedBy(text, `bt -f ${walker.pid}`).includes(walked.address.slice(2))
    expect(document.hang?.node?.validatedBy.length).toBe(shown ? 2 : 1)
    expect(document.hang?.node?.validatedBy[1] ?? walked.address).toContain(walked.address)
  })

  test('a bt alone: the walk and its pattern', async () => {
    const { walker, pattern } = await essentialsOf(session)
    const trace = printedBy(text, `bt ${walker.pid}`)
    const { document } = await analyzed(scratch.file('bt.txt', Buffer.from(trace)))
    expect(document.verdict.confidence).toBe('weak')
    expect(JSON.stringify(document.findings)).toContain(walker.comm)
    const beside = await analyzed(
      scratch.file('bt.txt', Buffer.from(trace)),
      scratch.file('un.txt', Buffer.from(pieceOf(text, 'foreach UN bt'))),
    )
    expect(beside.document.hang).toMatchObject({ holder: walker, pattern })
  })

  test("the kernel's log alone: the dump's hung tasks, and no walk that it doesn't show", async () => {
    const { release, waiters } = await essentialsOf(session)
    const { document, exit } = await analyzed(scratch.file('dmesg.txt', Buffer.from(printedBy(text, 'log'))))
    expect(exit).toBe(0)
    expect(document.kernel?.release).toBe(release)
    expect(document.hang).toBeNull()
    expect(document.verdict.level).not.toBe('critical')
    expect(document.verdict.confidence).toBe('weak')
    const waiting = waiters.map(({ pid }) => pid)
    for (const { kind, pid } of document.events) expect([kind, waiting.includes(pid!)]).toEqual(['hung-task', true])
  })
})

describe('lists in files of their own', () => {
  const lists = [
    ['6.1-hang', '6.1-hang.lst.xz'],
    ['6.1-rt-hang', '6.1-rt-hang.lst.zst'],
  ] as const

  test.each(lists)('%s: a bt and its list', async (name, file) => {
    const session = crashSessions().find((each) => each.name === name)!
    const { walker, walked, pattern } = await essentialsOf(session)
    const trace = scratch.file('bt.txt', Buffer.from(printedBy(session.text, `bt ${walker.pid}`)))
    const { document } = await analyzed(trace, join(FIXTURES, 'crash', file))
    expect(document.hang).toMatchObject({
      holder: walker,
      pattern,
      node: { address: null, length: walked.length, validatedBy: ['told'] },
    })
  })
})

test("the log that ksm-dump reads out of a dump, and crash's: the same hung tasks", async () => {
  const rows = async (path: string): Promise<unknown[]> =>
    (await analyzed(path)).document.events.map(({ kind, pid, comm, seconds }) => ({ kind, pid, comm, seconds }))
  const session = crashSessions().find(({ name }) => name === '6.12-hang')!
  const log = scratch.file('dmesg.txt', Buffer.from(printedBy(session.text, 'log')))
  const fromDump = await rows(join(FIXTURES, '6.12-hang.vmcore'))
  expect(fromDump).toHaveLength(18)
  expect(await rows(log)).toEqual(fromDump)
})

/** A command with what it printed. */
function pieceOf(text: string, start: string): string {
  return commandsOf(text).find(({ command }) => command.startsWith(start))!.output
}
