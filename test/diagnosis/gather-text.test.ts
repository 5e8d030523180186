import { describe, expect, test } from 'vitest'
import { gatherText } from '../../src/diagnosis/gather-text.ts'
import { readHang } from '../../src/diagnosis/hang.ts'
import { textKsm } from '../../src/diagnosis/text-ksm.ts'
import { crashTold } from '../support/crash-text.ts'

// Who waits for whom by stacks alone, and which list is the walked one.

const RELEASE = '6.1.0-56-cloud-amd64'
const NODE = 'ffff8bc142915700'
const TASK = {
  walker: 'ffff8bc1438bc180',
  ksmd: 'ffff8bc141a04180',
  vcpu: 'ffff8bc1429fa0c0',
  tuned: 'ffff8bc1429fb000',
}

const RECLAIM = 'rmap_walk_ksm folio_referenced shrink_folio_list shrink_node try_to_free_pages do_user_addr_fault'
const FAULT = '__schedule schedule rwsem_down_read_slowpath lock_mm_and_find_vma do_user_addr_fault'
const REMOTE =
  '__schedule schedule rwsem_down_read_slowpath down_read_killable __access_remote_vm proc_pid_cmdline_read'
const SCAN = '__schedule io_schedule folio_wait_bit_common get_ksm_page remove_rmap_item_from_tree ksm_scan_thread'
const TUNED = '__schedule schedule __mutex_lock run_store kernfs_fop_write_iter vfs_write'

function bt(pid: number, task: string, comm: string, stack: string): string[] {
  return [
    `PID: ${pid}   TASK: ${task}  CPU: 0   COMMAND: "${comm}"`,
    ...stack
      .split(' ')
      .map((name, i) => ` #${i} [ffffd18680127${(0x100 + 16 * i).toString(16)}] ${name} at ffffffff9c9609e1`),
    '',
  ]
}

function ps(pid: number, task: string, kib: number, comm: string, ppid = 1, resident = 1000): string {
  return `    ${pid}       ${ppid}   0  ${task}  UN  10.0   ${kib}   ${resident}  ${comm}`
}

/** A rw_semaphore as `struct` prints it. */
function lock(count: number, owner: string): string[] {
  const members = [`  count = {`, `    counter = ${count}`, '  },', '  owner = {', `    counter = 0x${owner}`, '  },']
  return ['crash> struct rw_semaphore ffff8bc142a2dff0', 'struct rw_semaphore {', ...members, '}']
}

/** Waiters of the hang that the lines show: pid, what for, behind whom, how sure. */
function waiters(...lines: readonly string[]): string[] {
  return waitersOn(RELEASE, ...lines)
}

function waitersOn(release: string, ...lines: readonly string[]): string[] {
  const texts = [{ input: 'a.txt', told: crashTold(...lines), events: [] }]
  const { hang } = readHang(gatherText(texts, textKsm(texts, release).lists, release))
  return (hang?.waiters ?? []).map(
    ({ task, waitsFor, behind, confidence }) => `${task.pid} ${waitsFor} behind ${behind.pid}, ${confidence}`,
  )
}

describe('a walker in its own page fault', () => {
  const walker = bt(105, TASK.walker, 'memhog', RECLAIM)

  test('holds the lock that other threads of its process wait for: they have the same address space', () => {
    const rows = [ps(105, TASK.walker, 900, 'memhog'), ps(98, TASK.vcpu, 900, 'qemu-system-x86')]
    expect(
      waiters('crash> ps', ...rows, 'crash> foreach bt', ...walker, ...bt(98, TASK.vcpu, 'qemu-system-x86', FAULT)),
    ).toEqual(['98 read behind 105, strong'])
  })

  test('holds no lock that another process waits for in its own fault', () => {
    const rows = [ps(105, TASK.walker, 900, 'memhog'), ps(98, TASK.vcpu, 901, 'qemu-system-x86')]
    expect(
      waiters('crash> ps', ...rows, 'crash> foreach bt', ...walker, ...bt(98, TASK.vcpu, 'qemu-system-x86', FAULT)),
    ).toEqual([])
  })

  test.each([
    ['another parent', ps(98, TASK.vcpu, 900, 'qemu-system-x86', 2), []],
    ['another resident size', ps(98, TASK.vcpu, 900, 'qemu-system-x86', 1, 1001), ['98 read behind 105, weak']],
  ])('is surely not, or only perhaps of the same process as a task of its size with %s', (_, row, expected) => {
    const rows = [ps(105, TASK.walker, 900, 'memhog'), row]
    const vcpu = bt(98, TASK.vcpu, 'qemu-system-x86', FAULT)
    expect(waiters('crash> ps', ...rows, 'crash> foreach bt', ...walker, ...vcpu)).toEqual(expected)
  })

  test('holds perhaps no more than the lock of its VMA from 6.4 on', () => {
    const rows = [ps(105, TASK.walker, 900, 'memhog'), ps(98, TASK.vcpu, 900, 'qemu-system-x86')]
    const lines = ['crash> ps', ...rows, 'crash> foreach bt', ...walker, ...bt(98, TASK.vcpu, 'qemu-system-x86', FAULT)]
    expect(waitersOn('6.5.0-9-generic', ...lines)).toEqual(['98 read behind 105, weak'])
    expect(waitersOn('5.14.0-503.el9.x86_64', ...lines)).toEqual(['98 read behind 105, weak'])
    expect(waitersOn('5.15.0-9-generic', ...lines)).toEqual(['98 read behind 105, strong'])
  })

  test('perhaps, where the texts tell neither, or who waits reads for another process', () => {
    for (const stack of [FAULT, REMOTE])
      expect(waiters(...walker, ...bt(98, TASK.vcpu, 'ps', stack))).toEqual(['98 read behind 105, weak'])
  })
})

