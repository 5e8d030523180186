import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'

// Inputs of one host together, of several boots apart, and hangs that are over.

const scratch = scratchFolder()
afterAll(() => scratch.remove())
const text = (name: string, lines: readonly string[]): string =>
  scratch.file(name, Buffer.from(`${lines.join('\n')}\n`))

const RELEASE_61 = '6.1.0-56-cloud-amd64'
const taint = (pid: number, comm: string, release: string): string =>
  `CPU: 1 PID: ${pid} Comm: ${comm} Not tainted ${release} #1`

/** A hung task and a walker in a soft lockup, as a kernel log has them. */
function hangLog(release: string, at: number, rest: readonly string[] = []): string[] {
  const stamp = (seconds: number): string => `[${seconds.toFixed(6).padStart(12)}]`
  const frames = (names: string): string[] => names.split(' ').map((name) => `${stamp(at)}  ${name}+0x10/0x100`)
  return [
    `${stamp(at)} INFO: task CPU 1/KVM:3131 blocked for more than 241 seconds.`,
    `${stamp(at)}       Not tainted ${release} #1`,
    `${stamp(at)} task:CPU 1/KVM       state:D stack:0     pid:3131  ppid:1      flags:0x00000002`,
    `${stamp(at)} Call Trace:`,
    ...frames('__schedule schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff do_syscall_64'),
    `${stamp(at)} watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [numad:2950]`,
    `${stamp(at)} ${taint(2950, 'numad', release)}`,
    `${stamp(at)} RIP: 0010:smp_call_function_many_cond+0x12c/0x390`,
    `${stamp(at)} Call Trace:`,
    ...frames(
      'on_each_cpu_cond_mask flush_tlb_mm_range ptep_clear_flush try_to_migrate_one rmap_walk_ksm try_to_migrate migrate_pages_batch migrate_pages migrate_to_node do_migrate_pages kernel_migrate_pages',
    ),
    ...rest.map((line) => line.replace('@', stamp(at))),
  ]
}

