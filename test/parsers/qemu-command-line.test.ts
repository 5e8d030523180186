import { expect, test } from 'vitest'
import { guestOfCommandLine } from '../../src/parsers/qemu-command-line.ts'

test.each([
  ['/usr/bin/qemu-system-x86_64 -name guest=db1,debug-threads=on -S', 'db1'],
  ['qemu-kvm -m 4096 -name web-7', 'web-7'],
  ['/usr/libexec/qemu-kvm -name web-7,process=qemu', 'web-7'],
  ['/usr/bin/kvm -id 101 -name vm101', 'vm101'],
  ['qemu-system-aarch64 --name debug-threads=on,guest=arm', 'arm'],
])('%s', (line, name) => {
  expect(guestOfCommandLine(line.split(' '))).toBe(name)
})

test.each([
  'qemu-system-x86_64 -m 4096',
  'qemu-system-x86_64 -name',
  'qemu-system-x86_64 -name debug-threads=on',
  'qemu-system-x86_64 -name guest=',
  'vim -name guest=db1',
  'qemu-img -name db1',
  '',
])('no virtual machine: %s', (line) => {
  expect(guestOfCommandLine(line.split(' '))).toBeNull()
})
