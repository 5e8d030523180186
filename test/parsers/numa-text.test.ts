import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idList, idsOf, lscpuText, nodeFileText, numactlText, numaMapsText } from '../../src/parsers/numa-text.ts'
import { fed, host, values } from '../support/host-texts.ts'

const R920 = `available: 2 nodes (0-1)
node 0 cpus: 0 2 4 5 6
node 0 size: 132096 MB
node 0 free: 40949 MB
node 1 cpus: 1 3
node 1 size: 132096 MB
node 1 free: 5283 MB
node distances:
node   0   1 
  0:  10  21 
  1:  21  10 
`

describe('numactl --hardware', () => {
  test('nodes, their CPUs, memory and distances, and how many CPUs there are', () => {
    expect(values(numactlText(), R920)).toEqual({
      'numa.nodes': '2',
      'numa.0.cpus': '0,2,4-6',
      'numa.0.sizeMB': '132096',
      'numa.0.freeMB': '40949',
      'numa.0.distance': '10 21',
      'numa.1.cpus': '1,3',
      'numa.1.sizeMB': '132096',
      'numa.1.freeMB': '5283',
      'numa.1.distance': '21 10',
    })
    expect(host(numactlText(), R920)).toEqual({ cpus: 7 })
  })

  test('a node of memory only, and numbers with gaps as on POWER', () => {
    const text = 'available: 2 nodes (0,8)\nnode 0 cpus: 0 1\nnode 0 size: 1 MB\nnode 8 cpus:\nnode 8 size: 65236 MB\n'
    expect(values(numactlText(), text)).toMatchObject({
      'numa.nodes': '2',
      'numa.8.cpus': '',
      'numa.8.sizeMB': '65236',
    })
    expect(host(numactlText(), text)).toEqual({ cpus: 2 })
  })

  test('one that is cut does not tell how many CPUs the host has', () => {
    expect(host(numactlText(), R920.split('\n').slice(0, 4))).toEqual({})
    expect(host(numactlText(), R920.split('\n').slice(1))).toEqual({})
  })

  test('pasted into a mail, indented', () => {
    const text = R920.split('\n').map((line) => `  ${line}`)
    expect(values(numactlText(), text)).toEqual(values(numactlText(), R920))
  })

  test('rows of numbers elsewhere are no distances', () => {
    expect(values(numactlText(), ['  0:  10  21 '])).toEqual({})
    expect(values(numactlText(), ['node distances:', 'node   0', '  0:  10', 'so much for that', '  1:  10'])).toEqual({
      'numa.0.distance': '10',
    })
  })
})

describe('files of a node', () => {
  test('cpulist as it stands, memory in MiB, distances', () => {
    expect(values(nodeFileText(0, 'cpulist'), '0-29,60-89\n')).toEqual({ 'numa.0.cpus': '0-29,60-89' })
    expect(values(nodeFileText(1, 'cpulist'), '\n')).toEqual({ 'numa.1.cpus': '' })
    expect(values(nodeFileText(2, 'distance'), '21 21 10 21\n')).toEqual({ 'numa.2.distance': '21 21 10 21' })
    expect(
      values(
        nodeFileText(3, 'meminfo'),
        '\nNode 3 MemTotal:       135266304 kB\nNode 3 MemFree:        27053260 kB\nNode 3 Dirty: 5 kB\n',
      ),
    ).toEqual({
      'numa.3.sizeMB': '132096',
      'numa.3.freeMB': '26419',
    })
  })

  test('what is no list tells nothing', () => {
    expect(values(nodeFileText(0, 'cpulist'), 'cat: permission denied')).toEqual({})
    expect(values(nodeFileText(0, 'numastat'), 'numa_hit 5')).toEqual({})
  })

  test('nodes listed by commas are the CPUs that numactl lists by blanks', () => {
    const ids = Array.from({ length: 30 }, (_, i) => i * 4)
    expect(values(nodeFileText(0, 'cpulist'), ids.join(','))).toEqual(
      values(numactlText(), [`node 0 cpus: ${ids.join(' ')}`]),
    )
  })
})

describe('lists of CPUs', () => {
  test('a list is what it was made of (property)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(8191), { maxLength: 200 }), (ids) => {
        expect(idsOf(idList(ids))).toEqual([...ids].sort((a, b) => a - b))
      }),
    )
  })

  test.each(['3-1', '0-8192', '0-99999', 'x', '0,,1', '0-', '-1', '0-8191,0'])('%s is none', (text) =>
    expect(idsOf(text)).toBeNull(),
  )

  test('nor is one of more CPUs than any kernel has', () => expect(idsOf(Array(20000).fill('0').join(','))).toBeNull())
})

describe('lscpu', () => {
  test('CPUs online, nodes, and that it is a guest', () => {
    const text = [
      'CPU(s):                124',
      'On-line CPU(s) list:   0-119',
      'Off-line CPU(s) list:  120-123',
      'NUMA node(s):          4',
      'Hypervisor vendor:     KVM',
      'Virtualization type:   full',
      'NUMA node0 CPU(s):     0,4,8',
      'NUMA node12 CPU(s):    ',
    ]
    expect(values(lscpuText(), text)).toEqual({ 'numa.nodes': '4', 'numa.0.cpus': '0,4,8', 'numa.12.cpus': '' })
    expect(host(lscpuText(), text)).toEqual({ cpus: 120, guest: 'Hypervisor vendor: KVM' })
  })

  test('newer ones indent what belongs to a section', () => {
    const text = [
      '  On-line CPU(s) list:    0-3',
      'NUMA:',
      '  NUMA node(s):           1',
      '  NUMA node0 CPU(s):      0-3',
    ]
    expect(values(lscpuText(), text)).toEqual({ 'numa.nodes': '1', 'numa.0.cpus': '0-3' })
    expect(host(lscpuText(), text)).toEqual({ cpus: 4 })
  })

  test('a host that can run guests is no guest', () =>
    expect(host(lscpuText(), ['Virtualization:        VT-x'])).toEqual({}))
})

describe('numa_maps', () => {
  test('the most mappings of an anonymous page; files and areas without pages do not count', () => {
    const text = [
      '7f0000000000 default file=/usr/lib/libc.so mapped=300 mapmax=9999 N0=300 kernelpagesize_kB=4',
      '7f1000000000 default anon=8388608 dirty=8388608 mapmax=2306921 active=0 N0=1 kernelpagesize_kB=4',
      '7f2000000000 default anon=10 dirty=10 mapmax=7 N0=10 kernelpagesize_kB=4',
      '7f3000000000 default mapmax=12345678',
      '7f4000000000 default file=/tmp/x anon=5 mapmax=88888888 N0=5',
    ]
    expect(fed(numaMapsText(4120), text)).toEqual([
      { kind: 'value', line: 2, name: 'numa_maps.4120.mapmax', text: '2306921' },
    ])
  })

  test('a process without pages of several mappers tells nothing', () => {
    expect(fed(numaMapsText(1), ['7f default anon=10 dirty=10 N0=10 kernelpagesize_kB=4'])).toEqual([])
  })
})
