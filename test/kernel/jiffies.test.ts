import { describe, expect, test } from 'vitest'
import { readJiffies } from '../../src/kernel/jiffies.ts'
import type { Kernel } from '../../src/kernel/types.ts'
import { HandKernel } from '../support/hand-kernel.ts'

const RATES = [100, 250, 300, 1000] as const

/** jiffies_64 of a host that has been up for so long. @param drift - by how much its clocks differ, as a part */
function counter(hz: number, uptime: number, drift = 0): bigint {
  return (1n << 32n) + BigInt(Math.round((uptime * (1 + drift) - 300) * hz))
}

function kernel(jiffies: bigint | null, tickNsec: number | bigint | null): Kernel {
  const hand = new HandKernel()
  if (jiffies !== null) hand.variable('jiffies_64', jiffies)
  if (tickNsec !== null) hand.variable('tick_nsec', tickNsec)
  return hand.kernel()
}

describe('by tick_nsec', () => {
  test.each([
    [100, 10_000_000],
    [250, 4_000_000],
    [300, 3_333_333],
    [1000, 1_000_000],
  ])('HZ %i: %i ns a tick, whatever the uptime', (hz, nsec) => {
    const now = counter(hz, 300)
    for (const uptime of [null, 300, 86_400]) expect(readJiffies(kernel(now, nsec), uptime)).toEqual({ now, hz })
    // as the clock is steered, a tick is a little longer or shorter
    for (const steered of [nsec * 1.0005, nsec * 0.9995])
      expect(readJiffies(kernel(now, Math.round(steered)), null)).toEqual({ now, hz })
  })

  test('a tick that no rate has is not believed: the uptime tells', () => {
    for (const nsec of [0, 2_000_000, 10_200_000, 0xffff_ffff_ffff_ffffn]) {
      const now = counter(250, 5000)
      expect(readJiffies(kernel(now, nsec), 5000)).toEqual({ now, hz: 250 })
      expect(readJiffies(kernel(now, nsec), null)).toBeNull()
    }
  })
})

describe('by the uptime, where the kernel has no tick_nsec', () => {
  test.each(RATES)('HZ %i: minutes, days and months after boot', (hz) => {
    for (const uptime of [60, 5000, 86_400, 200 * 86_400]) {
      const now = counter(hz, uptime)
      expect(readJiffies(kernel(now, null), uptime)).toEqual({ now, hz })
    }
  })

  test.each(RATES)('HZ %i: uptime in whole seconds, and a last tick some seconds ago', (hz) => {
    for (const off of [-4, 4]) {
      const now = counter(hz, 5000)
      expect(readJiffies(kernel(now, null), 5000 + off)).toEqual({ now, hz })
    }
  })

  test.each(RATES)('HZ %i: clocks that run apart by a part in 10,000 differ by minutes after a month', (hz) => {
    for (const drift of [1e-4, -1e-4]) {
      const now = counter(hz, 30 * 86_400, drift)
      expect(readJiffies(kernel(now, null), 30 * 86_400)).toEqual({ now, hz })
    }
  })

  test('about five minutes after boot every rate would have come as far: unknown', () => {
    for (const hz of RATES)
      for (const uptime of [298, 300, 302]) expect(readJiffies(kernel(counter(hz, uptime), null), uptime)).toBeNull()
  })

  test('an uptime in which no rate would have come so far: unknown', () => {
    expect(readJiffies(kernel(counter(250, 5000), null), 6000)).toBeNull()
    expect(readJiffies(kernel(0n, null), 5000)).toBeNull()
    expect(readJiffies(kernel(0xffff_ffff_ffff_ffffn, null), 5000)).toBeNull()
  })
})

test('no counter, or one that is absent: unknown', () => {
  expect(readJiffies(kernel(null, 4_000_000), 5000)).toBeNull()
  const hand = new HandKernel()
  hand.variable('tick_nsec', 4_000_000)
  hand.symbols.set('jiffies_64', [0xffffffff8f000000n])
  expect(readJiffies(hand.kernel(), 5000)).toBeNull()
})