describe('a waiter beside a migrator', () => {
  const migrator = bt(44, TASK.walker, 'numad', 'rmap_walk_ksm try_to_migrate migrate_pages do_migrate_pages')
  const behind = (stack: string): string[] => waiters(...migrator, ...bt(98, TASK.vcpu, 'qemu-system-x86', stack))
  const WRITER = '__schedule schedule rwsem_down_write_slowpath down_write_killable'

  test.each([
    ['a page fault', FAULT, 'read'],
    ['mmap', `${WRITER} vm_mmap_pgoff do_syscall_64`, 'write'],
    ['a reader of its command line', REMOTE, 'read'],
    ['KVM', '__schedule schedule rwsem_down_read_slowpath hva_to_pfn __gfn_to_pfn_memslot', 'read'],
  ])('%s waits for the mmap_lock for sure', (_, stack, waitsFor) => {
    expect(behind(stack)).toEqual([`98 ${waitsFor} behind 44, strong`])
  })

  test('a wait for a rw_semaphore that its stack does not name may be for another: it is weak, and so is the hang', () => {
    expect(behind('__schedule schedule rwsem_down_read_slowpath down_read m_start seq_read')).toEqual([
      '98 read behind 44, weak',
    ])
    expect(behind(`${WRITER} some_driver_ioctl`)).toEqual(['98 write behind 44, weak'])
  })

  test.each([
    [
      'of a file, within a fault',
      '__schedule rwsem_down_read_slowpath down_read f2fs_x __do_fault handle_mm_fault do_user_addr_fault',
    ],
    ['of a VMA (6.4)', `${WRITER} vma_prepare __split_vma mprotect_fixup do_mprotect_pkey`],
    ['of a file system', `${WRITER} xfs_ilock xfs_file_write_iter`],
  ])('a wait for the lock %s is none for the mmap_lock', (_, stack) => {
    expect(behind(stack)).toEqual([])
  })
})

describe('ksmd that waits for the page of a walk', () => {
  const seen = [
    ...bt(42, TASK.walker, 'kswapd0', RECLAIM.replace(' do_user_addr_fault', ' kswapd')),
    ...bt(35, TASK.ksmd, 'ksmd', SCAN),
  ]

  test('holds ksm_thread_mutex', () => {
    expect(waiters(...seen, ...bt(103, TASK.tuned, 'ksmtuned', TUNED))).toEqual([
      '35 page-lock behind 42, strong',
      '103 ksm-thread-mutex behind 35, strong',
    ])
  })

  test('holds the mmap_lock where the owner word of the only queued one names it', () => {
    const vcpu = bt(98, TASK.vcpu, 'qemu-system-x86', FAULT)
    const owner = TASK.ksmd.replace(/0$/, '3')
    expect(waiters(...seen, ...vcpu, ...lock(258, owner))).toContain('98 read behind 35, strong')
    // another owner, no queue, nothing told of the lock: its stack looks the same when it holds none
    for (const other of [lock(258, 'ffff8bc142964181'), lock(256, owner), []])
      expect(waiters(...seen, ...vcpu, ...other)).toEqual(['35 page-lock behind 42, strong'])
    expect(waiters(...seen, ...vcpu, ...lock(258, owner), ...lock(258, 'ffff8bc142964181'))).toContain(
      '98 read behind 35, weak',
    )
  })
})

describe('the walked list', () => {
  const struct = (address: string, length: number): string[] => [
    `crash> struct stable_node ${address}`,
    'struct stable_node {',
    '  hlist = {',
    `    first = 0x${address.replace(/700$/, 'a30')}`,
    '  },',
    '  kpfn = 30727,',
    `  rmap_hlist_len = ${length},`,
    '}',
  ]
  const walk = bt(104, TASK.walker, 'bash', 'rmap_walk_ksm try_to_migrate migrate_pages compact_zone')
  const node = (...lines: readonly string[]): unknown => {
    const texts = [{ input: 'a.txt', told: crashTold(...lines), events: [] }]
    return gatherText(texts, textKsm(texts, RELEASE).lists, RELEASE).walkers[0]?.node
  }
  const shown = (word: string, behind: number): string[] => [
    ...walk.slice(0, behind),
    `    ffffd18680127200: 0000000000000000 ${word} `,
    ...walk.slice(behind),
  ]

  test('is that whose stable_node stands in the words of the walk, of several that are told', () => {
    const two = [...struct(NODE, 150_000), ...struct('ffff8bc142916700', 90_000)]
    expect(node(...walk, ...two)).toBeNull()
    expect(node('crash> bt -f', ...shown(NODE, 2), ...two)).toMatchObject({
      address: BigInt(`0x${NODE}`),
      length: 150_000,
      validatedBy: ['told', `the word 0x${NODE} at 0xffffd18680127208 is the address of stable_node 0x${NODE}`],
    })
  })

  test('is not told by words of frames further out', () => {
    const one = struct(NODE, 150_000)
    expect(node('crash> bt -f', ...shown(NODE, 5), ...one)).toMatchObject({ length: 150_000, validatedBy: ['told'] })
  })
})
