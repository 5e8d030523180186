import { describe, expect, test } from 'vitest'
import type { ToldTask } from '../../src/parsers/told.ts'
import { crashTold, ofKind, symbols } from '../support/crash-text.ts'

const tasks = (...lines: readonly string[]): ToldTask[] => ofKind(crashTold(...lines), 'task')
const only = (...lines: readonly string[]): ToldTask => {
  const found = tasks(...lines)
  expect(found).toHaveLength(1)
  return found[0]!
}

/** A walker on x86_64, crash 8.0.2 on 4.4.60. */
const HEADER = 'PID: 44       TASK: ffff88000c53c4c0  CPU: 1    COMMAND: "numad"'
const EXCEPTION = [
  '    [exception RIP: smp_call_function_single+124]',
  '    RIP: ffffffff81093fbc  RSP: ffff8800003b3b70  RFLAGS: 00000202',
  '    RAX: 0000000000000000  RBX: 0000000000000000  RCX: 0000000000000000',
  '    CS: 0010  SS: 0018',
]
const FRAMES = [
  ' #0 [ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
  ' #1 [ffff8800003b3c80] try_to_unmap_one at ffffffff810e56b3',
  ' #2 [ffff8800003b3cd0] rmap_walk_ksm at ffffffff810f0f99',
  ' #3 [ffff8800003b3e88] do_migrate_pages at ffffffff810ec51f',
]
const USER = [
  '    RIP: 0000000000440ff9  RSP: 00007fffca0aca08  RFLAGS: 00000246',
  '    ORIG_RAX: 0000000000000100  CS: 0033  SS: 002b',
]
const NAMES = ['smp_call_function_many', 'try_to_unmap_one', 'rmap_walk_ksm', 'do_migrate_pages']
const SLEEPER = [
  'PID: 34       TASK: ffff88000c50a940  CPU: 1    COMMAND: "qemu-system-x86"',
  ' #0 [ffff88000b7a7d60] __schedule at ffffffff8121dbe3',
  ' #1 [ffff88000b7a7db0] schedule at ffffffff8121e141',
]

