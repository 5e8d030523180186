/**
 * numad's own log, /var/log/numad.log: `ctime(3)`, `: `, text. A move is an "Advising" line, then one migrate_pages(2) for each
 * source node, then a line that says how it ended; the main thread does nothing else meanwhile.
 * @see numad.c numad_log, pick_numa_nodes, bind_process_and_migrate_memory (numad 20150602)
 */
import type { TextParser } from './told.ts'
import { tellingParser } from './sos/telling.ts'

/** numad prints at most 1024 bytes a line, and its stamp. */
const LONGEST = 1200

interface Move {
  pid: string
  name: string
  to: string
  since: string | null
  line: number
}

interface LogState {
  version: { text: string; line: number } | null
  running: { pid: string; line: number } | null
  moving: Move | null
  moves: number
  /** Of the longest move, hundredths of a second, and its line. */
  longest: { hundredths: number; line: number } | null
}

/** One entry a message of the main thread; the first that matches is taken. Messages of the thread that takes requests end no move. */
const MESSAGES: readonly { pattern: RegExp; take: (state: LogState, found: RegExpExecArray, line: number) => void }[] =
  [
    // Registering numad version 20150602 PID 5821
    {
      pattern: /^Registering numad version (\S{1,40}) PID (\d{1,10})/,
      take: (state, [, version, pid], line) => {
        state.version = { text: version!, line }
        state.running = { pid: pid!, line }
        state.moving = null
      },
    },
    // Shutting down numad
    {
      pattern: /^Shutting down numad/,
      take: (state) => {
        state.running = null
        state.moving = null
      },
    },
    // Advising pid 24561 (qemu-system-x86) move from nodes (0-3) to nodes (2)
    {
      pattern: /^Advising pid (-?\d{1,10}) (.{1,256}) move from nodes \(([\d,-]{0,512})\) to nodes \(([\d,-]{0,512})\)/,
      take: (state, [, pid, name, , to], line) => {
        // pid -1 or 0: placement advice for a process that does not run yet (numad -w), asked while a move may go on
        if (!/^[1-9]/.test(pid!)) return
        state.moving = { pid: pid!, name: bare(name!), to: to!, since: null, line }
      },
    },
    // PID 25498 moved to node(s) 3 in 43.5 seconds
    {
      pattern: /^PID \d{1,10} moved to node\(s\) [\d,-]{0,512} in (\d{1,9})\.(\d{1,2}) seconds/,
      take: (state, [, seconds, rest], line) => {
        state.moving = null
        state.moves++
        // "%d.%d" of whole seconds and of hundredths: 43.5 is 43.05 s
        const hundredths = Number(seconds) * 100 + Number(rest)
        if (state.longest === null || hundredths > state.longest.hundredths) state.longest = { hundredths, line }
      },
    },
    // Could not migrate pid 25498.  Apparently it went away.
    {
      pattern: /^Could not migrate pid \d{1,10}\./,
      take: (state) => {
        state.moving = null
      },
    },
    // Tried to move PID 25498, but it apparently went away.     (with ", TID n" one thread did, and the move goes on)
    {
      pattern: /^Tried to move PID \d{1,10}, but it apparently went away/,
      take: (state) => {
        state.moving = null
      },
    },
  ]

/** `Sat Mar 25 18:02:11 2017: ` */
const STAMP = /^([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}): /

/**
 * numad's log.
 * @param rotated - it is an older part (numad.log.1): what is open at its end may have ended in the next
 */
export function numadLogText(rotated = false): TextParser {
  const suffix = rotated ? 'AtRotation' : ''
  return tellingParser((tell) => {
    const state: LogState = { version: null, running: null, moving: null, moves: 0, longest: null }
    return {
      line: (line, at) => {
        if (line.length > LONGEST) return
        const stamp = STAMP.exec(line)
        if (!stamp) return
        const text = line.slice(stamp[0].length)
        for (const { pattern, take } of MESSAGES) {
          const found = pattern.exec(text)
          if (!found) continue
          take(state, found, at)
          if (state.moving?.line === at) state.moving.since = stamp[1]!
          return
        }
      },
      end: () => {
        const { version, running, moving, moves, longest } = state
        if (version) tell.value('numad.version', version.text, version.line)
        if (running) tell.value(`numad.running${suffix}`, running.pid, running.line)
        if (longest) {
          tell.value('numad.moves', String(moves), longest.line)
          tell.value('numad.longestMoveSeconds', (longest.hundredths / 100).toFixed(2), longest.line)
        }
        if (!moving) return
        tell.value(`numad.moving${suffix}`, `${moving.pid} ${moving.name}`, moving.line)
        if (rotated) return
        if (moving.since) tell.value('numad.movingSince', moving.since, moving.line)
        tell.value('numad.movingTo', moving.to, moving.line)
      },
    }
  })
}

/** numad prints field 2 of /proc/PID/stat, which has its parentheses. */
function bare(name: string): string {
  return name.startsWith('(') && name.endsWith(')') ? name.slice(1, -1) : name
}

/** `INTERVAL=15`, `INTERVAL="5:15"`: seconds, or the least and the most of them. */
const INTERVAL = /^[ \t]{0,40}INTERVAL=["']?(\d{1,6}(?::\d{1,6})?)["']?\s*$/

/** /etc/numad.conf. */
export function numadConfText(): TextParser {
  return tellingParser((tell) => ({
    line: (line, at) => {
      const found = line.length <= 200 ? INTERVAL.exec(line) : null
      if (found) tell.value('numad.interval', found[1]!, at)
    },
  }))
}
