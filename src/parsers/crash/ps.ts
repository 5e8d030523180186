import type { ToldTask } from '../told.ts'
import type { Session } from './session.ts'
import { blankTask } from '../blank-told.ts'
import { address, stateOf } from './told-task.ts'

const LETTERS = 'RU|IN|UN|ST|TR|ZO|DE|SW|WA|PA|ID|NE|\\?\\?'

/** >     33       1   0  ffff88000c509b80  RU  282.8   931256   602000  qemu-system-x86   (any widths: 8.0.2 made them wider) */
export const PS_ROW = new RegExp(
  `^ *(?:([>-]) *)?(\\d{1,10}) +(-?\\d{1,10}) +(\\d{1,5}|-) +([0-9a-f]{8,16}) +(${LETTERS}) +[\\d.]{1,8} +(\\d{1,16}) +(\\d{1,16})(?: +(.*))?$`,
)
/** [0 00:00:02.682] [UN]  PID: 37       TASK: ffff88000c50d280  CPU: 1    COMMAND: "CPU 0/KVM"   (days padded in some versions) */
export const PS_AGO = new RegExp(
  `^ *\\[ {0,6}(\\d{1,6}) (\\d\\d):(\\d\\d):(\\d\\d)\\.(\\d{3})\\] \\[(${LETTERS})\\] +PID: +(\\d{1,10}) +TASK: +([0-9a-f]{8,16}) +CPU: +(\\d{1,5}|-) +COMMAND: *"(.*)$`,
)
/** [33781184499] [RU]  PID: ...   nanoseconds of the CPU's clock when it last ran: no duration */
export const PS_CLOCK = new RegExp(
  `^ *\\[ {0,20}(\\d{1,20})\\] \\[(${LETTERS})\\] +PID: +(\\d{1,10}) +TASK: +([0-9a-f]{8,16}) +CPU: +(\\d{1,5}|-) +COMMAND: *"(.*)$`,
)
/** Both headers of `ps`; rows of others that merely look alike have none. */
export const PS_HEAD = /^ *PID +PPID +CPU +TASK +ST +%MEM +VSZ +RSS +COMM$/

/** Rows of `ps`, `ps -m` and `ps -l`. @see crash 9.0.2, task.c, show_ps, show_milliseconds, show_last_run */
export class PsRows {
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  row(found: RegExpExecArray, at: number): void {
    const [, mark, pid, ppid, cpu, task, letters, size, resident, name = ''] = found
    const told = this.told(at, 'ps', pid!, task!, cpu!, letters!)
    const kernel = /^\[(.*)\]$/.exec(name)
    told.kthread = kernel !== null
    told.comm = this.session.own.name(kernel ? kernel[1]! : name)
    if (Number(size) > 0) told.space = { ppid: Number(ppid), sizeKiB: Number(size), residentKiB: Number(resident) }
    // mail loses the mark; a task that cannot run is not on a CPU
    told.running = mark === '>' ? true : told.state === 'R' ? null : false
    this.session.tell(told)
  }

  ago(found: RegExpExecArray, at: number): void {
    const [, days, hours, minutes, seconds, ms, letters, pid, task, cpu, name] = found
    const told = this.told(at, 'ps -m', pid!, task!, cpu!, letters!)
    told.comm = this.session.own.name(unquoted(name!))
    told.idleSeconds =
      Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds) + Number(ms) / 1_000
    this.session.tell(told)
  }

  clock(found: RegExpExecArray, at: number): void {
    const [, , letters, pid, task, cpu, name] = found
    const told = this.told(at, 'ps -l', pid!, task!, cpu!, letters!)
    told.comm = this.session.own.name(unquoted(name!))
    this.session.tell(told)
  }

  private told(at: number, source: string, pid: string, task: string, cpu: string, letters: string): ToldTask {
    const told = blankTask(at, source)
    told.pid = Number(pid)
    told.address = address(task)
    told.cpu = cpu === '-' ? null : Number(cpu)
    told.state = stateOf(letters)
    return told
  }
}

/** The text before the last quote: a comm may hold quotes, and a cut line lacks the last. */
export function unquoted(text: string): string {
  const end = text.lastIndexOf('"')
  return end >= 0 ? text.slice(0, end) : text
}
