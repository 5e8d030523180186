import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HEAD, INPUT_KINDS, isContainer, kindOf } from '../../src/app/input-kinds.ts'
import { fixture, skipLoudly } from '../support/cli.ts'
import { CORPUS } from '../support/corpus.ts'
import { writeElf } from '../support/elf-writer.ts'
import { writeTar } from '../support/tar-writer.ts'

const kind = (bytes: Uint8Array | string): string | null => {
  const entry = kindOf(Buffer.from(bytes).subarray(0, HEAD))
  return entry === null ? null : `${entry.opens} ${entry.kind}`
}

describe('an input is told by its bytes', () => {
  test('dumps', () => {
    expect(kind(readFileSync(fixture('6.1-small.vmcore')))).toBe('dump kdump')
    expect(kind(Buffer.concat([Buffer.from('makedumpfile\0\0\0\0'), Buffer.alloc(4096)]))).toBe('dump flattened-kdump')
    const segments = [{ paddr: 0, bytes: new Uint8Array(4096) }]
    expect(kind(writeElf({ segments }).bytes)).toBe('dump elf')
    expect(kind(writeElf({ machine: 21, endian: 'big', segments }).bytes)).toBe('dump elf')
    // an executable
    expect(kind(writeElf({ type: 2, segments }).bytes)).toBeNull()
  })

  test('containers', () => {
    expect(kind(writeTar([{ name: 'a', data: 'b' }]))).toBe('tar null')
    expect(kind('ProblemType: KernelCrash\nArchitecture: amd64\n')).toBe('apport apport')
    expect(isContainer(writeTar([{ name: 'a', data: 'b' }]))).toBe(true)
    expect(isContainer(readFileSync(fixture('6.1-small.vmcore')))).toBe(true)
    expect(isContainer(Buffer.from('text'))).toBe(false)
  })

  test.each([
    ['ffff881f836ba000\nffff881f836ba040\nffff881f836ba080\nffff88', 'list list'],
    ['crash> list hlist_node.next -H ffff881f836ba000\nffff88000ba6b730\nffff88000ba6b770\n', 'list list'],
    ['0xffff881f836ba000\r\n0xffff881f836ba040\r\n', 'list list'],
    ['ffff881f836ba000\n', 'text null'],
    ['crash> bt -a\nPID: 33       TASK: ffff88000c509b80  CPU: 0    COMMAND: "qemu-system-x86"\n', 'text crash'],
    ['\ncrash 8.0.2\nCopyright (C) 2002-2022  Red Hat, Inc.\n', 'text crash'],
    [' #0 [ffff88000b7a3ea0] __schedule at ffffffff8121dbe3\n', 'text crash'],
    ['\t>#4 [ffff88000b7a3ea0] __schedule at ffffffff8121dbe3\n', 'text crash'],
    ['[    0.000000] Linux version 4.4.60\n', 'text kernel-log'],
    ['<6>[    0.000000] Linux version 4.4.60\n', 'text kernel-log'],
    ['[Sun Mar 26 04:13:10 2017] INFO: task kvm:1 blocked\n', 'text kernel-log'],
    ['Mar  3 04:11:09 hv07 kernel: INFO: task qemu-kvm:33120 blocked\n', 'text kernel-log'],
    ['2018-05-02T09:14:22.101873+00:00 compute-2-7 kernel: [93122.418001] INFO: task\n', 'text kernel-log'],
    ['> >   [   12.000001] INFO: task qemu-kvm:33120 blocked\n', 'text kernel-log'],
    ['firecracker [   12.000001] rcu: INFO\n', 'text kernel-log'],
    ['Mar  3 04:11:09 [kernel] [   12.000001] a\n', 'text kernel-log'],
    ['févr. 03 04:11:09 hv07 kernel: a\n', 'text kernel-log'],
    ['Mon Mar  3 04:11:09 2025 kern.warn kernel: [   12.000001] a\n', 'text kernel-log'],
    ['04:11:09 hv07 kernel: a\n', 'text kernel-log'],
    ['[  +0.000012] a\n', 'text kernel-log'],
    ['the host said:\nwatchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kvm:1]\n', 'text kernel-log'],
    ['a\nCPU: 3 PID: 2950 Comm: numad Not tainted 4.4.0 #1\n', 'text kernel-log'],
    ['Call Trace:\n a+0x1/0x2\n', 'text kernel-log'],
    ['[ INFO: possible recursive locking detected ]\n', 'text kernel-log'],
    ['it has a Call Trace: in its middle\n', 'text null'],
    [
      '{"MESSAGE": "Linux version 4.4.0", "_TRANSPORT": "kernel", "__REALTIME_TIMESTAMP": "1489908120000000"}\n',
      'text kernel-log',
    ],
    ['{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1489908120000000","MESSAGE":"a"}\n', 'text kernel-log'],
    ['data: {"_BOOT_ID":"1","MESSAGE":"a"}\n', 'text kernel-log'],
    ['\u001e{"_BOOT_ID":"1","MESSAGE":"a"}\n', 'text kernel-log'],
    ['{\n\t"__CURSOR" : "s=1",\n\t"MESSAGE" : "a"\n}\n', 'text kernel-log'],
    ['__CURSOR=s=1\n__REALTIME_TIMESTAMP=1489908120000000\nMESSAGE=a\n', 'text kernel-log'],
    ['{"name": "no journal", "of": 1}\n', 'text null'],
    ['/sys/kernel/mm/ksm/pages_shared:2\n/sys/kernel/mm/ksm/run:1\n', 'text sysfs'],
    ['$ grep . /sys/kernel/mm/ksm/*\n/sys/kernel/mm/ksm/advisor_mode:[none] scan-time\n', 'text sysfs'],
    ['look into /sys/kernel/mm/ksm/\n', 'text null'],
    ['numad;SyS_migrate_pages;rmap_walk_ksm 1204\nnumad;main 3\n', 'text folded-stacks'],
    ['CPU 0/KVM;vcpu_run;kvm_vcpu_block 7\n', 'text folded-stacks'],
    ['int a; int b; a = 2\nreturn;\n', 'text null'],
    [
      '[<ffffffff812202bf>] rwsem_down_write_failed+0x1cf/0x2a0\n[<ffffffffffffffff>] 0xffffffffffffffff\n',
      'text proc-stack',
    ],
    ['==> /proc/2950/stack <==\n[<0>] rwsem_down_read_slowpath+0x272/0x4c0\n', 'text proc-stack'],
    ['/proc/2950/task/2951/stack:[<0>] migration_entry_wait_on_locked+0x1/0x2\n', 'text proc-stack'],
    ['** Changed in: linux (Ubuntu)\n       Status: Incomplete => Fix Committed\n', 'text mail'],
    ['Received: from a by b\nSubject: x\n', 'text mail'],
    ['<!DOCTYPE html>\n<html>', 'text mail'],
    ['9842113\n', 'text sysfs'],
    ['some words that somebody wrote\n', 'text null'],
    ['Grüße aus dem Rechenzentrum\n', 'text null'],
  ])('%j is %s', (text, is) => {
    expect(kind(text)).toBe(is)
  })

  test('text behind NULs, in Latin-1 and in UTF-16', () => {
    expect(kind(`${'\0'.repeat(3000)}Nov 22 15:41:00 hv kernel: [    0.000000] Linux version\n`)).toBe('text null')
    expect(kind(Buffer.from('Gr\xfc\xdfe aus dem Rechenzentrum', 'latin1'))).toBe('text null')
    expect(kind(Buffer.from('\xff\xfeP\0I\0D\0', 'latin1'))).toBe('text null')
    expect(kind(`${'\0'.repeat(3000)}few`)).toBeNull()
  })

  test('what is neither text nor known is nothing', () => {
    expect(kind(Buffer.alloc(4096))).toBeNull()
    expect(
      kind(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xdb])),
    ).toBeNull()
    expect(kind(Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3) * 31) & 0xff))).toBeNull()
  })

  test('real crash sessions and logs', (context) => {
    if (CORPUS === null) skipLoudly(context, 'KSM_DUMP_CORPUS is not set: kinds were not tried on real texts')
    const folder = join(CORPUS, '../inputs')
    const of = (name: string): string | null => kind(readFileSync(join(folder, name)))
    expect(of('000_9ee973ecd88cd55e.txt')).toBe('text mail')
    expect(of('crash-4.4-hang/dmesg.txt')).toBe('text kernel-log')
    for (const name of ['session.txt', 'bt.txt', 'foreach-bt.txt', 'ps-m.txt', 'log-m.txt', 'p-linux_banner.txt'])
      expect([name, of(`crash-4.4-hang/${name}`)]).toEqual([name, 'text crash'])
    for (const name of readdirSync(join(folder, 'near-miss')))
      expect([name, of(`near-miss/${name}`)]).toEqual([name, expect.stringMatching(/^text (crash|kernel-log)$/)])
  })

  test('any bytes, and 64 KiB of hostile lines, in no time', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: HEAD }), (bytes) => void kindOf(bytes)))
    const hostile = [
      'a',
      ' ',
      '[',
      '> ',
      '[ ',
      'From ',
      '0',
      '<',
      '#',
      'struct ',
      '\t',
      '2018-05-02T',
      'Mar  3 04:11:09 ',
      '\n',
      ' \n',
    ]
    for (const part of hostile)
      for (const begin of ['', '[', 'From a', 'PID: ']) {
        const text = Buffer.from(begin + part.repeat(65_536 / part.length))
        const latin1 = text.toString('latin1')
        for (const { kind, probe } of INPUT_KINDS) {
          // the best of some: the machine may be busy
          const took = Array.from({ length: 3 }, () => {
            const from = process.cpuUsage()
            probe(text, latin1)
            return process.cpuUsage(from).user / 1000
          })
          expect([kind, part, Math.min(...took) < 50]).toEqual([kind, part, true])
        }
      }
  })
})