describe('a dump and texts of its host', () => {
  test("the dump's answer stands; the log adds its events, the list of guests their names", async () => {
    const log = text('kern.log', hangLog(RELEASE_61, 30))
    const virsh = text('virsh', [
      ' Id   Name   State',
      '----------------------',
      ' 1    db1    running',
      ' 2    web7   running',
    ])
    const { document, exit } = await analyzed(fixture('6.1-hang.vmcore'), log, virsh)
    const alone = (await analyzed(fixture('6.1-hang.vmcore'))).document
    expect(exit).toBe(0)
    expect(document.verdict).toEqual(alone.verdict)
    expect(document.hang?.node).toEqual(alone.hang?.node)
    expect(document.events.map(({ kind, pid }) => `${kind} ${pid}`)).toEqual(['hung-task 3131', 'soft-lockup 2950'])
    expect(document.guests).toEqual(['db1', 'web7'])
    expect(document.inputs).toHaveLength(3)
  })

  test('what contradicts the dump is told, with both and their places', async () => {
    const dump = fixture('6.1-hang.vmcore')
    const alone = (await analyzed(dump)).document
    const { pid, comm } = alone.hang!.holder!
    const { length } = alone.hang!.node!
    const differ = async (...paths: string[]): Promise<string[]> => {
      const { document, exit } = await analyzed(dump, ...paths)
      expect([exit, document.verdict]).toEqual([0, alone.verdict])
      return document.problems.filter(({ code }) => code === 'inputs-differ').map(({ message }) => message)
    }
    const [walker, ...none] = await differ(text('walker.log', hangLog(RELEASE_61, 30)))
    expect(none).toEqual([])
    expect(walker).toContain(`in the dump ${comm} (pid ${pid}) walks a KSM list (`)
    expect(walker).toMatch(/the texts tell numad \(pid 2950\) \(.*walker\.log, line \d+\)/)
    const session = (items: number): string =>
      text(`${items}.txt`, [
        ...[`PID: ${pid}   TASK: ffff8bc1438bc180  CPU: 0   COMMAND: "${comm}"`],
        ...'rmap_walk_ksm try_to_migrate migrate_pages do_migrate_pages'
          .split(' ')
          .map((name, i) => ` #${i} [ffffd1868012710${i}] ${name} at ffffffff9c9609e1`),
        ...['', '$ wc -l rmap_item.lst', `${items} rmap_item.lst`],
      ])
    const [list] = await differ(session(length! + 50_000))
    expect(list).toMatch(
      new RegExp(
        `has ${length!.toLocaleString('en-US')} rmap_items .*the texts tell ${(length! + 50_000).toLocaleString('en-US')} \\(.*\\.txt, line`,
      ),
    )
    expect(await differ(session(length!))).toEqual([])
  })

  test('a hang that only the log tells of is the verdict of a healthy dump', async () => {
    const { document } = await analyzed(fixture('6.1-small.vmcore'), text('k2', hangLog(RELEASE_61, 30)))
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang', confidence: 'strong' })
    expect(document.verdict.summary).toMatch(/^The dump shows no hang, the texts tell of one: /)
    expect(document.findings.map(({ code }) => code)).toContain('no-oversized-list')
    expect(document.hang?.holder?.comm).toBe('numad')
    expect(document.ksm?.totals?.nodes).toBeGreaterThan(100)
  })

  test('what only the log tells of is told beside a healthy dump, which keeps its verdict', async () => {
    const oom = [
      '[   40.000000] qemu-system-x86 invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0',
      '[   40.000100] Out of memory: Killed process 3131 (qemu-system-x86) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
    ]
    const { document } = await analyzed(fixture('6.1-small.vmcore'), text('k4', oom))
    expect(document.verdict.code).toBe('no-oversized-list')
    expect(document.findings.map(({ code }) => code)).toContain('other-trouble')
    expect(document.events.map(({ kind }) => kind)).toContain('oom')
  })

  test('a dump that can not be read beside the texts of its host: their answer, partial, and its exit code', async () => {
    const broken = scratch.file('broken.vmcore', readFileSync(fixture('6.1-small.vmcore')).subarray(0, 300))
    const { document, exit } = await analyzed(broken, text('k5', hangLog(RELEASE_61, 30)))
    expect([exit, document.partial, document.verdict.code]).toEqual([3, true, 'ksm-walk-hang'])
    expect(document.problems.map(({ input }) => input)).toContain(broken)
  })

  test('a walk that only a text tells of is the verdict of a healthy dump, a warning as well', async () => {
    const walker = hangLog(RELEASE_61, 30).slice(hangLog(RELEASE_61, 30).findIndex((line) => line.includes('watchdog')))
    const { document } = await analyzed(fixture('6.1-small.vmcore'), text('k6', walker))
    expect(document.verdict).toMatchObject({ level: 'warning', code: 'another-walk' })
    expect(document.verdict.summary).toMatch(/^The dump shows no such walk, the texts tell of one: numad/)
    expect(document.actions.map(({ code }) => code)).toContain('stop-migrator')
  })

  test('a text of another kernel is another host: never joined', async () => {
    const { document } = await analyzed(fixture('6.1-hang.vmcore'), text('k3', hangLog('5.10.0-8-amd64', 30)))
    expect(document.hang?.lock?.owner?.pid).toBe(92)
    expect(document.events).toEqual([])
    expect(document.findings.filter(({ code }) => code === 'ksm-walk-hang')).toHaveLength(2)
  })

  test('a session of the same kernel after a reboot is another boot: never joined', async () => {
    const sys = (date: string, up: string): string =>
      text(`sys-${up}`, [
        'crash> sys',
        '      KERNEL: vmlinux',
        '        CPUS: 2',
        `        DATE: ${date}`,
        `      UPTIME: ${up}`,
        '    NODENAME: other',
        `     RELEASE: ${RELEASE_61}`,
        '      MEMORY: 4 GB',
      ])
    const same = await analyzed(fixture('6.1-hang.vmcore'), sys('Mon Nov 23 15:39:25 UTC 2026', '00:00:49'))
    expect(same.document.findings.every(({ summary }) => !summary.startsWith('other: '))).toBe(true)
    const later = await analyzed(fixture('6.1-hang.vmcore'), sys('Mon Nov 23 19:39:25 UTC 2026', '01:00:49'))
    expect(later.document.verdict.summary).toMatch(/: 7 tasks wait for the mmap lock/)
  })
})

describe('a hang that is over', () => {
  const past = async (name: string, lines: readonly string[]): Promise<[string, number | null]> => {
    const { document } = await analyzed(text(name, lines))
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
    return [document.verdict.summary, document.hang?.past?.seconds ?? null]
  }

  test('the log goes on for hours: told as past, with its time; the level stays', async () => {
    const [summary, seconds] = await past('p1', hangLog(RELEASE_61, 900, ['[ 11700.000000] eth0: link up']))
    expect(seconds).toBe(10_800)
    expect(summary).toContain('seems to be past: the log, or the host, goes on for 180 min')
  })

  test('the log ends with it, or soon after: nothing is said of the past', async () => {
    expect((await past('p2', hangLog(RELEASE_61, 900)))[1]).toBeNull()
    expect((await past('p3', hangLog(RELEASE_61, 900, ['[ 1300.000000] eth0: link up'])))[1]).toBeNull()
  })

  test('by dates, where a log has no stamps', async () => {
    const dated = (lines: readonly string[], date: string): string[] =>
      lines.map((line) => `${date} host1 kernel: ${line.replace(/^\[[ \d.]+\] /, '')}`)
    const lines = [
      ...dated(hangLog(RELEASE_61, 900), 'Nov 22 03:10:00'),
      ...dated(['eth0: link up'], 'Nov 22 05:10:00'),
    ]
    expect((await past('p4', lines))[1]).toBe(7200)
  })
})

