import { describe, expect, test } from 'vitest'
import type { VirtAddr } from '../../src/base/units.ts'
import { type PendingCall, pendingCalls } from '../../src/kernel/csd.ts'
import { CFD_DATA, type CsdEra, CsdWriter, FLUSH, LOCKED, SYNC } from '../support/csd-writer.ts'
import { HandKernel } from '../support/hand-kernel.ts'

interface Hand {
  kernel: HandKernel
  csds: CsdWriter
}

function hand(era: CsdEra = {}): Hand {
  const kernel = new HandKernel()
  return { kernel, csds: new CsdWriter(kernel, era) }
}

const pending = ({ kernel }: Hand, cpu: number): PendingCall[] | null => pendingCalls(kernel.kernel(), cpu)

describe('calls that a CPU still waits for', () => {
  test.each(['csd', 'pcpu'] as const)('are those whose csd is locked, by target (member %s)', (member) => {
    const given = hand({ member })
    const { csds } = given
    csds.call(2, 0, LOCKED).call(2, 3).call(1, 2)
    expect(pending(given, 2)).toEqual([
      { csd: csds.csd(2, 0), target: 0, flags: LOCKED, func: FLUSH },
      { csd: csds.csd(2, 3), target: 3, flags: SYNC | LOCKED, func: FLUSH },
    ])
    expect(pending(given, 1)!.map(({ target }) => target)).toEqual([2])
  })

  test('none is locked: none, whatever other flags are set', () => {
    const given = hand()
    given.csds.call(0, 1, 0xffff_fffe)
    expect(pending(given, 0)).toEqual([])
  })

  test('per-cpu symbols may lie in the image: an offset wraps around 2^64', () => {
    const given = hand()
    const { kernel, csds } = given
    csds.call(0, 1)
    const shift = 0xffffffff82000000n
    kernel.symbols.set('cfd_data', [CFD_DATA + shift])
    for (let cpu = 0; cpu < csds.cpus; cpu++) {
      const pointer = csds.area(cpu) + CFD_DATA + 8n
      kernel.set(csds.offsets + BigInt(8 * cpu), BigInt.asUintN(64, csds.area(cpu) - shift))
      kernel.set(pointer, kernel.get(pointer) + shift)
    }
    expect(pending(given, 0)).toMatchObject([{ csd: csds.csd(0, 1), target: 1 }])
  })
})

describe('unknown, which is not none', () => {
  test('a CPU that is not there', () => {
    const given = hand()
    const { kernel, csds } = given
    expect(pending(given, 3)).toEqual([])
    // an offset in the table does not make a CPU
    kernel.set(csds.offsets + 32n, csds.area(0))
    expect(pending(given, 4)).toBeNull()
  })

  test.each(['__per_cpu_offset', 'cfd_data', 'nr_cpu_ids'])('no symbol %s', (name) => {
    const given = hand()
    given.kernel.symbols.delete(name)
    expect(pending(given, 0)).toBeNull()
  })

  test.each([0, 1])('no struct (%i)', (which) => {
    const given = hand()
    given.kernel.types.splice(which, 1)
    expect(pending(given, 0)).toBeNull()
  })

  test.each<[string, (csds: CsdWriter) => VirtAddr]>([
    ["the caller's own area", (csds) => csds.area(0)],
    ["a target's area", (csds) => csds.area(3)],
    ['the table of areas', (csds) => csds.offsets],
  ])('%s is not in the dump', (_what, where) => {
    const given = hand()
    given.csds.call(0, 1)
    given.kernel.exclude(where(given.csds))
    expect(pending(given, 0)).toBeNull()
  })

  test('more CPUs than there are offsets for', () => {
    const given = hand()
    given.kernel.set32(given.kernel.symbols.get('nr_cpu_ids')![0]!, 0xffff_ffff)
    expect(pending(given, 0)).toBeNull()
  })
})
