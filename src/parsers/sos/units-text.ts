/** systemd's units that move or merge pages, or run guests: `systemctl list-units`, `list-unit-files`, `status`. */
import type { TextParser } from '../told.ts'
import { tellingParser } from './telling.ts'

/** The units that are wanted, and the name of what is told of each. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['numad.service', 'unit.numad.service'],
  ['ksmtuned.service', 'ksmtuned.active'],
  ['ksm.service', 'unit.ksm.service'],
  ['qemu-kvm.service', 'unit.qemu-kvm.service'], // Ubuntu's sets /sys/kernel/mm/ksm/run
  ['libvirtd.service', 'unit.libvirtd.service'],
  ['libvirt-bin.service', 'unit.libvirt-bin.service'], // Ubuntu's name of it up to 18.04
  ['virtqemud.service', 'unit.virtqemud.service'],
  ['kdump.service', 'unit.kdump.service'],
  ['kdump-tools.service', 'unit.kdump-tools.service'],
])

const ACTIVE = 'active|inactive|failed|activating|deactivating|reloading'
/** `  numad.service   loaded active running numad - The NUMA daemon`, a failed one behind a dot or a star. */
const LISTED = new RegExp(
  `^[\\s●○*×]{0,8}([\\w@.-]{1,80}\\.service) {1,200}[\\w-]{1,20} {1,20}(${ACTIVE}) {1,20}[\\w-]{1,20}(?: |$)`,
)
/** `numad.service                enabled         enabled` */
const FILED =
  /^([\w@.-]{1,80}\.service) {1,200}(enabled|enabled-runtime|disabled|static|masked|masked-runtime|indirect|generated|alias|linked)(?: |$)/
/** `● numad.service - numad`, then `   Active: active (running) since Mon 2017-03-20 07:12:49 UTC; 5 days ago` */
const STATUS_HEAD = /^[\s●○*×↻]{1,8}([\w@.-]{1,80}\.service)(?: - |$)/
const STATUS_ACTIVE = new RegExp(`^ {1,16}Active: (${ACTIVE})\\b`)

/** Any of the three; each unit's state is told once. */
export function unitsText(): TextParser {
  return tellingParser((tell) => {
    const once = new Set<string>()
    let head: string | null = null
    const say = (name: string, text: string, at: number): void => {
      if (once.has(name)) return
      once.add(name)
      tell.value(name, text, at)
    }
    return {
      line: (text, at) => {
        if (text.length > 1024) return
        const line = text.trimEnd()
        const [, listed = '', active] = LISTED.exec(line) ?? []
        const name = UNITS.get(listed)
        if (name) return say(name, active!, at)
        const [, filed = '', enabled] = FILED.exec(line) ?? []
        if (UNITS.has(filed)) return say(`unitFile.${filed}`, enabled!, at)
        const status = STATUS_HEAD.exec(line)
        if (status) head = UNITS.get(status[1]!) ?? null
        const state = head === null ? null : STATUS_ACTIVE.exec(line)
        if (!state) return
        say(head!, state[1]!, at)
        head = null
      },
    }
  })
}
