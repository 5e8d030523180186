/** What a kernel log of one boot may report, for logs that are put together: a walker, waiters, or both, with pids of their own. */
export interface BootLog {
  host: string
  /** Of the kernel. */
  release: string
  /** The day of March at whose midnight it was booted. */
  day: number
  /** Added to pids: a pid of one boot means another task in the next. */
  pids: number
  /** Seconds since boot of the first report. */
  at: number
  walks: boolean
  waiters: number
  /** What it says before its banner. */
  before?: readonly string[]
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const WALK =
  'rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages SyS_migrate_pages entry_SYSCALL_64_fastpath'
const WAIT =
  '__schedule schedule rwsem_down_write_failed call_rwsem_down_write_failed down_write vm_mmap_pgoff SyS_mmap'

const frames = (names: string, skipped = 0): string[] =>
  names
    .split(' ')
    .slice(skipped)
    .map((name, i) => ` [<ffffffff811b80${(16 + i).toString(16)}>] ${name}+0x2${i}/0x100`)

function lockup(pid: number, release: string): string[] {
  return [
    `NMI watchdog: BUG: soft lockup - CPU#37 stuck for 22s! [numad:${pid}]`,
    `CPU: 37 PID: ${pid} Comm: numad Not tainted ${release} #93-Ubuntu`,
    'RIP: 0010:[<ffffffff81060202>]  [<ffffffff81060202>] smp_call_function_many+0x202/0x260',
    'Call Trace:',
    ...frames(WALK),
  ]
}

function hung(pid: number, seconds: number): string[] {
  return [
    `INFO: task qemu-system-x86:${pid} blocked for more than ${seconds} seconds.`,
    `qemu-system-x86 D ffff88000b7a7da8     0 ${pid}      1 0x00000000`,
    'Call Trace:',
    ...frames(WAIT),
  ]
}

/** The kernel's words with their stamps. */
function words({ release, pids, at, walks, waiters, before = [] }: BootLog): { time: number; text: string }[] {
  const reports = [
    ...(walks ? [lockup(5800 + pids, release)] : []),
    ...Array.from({ length: waiters }, (_, i) => hung(24_000 + pids + i, 120)),
  ]
  return [
    ...before.map((text) => ({ time: 0, text })),
    {
      time: 0,
      text: `Linux version ${release} (buildd@lgw01-4) (gcc version 5.4.0) #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017`,
    },
    { time: 0.5, text: 'x86/fpu: legacy x87 FPU context' },
    ...reports.flatMap((lines, k) => lines.map((text, i) => ({ time: at + 10 * k + i / 1e4, text }))),
    { time: at + 10 * reports.length + 5, text: 'ixgbe 0000:01:00.0 eth0: NIC Link is Up' },
  ]
}

const stamp = (time: number): string => `[${time.toFixed(6).padStart(12)}]`

/** As dmesg prints it. */
export const dmesg = (boot: BootLog): string[] => words(boot).map(({ time, text }) => `${stamp(time)} ${text}`)

const clock = ({ day }: BootLog, time: number): Date => new Date(Date.UTC(2017, 2, day, 0, 0, Math.floor(time)))

/** As syslog writes it; @param stamps - whether printk's are there, which Red Hat's files lack */
export function syslog(boot: BootLog, stamps = true): string[] {
  return words(boot).map(({ time, text }) => {
    const at = clock(boot, time).toISOString()
    const day = String(Number(at.slice(8, 10))).padStart(2)
    const month = MONTHS[Number(at.slice(5, 7)) - 1]
    return `${month} ${day} ${at.slice(11, 19)} ${boot.host} kernel: ${stamps ? `${stamp(time)} ` : ''}${text}`
  })
}

/** As `journalctl -o json` prints it. */
export function journal(boot: BootLog): string[] {
  const id = Buffer.from(`${boot.host} ${boot.day}`).toString('hex').padEnd(32, '0').slice(0, 32)
  return words(boot).map(({ time, text }) =>
    JSON.stringify({
      MESSAGE: text,
      _TRANSPORT: 'kernel',
      _HOSTNAME: boot.host,
      _BOOT_ID: id,
      _SOURCE_MONOTONIC_TIMESTAMP: `${Math.round(time * 1e6)}`,
      __REALTIME_TIMESTAMP: `${clock(boot, time).getTime() * 1000 + Math.round((time % 1) * 1e6)}`,
    }),
  )
}
