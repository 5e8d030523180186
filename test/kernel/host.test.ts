import { describe, expect, test } from 'vitest'
import { type Host, readHost } from '../../src/kernel/host.ts'
import { HandKernel } from '../support/hand-kernel.ts'
import { PrintkRing } from '../support/printk-writer.ts'

const NOW = 1_764_000_000
const UPTIME = 86_400

/** A kernel whose timekeeper lies so many bytes into tk_core. */
function clocked(offset: number, symbol = 'tk_core', realtime = NOW, uptime = UPTIME): HandKernel {
  const kernel = new HandKernel()
  kernel.types.push({ name: 'timekeeper', size: 280, members: { xtime_sec: 112, ktime_sec: 120 } })
  const core = kernel.variable(symbol, 0n, 400)
  kernel.set(core + BigInt(offset + 112), realtime).set(core + BigInt(offset + 120), uptime)
  return kernel
}

const host = (kernel: HandKernel): Host => readHost(kernel.kernel()).host

test('nothing is known: all null', () => {
  expect(readHost(new HandKernel().kernel())).toMatchObject({
    host: { name: null, time: null, uptimeSeconds: null, cpus: null, memoryBytes: null, panic: null },
    logRecords: null,
  })
})

describe('the moment', () => {
  test('behind a seqcount, and as a member of timekeeper_data', () => {
    for (const symbol of ['tk_core', 'timekeeper_data']) {
      expect(host(clocked(8, symbol))).toMatchObject({ time: '2025-11-24T16:00:00Z', uptimeSeconds: UPTIME })
    }
  })

  test('in struct tk_data, wherever it is there', () => {
    const kernel = clocked(64)
    kernel.types.push({ name: 'tk_data', size: 400, members: { seq: 0, timekeeper: 64 } })
    expect(host(kernel)).toMatchObject({ time: '2025-11-24T16:00:00Z', uptimeSeconds: UPTIME })
  })

  test.each([
    [0, UPTIME],
    [7_258_118_401, UPTIME],
    [NOW, 3_155_760_001],
  ])('a clock that says %i, and %i s since boot, is none', (realtime, uptime) => {
    expect(host(clocked(8, 'tk_core', realtime, uptime))).toMatchObject({ time: null, uptimeSeconds: null })
  })

  test("kdump's CRASHTIME comes first; one that can not be is none", () => {
    const kernel = clocked(8)
    kernel.info.push('CRASHTIME=1764000060')
    expect(host(kernel)).toMatchObject({ time: '2025-11-24T16:01:00Z', uptimeSeconds: UPTIME })
    for (const wrong of ['0', '99999999999']) {
      const odd = clocked(8)
      odd.info.push(`CRASHTIME=${wrong}`)
      expect(host(odd).time).toBeNull()
    }
  })
})

test('name, CPUs and memory; what can not be is null', () => {
  const kernel = new HandKernel()
  kernel.types.push({ name: 'uts_namespace', size: 424, members: { 'name.nodename': 65 } })
  const uts = kernel.variable('init_uts_ns', 0n, 424)
  kernel.info.push(`SYMBOL(init_uts_ns)=${uts.toString(16)}`)
  kernel.text(uts + 65n, 'compute-\x1b17\0')
  const cpus = kernel.variable('__num_online_cpus', 96, 4)
  const pages = kernel.variable('_totalram_pages', 0x7f000)
  expect(host(kernel)).toMatchObject({ name: 'compute-.17', cpus: 96, memoryBytes: 0x7f00_0000 })
  kernel.set32(cpus, 0).set(pages, 0x80001)
  expect(host(kernel)).toMatchObject({ cpus: null, memoryBytes: null })
  kernel.set32(cpus, 8193)
  expect(host(kernel).cpus).toBeNull()
})

describe('the panic', () => {
  function logged(...lines: string[]): HandKernel {
    const kernel = new HandKernel()
    const ring = new PrintkRing(kernel, 5, 12)
    for (const line of lines) ring.push(line)
    return kernel
  }

  test('is the first line that begins an end, unless there is a panic proper', () => {
    const oops = 'BUG: unable to handle page fault for address: 0000000000001000'
    const panic = 'Kernel panic - not syncing: Fatal exception'
    expect(host(logged('Linux version', oops, 'Oops: 0002 [#1]', 'end')).panic).toBe(oops)
    expect(host(logged(oops, panic, 'Kernel panic - not syncing: again')).panic).toBe(panic)
    expect(host(logged('all is well')).panic).toBeNull()
    expect(readHost(logged('a', 'b', 'c').kernel()).logRecords).toBe(3)
  })

  test('one line of a record, safe to print, of bearable length', () => {
    expect(host(logged('first\nkernel BUG at mm/ksm.c:817!\x1b[0m\nlast')).panic).toBe(
      'kernel BUG at mm/ksm.c:817!.[0m',
    )
    expect(host(logged(`Oops: ${'x'.repeat(400)}`)).panic).toHaveLength(200)
  })
})
