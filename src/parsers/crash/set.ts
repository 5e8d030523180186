import type { ToldTask } from '../told.ts'
import { unquoted } from './ps.ts'
import type { Session, Subject } from './session.ts'
import { blankTask } from '../blank-told.ts'
import { address, stateOfName } from './told-task.ts'

/**     PID: 44   begins it; the other lines count only behind it */
export const SET_PID = /^ *PID: +(\d{1,10})$/
export const SET_LINE = /^ *(COMMAND|TASK|CPU|STATE): +(.+)$/

/** States of tasks that are on a CPU. */
const ON_CPU = /\((?:ACTIVE|PANIC|SYSRQ|PANIC_TASK)\)/

/** The current task, by `set` and at the end of the start-up screen. @see crash 9.0.2, task.c, show_context */
export class CurrentTask implements Subject {
  private task: ToldTask | null = null
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  begin(pid: string, at: number): void {
    this.close()
    this.session.turn(this)
    this.task = blankTask(at, 'set')
    this.task.pid = Number(pid)
  }

  /** @returns false when no block is open */
  line(key: string, value: string): boolean {
    const { task } = this
    if (!task) return false
    this.session.turn(this)
    if (key === 'COMMAND') task.comm = this.session.own.name(unquoted(value.replace(/^"/, '')))
    else if (key === 'CPU') task.cpu = /^\d{1,5}$/.test(value) ? Number(value) : null
    else if (key === 'TASK') {
      const at = /^(?:0x)?[0-9a-f]{8,16}\b/.exec(value)
      if (at) task.address = address(at[0])
    } else {
      task.state = stateOfName(value)
      task.running = ON_CPU.test(value) ? true : task.state === 'R' ? null : false
    }
    return true
  }

  close(): void {
    const { task } = this
    this.task = null
    // a line "PID: 44" alone is no block
    if (task && task.address !== null) this.session.tell(task)
  }
}
