/**
 * What text tells: the values that every text parser gives, whatever its format. A parser only says what stands there; what
 * follows from it is diagnosis. Line numbers count from 1 in the input.
 */

/** A line, and the date in front of it as printed. */
export interface Moment {
  line: number
  dateText: string | null
}

/**
 * Which host speaks, and which of its boots: one object for all that it says in a text. Two of them are two for certain; whether they
 * are one boot all the same (a log that was appended twice) what they report tells.
 */
export interface Origin {
  /** As its lines name it; null where they name none. */
  host: string | null
  /** The line that surely begins this boot; null where the text begins in the midst of it. */
  began: Moment | null
  /** The date of the first line that was read; null where none has one. */
  from: string | null
  /** When its lines end: seconds since boot, and the date as printed; null where they do not say. */
  ending: { time: number | null; dateText: string | null } | null
  /** The line at which another boot of this host begins; null where none does. */
  ended: Moment | null
}

/** Who says something, where a text has several speakers; absent where it has one, or does not tell. */
export interface Spoken {
  origin?: Origin | undefined
}

/** A frame of a stack that text shows. */
export interface ToldFrame {
  /** As printed, with the compiler's suffixes. */
  symbol: string
  /** Bytes from the symbol's start; null where the text has none. */
  offset: number | null
  module: string | null
  /** Return address; null where the text has none. */
  address: bigint | null
  /** Stack address; null where the text has none. */
  sp: bigint | null
}

/** A word of a stack that text shows: `bt -f`. Only those that may be kernel addresses. */
export interface ToldWord {
  /** Where it lies. */
  place: bigint
  word: bigint
  /** Index of the frame that it belongs to. */
  frame: number
}

/** Letters of /proc/PID/stat; null where the text doesn't say. */
export type ToldState = 'R' | 'S' | 'D' | 'T' | 't' | 'X' | 'Z' | 'P' | 'I' | null

/** What `ps` says of a process, and of each of its threads alike. */
export interface ToldSpace {
  ppid: number
  sizeKiB: number
  /** In memory. */
  residentKiB: number
}

/** One statement about a task: one header, row or report. Several may be about the same task. */
export interface ToldTask extends Spoken {
  kind: 'task'
  line: number
  /** What said so: "bt", "ps", "ps -m", "runq", "set", "task dump", "NMI backtrace", "/proc/PID/stack", "ps (host)". */
  source: string
  pid: number | null
  tgid: number | null
  comm: string | null
  /** Address of its task_struct. */
  address: bigint | null
  cpu: number | null
  state: ToldState
  /** On a CPU; null where the text doesn't say. */
  running: boolean | null
  kthread: boolean | null
  /** How long since it last ran, seconds (`ps -m`). */
  idleSeconds: number | null
  /** Innermost first; an exception's own function is the first. Empty where no stack was shown. */
  frames: ToldFrame[]
  /** Its function of waiting, where only that is known (ps, wchan); may be cut. */
  wchan: string | null
  /** Its parent and address space: the threads of a process have the same. Absent where the text does not say. */
  space?: ToldSpace
  /** Words of its frames, in their order; absent where none are shown. */
  words?: ToldWord[]
  /** Its frames were found by a search of the stack's words (`bt -t`, `bt -e`): they are no trace of anything that goes on. */
  searched?: true
  /** Why its stack is doubtful, a phrase; null when it is not: stale words (`bt -t`), a stack that contradicts the state. */
  doubt: string | null
}

/** A list of addresses, as crash's `list` prints one: counted, never kept. */
export interface ToldList extends Spoken {
  kind: 'list'
  line: number
  /** The command that printed it, null when there is none. */
  command: string | null
  /** First address. */
  first: bigint
  length: number
  /** Addresses that were there before; null where they could not be told apart within the memory that is allowed. */
  duplicates: number | null
  /** Addresses that can't be slab objects: not 8-aligned, or not in the kernel's half. */
  implausible: number
  /** end: nothing says otherwise; cycle, invalid: crash says so; cut: its last line is half an address. */
  end: 'end' | 'cycle' | 'invalid' | 'cut'
  endAt: bigint | null
}

/** A number of lines, as `wc -l` prints it. */
export interface ToldCount extends Spoken {
  kind: 'count'
  line: number
  count: number
  /** The file that was counted; null on stdin. */
  file: string | null
}

/** A variable or counter: crash's `p`, a file of sysfs, a line of /proc/vmstat. */
export interface ToldValue extends Spoken {
  kind: 'value'
  line: number
  /** The kernel's or sysfs's own name, "ksm_pages_sharing" or "pages_sharing". */
  name: string
  /** As printed, without trailing blanks. */
  text: string
}

/** Members of a struct that text shows, by name; nested ones by path ("hlist.first"). Values as printed. */
export interface ToldStruct extends Spoken {
  kind: 'struct'
  line: number
  /** "stable_node", without "struct"; null where no command names it. */
  type: string | null
  address: bigint | null
  members: Map<string, string>
}

/** What is said of the host and of the moment; each null where it is not said. */
export interface ToldHost extends Spoken {
  kind: 'host'
  line: number
  /** What said so: "sys", "banner", "taint line", "uname", "apport". */
  source: string
  release: string | null
  version: string | null
  nodename: string | null
  arch: string | null
  cpus: number | null
  memoryBytes: number | null
  uptimeSeconds: number | null
  /** As printed. */
  date: string | null
  panic: string | null
  /** "Ubuntu 16.04" and the like. */
  distribution: string | null
  /** It is a virtual machine, and what says so; null where nothing does. */
  guest: string | null
}

/** A line of an analysing tool that says that something could not be read. */
export interface ToldError extends Spoken {
  kind: 'error'
  line: number
  /** The command: "list", "bt". */
  command: string
  text: string
}

/** Shares of time by stack: perf's folded form. Frames innermost last, as printed; `count`: samples. */
export interface ToldSamples extends Spoken {
  kind: 'samples'
  line: number
  frames: string[]
  count: number
}

export type Told = ToldTask | ToldList | ToldCount | ToldValue | ToldStruct | ToldHost | ToldError | ToldSamples

/** Takes the lines of one input in order and gives what they tell. Bounded memory, linear time on any line. */
export interface TextParser {
  /** @param line - without its line end; @param at - its number, from 1 */
  push(line: string, at: number): void
  /** No more lines come. */
  end(): void
  readonly told: Told[]
}
