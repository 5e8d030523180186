import { grouped } from '../base/words.ts'
import type { TaskRow, TasksReport } from '../document/schema.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { writeCompleteness } from './parts.ts'
import { writeTable } from './table.ts'

/** `tasks` for a terminal: a table, or each task with its stack. */
export function tasksText(document: TasksReport, write: Write, options: RenderOptions): void {
  const { tasks } = document
  const p = paint(options.colors)
  if (tasks.some((task) => task.stackEnd !== null)) {
    for (const task of tasks) writeStack(task, write, p.bold)
  } else {
    const cells = tasks.map((task) => [
      String(task.pid),
      String(task.tgid),
      task.state,
      task.cpu === null ? '-' : String(task.cpu),
      task.running ? 'yes' : '',
      task.kthread ? `[${task.comm}]` : task.comm,
      task.address,
      task.mm ?? '-',
    ])
    writeTable(
      [
        { head: 'pid', right: true },
        { head: 'tgid', right: true },
        { head: 'state' },
        { head: 'cpu', right: true },
        { head: 'runs' },
        { head: 'comm' },
        { head: 'task' },
        { head: 'mm' },
      ],
      cells,
      write,
      '',
    )
  }
  write(`\n${grouped(tasks.length)} tasks${document.leftOut > 0 ? `, ${grouped(document.leftOut)} not shown` : ''}\n`)
  if (document.problems.length > 0) {
    write(`\n${p.bold('Completeness')}\n`)
    writeCompleteness(document, write, options.columns)
  }
}

/** A stack as people know it from crash, with how each frame was found. */
function writeStack(task: TaskRow, write: Write, bold: (text: string) => string): void {
  const where = task.running ? `on CPU ${task.cpu ?? '?'}` : `last on CPU ${task.cpu ?? '?'}`
  write(
    `${bold(`${task.kthread ? `[${task.comm}]` : task.comm}`)}  pid ${task.pid}${task.tgid === task.pid ? '' : ` (of ${task.tgid})`}, state ${task.state}, ${where}\n`,
  )
  task.stack.forEach((frame, i) => {
    const name =
      frame.symbol === null
        ? frame.address
        : `${frame.symbol}+0x${(frame.offset ?? 0).toString(16)}${frame.module === null ? '' : ` [${frame.module}]`}`
    write(`  #${String(i).padEnd(2)} ${frame.how === 'scan' ? '? ' : ''}${name}\n`)
  })
  if (task.stackEnd !== null && task.stackEnd !== 'end')
    write(`  (${task.stackEnd === 'user' ? 'user mode' : task.stackEnd})\n`)
  write('\n')
}
