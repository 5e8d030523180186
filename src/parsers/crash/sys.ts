import type { ToldHost } from '../told.ts'
import type { Session, Subject } from './session.ts'

/** Right-aligned labels: "    NODENAME: compute-07". */
export const SYS_LINE =
  /^ *(KERNEL|DEBUG KERNEL|DEBUGINFO|SYSTEM MAP|MAPFILE|DUMPFILES?|CPUS|DATE|UPTIME|LOAD AVERAGE|TASKS|NODENAME|DOMAINNAME|RELEASE|VERSION|MACHINE|MEMORY|PANIC): (.*)$/
/** So many of them make it crash's screen; a mail may have a line "VERSION: 2" of its own. */
const FEWEST = 3
/** Lines of other kinds that may stand between. */
const MOST_STRANGE = 2

const UNITS: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }

/** The host, by `sys` and the start-up screen. @see crash 9.0.2, kernel.c, display_sys_stats */
export class SystemScreen implements Subject {
  private readonly values = new Map<string, string>()
  private line = 0
  private strange = 0
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  take(key: string, value: string, at: number): void {
    if (this.values.has(key)) this.close()
    this.session.turn(this)
    if (this.values.size === 0) this.line = at
    this.values.set(key, value.trim())
    this.strange = 0
  }

  /** A line of another kind: a second dump file's name. @returns true while the screen may go on behind it */
  passes(): boolean {
    return this.values.size > 0 && ++this.strange <= MOST_STRANGE
  }

  close(): void {
    const { values, session } = this
    const asked = session.command?.name === 'sys'
    if (values.size >= FEWEST || (asked && values.size > 0)) {
      const own = (key: string): string | null => {
        const value = values.get(key)
        return value === undefined || value === '' ? null : session.own.text(value)
      }
      const release = own('RELEASE')
      const machine = own('MACHINE')
      const told: ToldHost = {
        kind: 'host',
        line: this.line,
        source: 'sys',
        // an editor broke "el9_5.x86_64"
        release: release?.replace(/\. {1,8}(?=\w)/g, '.') ?? null,
        version: own('VERSION'),
        nodename: own('NODENAME'),
        arch: machine?.split(' ')[0] ?? null,
        cpus: countOf(values.get('CPUS')),
        memoryBytes: bytesOf(values.get('MEMORY')),
        uptimeSeconds: secondsOf(values.get('UPTIME')),
        date: own('DATE'),
        panic: panicOf(own('PANIC')),
        distribution: null,
        guest: null,
      }
      session.arch = told.arch ?? session.arch
      session.tell(told)
      for (const key of ['TASKS', 'LOAD AVERAGE']) {
        const text = own(key)
        if (text !== null) session.tell({ kind: 'value', line: this.line, name: `sys.${key}`, text })
      }
    }
    values.clear()
  }
}

/** "4 [OFFLINE: 1]" */
function countOf(text: string | undefined): number | null {
  const found = /^\d{1,6}/.exec(text ?? '')
  return found ? Number(found[0]) : null
}

/** "528 GB", "207.5 MB": powers of two. @see crash 9.0.2, tools.c, pages_to_size */
function bytesOf(text: string | undefined): number | null {
  const found = /^(\d{1,9}(?:\.\d{1,3})?) ?([KMGT]B)/.exec(text ?? '')
  return found ? Math.round(Number(found[1]) * UNITS[found[2]!]!) : null
}

/** "12 days, 01:02:03", "00:03:54" */
function secondsOf(text: string | undefined): number | null {
  const found = /^(?:(\d{1,6}) days?, )?(\d{1,3}):(\d\d):(\d\d)$/.exec(text ?? '')
  if (!found) return null
  const [, days = '0', hours, minutes, seconds] = found
  return Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
}

/** `"sysrq: Trigger a crash" (check log for details)` without quotes and hint; null for `""`. */
function panicOf(text: string | null): string | null {
  if (text === null) return null
  const quoted = /^"(.*)"/.exec(text)
  const panic = (quoted ? quoted[1]! : text.replace(/^"/, '')).replace(/ ?\(check log for details\)$/, '')
  return panic === '' ? null : panic
}
