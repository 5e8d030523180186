import { describe, expect, test } from 'vitest'
import { numadConfText, numadLogText } from '../../src/parsers/numad-log.ts'
import { fed, values } from '../support/host-texts.ts'

const at = (text: string): string => `Sat Mar 25 18:02:11 2017: ${text}`
const ADVISING = at('Advising pid 24561 (qemu-system-x86) move from nodes (0-3) to nodes (2)')
const MOVED = at('PID 24561 moved to node(s) 2 in 27.14 seconds')
const REGISTERING = at('Registering numad version 20150602 PID 5821')
const moving = (...lines: string[]): string | undefined => values(numadLogText(), lines)['numad.moving']

describe('a move', () => {
  test('that was advised and has no end is going on', () => {
    expect(fed(numadLogText(), [REGISTERING, ADVISING])).toEqual(
      expect.arrayContaining([
        { kind: 'value', line: 2, name: 'numad.moving', text: '24561 qemu-system-x86' },
        { kind: 'value', line: 2, name: 'numad.movingSince', text: 'Sat Mar 25 18:02:11 2017' },
        { kind: 'value', line: 2, name: 'numad.movingTo', text: '2' },
      ]),
    )
  })

  test.each([
    ['moved', MOVED],
    ['gone before the end', at('Could not migrate pid 24561.  Apparently it went away.')],
    ['gone while pages moved', at('Tried to move PID 24561, but it apparently went away.')],
    ['numad was shut down', at('Shutting down numad')],
    ['numad began anew', REGISTERING],
  ])('is over: %s', (_how, line) => expect(moving(ADVISING, line)).toBeUndefined())

  test.each([
    ['some pages would not move', at('Tried to move PID 24561, but 512 pages would not move.')],
    ['one of its threads went away', at('Tried to move PID 24561, TID 24577, but it apparently went away.')],
    ['advice is asked for by numad -w meanwhile', at('Advising pid -1 (unknown) move from nodes (0-3) to nodes (1)')],
    ['an interval is set', at('Changing interval to 5:15')],
    ['a node is emptied', at('Moving memory from node: 0 to node 2')],
    ['another program speaks', 'PID 24561 moved to node(s) 2 in 27.14 seconds'],
  ])('goes on when %s', (_what, line) => expect(moving(ADVISING, line)).toBe('24561 qemu-system-x86'))

  test('the last one counts, and one that another follows is over', () => {
    const other = ADVISING.replace('24561', '25017')
    expect(moving(other, MOVED, ADVISING)).toBe('24561 qemu-system-x86')
    expect(moving(ADVISING, other)).toBe('25017 qemu-system-x86')
    expect(moving(ADVISING, other, MOVED.replace('24561', '25017'))).toBeUndefined()
  })

  test('advice for a process that does not run is no move', () => {
    expect(moving(at('Advising pid -1 (unknown) move from nodes (0-3) to nodes (1)'))).toBeUndefined()
    expect(moving(at('Advising pid 0 (unknown) move from nodes (0-3) to nodes (1)'))).toBeUndefined()
  })

  test.each([
    ['(CPU 3/KVM)', 'CPU 3/KVM'],
    ['(a) move from nodes (b)', 'a) move from nodes (b'],
    ['(unknown)', 'unknown'],
  ])('of a process called %s', (printed, name) => {
    expect(moving(ADVISING.replace('(qemu-system-x86)', printed))).toBe(`24561 ${name}`)
  })

  test('half of its line is none', () => expect(moving(ADVISING.slice(0, -30))).toBeUndefined())
})

describe('how long moves took', () => {
  test.each([
    ['43.5', '43.05'],
    ['43.50', '43.50'],
    ['27.14', '27.14'],
    ['0.7', '0.07'],
    ['10.0', '10.00'],
  ])('%s is %s s: whole seconds and hundredths', (printed, seconds) => {
    expect(values(numadLogText(), [MOVED.replace('27.14', printed)])).toEqual({
      'numad.moves': '1',
      'numad.longestMoveSeconds': seconds,
    })
  })

  test('the longest of them, by hundredths', () => {
    const moves = ['43.5', '43.14', '43.09'].map((printed) => MOVED.replace('27.14', printed))
    expect(fed(numadLogText(), moves)).toContainEqual({
      kind: 'value',
      line: 2,
      name: 'numad.longestMoveSeconds',
      text: '43.14',
    })
    expect(values(numadLogText(), moves)['numad.moves']).toBe('3')
  })
})

describe('numad itself', () => {
  const running = (...lines: string[]) => values(numadLogText(), lines)['numad.running']
  test('runs by its log from its registration to its end', () => {
    expect(running(REGISTERING)).toBe('5821')
    expect(running(REGISTERING, at('Shutting down numad'))).toBeUndefined()
    expect(running(REGISTERING, at('Shutting down numad'), REGISTERING.replace('5821', '777'))).toBe('777')
    expect(running(ADVISING)).toBeUndefined()
    expect(values(numadLogText(), [REGISTERING])['numad.version']).toBe('20150602')
  })

  test('an older part of the log does not say what runs now', () => {
    expect(values(numadLogText(true), [REGISTERING, ADVISING])).toEqual({
      'numad.version': '20150602',
      'numad.runningAtRotation': '5821',
      'numad.movingAtRotation': '24561 qemu-system-x86',
    })
  })

  test('a log whose start is cut in the middle of a line is read', () => {
    expect(moving('11 2017: PID 1 moved', ADVISING)).toBe('24561 qemu-system-x86')
  })

  test('an empty log tells nothing', () => expect(fed(numadLogText(), '')).toEqual([]))
})

test.each([
  ['INTERVAL=15', '15'],
  ['INTERVAL="5:15"', '5:15'],
  ['# INTERVAL=15', undefined],
  ['INTERVAL=', undefined],
])('numad.conf: %s', (line, interval) => expect(values(numadConfText(), [line])['numad.interval']).toBe(interval))
