import { describe, expect, test } from 'vitest'
import type { HangReading } from '../../src/diagnosis/hang.ts'
import { pastOf, pastWords } from '../../src/diagnosis/past.ts'
import type { TextEvent, TextEvidence } from '../../src/diagnosis/text-evidence.ts'

// A hang is over where its boot goes on without a report of it, or has ended; never where reports are only missing.

const event = (line: number, time: number | null, pid: number | null = 7): TextEvent => ({
  kind: 'hung-task',
  ...{ line, time, pid, comm: 'a', seconds: 120, cpu: null, blockedOn: null, stack: [] },
})
const task = (pid: number | null): { task: { pid: number | null; where: { input: string; at: string } } } => ({
  task: { pid, where: { input: 'a.log', at: 'line 1' } },
})
const reading = (...pids: readonly (number | null)[]): HangReading =>
  ({ hang: { walker: task(pids[0]!), waiters: pids.slice(1).map(task) } }) as unknown as HangReading
const log = (given: Partial<TextEvidence> = {}): TextEvidence => ({
  input: 'a.log',
  told: [],
  events: [event(3, 100)],
  ending: { time: 2000, dateText: null },
  ...given,
})

describe('a hang that is over', () => {
  test('the log goes on', () => {
    expect(pastOf([log()], reading(7), null)).toMatchObject({ seconds: 1900, by: 'quiet', evidence: { at: 'line 3' } })
    expect(pastOf([log({ ending: { time: 400, dateText: null } })], reading(7), null)).toBeNull()
  })

  test('the last report is the last line of them', () => {
    const events = [event(9, 1900), event(3, 100)]
    expect(pastOf([log({ events })], reading(7), null)).toBeNull()
  })

  test('a task without a pid is not that of an event without one', () => {
    const events = [event(3, 100), event(9, 1990, null)]
    expect(pastOf([log({ events })], reading(null, 7), null)).toMatchObject({ evidence: { at: 'line 3' } })
    expect(pastOf([log({ events: [event(3, 100, null)] })], reading(null), null)).toBeNull()
  })

  test('where the kernel stopped reporting, or messages were lost, silence says nothing', () => {
    expect(pastOf([log({ silent: [3] })], reading(7), null)).toBeNull()
    expect(pastOf([log({ silent: [40] })], reading(7), null)).toBeNull()
    expect(pastOf([log({ silent: [2] })], reading(7), null)).toMatchObject({ by: 'quiet' })
  })

  test('a kernel reports ten hung tasks and no more', () => {
    const events = Array.from({ length: 10 }, (_, i) => event(i, 100 + i))
    expect(pastOf([log({ events })], reading(7), null)).toBeNull()
    expect(pastOf([log({ events: events.slice(1) })], reading(7), null)).toMatchObject({ by: 'quiet' })
  })

  test('the host was booted again: over, however soon, and said', () => {
    const rebooted = { line: 50, dateText: null }
    const past = pastOf([log({ rebooted, silent: [40], ending: { time: 160, dateText: null } })], reading(7), null)
    expect(past).toMatchObject({
      seconds: 60,
      by: 'reboot',
      evidence: { at: 'line 50', text: 'the host boots again here' },
    })
    expect(pastWords(past!)).toBe('It is past: the host was booted again, 60 s after the last report of it.')
    const elsewhere = pastOf([log({ rebooted: { line: null, dateText: null }, ending: null })], reading(7), null)
    expect(elsewhere).toMatchObject({ seconds: 0, by: 'reboot', evidence: { at: 'line 3' } })
    expect(pastWords(elsewhere!)).toBe('It is past: the host was booted again.')
  })
})
