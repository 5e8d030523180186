import type { ToldTask } from '../told.ts'
import { unquoted } from './ps.ts'
import type { Session, Subject } from './session.ts'
import { blankTask } from '../blank-told.ts'
import { address } from './told-task.ts'

/** CPU 0 RUNQUEUE: ffff880006211780 */
export const RUNQ_CPU = /^ *CPU (\d{1,5}) RUNQUEUE: [0-9a-f]{8,16}\b/
/**   CURRENT: PID: 44     TASK: ffff88000c53c4c0  COMMAND: "numad" */
export const RUNQ_CURRENT = /^ *CURRENT: +PID: +(\d{1,10}) +TASK: +([0-9a-f]{8,16}) +COMMAND: *"(.*)$/
/**      [120] PID: 44     TASK: ffff88000c53c4c0  COMMAND: "numad" */
export const RUNQ_QUEUED = /^ *\[ {0,3}\d{1,3}\] +PID: +(\d{1,10}) +TASK: +([0-9a-f]{8,16}) +COMMAND: *"(.*)$/
/**  CPU 0: [0 00:00:00.023]  PID: 39     TASK: ffff8a114a5a0000  COMMAND: "khungtaskd"   since when it runs (`runq -m`) */
export const RUNQ_SINCE =
  /^ *CPU (\d{1,5}): \[ {0,6}\d{1,6} \d\d:\d\d:\d\d\.\d{3}\] +PID: +(\d{1,10}) +TASK: +([0-9a-f]{8,16}) +COMMAND: *"(.*)$/
/** CPU 0: 2680990637359   and beneath it          2680986653330  PID: 33 ...   (`runq -t`) */
export const RUNQ_CLOCK = /^ *CPU (\d{1,5}): {1,8}\d{1,20}$/
export const RUNQ_CLOCK_TASK = /^ *\d{1,20} +PID: +(\d{1,10}) +TASK: +([0-9a-f]{8,16}) +COMMAND: *"(.*)$/
/** Lines between that name no task. */
export const RUNQ_OTHER =
  /^ *(?:RT PRIO_ARRAY|CFS RB_ROOT|DL RB_ROOT|TASK_GROUP|ROOT_TASK_GROUP): .{0,200}$|^ *\[no tasks queued\]$|^ *CPU \d{1,5}: ?\[OFFLINE\]$|^ *CURRENT: TASK_GROUP: .{0,200}$/

/** Run queues: who is on each CPU, and who would be. @see crash 9.0.2, task.c, dump_CFS_runqueues, dump_on_rq_milliseconds */
export class RunQueues implements Subject {
  private cpu: number | null = null
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  queueOf(cpu: string): void {
    this.session.turn(this)
    this.cpu = Number(cpu)
  }

  current(pid: string, task: string, name: string, at: number): void {
    const told = this.told(pid, task, name, at)
    told.running = true
    this.session.tell(told)
  }

  queued(pid: string, task: string, name: string, at: number): void {
    const told = this.told(pid, task, name, at)
    told.running = false
    told.state = 'R'
    this.session.tell(told)
  }

  other(): void {
    this.session.turn(this)
  }

  close(): void {
    this.cpu = null
  }

  private told(pid: string, task: string, name: string, at: number): ToldTask {
    this.session.turn(this)
    const told = blankTask(at, 'runq')
    told.pid = Number(pid)
    told.address = address(task)
    told.comm = this.session.own.name(unquoted(name))
    told.cpu = this.cpu
    return told
  }
}