describe('a trace of x86_64', () => {
  test('has its header, the function of the exception first, and every frame with its addresses', () => {
    expect(only('crash> bt', HEADER, ...EXCEPTION, ...FRAMES, ...USER)).toEqual({
      kind: 'task',
      line: 2,
      source: 'bt',
      pid: 44,
      tgid: null,
      comm: 'numad',
      address: 0xffff88000c53c4c0n,
      cpu: 1,
      state: null,
      running: true,
      kthread: null,
      idleSeconds: null,
      frames: [
        {
          symbol: 'smp_call_function_single',
          offset: 124,
          module: null,
          address: 0xffffffff81093fbcn,
          sp: 0xffff8800003b3b70n,
        },
        ...NAMES.map((symbol, i) => ({
          symbol,
          offset: null,
          module: null,
          address: [0xffffffff81094342n, 0xffffffff810e56b3n, 0xffffffff810f0f99n, 0xffffffff810ec51fn][i],
          sp: [0xffff8800003b3bb8n, 0xffff8800003b3c80n, 0xffff8800003b3cd0n, 0xffff8800003b3e88n][i],
        })),
      ],
      wchan: null,
      doubt: null,
    })
  })

  test('without an exception on top, nothing says that its task runs', () => {
    expect(only(...SLEEPER)).toMatchObject({ running: null, doubt: null })
  })

  test.each([
    ['a module', ' #0 [ffff885f8fb4fb30] kvm_unmap_rmapp at ffffffffc01f1c3e [kvm]', 'kvm_unmap_rmapp', null, 'kvm'],
    ['-s', '#0 [ffff8a114d6ffd58] __schedule+642 at ffffffffba2b1722', '__schedule', 642, null],
    ['-sx', ' #0 [ffff8a114d6ffd58] __schedule+0x282 at ffffffffba2b1722', '__schedule', 0x282, null],
    ['-sx of a module', ' #0 [ffff8a114d6ffd58] f+0x1 at ffffffffba2b1722 [kvm_intel]', 'f', 1, 'kvm_intel'],
    ['no symbol', ' #0 [ffff8a114d6ffd58] (unknown) at ffffffffba2b1722', '(unknown)', null, null],
    ['via', ' #0 [ffff8a114d6ffd58] f (via g) at ffffffffba2b1722 [kvm]', 'f', null, 'kvm'],
    [
      'a part',
      ' #0 [ffff8a114d6ffd58] do_migrate_pages.part.0 at ffffffffba2b1722',
      'do_migrate_pages.part.0',
      null,
      null,
    ],
    ['two digits', '#10 [ffff8a114d6ffd58] f at ffffffffba2b1722', 'f', null, null],
    ['the number not marked', ' 10 [ffff8a114d6ffd58] f at ffffffffba2b1722', 'f', null, null],
    ['a remark behind', ' #0 [ffff8a114d6ffd58] f at ffffffffba2b1722   <--- here', 'f', null, null],
    ['a star', ' #0 [ffff8a114d6ffd58] f at ffffffffba2b1722 *', 'f', null, null],
    ['32 bit', ' #0 [c7681edc] schedule at c01135f6', 'schedule', null, null],
    ['indented by four', '     #0 [ffff8a114d6ffd58] f at ffffffffba2b1722', 'f', null, null],
  ])('frames of other forms: %s', (_name, line, symbol, offset, module) => {
    expect(only(line).frames).toMatchObject([{ symbol, offset, module }])
    expect(only(line).frames[0]!.address).not.toBeNull()
  })

  test.each([
    ['mail cut the address', ' #1 [ffff885f8fb4fb78] smp_call_function_many', null, 0xffff885f8fb4fb78n],
    ['mail cut it behind "at"', ' #1 [ffff885f8fb4fb78] smp_call_function_many at', null, 0xffff885f8fb4fb78n],
    ['the stack address is lost', ' #1 [] smp_call_function_many at ffffffff81094342', 0xffffffff81094342n, null],
    ['so is its bracket', ' #1 smp_call_function_many at ffffffff81094342', 0xffffffff81094342n, null],
    ['a chat shortened it', ' #1 [ffff885f...4fb78] smp_call_function_many at ffff...4342', null, null],
  ])('what is lost is null: %s', (_name, line, address, sp) => {
    expect(only(line).frames).toEqual([{ symbol: 'smp_call_function_many', offset: null, module: null, address, sp }])
  })

  test.each([
    '#1 [deadbeef] was fixed by the patch',
    '#12 [1] see below',
    '#0: ffff88810a0b1098 (&mm->mmap_lock){++++}-{3:3}, at: do_migrate_pages+0x8b/0x2d0',
    '#0  0x00007f1c6a0f1b99 in migrate_pages () from /lib64/libnuma.so.1',
    '#1  main (argc=1) at numad.c:33',
    ' 1 [main] do_thing',
    ' 10 [deadbeef] word',
    ' 10 [ab12] f at ffffffff81094342',
    'frame #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91',
    ' #0 [%lx] %s at %lx',
    ' [<ffffffff812202bf>] rmap_walk_ksm+0x143/0x220',
    ' rmap_walk_ksm+0x143/0x220',
  ])('what only looks like a frame is none: %s', (line) => {
    expect(tasks(line)).toEqual([])
  })

  test('-l: source lines between the frames change nothing', () => {
    const sources = [
      '    /usr/src/linux/kernel/smp.c: 436',
      '    mm/rmap.c:1671',
      '    ./include/linux/compiler.h: 218',
      '    arch/x86/entry/entry_64.S: 186',
    ]
    const mixed = FRAMES.flatMap((line, i) => [line, sources[i]!])
    expect(only('crash> bt -l', HEADER, ...mixed)).toMatchObject({ doubt: null })
    expect(symbols(only('crash> bt -l', HEADER, ...mixed))).toEqual(NAMES)
  })

  test.each([
    ['-f', ['    ffff8800003b3bc0: 01ffffff00000001 ffffffff00000000 ', '    ffff8800003b3c00: ffffffff81038247 ']],
    ['-F', ['    ffff8800003b3bc0: do_migrate_pages [mm_struct] ', '    ffff8800003b3c00: flush_tlb_page+33 ']],
    ['-FF', ['    ffff8800003b3bc0: [ffff88000c4ec380:mm_struct] 0000000000000000 ']],
  ])('%s: words of the frames are no frames, no memory and no list', (option, words) => {
    const told = crashTold(`crash> bt ${option}`, HEADER, ...FRAMES.flatMap((line) => [line, ...words]))
    expect(told).toHaveLength(1)
    expect(ofKind(told, 'task').map(symbols)).toEqual([NAMES])
    expect(ofKind(told, 'task')[0]!.doubt).toBeNull()
  })

  test('-f: words that may be kernel addresses are kept, with their place and frame', () => {
    const [first, ...rest] = FRAMES as [string, ...string[]]
    const words = [
      '    ffff8800003b3bc0: ffff88000c4ec380 00007ffe83f5a000 ',
      '    ffff8800003b3bd0: 0000000000000001 ffffffff810e56b3 ',
    ]
    expect(only('crash> bt -f', HEADER, ...EXCEPTION, first, ...words, ...rest).words).toEqual([
      { place: 0xffff8800003b3bc0n, word: 0xffff88000c4ec380n, frame: 1 },
      { place: 0xffff8800003b3bd8n, word: 0xffffffff810e56b3n, frame: 1 },
    ])
    expect(only('crash> bt', HEADER, ...FRAMES).words).toBeUndefined()
  })

  test('-f: of a stack of a thousand frames a bounded number of words is kept', () => {
    const word = '    ffff8800003b3bc0: ffff88000c4ec380 ffff88000c4ec380 '
    const many = Array.from({ length: 1000 }, () => word)
    expect(only('crash> bt -f', HEADER, FRAMES[0]!, ...many).words).toHaveLength(512)
  })

  test('-a: one statement a task, all on a CPU', () => {
    const found = tasks(
      'crash> bt -a',
      HEADER,
      ...EXCEPTION,
      ...FRAMES,
      ...USER,
      '',
      'PID: 0        TASK: ffff88000c470000  CPU: 0    COMMAND: "swapper/0"',
      ' #0 [ffff88000c47be00] native_safe_halt at ffffffff81052ff6',
    )
    expect(found.map(({ pid, running, doubt }) => [pid, running, doubt])).toEqual([
      [44, true, null],
      [0, true, null],
    ])
  })

  test('a comm may hold blanks, slashes, colons and quotes', () => {
    for (const comm of ['CPU 0/KVM', 'kworker/u5:0', 'a "b" c', ''])
      expect(only(`PID: 1  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "${comm}"`).comm).toBe(comm)
    expect(only('PID: 1  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "qemu-sys').comm).toBe('qemu-sys')
  })

  test.each([
    ['7.x, five wide', 'PID: 2950   TASK: ffff885f97745280  CPU: 49  COMMAND: "numad"', 49],
    ['runs of blanks to one', 'PID: 2950 TASK: ffff885f97745280 CPU: 49 COMMAND: "numad"', 49],
    ['an offline CPU', 'PID: 2950   TASK: ffff885f97745280  CPU: 49  [OFFLINE]  COMMAND: "numad"', 49],
    ['no CPU', 'PID: 2950   TASK: ffff885f97745280  CPU: -   COMMAND: "numad"', null],
    ['one of several idle tasks', 'PID: 2950   TASK: ffff885f97745280  (1 of 120)  CPU: 49  COMMAND: "numad"', 49],
    ['32 bit', '  PID: 2950   TASK: c7680000  CPU: 49  COMMAND: "numad"', 49],
  ])('headers of other forms: %s', (_name, line, cpu) => {
    expect(only(line)).toMatchObject({ pid: 2950, comm: 'numad', cpu, frames: [] })
  })
})

