/**
 * Who speaks: lines that name the kernel, and lines that say that it runs in a virtual machine. Only what stands there: the host of
 * a guest may be a guest itself.
 * @see init/version.c, kernel/panic.c print_tainted, arch/x86/kernel/cpu/hypervisor.c, arch/x86/kernel/kvmclock.c (v4.4, v6.12)
 */
import { HOST, type Needle } from './bits.ts'

/** What one line says of its host; each null where it does not. */
export interface HostLine {
  source: 'banner' | 'taint line' | 'hardware name' | 'hypervisor line'
  release: string | null
  version: string | null
  /** The words that say that it is a guest. */
  guest: string | null
}

interface Form {
  starts: string
  example: string
  pattern: RegExp
  source: HostLine['source']
  /** Which group holds what; 0: none. */
  release: number
  version: number
  guest: number
}

const kernel = (starts: string, example: string, pattern: RegExp, source: HostLine['source']): Form => ({
  ...{ starts, example, pattern, source },
  ...{ release: 1, version: 2, guest: 0 },
})
const guest = (
  starts: string,
  example: string,
  pattern: RegExp,
  source: HostLine['source'] = 'hypervisor line',
): Form => ({
  ...{ starts, example, pattern, source },
  ...{ release: 0, version: 0, guest: 1 },
})

/** Makers and products of virtual machines, as DMI names them. Bare-metal instances of clouds are none. */
const MACHINES = String.raw`QEMU|Bochs|KVM|RHEV|oVirt|VMware|VirtualBox|innotek|Virtual Machine|HVM domU|OpenStack|CloudStack|Google Compute Engine|Amazon EC2 (?!\S{0,32}metal)|Alibaba Cloud|Droplet|Parallels|BHYVE|AHV`
const MACHINE = new RegExp(String.raw`(?:Hardware name|DMI): (.{0,200}?\b(?:${MACHINES}).{0,200})$`)

const RELEASE = String.raw`\(?(\d[\w.+~-]{0,127})`
/** What a taint line prints of the version: its first word, and Debian's own version. */
const FIRST_WORD = String.raw`(#\w[^\s)]{0,60}(?: Debian [^\s)]{1,60})?)`

/** All that match are taken. */
export const HOSTS: readonly Form[] = [
  kernel(
    'Linux version ',
    'Linux version 4.4.60-ksm (root@vm) (gcc version 12.2.0 (Debian 12.2.0-14) ) #1 SMP Mon Nov 23 15:57:55 UTC 2026',
    /Linux version (\d[\w.+~-]{0,127}) .{0,512}?(#\d{1,6}.{0,200}?)(?: \(Ubuntu [^)]{0,80}\))?\s*$/,
    'banner',
  ),
  kernel(
    'Not tainted',
    // RHEL 6 and 7 put dashes in front; parentheses: up to 2.6.24
    'CPU: 3 PID: 2950 Comm: numad Not tainted 4.4.0-72-generic #93-Ubuntu',
    new RegExp(`Not tainted[ T-]{1,80}${RELEASE} ${FIRST_WORD}`),
    'taint line',
  ),
  kernel(
    'Tainted: ',
    '      Tainted: G        W       4.4.60-ksm #1',
    new RegExp(`Tainted: [A-Z -]{1,80}${RELEASE} ${FIRST_WORD}`),
    'taint line',
  ),
  ...['Not tainted', 'Tainted: '].map((starts) =>
    kernel(
      starts,
      `4.4.0-72-generic #93-Ubuntu ${starts} (lockdep)`,
      new RegExp(String.raw`^\s{0,64}${RELEASE} ${FIRST_WORD} (?:Not tainted|Tainted: )`),
      'taint line',
    ),
  ),
  guest(
    'Pid: ',
    'Pid: 2183, comm: bash Not tainted 2.6.32-279.el6.x86_64 #1 Red Hat KVM',
    new RegExp(String.raw`Pid: .{1,200} #\d\S{0,40} (.{0,100}?\b(?:${MACHINES}).{0,100})$`),
    'hardware name',
  ),
  guest(
    'Hardware name: ',
    'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2',
    MACHINE,
    'hardware name',
  ),
  guest('DMI: ', 'DMI: VMware, Inc. VMware Virtual Platform/440BX Desktop, BIOS 6.00', MACHINE, 'hardware name'),
  guest('Hypervisor detected: ', 'Hypervisor detected: KVM', /(Hypervisor detected: \S.{0,60})/),
  guest(
    'Booting paravirtualized kernel on ',
    'Booting paravirtualized kernel on KVM',
    /(Booting paravirtualized kernel on (?!bare hardware)\S.{0,60})/,
  ),
  guest('kvm-clock', 'clocksource: Switched to clocksource kvm-clock', /((?:\w{1,20}: .{0,60}?)?kvm-clock.{0,60})/),
  guest('kvm-guest: ', 'kvm-guest: PV spinlocks enabled', /(kvm-guest: .{1,80})/),
  guest('KVM setup ', 'KVM setup async PF for cpu 0', /(KVM setup .{1,80})/),
  guest('vmware: ', 'vmware: TSC freq read from hypervisor : 2294.609 MHz', /(vmware: .{1,80})/),
  guest('hv_vmbus: ', 'hv_vmbus: Vmbus version:5.3', /(hv_vmbus: .{1,80})/),
  guest('Hyper-V: ', 'Hyper-V: Host Build 10.0.17763.1-0-0', /(Hyper-V: .{1,80})/),
  guest('QEMU Virtual CPU', 'smpboot: CPU0: Intel QEMU Virtual CPU version 2.5+', /(QEMU Virtual CPU.{0,60})/),
  guest('ACPI: RSDP ', 'ACPI: RSDP 0x00000000000F59D0 000014 (v00 BOCHS )', /(ACPI: RSDP .{0,60}BOCHS)/),
  guest(
    'Detected virtualization ',
    'systemd[1]: Detected virtualization kvm.',
    /(Detected virtualization (?:kvm|qemu|amazon|google|xen|vmware|microsoft|oracle|bochs|parallels|bhyve|apple)\b)/,
  ),
]

export const HOST_NEEDLES: readonly Needle[] = HOSTS.map(({ starts }) => ({ starts, bits: HOST }))

/** What a line says of its host; empty when it says nothing. */
export function readHost(line: string): HostLine[] {
  const said: HostLine[] = []
  for (const { starts, pattern, source, ...groups } of HOSTS) {
    if (!line.includes(starts)) continue
    const found = pattern.exec(line)
    if (!found) continue
    const text = (group: number): string | null => (group > 0 ? (found[group]?.trim() ?? null) : null)
    said.push({ source, release: text(groups.release), version: text(groups.version), guest: text(groups.guest) })
  }
  return said
}

/** A taint line that ends before its release: mail has folded it. */
export function isFoldedTaint(line: string): boolean {
  return /(?:Not tainted|Tainted: [A-Z -]{1,80})$/.test(line)
}
