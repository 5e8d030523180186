import type { ToldState } from '../told.ts'

/** Two letters of crash's task states. UN holds killable waits too. @see crash 9.0.2, task.c, task_state_string */
const STATES: Readonly<Record<string, ToldState>> = {
  RU: 'R',
  IN: 'S',
  UN: 'D',
  ST: 'T',
  TR: 't',
  ZO: 'Z',
  DE: 'X',
  PA: 'P',
  ID: 'I',
}

/** @returns null for SW, WA, NE and ??, which have no letter in /proc */
export function stateOf(letters: string): ToldState {
  return STATES[letters] ?? null
}

/** TASK_UNINTERRUPTIBLE|TASK_WAKEKILL of `set`; the first that has a letter. */
const NAMES: readonly (readonly [name: string, state: ToldState])[] = [
  ['TASK_RUNNING', 'R'],
  ['TASK_INTERRUPTIBLE', 'S'],
  ['TASK_IDLE', 'I'],
  ['TASK_UNINTERRUPTIBLE', 'D'],
  ['TASK_KILLABLE', 'D'],
  ['TASK_STOPPED', 'T'],
  ['TASK_TRACED', 't'],
  ['TASK_TRACING_STOPPED', 't'],
  ['EXIT_ZOMBIE', 'Z'],
  ['TASK_ZOMBIE', 'Z'],
  ['EXIT_DEAD', 'X'],
  ['TASK_DEAD', 'X'],
  ['TASK_PARKED', 'P'],
]

/** The state that `set` names in full. */
export function stateOfName(name: string): ToldState {
  return NAMES.find(([each]) => name.startsWith(each))?.[1] ?? null
}

/** An address as crash prints it, with or without 0x. */
export function address(text: string): bigint {
  return BigInt(text.startsWith('0x') ? text : `0x${text}`)
}
