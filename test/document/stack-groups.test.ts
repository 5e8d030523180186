import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { readSleepers } from '../../src/diagnosis/sleepers.ts'
import { StackGroups } from '../../src/document/stack-groups.ts'
import type { StackReader } from '../../src/kernel/stacks.ts'
import type { Task } from '../../src/kernel/task-list.ts'
import { stackFact, task } from '../support/hang-facts.ts'

describe('equal stacks together', () => {
  const [one, two, three] = [task(1, 'a'), task(2, 'b'), task(3, 'c', { state: 'S' })]
  const groups = new StackGroups([
    stackFact(three, 'schedule do_wait'),
    stackFact(one, 'schedule do_wait'),
    stackFact(two, 'schedule do_wait'),
    stackFact(task(4, 'd', { running: true, state: 'R' }), ''),
  ])

  test('by state and functions, most tasks first', () => {
    expect(groups.member!.groups.map(({ state, tasks, comms }) => `${tasks} ${state} ${comms.join()}`)).toEqual([
      '2 D a,b',
      '1 R d',
      '1 S c',
    ])
  })

  test('a task finds its stack; one that is not there has none', () => {
    expect([groups.indexOf(one.id), groups.indexOf(two.id)]).toEqual([0, 0])
    expect(groups.indexOf(task(9, 'z').id)).toBeNull()
  })

  test('many different stacks: the most common ones, the others are counted', () => {
    const many = Array.from({ length: 500 }, (_, i) => stackFact(task(i + 1, 'x'), `f${i} g`))
    const { member } = new StackGroups([...many, ...many.slice(0, 3)])
    expect([member!.groups.length, member!.leftOut, member!.groups[0]!.tasks]).toEqual([200, 300, 2])
  })

  test('none', () => {
    expect(new StackGroups([]).member).toBeNull()
  })
})

test('sleepers: neither who runs nor who waits in D, and no more than 2,000', () => {
  const tasks = Array.from({ length: 3000 }, (_, i): Task => {
    const state = i % 10 === 0 ? 'D' : i % 10 === 1 ? 'R' : 'S'
    return { ...task(i + 1, 'x', { state }), address: BigInt(i + 1) } as unknown as Task
  })
  const facts = new Map(tasks.map((each) => [each.address, { ...task(each.pid, 'x'), id: each.address }]))
  let reads = 0
  const reader = {
    read: () => {
      reads++
      return { frames: [] }
    },
  } as unknown as StackReader
  expect(finish(readSleepers(tasks, facts, reader, { aborted: false }))).toHaveLength(2000)
  expect(reads).toBe(2000)
  expect(finish(readSleepers(tasks.slice(0, 10), facts, reader, { aborted: false }))).toHaveLength(8)
})
