/** "list: invalid list entry: 0", "bt: read of stack at fffffe0000014000 failed": a command's name, a colon. */
export const ERROR_LINE = /^ *(\*|[a-z]{1,10}): (.{1,4000})$/
/** "WARNING: active task ffff.. on cpu 3 not found in PID hash" at start-up */
export const WARNING_LINE = /^ *(?:crash: )?WARNING: (.{1,1000})$/

/** Every command of crash and what speaks in its name. @see crash 9.0.2, global_data.c, linux_command_table */
const COMMANDS = new Set(
  (
    '* alias ascii bpf bt btop crash dev dis eval exit extend files foreach fuser gdb help ipcs irq kmem list log mach mod ' +
    'mount net p ps pte ptob ptov q rd repeat runq sbitmapq search set sig struct swap sym sys task timer tree union vm vtop ' +
    'waitq whatis wr'
  ).split(' '),
)
/** Words of an error; shells and programs write "name: text" too. */
const COMPLAINS =
  /\b(?:invalid|cannot|can't|failed|error|duplicate|excluded|unknown|unrecognized|not found|not supported|not available|no such|mutually exclusive|required|ambiguous|incomplete|corrupt|possible stack overflow|possibly bogus|text symbols on stack|possible exception frames|option|usage|WARNING|too many|does not|do not match|not match|changed|unable)\b/i
/** Warnings that say that something could not be read or found; a relocated kernel is none. */
const WARNS =
  /not found|cannot|could not|inconsistenc|invalid|unable|not match|corrupt|multiple active|incomplete|excluded|may not be|unavailable/i
/** The kernel's own warnings. */
const KERNEL_WARNS = /^(?:CPU: \d|at )/

/** Names that other programs and the kernel's log speak in, too: only the command that was typed last counts. */
const SHARED = new Set(
  'ascii dev exit extend files help irq log mod mount net q repeat search set sig swap sys task timer'.split(' '),
)

/** @returns whether "name: text" is an error of a crash command; @param typed - the command that was typed last */
export function isError(command: string, text: string, typed: string | null): boolean {
  if (!COMMANDS.has(command) || (SHARED.has(command) && command !== typed)) return false
  return COMPLAINS.test(text)
}

/** @returns whether a warning of crash's start-up tells that something is missing */
export function isWarning(text: string): boolean {
  return WARNS.test(text) && !KERNEL_WARNS.test(text)
}
