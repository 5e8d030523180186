import { describe, expect, test } from 'vitest'
import { log } from '../../src/app/log.ts'
import type { Run } from '../../src/app/run-steps.ts'
import { tasks } from '../../src/app/tasks.ts'
import { LogDocument, type TaskRow, TasksDocument } from '../../src/document/schema.ts'
import { type Truth, truthDumps } from '../support/corpus.ts'

// Every task and every frame of its stack against drgn's, for every dump that has a truth file.

const run: Run = { abort: { aborted: false }, show: () => {} }
const options = { memory: null, timings: false }
const dumps = truthDumps().filter(
  (dump) => !/^(5\.10|4\.)/.test(dump.truth.kernel.release) && dump.truth.tasks.length > 0,
)

test('there are dumps to compare', () => {
  expect(dumps.length).toBeGreaterThanOrEqual(2)
})

describe.each(dumps)('$name', ({ path, truth }) => {
  test("tasks: every task and every frame is the witness's", async () => {
    const outcome = await tasks([path], { ...options, states: null, pid: null, match: null, stacks: true }, run)
    outcome.close()
    const { document, exit } = outcome
    expect(exit).toBe(0)
    expect(document.problems).toEqual([])
    expect(TasksDocument.safeParse(document).error).toBeUndefined()
    const ours = new Map(document.tasks.map((task) => [task.address, task]))
    expect(ours.size).toBe(truth.tasks.length)
    for (const task of truth.tasks) {
      const wanted = comparableTruth(task)
      expect(comparable(ours.get(task.address)!)).toMatchObject(wanted)
    }
  })

  test("log: as many records as the witness's, first and last alike", async () => {
    const { document, exit, close } = await log([path], { ...options, since: null, level: null }, run)
    close()
    expect(exit).toBe(0)
    expect(LogDocument.safeParse(document).error).toBeUndefined()
    // truths of the first kit have no log
    if (truth.log === undefined) return
    expect(document.records.length).toBe(truth.log.records)
    for (const [record, wanted] of [
      [document.records[0], truth.log.first],
      [document.records.at(-1), truth.log.last],
    ] as const) {
      expect({ seq: record?.seq, ns: Math.round((record?.time ?? 0) * 1e9), text: record?.text }).toEqual(wanted)
    }
    expect(document.events.filter((event) => event.kind === 'hung-task').length).toBe(truth.log.hung.length)
  })
})

function comparable({ pid, tgid, comm, state, kthread, mm, cpu, running, stack }: TaskRow): object {
  return { pid, tgid, comm, state, kthread, mm, cpu, running, stack: stack.map((frame) => frame.address) }
}

/** drgn shows inlined frames too, and reads past user mode into what is no code. */
function comparableTruth(task: Truth['tasks'][number]): object {
  const { pid, tgid, comm, state, kthread, mm, cpu, running, stack } = task
  return {
    pid,
    tgid,
    comm,
    state,
    kthread,
    mm,
    running,
    ...(cpu === undefined ? {} : { cpu }),
    stack: stack.filter((frame) => !frame.inlined && frame.symbol !== null).map((frame) => frame.pc),
  }
}
