import { expect, test } from 'vitest'
import { readGuests } from '../../src/diagnosis/guests.ts'
import { commandLine } from '../../src/kernel/command-line.ts'
import type { MmItems } from '../../src/ksm/list-census.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { PageTables } from '../support/page-tables.ts'

// Arguments lie in the process' own memory, of which dumps keep little: what is there is read, what is cut is not taken for an argument.

const USER = 0x7ffc_1234_0000n
const DATA = 0x2000_0000

/** A process whose command line begins `before` the end of its first page. @param length - by the kernel, of its command line */
function process(line: string, before: number, length = line.length) {
  const made = new HandKernel()
  made.types.push({
    name: 'mm_struct',
    size: 64,
    members: { pgd: 0, arg_start: 8, arg_end: 16 },
  })
  const tables = new PageTables(made.memory, 0x1800_0000)
  tables.map(USER, DATA)
  tables.map(USER + 0x1000n, DATA + 0x1000)
  made.memory.put(DATA + 0x1000 - before, Buffer.from(line))
  const start = USER + BigInt(0x1000 - before)
  const mm = made.object(64)
  made
    .set(mm, BigInt(0x1800_0000) + made.space.pageOffset)
    .set(mm + 8n, start)
    .set(mm + 16n, start + BigInt(length))
  return { made, mm }
}

const QEMU = ['qemu-kvm', '-name', 'guest=db1,debug-threads=on', '-m', '4096', ''].join('\0')

test('over two pages', () => {
  const { made, mm } = process(QEMU, 20)
  expect(commandLine(made.kernel(), mm)).toEqual({ args: QEMU.split('\0'), whole: true })
})

test('its second page is not in the dump: the arguments before it, without the one that is cut', () => {
  const { made, mm } = process(QEMU, 22)
  made.memory.exclude(DATA / 0x1000 + 1)
  expect(commandLine(made.kernel(), mm)).toEqual({ args: ['qemu-kvm', '-name'], whole: false })
  const owners = [{ mm }] as unknown as MmItems[]
  expect(readGuests(made.kernel(), owners)).toMatchObject({ present: 0, absent: 1 })
  // the name is before the hole
  const named = process(QEMU, 48)
  named.made.memory.exclude(DATA / 0x1000 + 1)
  const guests = readGuests(named.made.kernel(), [{ mm: named.mm }] as unknown as MmItems[])
  expect(guests).toEqual({ names: new Map([[named.mm, 'db1']]), present: 1, absent: 0 })
})

test('none of it is there, or only a part of the first argument', () => {
  const { made, mm } = process(QEMU, 5)
  made.memory.exclude(DATA / 0x1000 + 1)
  expect(commandLine(made.kernel(), mm)).toBeNull()
  made.memory.exclude(DATA / 0x1000)
  expect(commandLine(made.kernel(), mm)).toBeNull()
})

test('longer than anybody types: its begin', () => {
  const { made, mm } = process(QEMU, 100, 2 ** 40)
  const line = commandLine(made.kernel(), mm)
  expect(line?.whole).toBe(false)
  expect(line?.args.slice(0, 3)).toEqual(QEMU.split('\0').slice(0, 3))
})