describe('exceptions and other stacks', () => {
  test('an offset may be hexadecimal', () => {
    expect(only('    [exception RIP: f+0xdb]').frames[0]).toMatchObject({ symbol: 'f', offset: 0xdb })
  })

  test.each(['user space', 'unknown or invalid address'])('%s is no function', (what) => {
    expect(only(HEADER, `    [exception RIP: ${what}]`, ...FRAMES).frames).toHaveLength(FRAMES.length)
  })

  test('an interrupt in the middle: its function stands between the interrupt and what was interrupted', () => {
    const found = only(
      HEADER,
      ' #0 [ffff88003fc03f10] handle_irq at ffffffff81033bdc',
      ' #1 [ffff88003fc03f90] ret_from_intr at ffffffff81222ae7',
      '--- <IRQ stack> ---',
      ' #2 [ffff8800003b3ce8] ret_from_intr at ffffffff81222ae7',
      '    [exception RIP: rmap_walk_ksm+64]',
      '    RIP: ffffffff810f0ee0  RSP: ffff8800003b3d90  RFLAGS: 00000246',
      '    CS: 0010  SS: 0018',
      ' #3 [ffff8800003b3e88] do_migrate_pages at ffffffff810ec51f',
    )
    expect(symbols(found)).toEqual([
      'handle_irq',
      'ret_from_intr',
      'ret_from_intr',
      'rmap_walk_ksm',
      'do_migrate_pages',
    ])
    expect(found).toMatchObject({ running: true, doubt: null })
  })

  test("an NMI's own frames are not the task's: they are how the CPU was stopped", () => {
    const nmi = [
      ' #0 [ffff88003fc06e70] crash_nmi_callback at ffffffff81046f76',
      ' #1 [ffff88003fc06e80] nmi_handle at ffffffff8101d0b1',
      ' #2 [ffff88003fc06ef0] end_repeat_nmi at ffffffff81223257',
      '    [exception RIP: smp_call_function_many+515]',
      '    RIP: ffffffff81094342  RSP: ffff8800003b3bb8  RFLAGS: 00000202',
      '    CS: 0010  SS: 0018',
      '--- <NMI exception stack> ---',
      ' #3 [ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
      ' #4 [ffff8800003b3c80] try_to_unmap_one at ffffffff810e56b3',
    ]
    const whole = only(HEADER, ...nmi)
    expect(symbols(whole)).toEqual(['smp_call_function_many', 'try_to_unmap_one'])
    expect(whole.frames[0]).toMatchObject({ offset: 515, sp: 0xffff8800003b3bb8n, address: 0xffffffff81094342n })
    expect(whole).toMatchObject({ running: true, doubt: null })
    // a browser took "<NMI exception stack>" for a tag, or the line is lost
    const others = [
      nmi.map((line) => line.replace('<NMI exception stack>', '')),
      nmi.filter((line) => !line.startsWith('---')),
    ]
    for (const lines of others) expect(symbols(only(HEADER, ...lines))).toEqual(symbols(whole))
  })

  test('after a NMI stack the numbers may repeat: the order of the lines counts', () => {
    const found = only(
      HEADER,
      ' #4 [ffff88003fc06ef0] do_page_fault at ffffffff81223257',
      '    [exception RIP: f+1]',
      '--- <DOUBLEFAULT exception stack> ---',
      ' #5 [ffff8800003b3c00] a at ffffffff81094342',
      '    [exception RIP: g+1]',
      '--- <IRQ stack> ---',
      ' #5 [ffff8800003b3c80] b at ffffffff81094342',
    )
    expect(symbols(found)).toEqual(['do_page_fault', 'f', 'a', 'g', 'b'])
  })

  test('a line of dashes is no other stack', () => {
    expect(only(...SLEEPER, '------', '---------').running).toBeNull()
  })

  test('a running task that shows the scheduler has a stack of before', () => {
    expect(only('crash> bt -a', ...SLEEPER).doubt).toMatch(/sleeping/)
    expect(only('crash> bt -c 1', ...SLEEPER).doubt).toMatch(/sleeping/)
    // told elsewhere, before or after
    const row = '>      34       1   0  ffff88000c50a940  RU  282.8   931256   602000  qemu-system-x86'
    const bt = ['crash> foreach bt', ...SLEEPER]
    for (const lines of [
      ['crash> ps', row, ...bt],
      [...bt, 'crash> ps', row],
    ])
      expect(tasks(...lines).find(({ source }) => source === 'bt')!.doubt).toMatch(/sleeping/)
    expect(tasks('crash> ps', row.replace('>', ' ').replace('RU', 'UN'), ...bt).map(({ doubt }) => doubt)).toEqual([
      null,
      null,
    ])
  })

  test('a walker that gives the CPU away while the dump is made keeps its stack', () => {
    expect(
      only('crash> bt -a', HEADER, ...EXCEPTION, ' #0 [ffff8800003b3bb8] __schedule at ffffffff8121dbe3').doubt,
    ).toBeNull()
  })
})