describe('what is no evidence', () => {
  const walker = [
    'PID: 2950   TASK: ffff880174db6000  CPU: 3   COMMAND: "numad"',
    ...'smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages sys_migrate_pages'
      .split(' ')
      .map((name, i) => ` #${i} [ffff880174f0f${(0x100 + 8 * i).toString(16)}] ${name} at ffffffff8110${1000 + i}`),
  ]
  const waiter = (frames: string): string[] => [
    'PID: 3001   TASK: ffff880174db8000  CPU: 1   COMMAND: "qemu-system-x86"',
    ...frames
      .split(' ')
      .map((name, i) => ` #${i} [ffff880174f1f${(0x100 + 8 * i).toString(16)}] ${name} at ffffffff8110${2000 + i}`),
  ]
  const SLOW = '__schedule schedule rwsem_down_read_failed call_rwsem_down_read_failed down_read'

  test('a wait for the rw_semaphore of a file system is none for the mmap_lock', async () => {
    const fault = await analyzed(
      text('w1', [...walker, '', ...waiter(`${SLOW} __do_page_fault do_page_fault page_fault`)]),
    )
    expect(fault.document.hang?.waiters).toHaveLength(1)
    const xfs = await analyzed(text('w2', [...walker, '', ...waiter(`${SLOW} xfs_ilock xfs_file_read_iter vfs_read`)]))
    expect(xfs.document.hang).toBeNull()
    expect(xfs.document.verdict.level).toBe('warning')
  })

  const list = (name: string, at: (i: number) => bigint): string =>
    text(
      name,
      Array.from({ length: 20_000 }, (_, i) => at(i).toString(16)),
    )

  test('addresses that stand in a list again are not counted; one address over and over is no list', async () => {
    const whole = await analyzed(
      text('w3', walker),
      list('l1', (i) => 0xffff880100000020n + 64n * BigInt(i)),
    )
    expect(whole.document.hang?.node?.length).toBe(20_000)
    const again = await analyzed(
      text('w4', walker),
      list('l2', (i) => 0xffff880100000020n + 64n * BigInt(i % 19_000)),
    )
    expect(again.document.hang?.node?.length).toBe(19_000)
    const same = await analyzed(
      text('w5', walker),
      list('l3', () => 0xffff880100000020n),
    )
    expect(same.document.findings.map(({ code }) => code)).not.toContain('oversized-list')
  })
})

describe('the log of a guest beside texts of its host', () => {
  const walker = [
    'PID: 2950  TASK: ffff8801753a8e00  CPU: 1   COMMAND: "numad"',
    ...'smp_call_function_many native_flush_tlb_others flush_tlb_page ptep_clear_flush try_to_unmap_one rmap_walk_ksm rmap_walk try_to_unmap migrate_pages do_migrate_pages'
      .split(' ')
      .map((name, i) => ` #${i} [ffff880174f1f${(0x100 + 8 * i).toString(16)}] ${name} at ffffffff8110${2000 + i}`),
  ]
  const guest = [
    '[ 3000.000000] watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [mysqld:2233]',
    '[ 3000.000020] CPU: 3 PID: 2233 Comm: mysqld Not tainted 4.15.0-45-generic #48-Ubuntu',
    '[ 3000.000030] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.10.2-1ubuntu1 04/01/2014',
    '[ 3000.000040] RIP: 0010:smp_call_function_many+0x229/0x250',
    '[ 3000.000050] Call Trace:',
    '[ 3000.000060]  native_flush_tlb_others+0x7f/0x160',
    '[ 3000.000070]  flush_tlb_mm_range+0xb8/0x110',
  ]
  const addresses = Array.from({ length: 170_000 }, (_, i) => (0xffff880100000020n + 64n * BigInt(i)).toString(16))

  test.each([
    ['dmesg', guest],
    ['syslog', guest.map((line) => `Nov 23 16:00:01 vm7 kernel: ${line}`)],
  ])("its kernel is not the host's (%s)", async (form, lines) => {
    const { document } = await analyzed(
      text(`host-${form}`, walker),
      text(`list-${form}`, addresses),
      text(`guest-${form}`, lines),
    )
    expect(document.verdict).toMatchObject({ level: 'critical', code: 'ksm-walk-hang' })
    expect(document.hang?.node?.length).toBe(170_000)
    expect(document.kernel?.release).toBeNull()
    expect(document.host.name).toBeNull()
    expect(document.known.map(({ thisKernel }) => thisKernel)).toEqual(['unknown'])
    expect(document.findings.map(({ code }) => code)).toContain('guest-log')
    expect(document.events).toEqual([])
  })

  test('a host may be a virtual machine itself: what its log reports of qemu is of the host', async () => {
    const { document } = await analyzed(
      text('nested-bt', walker),
      text(
        'nested-log',
        guest.map((line) => line.replaceAll('mysqld', 'qemu-system-x86')),
      ),
    )
    expect(document.kernel?.release).toBe('4.15.0-45-generic')
  })
})
