/** An event of the kernel's log, from the ring of a dump or from text. */
export type EventKind =
  | 'hung-task'
  | 'soft-lockup'
  | 'hard-lockup'
  | 'workqueue-lockup'
  | 'rcu-stall'
  | 'csd-timeout'
  | 'oom'

/** A frame as the log prints it; what the unwinder marks with "?" is left out. */
export interface LogFrame {
  /** With the compiler's suffixes. */
  symbol: string
  /** 0 where the text has none: a stack that a script decoded to lines of source. */
  offset: number
  module: string | null
}

export interface LogEvent {
  kind: EventKind
  /** Seconds since boot, null where the line has no stamp. */
  time: number | null
  /** The hung or killed task, or the one that the CPU ran. */
  pid: number | null
  comm: string | null
  /** How long it has lasted by the kernel's word. */
  seconds: number | null
  /** The CPU that it is about, null where the lines name none or several. */
  cpu: number | null
  /** What a hung task waits for and who has it, in the kernel's words (6.15 and newer): "rw-semaphore likely owned by task X:1 <writer>". */
  blockedOn: string | null
  /** Innermost first: the first stack that follows and can be its own. */
  stack: LogFrame[]
}