describe('other machines', () => {
  test('arm64: PC with its place, and the frame that repeats it four bytes before', () => {
    const found = only(
      'PID: 2950     TASK: ffff800012345680  CPU: 3    COMMAND: "numad"',
      '     PC: ffff0000080f3a14  [smp_call_function_many+420]',
      '     LR: ffff0000080f39f8  [smp_call_function_many+392]',
      '     SP: ffff00001babb7f0  PSTATE: 80000145',
      '    X29: ffff00001babb7f0  X28: 0000000000000000  X27: ffff0000090a8000',
      ' #0 [ffff00001babb7f0] smp_call_function_many at ffff0000080f3a10',
      ' #1 [ffff00001babb860] rmap_walk_ksm at ffff000008276d04',
      ' #2 [ffff00001babbe90] el0_svc_naked at ffff000008082fac',
      '     PC: 0000ffff8a2f1b98   LR: 0000000000403f2c   SP: 0000ffffd51a4ac0',
      '    X29: 0000ffffd51a4ac0  X28: 0000000000000000',
      'ORIG_X0: 0000000000000b86  SYSCALLNO: ee  PSTATE: 60000000',
    )
    expect(symbols(found)).toEqual(['smp_call_function_many', 'rmap_walk_ksm', 'el0_svc_naked'])
    expect(found.frames[0]).toMatchObject({ offset: 420, address: 0xffff0000080f3a14n, sp: 0xffff00001babb7f0n })
    expect(found).toMatchObject({ running: true, doubt: null })
  })

  test('arm64: a task in user space has no frames', () => {
    expect(only('PID: 7      TASK: ffff800012345680  CPU: 3   COMMAND: "qemu"', ' #0 [user space]')).toMatchObject({
      pid: 7,
      frames: [],
    })
  })

  test('ppc64: dots in front, unreliable frames, NIP', () => {
    const found = only(
      'PID: 2950   TASK: c000000775a21300  CPU: 16  COMMAND: "numad"',
      ' Hardware Interrupt  [501] exception frame:',
      ' R0:  c000000000083458    R1:  c0000007769b7c40    R2:  c000000000f4aa08',
      ' NIP: c0000000000a5e28    MSR: 9000000000009032    OR3: 0000000000000000',
      ' CTR: 0000000000000000    LR:  c0000000000834c4    XER: 0000000020000000',
      ' [NIP  : .smp_call_function_many+792]',
      ' [LR   : .pseries_dedicated_idle_sleep+228]',
      ' #0 [c0000007769b7c40] .rmap_walk_ksm at c000000000083458  (unreliable)',
      ' #1 [c0000007769b7d20] .do_migrate_pages at c0000000000174c8',
    )
    expect(found.frames.map(({ symbol, offset }) => [symbol, offset])).toEqual([
      ['.smp_call_function_many', 792],
      ['.rmap_walk_ksm', null],
      ['.do_migrate_pages', null],
    ])
  })

  test('s390x: short addresses, the function of the lowcore, PSW', () => {
    const found = only(
      'PID: 0      TASK: bc0ff8            CPU: 0   COMMAND: "swapper/0"',
      ' LOWCORE INFO:',
      '  -psw      : 0x0706c00180000000 0x0000000000941d5a',
      '  -function : psw_idle at 941d5a',
      '  -general registers:',
      '     0x0000000000000000 0x0000000000941d5a',
      ' #0 [00bc7e28] arch_cpu_idle at 103b52',
      ' #1 [00bc7ea0] do_idle at 18f4a6',
      ' PSW:  0704c00180000000 000003ff8d3a4b2c (rmap_walk_ksm+12)',
      ' #2 [00bc7f28] start_kernel at cf60e2',
    )
    expect(found.frames.map(({ symbol, offset, address }) => [symbol, offset, address])).toEqual([
      ['psw_idle', null, 0x941d5an],
      ['arch_cpu_idle', null, 0x103b52n],
      ['do_idle', null, 0x18f4a6n],
      ['rmap_walk_ksm', 12, 0x3ff8d3a4b2cn],
      ['start_kernel', null, 0xcf60e2n],
    ])
  })
})

