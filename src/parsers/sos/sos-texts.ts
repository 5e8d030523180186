/** What a report says of itself: its version, commands that did not end, signs of obfuscation; and /proc/PID/status. */
import type { TextParser, ToldState } from '../told.ts'
import { tellingParser } from './telling.ts'

/** `sosreport: 4.2`, `sos report: 4.9.0` since 4.8.0; versions of plugins follow in 3.x. @see sos/report/__init__.py */
const VERSION = /^sos ?report: ?v?(\d{1,3}(?:\.\d{1,4}){0,3}[\w.~-]{0,20})\s{0,20}$/

/** version.txt. */
export function sosVersionText(): TextParser {
  return tellingParser((tell) => ({
    line: (line, at) => {
      const found = line.length <= 200 ? VERSION.exec(line) : null
      if (found) tell.value('sos.version', found[1]!, at)
    },
  }))
}

/**
 * `[plugin:process] command 'ps auxwwwm' timed out after 300s`: `ps` waits where it reads another task's memory, so that is a
 * sign of a held mmap_lock by itself. @see sos/report/plugins/__init__.py _collect_cmd_output (3.2, 4.12)
 */
const TIMED_OUT = /command '([^']{1,300})' timed out after \d{1,7}s?\b/
const MOST_TIMEOUTS = 64

/** sos_logs/sos.log. */
export function sosLogText(): TextParser {
  return tellingParser((tell) => {
    const said = new Set<string>()
    return {
      line: (line, at) => {
        const found = line.length <= 4096 && line.includes(' timed out after ') ? TIMED_OUT.exec(line) : null
        if (!found || said.has(found[1]!) || said.size >= MOST_TIMEOUTS) return
        said.add(found[1]!)
        tell.value('sos.timeout', found[1]!, at)
      },
    }
  })
}

/** Stand-ins of `sos clean` that no host has by chance. @see sos/cleaner/mappings/{hostname_map,mac_map,username_map,keyword_map}.py (4.0, 4.10) */
export const STAND_INS: readonly RegExp[] = [
  /\bobfuscateddomain\d{0,6}\b/i, // soscleaner before sos 4 has it without a number
  /\bobfuscateduser\d{1,6}\b/,
  /\bobfuscatedword\d{1,6}\b/,
  /\b53:4f:53:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}\b/i, // "SOS"
  /(?<![\w:])534f:[0-9a-f:]{2,40}/i, // IPv6, the whole address
]

/** Files that have a name, an address or a user of the host: only the stand-ins in them are told, each kind once. */
export function standInsText(): TextParser {
  return tellingParser((tell) => {
    const left = new Set(STAND_INS)
    return {
      line: (line, at) => {
        if (left.size === 0 || line.length > 4096) return
        for (const pattern of left) {
          const found = pattern.exec(line)
          if (!found) continue
          left.delete(pattern)
          tell.value('sos.obfuscated', found[0], at)
        }
      },
    }
  })
}

const STATES = 'RSDTtXZPI'

/**
 * /proc/PID/status: name, state and thread group beside the stack of the same folder. The name is escaped, "\040" stays.
 * @see fs/proc/array.c proc_pid_status (v4.4, v6.12)
 */
export function procStatusText(pid: number): TextParser {
  return tellingParser((tell) => {
    const said = new Map<string, { text: string; at: number }>()
    return {
      line: (line, at) => {
        const [, key, text] =
          line.length <= 400 ? (/^(Name|State|Tgid|Kthread):[ \t]{1,20}(\S.{0,100})$/.exec(line.trimEnd()) ?? []) : []
        if (key !== undefined && text !== undefined && !said.has(key)) said.set(key, { text, at })
      },
      end: () => {
        const name = said.get('Name')
        if (!name) return
        const letter = said.get('State')?.text[0] ?? ''
        const state = STATES.includes(letter) && letter !== '' ? (letter as ToldState) : null
        const tgid = said.get('Tgid')?.text ?? ''
        const kthread = said.get('Kthread')?.text
        tell.task('/proc/PID/status', name.at, {
          pid,
          comm: name.text,
          tgid: /^\d{1,10}$/.test(tgid) ? Number(tgid) : null,
          state,
          kthread: kthread === undefined ? null : kthread === '1',
        })
      },
    }
  })
}

/** A file of a cgroup v1 cpuset, memory_migrate: 1 makes a change of its mems migrate pages. @see kernel/cgroup/cpuset.c (v6.12) */
export function memoryMigrateText(): TextParser {
  let seen = false
  return tellingParser((tell) => ({
    line: (line, at) => {
      if (seen || !/^[01]\s{0,20}$/.test(line.slice(0, 40))) return
      seen = true
      tell.value('cpuset.memory_migrate', line.trim(), at)
    },
  }))
}