describe('what is no trace', () => {
  const SLEEPS = 'PID: 51       TASK: ffff9e8a02a18000  CPU: 2    COMMAND: "kcompactd0"'

  test.each([
    [
      'bt -t',
      [
        '              START: __schedule at ffffffff9f6b1722',
        '  [ffffa7c68037fb08] rmap_walk_ksm at ffffffff9f094848',
        '  [ffffa7c68037fb90] f at ffffffff9f094848 [kvm]',
      ],
      /bt -t/,
    ],
    ['bt -T, START lost', ['  [ffffa7c68037fb08] rmap_walk_ksm at ffffffff9f094848'], /bt -t/],
    [
      'bt -r',
      ['ffffa7c68037c000:  0000000057ac6e9d 0000000000000000 ', 'ffffa7c68037c010:  rmap_walk_ksm 0000000000000000 '],
      /bt -r/,
    ],
    [
      'bt -e',
      [
        '',
        '  KERNEL-MODE EXCEPTION FRAME AT: ffffa7c68037fb08',
        '    [exception RIP: rmap_walk_ksm+12]',
        '    RIP: ffffffff9f094848  RSP: ffffa7c68037fc00  RFLAGS: 00000246',
      ],
      /bt -e/,
    ],
    [
      'an unresolved trace',
      [
        'bt: cannot resolve stack trace:',
        'bt: text symbols on stack:',
        '    [ffffa7c68037fb08] rmap_walk_ksm at ffffffff9f094848',
      ],
      /text symbols on stack/,
    ],
  ])('%s gives a doubt and never frames', (_name, lines, doubt) => {
    const told = crashTold(SLEEPS, ...lines)
    expect(ofKind(told, 'task')).toMatchObject([{ pid: 51, frames: [] }])
    expect(ofKind(told, 'task')[0]!.doubt).toMatch(doubt)
    expect(ofKind(told, 'struct')).toEqual([])
    expect(JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toContain(
      '"symbol"',
    )
  })

  test.each([
    'bt: read of stack at fffffe0000014000 failed',
    'bt: invalid size request: 0  type: "stack contents"',
    'bt: cannot determine starting stack pointer',
    'bt: unrecognized stack address for this task: 0',
    'bt: page excluded: kernel virtual address: ffff88000c53c4c0  type: "stack contents"',
    'bt: seek error: kernel virtual address: ffff88000c53c4c0  type: "stack contents"',
  ])('an error in place of the frames is told, and says why there are none: %s', (line) => {
    const told = crashTold(HEADER, line)
    expect(ofKind(told, 'task')).toMatchObject([{ pid: 44, frames: [], doubt: line }])
    expect(ofKind(told, 'error')).toMatchObject([{ line: 2, command: 'bt', text: line.slice(4) }])
  })

  test('an error within a trace does not make its frames doubtful', () => {
    const told = crashTold(
      HEADER,
      ...FRAMES.slice(0, 2),
      'bt: WARNING: possibly bogus exception frame',
      ...FRAMES.slice(2),
    )
    expect(ofKind(told, 'task').map(symbols)).toEqual([NAMES])
    expect(ofKind(told, 'task')[0]!.doubt).toBeNull()
    expect(ofKind(told, 'error')).toHaveLength(1)
  })

  test('no such task: an error, and no task', () => {
    expect(crashTold('crash> bt 99999', 'bt: invalid task or pid value: 99999')).toMatchObject([
      { kind: 'error', command: 'bt', text: 'invalid task or pid value: 99999' },
    ])
  })

  test.each(['(active)', '(no stack)', '(swapped out)', 'CPU offline', '(none found)'])('a header and %s', (line) => {
    expect(only(HEADER, line)).toMatchObject({
      pid: 44,
      frames: [],
      running: line === '(active)' ? true : null,
      doubt: null,
    })
  })

  test('a header and nothing', () => {
    expect(tasks(HEADER, '', SLEEPER[0]!).map(({ pid, frames }) => [pid, frames.length])).toEqual([
      [44, 0],
      [34, 0],
    ])
  })

  test('examples that help prints are nobody', () => {
    const help = [
      'crash> help bt',
      'NAME',
      '    crash> bt -a',
      `    ${HEADER}`,
      ...FRAMES.map((line) => `    ${line}`),
      '',
      'EXAMPLES',
    ]
    expect(tasks(...help)).toEqual([])
    expect(tasks(...help, 'crash> bt', HEADER).map(({ pid }) => pid)).toEqual([44])
  })
})

describe('frames and headers that belong together', () => {
  test('foreach says what is true for all of its tasks', () => {
    expect(only('crash> foreach UN bt', ...SLEEPER)).toMatchObject({ state: 'D', running: null })
    expect(only('crash> foreach active bt -f', HEADER, ...FRAMES)).toMatchObject({ running: true })
    expect(only('crash> foreach kernel bt', ...SLEEPER).kthread).toBe(true)
    expect(only('crash> foreach RU UN bt', ...SLEEPER).state).toBeNull()
  })

  test('without a header, a trace is of nobody', () => {
    expect(only(...FRAMES)).toMatchObject({ line: 1, pid: null, comm: null, address: null, doubt: null })
  })

  test('without a header, a trace is of the one task that the command named', () => {
    expect(only('crash> bt 2950', ...FRAMES)).toMatchObject({ pid: 2950 })
    expect(only('crash> bt ffff88000c53c4c0', ...FRAMES)).toMatchObject({ address: 0xffff88000c53c4c0n })
    expect(only('crash> bt 2950 2951', ...FRAMES)).toMatchObject({ pid: null })
    expect(only('crash> bt -a', ...FRAMES)).toMatchObject({ pid: null })
    expect(tasks('crash> bt 44', HEADER, ...FRAMES, 'crash> bt 45', ...FRAMES).map(({ pid }) => pid)).toEqual([44, 45])
    // a header came: the second trace lost its own
    expect(tasks('crash> bt 44', HEADER, ...FRAMES, ...FRAMES).map(({ pid }) => pid)).toEqual([44, null])
  })

  test('a name in the prose in front of it names it', () => {
    const prose = (name: string): ToldTask =>
      only(
        `In the crash dump, the ${name} task has induced a migration, and the`,
        'stack is as follows:',
        '',
        ...FRAMES,
      )
    expect(prose('numad')).toMatchObject({ comm: 'numad', pid: null })
    expect(prose('kworker/3:1').comm).toBe('kworker/3:1')
    for (const word of ['same', 'kernel', 'hung', 'first']) expect(prose(word).comm).toBeNull()
    const far = Array.from({ length: 8 }, () => 'Nothing of it here.')
    expect(only('the numad task does it', ...far, ...FRAMES).comm).toBeNull()
  })

  test('#0 begins another trace when a header was lost', () => {
    const found = tasks(HEADER, ...FRAMES, ...SLEEPER.slice(1))
    expect(found.map((task) => [task.pid, symbols(task)])).toEqual([
      [44, NAMES],
      [null, ['__schedule', 'schedule']],
    ])
  })

  test('so does #1, when #0 was lost too', () => {
    expect(tasks(HEADER, ...FRAMES, ...USER, SLEEPER[2]!)).toHaveLength(2)
    expect(tasks(HEADER, ...FRAMES, SLEEPER[2]!)).toHaveLength(2)
  })

  test('a frame that mail dropped is no doubt, as the others lie on one stack', () => {
    const found = only(HEADER, FRAMES[0]!, FRAMES[2]!, FRAMES[3]!)
    expect(symbols(found)).toEqual([NAMES[0], NAMES[2], NAMES[3]])
    expect(found.doubt).toBeNull()
  })

  test('a frame that is there twice counts once; one that recurs does not', () => {
    expect(symbols(only(HEADER, ...FRAMES.flatMap((line) => [line, line])))).toEqual(NAMES)
    const again = FRAMES[1]!.replace('#1 [ffff8800003b3c80', '#2 [ffff8800003b3c90')
    expect(symbols(only(HEADER, FRAMES[0]!, FRAMES[1]!, again))).toEqual([NAMES[0], NAMES[1], NAMES[1]])
  })

  test.each([
    [
      'of another stack',
      [FRAMES[0]!, ' #1 [ffff88000b7a7db0] rwsem_down_read_failed at ffffffff812200db'],
      /another stack/,
    ],
    ['further in', [FRAMES[1]!.replace('#1', '#0'), FRAMES[0]!.replace('#0', '#1')], /out of order/],
    [
      'without addresses, with a gap',
      [' #0 [] a at ffffffff81094342', ' #4 [] b at ffffffff81094342'],
      /#4 follows #0/,
    ],
    ['of a header that lost its first ones', [FRAMES[2]!, FRAMES[3]!], /first frames/],
    ['of a header that lost its first one', FRAMES.slice(1), /first frames/],
    [
      "behind another task's exception",
      [...EXCEPTION, ' #0 [ffff88000b7a7db0] f at ffffffff812200db'],
      /another stack/,
    ],
  ])('frames %s are doubtful', (_name, frames, doubt) => {
    expect(only(HEADER, ...frames).doubt).toMatch(doubt)
  })

  test('a seed that begins at #1 without a header is no doubt', () => {
    expect(only(...FRAMES.slice(1)).doubt).toBeNull()
  })

  test('remarks and blank lines between frames do not end a trace; a page of prose does', () => {
    const remarks = FRAMES.flatMap((line) => [line, '', '  ## that is the walk'])
    expect(symbols(only(HEADER, ...remarks))).toEqual(NAMES)
    const page = Array.from({ length: 9 }, () => 'The walk takes the whole list.')
    expect(tasks(HEADER, ...FRAMES.slice(0, 2), ...page, ...FRAMES.slice(2))).toHaveLength(2)
  })

  test('a prompt ends a trace', () => {
    expect(tasks(HEADER, ...FRAMES.slice(0, 2), 'crash> bt', ...FRAMES.slice(2))).toHaveLength(2)
  })

  test('a header of another command is no trace of bt', () => {
    expect(only('crash> vm 44', HEADER, '       MM               PGD          RSS    TOTAL_VM').source).toBe('vm')
    expect(only('crash> foreach UN files', HEADER).source).toBe('files')
  })
})
