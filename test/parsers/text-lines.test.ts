import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WRAPS } from '../../src/parsers/text-lines-wraps.ts'
import { cleanLines, cleanText } from '../support/crash-text.ts'

/** Lines of programs that nothing was done to: each stays as it is. */
const FINE = [
  ' #0 [ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
  '#10 [ffff8800003b3f00] sys_migrate_pages at ffffffff810ecda4',
  '    ffff8800003b3bc0: 01ffffff00000001 ffffffff00000000 ',
  'PID: 44       TASK: ffff88000c53c4c0  CPU: 1    COMMAND: "numad"',
  '[0 00:00:02.682] [UN]  PID: 37       TASK: ffff88000c50d280  CPU: 1    COMMAND: "CPU 0/KVM"',
  '>      44       1   1  ffff88000c53c4c0  RU   0.2     2344      484  numad',
  '       37       1   1  ffff88000c50d280  UN  282.8   931256   602000  CPU 0/KVM',
  'crash> list hlist_node.next 0xffff883f3e5746b0 > rmap_item.lst',
  '--- <NMI exception stack> ---',
  'root_stable_tree = $1 = (struct rb_root *) 0xffffffff81455088 <one_stable_tree>',
  '  hlist = {',
  '    first = 0xffff88000ba6b730',
  '  },',
  'ffff88000c44b040:  0000000000000000 ffff88000ba6b730   ........0.......',
  '     [no tasks queued]',
  '[   44.317072] INFO: task qemu-system-x86:148 blocked for more than 122 seconds.',
  '[   44.317072] <3>INFO: task ps:1 blocked for more than 1 seconds.',
  '<3>[   44.317072] text',
  '<6>[   44.317072] text',
  '[   38.407469]  [<ffffffff8115af54>] call_rwsem_down_read_failed+0x14/0x30',
  '[   38.407469]  <IRQ>',
  ' <IRQ>  [<ffffffff813f4123>] dump_stack+0x63/0x90',
  '<IRQ> dump_stack+0x63/0x90',
  '<TASK> dump_stack+0x63/0x90',
  ' </TASK>',
  ' ? rmap_walk_ksm+0x118/0x230',
  '[   38.4] ACPI: \\_SB_.PCI0.LPCB: _OSC failed',
  '[   38.4] \\_SB_.PCI0: notify handler is installed',
  'ACPI BIOS Error (bug): Could not resolve [\\_SB.PCI0.XHC.RHUB], AE_NOT_FOUND',
  'pid=20 count=3F uid=0 auid=4294967295',
  'a=20',
  'audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="open"=',
  'Call Trace:',
  'Mar 30 12:00:01 host kernel: [ 1800.762049] text',
  '2018-04-19T16:51:35.672420+00:00 compute-0-3 kernel: [ 1800.762049] text',
  '[12:01:33] kernel: INFO: task a:1 blocked for more than 9 seconds.',
  'if (a &lt b && c->d)',
  '(&mm->mmap_sem){++++}-{3:3}, at: do_migrate_pages+0x8b/0x2d0',
  '\tcsd: CSD lock (#1) unresponsive.',
  'lines of text',
  '170000 rmap_item.lst',
  'ffff88000ba6b730',
  '',
]

test.each(FINE)('a line that nothing was done to stays: %s', (line) => {
  expect(cleanLines(line)).toEqual([{ text: line, at: 1 }])
  expect(cleanText(`${line}\nnext line\n${line}`)).toEqual([line, 'next line', line])
})

test('lines after each other stay', () => {
  expect(cleanText(FINE.join('\n'))).toEqual(FINE)
})

describe('characters', () => {
  test.each([
    ['CR at the end', 'crash> bt\r', 'crash> bt'],
    ['a byte order mark', '\ufeffcrash> bt', 'crash> bt'],
    ['no-break spaces', ' #0\u00a0[ffff]\u00a0f', ' #0 [ffff] f'],
    ['no-break spaces read as Latin-1', ' #0\u00c2\u00a0[ffff]\u00c2 f', ' #0 [ffff] f'],
    ['thin and wide blanks', 'a\u2009b\u3000c\u202fd', 'a b c d'],
    ['zero width', 'rmap\u200b_walk\u200d_ksm\u2060', 'rmap_walk_ksm'],
    ['direction marks', '\u202acrash>\u202c bt', 'crash> bt'],
    ['soft hyphens', 'rmap_walk\u00ad_ksm', 'rmap_walk_ksm'],
    ['smart quotes', 'COMMAND: \u201cnumad\u201d \u2018a\u2019', 'COMMAND: "numad" \'a\''],
    ['dashes of two', '\u2014 MORE, \u2013a, \u2212s', '-- MORE, --a, -s'],
    ['an ellipsis', '[ffff885f\u20264fb78]', '[ffff885f...4fb78]'],
    ['an arrow', 'stable_node\u2192hlist', 'stable_node->hlist'],
    ['colours', '\u001b[01;31m\u001b[Krmap_walk\u001b[m\u001b[K_ksm\u001b[0m', 'rmap_walk_ksm'],
    ['a title', '\u001b]0;crash\u0007bt', 'bt'],
    ['keypad modes', '\u001b[?1h\u001b=crash> bt\u001b[?1l\u001b>', 'crash> bt'],
    ['overstrikes', 'N\bNA\bAME', 'NAME'],
    ['other controls', 'a\u0000b\u0007c\u007fd', 'abcd'],
    ['a replacement character stays', 'a\ufffdb', 'a\ufffdb'],
  ])('%s', (_name, line, clean) => {
    expect(cleanText(line)).toEqual([clean])
  })

  test('CR within a line begins a new one; blank pieces of progress go', () => {
    expect(cleanLines('x\nplease wait... (a)\r                  \r      KERNEL: vmlinux\rnext')).toEqual([
      { text: 'x', at: 1 },
      { text: 'please wait... (a)', at: 2 },
      { text: '      KERNEL: vmlinux', at: 2 },
      { text: 'next', at: 2 },
    ])
    expect(cleanText('a\fb\u2028c\u0085d')).toEqual(['a', 'b', 'c', 'd'])
    expect(cleanText(' \r \r')).toEqual([''])
  })
})

describe('quoting', () => {
  test.each([
    ['> crash> bt', 'crash> bt'],
    ['>crash> bt', 'crash> bt'],
    ['>> crash> bt', 'crash> bt'],
    ['> > crash> bt', 'crash> bt'],
    [' > crash> bt', 'crash> bt'],
    ['> >> > crash> bt', 'crash> bt'],
    ['| crash> bt', 'crash> bt'],
    ['> | crash> bt', 'crash> bt'],
    ['\t> crash> bt', 'crash> bt'],
    ['\t>#4 [ffff] f', '#4 [ffff] f'],
    ['\tcrash> bt', '\tcrash> bt'],
    ['>  #0 [ffff] f', ' #0 [ffff] f'],
    ['>', ''],
    ['> ', ''],
    ['>   hlist = {', '  hlist = {'],
  ])('"%s"', (line, clean) => {
    expect(cleanText(line)).toEqual([clean])
  })

  const ACTIVE = '>      44       1   1  ffff88000c53c4c0  RU   0.2     2344      484  numad'
  const ASLEEP = '       37       1   1  ffff88000c50d280  UN  282.8   931256   602000  CPU 0/KVM'

  test('the mark of an active task of ps is not quoting', () => {
    const rows = ['crash> ps', '      PID    PPID  CPU', ACTIVE, ASLEEP, ACTIVE]
    for (const quote of ['', '> ', '> > ', '>> ', '| '])
      expect(cleanText(rows.map((line) => quote + line).join('\n'))).toEqual(rows)
    // one blank behind the sign goes, whose ever it is
    const trimmed = rows.map((line) => line.trimStart())
    expect(cleanText(rows.map((line) => `>${line}`).join('\n')).map((line) => line.trimStart())).toEqual(trimmed)
    // a list between ends the quotation
    expect(cleanText(['> b', 'ffff88000ba6b730', ACTIVE].join('\n'))).toEqual(['b', 'ffff88000ba6b730', ACTIVE])
    // a quotation within, and back
    const mixed = ['a', '> b', `> ${ASLEEP}`, `> ${ACTIVE}`, '', 'c', ACTIVE, ASLEEP]
    expect(cleanText(mixed.join('\n'))).toEqual(['a', 'b', ASLEEP, ACTIVE, '', 'c', ACTIVE, ASLEEP])
  })

  test.each(['    |--12%--rmap_walk_ksm', '     |          rmap_walk', '||', 'a > b', '     > x'])(
    'tables, graphs and code are none: %s',
    (line) => {
      expect(cleanText(line)).toEqual([line])
    },
  )
})

describe('chats', () => {
  test.each([
    '[12:01] <gavin> ',
    '[12:01:33] <@gavin> ',
    '12:01 <gavin> ',
    '12:01:33 < gavin> ',
    '[2017-03-30 12:01:22] <gavin> ',
    '<gavin> ',
    '[12:01] gavin: ',
    '[12:01 PM] Gavin Guo: ',
    '(12:01) gavin: ',
    '[12:01, 30/03/2017] Gavin Guo: ',
    '12:01 gavin | ',
  ])('"%s" goes', (prefix) => {
    for (const line of [' #1 [ffff885f8fb4fb78] smp_call_function_many', 'crash> bt', '  hlist = {'])
      expect(cleanText(prefix + line)).toEqual([line])
    expect(cleanText(`${prefix}> > crash> bt`)).toEqual(['crash> bt'])
  })
})

describe('quoted-printable', () => {
  const HEADER = 'Content-Transfer-Encoding: quoted-printable'

  test('behind its header everything is decoded, and broken lines are joined', () => {
    expect(cleanLines(`${HEADER}\n\nkpfn =3D 5094 =\nand more=20\nwa=\niting=C2=A0=E2=80=94 now\npid=3D20`)).toEqual([
      { text: HEADER, at: 1 },
      { text: '', at: 2 },
      { text: 'kpfn = 5094 and more ', at: 3 },
      { text: 'waiting -- now', at: 5 },
      { text: 'pid=20', at: 7 },
    ])
  })

  test('without a header it begins at a certain sign, and ends at a line that can not be it', () => {
    expect(cleanText('nid =3D 0 =20\nwa=\niting\nx = 5 and y=20\nz=20')).toEqual([
      'nid = 0  ',
      'waiting',
      'x = 5 and y=20',
      'z=20',
    ])
  })

  test('another encoding or the end of a part ends it', () => {
    for (const end of ['Content-Transfer-Encoding: 7bit', '--===============1234567890=='])
      expect(cleanText(`${HEADER}\na=3D1\n${end}\na=3D1\ncount=20`).slice(-1)).toEqual([
        end.startsWith('C') ? 'count ' : 'count ',
      ])
    expect(cleanText(`${HEADER}\n--0000000000001234\ncount=20`)).toEqual([HEADER, '--0000000000001234', 'count=20'])
    expect(cleanText(`${HEADER}\nContent-Transfer-Encoding: 8bit\ncount=20`).slice(-1)).toEqual(['count=20'])
  })

  test('without header and sign, a line as long as encoders make it is joined', () => {
    const long = ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91 [kvm] and some wo='
    expect(long.length).toBe(75)
    expect(cleanText(`${long}\nrds`)).toEqual([`${long.slice(0, -1)}rds`])
    expect(cleanText('short=\nline')).toEqual(['short=', 'line'])
  })

  test('what it hides is undone after it: quotes, line ends', () => {
    expect(cleanText(`${HEADER}\n=3E crash=3E bt=0D=0A=3E =20#0`)).toEqual([HEADER, 'crash> bt', ' #0'])
  })

  test('any text that is encoded and broken comes back (property)', () => {
    const line = fc.stringMatching(/^[ -~äöü€]{0,200}$/)
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        const plain = lines.map((each) => `x${each.replaceAll(/[&<>|\\`:]/g, '.')}x`)
        const encoded = plain.map(encode).join('\n')
        expect(cleanText(`${HEADER}\n${encoded}`).slice(1)).toEqual(plain)
      }),
    )
  })
})

/** A line in quoted-printable, broken at 76. */
function encode(line: string): string {
  const tokens = [...line].flatMap((char) =>
    /[!-<>-~ ]/.test(char)
      ? [char]
      : [...new TextEncoder().encode(char)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`),
  )
  let out = ''
  let width = 0
  for (const token of tokens) {
    if (width + token.length > 75) {
      out += '=\n'
      width = 0
    }
    out += token
    width += token.length
  }
  return out
}

describe('pages', () => {
  test('entities are decoded, with or without tags', () => {
    expect(cleanText('crash&gt; bt &amp; &lt;IRQ&gt; &#39;a&#x27; &quot;&nbsp;&hellip;')).toEqual([
      "crash> bt & <IRQ> 'a' \" ...",
    ])
    expect(cleanText('&unknown; &#0; &#9999999; &lt')).toEqual(['&unknown;  &#9999999; &lt'])
    expect(cleanText('&amp;gt;')).toEqual(['&gt;'])
  })

  test("Launchpad's: paragraphs, breaks, blanks", () => {
    const page =
      '<div class="yui3-editable_text-text"><p>the stack is as follows:</p><p>#1 [ffff885f8fb4fb78] smp_call_function_many <br />\n#2 [ffff885f8fb4fbc0] native_flush_tlb_others<br>&nbsp;#3 [ffff885f8fb4fc08] flush_tlb_page</p></div>'
    expect(cleanText(page)).toEqual([
      'the stack is as follows:',
      '#1 [ffff885f8fb4fb78] smp_call_function_many ',
      '#2 [ffff885f8fb4fbc0] native_flush_tlb_others',
      ' #3 [ffff885f8fb4fc08] flush_tlb_page',
    ])
  })

  test('inline tags go, unknown ones stay', () => {
    expect(
      cleanText('<pre>a <b>rmap</b>_<span class="x">walk</span> <a href="b">c</a> <IRQ> <one_stable_tree></pre>'),
    ).toEqual(['a rmap_walk c <IRQ> <one_stable_tree>'])
    expect(cleanText('<table><tr><td>4</td><td>5</td></tr></table>')[0]!.trim()).toBe('4  5')
  })

  test('tags, comments and scripts over several lines', () => {
    expect(
      cleanText('<!DOCTYPE html>\n<div\n class="a"\n id="b">text</div>\n<script>\nvar a = "crash> bt"\n</script>after'),
    ).toEqual(['text', 'after'])
    expect(cleanText('<div>a<script>x</script>b<style>y</style>c</div>')).toEqual(['abc'])
  })

  test('a script that never ends does not take the rest of a file of any length', () => {
    const lines = cleanText(`<div>\n<script>\n${'x\n'.repeat(6_000)}crash> bt`)
    expect(lines).toContain('crash> bt')
  })

  test('without a sign of a page, what looks like a tag is text', () => {
    expect(cleanText('a <b> c <head> <main>\nx <link> y')).toEqual(['a <b> c <head> <main>', 'x <link> y'])
  })
})

describe('mark-up and pagers', () => {
  test.each([
    [
      '#6 \\[ffff885f8fb4fcd0\\] \\_\\_schedule at ffffffff811e6f91',
      '#6 [ffff885f8fb4fcd0] __schedule at ffffffff811e6f91',
    ],
    ['#6 \\[ffff885f8fb4fcd0\\] \\_cond\\_resched at 1', '#6 [ffff885f8fb4fcd0] _cond_resched at 1'],
    ['crash\\> struct stable\\_node', 'crash> struct stable_node'],
    ['do\\_migrate\\_pages', 'do_migrate_pages'],
    ['`crash> bt`', 'crash> bt'],
    ['a `b` c', 'a `b` c'],
  ])('%s', (line, clean) => {
    expect(cleanText(line)).toEqual([clean])
  })

  test.each([
    '```',
    '```console',
    '  ~~~',
    '[code]',
    '[/code]',
    '[pre]',
    '{code:title=a|b}',
    '{noformat}',
    '-- MORE --  forward: <SPACE>, <ENTER> or j  backward: b or k  quit: q',
    '--More--',
    '--More--(12%)',
    '(END)',
    'lines 1-24',
    'lines 25-48/1911 (END)',
    ':',
    '\u001b[7mlines 1-24\u001b[27m',
  ])('%s goes', (line) => {
    expect(cleanLines(`a\n${line}\nb`)).toEqual([
      { text: 'a', at: 1 },
      { text: 'b', at: 3 },
    ])
  })

  test('what stands behind a pager remains', () => {
    expect(cleanText('--More--(12%) #1 [ffff] f')).toEqual(['#1 [ffff] f'])
    expect(
      cleanText('-- MORE --  forward: <SPACE>, <ENTER> or j  backward: b or k  quit: q\r      \r #1 [ffff] f'),
    ).toEqual([' #1 [ffff] f'])
  })
})

describe('indents', () => {
  test("Launchpad's mails lose the two blanks of the description, and nothing else does", () => {
    const mail = [
      '  a',
      'Bug description:',
      '  text',
      '',
      '   #1 [ffff] f',
      'folded',
      '  crash> bt',
      'To manage notifications about this bug go to:',
      '  b',
    ]
    expect(cleanText(mail.join('\n'))).toEqual([
      '  a',
      'Bug description:',
      'text',
      '',
      ' #1 [ffff] f',
      'folded',
      'crash> bt',
      'To manage notifications about this bug go to:',
      '  b',
    ])
  })

  test.each(['[   44.317072] INFO: task', '<3>[   44.317072] text', 'Mar 30 12:00:01 host kernel: text'])(
    'a log line that was indented begins with its stamp again: %s',
    (line) => {
      expect(cleanText(`    ${line}`)).toEqual([line])
    },
  )
})

describe('broken lines', () => {
  test.each([
    ['stable_node->hlist->first =', '0xffff883f3e5746b0', 'stable_node->hlist->first = 0xffff883f3e5746b0'],
    [
      'stable_node->hlist->first = ',
      '  0xffff883f3e5746b0 and on',
      'stable_node->hlist->first = 0xffff883f3e5746b0 and on',
    ],
    ['stable_node:', '0xffff881f836ba000', 'stable_node: 0xffff881f836ba000'],
    ['length:', '170000', 'length: 170000'],
    ['the stable_node->', 'hlist->first', 'the stable_node->hlist->first'],
    [
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at',
      'ffffffff811e6f91',
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91',
    ],
    [' #6 [ffff885f8fb4fcd0] f at ', 'ffffffff811e6f91 [kvm]', ' #6 [ffff885f8fb4fcd0] f at ffffffff811e6f91 [kvm]'],
    [
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm',
      'at ffffffff811e6f91',
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91',
    ],
    [
      ' #6 [ffff885f8fb4fcd0]',
      'rmap_walk_ksm at ffffffff811e6f91',
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91',
    ],
    ['    [exception RIP:', 'smp_call_function_single+219]', '    [exception RIP: smp_call_function_single+219]'],
    [
      'PID: 44  TASK: ffff88000c53c4c0  CPU: 1',
      'COMMAND: "numad"',
      'PID: 44  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "numad"',
    ],
    [
      'PID: 44  TASK: ffff88000c53c4c0',
      'CPU: 1  COMMAND: "numad"',
      'PID: 44  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "numad"',
    ],
    [
      'PID: 44  TASK: ffff88000c53c4c0  CPU: 1  COMMAND:',
      '"numad"',
      'PID: 44  TASK: ffff88000c53c4c0  CPU: 1  COMMAND: "numad"',
    ],
    [
      '[0 00:00:02.682] [UN]  PID: 37  TASK: ffff88000c50d280  CPU: 1',
      'COMMAND: "CPU 0/KVM"',
      '[0 00:00:02.682] [UN]  PID: 37  TASK: ffff88000c50d280  CPU: 1  COMMAND: "CPU 0/KVM"',
    ],
    [
      '>      44       1   1  ffff88000c53c4c0  RU   0.2     2344      484',
      'numad',
      '>      44       1   1  ffff88000c53c4c0  RU   0.2     2344      484  numad',
    ],
    [
      '[<ffff0000080a8054>]',
      'kvm_mmu_notifier_invalidate_page+0x60/0xb0',
      '[<ffff0000080a8054>] kvm_mmu_notifier_invalidate_page+0x60/0xb0',
    ],
  ])('"%s" and "%s"', (first, next, joined) => {
    expect(cleanLines(`${first}\n${next}\nlast`)).toEqual([
      { text: joined, at: 1 },
      { text: 'last', at: 3 },
    ])
    expect(cleanText(`> ${first}\n> ${next}`)).toEqual([joined])
    expect(cleanText(`${first}\n${next}`)).toEqual([joined])
  })

  test('a line may be broken twice', () => {
    expect(cleanText(' #6 [ffff885f8fb4fcd0]\nrmap_walk_ksm at\nffffffff811e6f91')).toEqual([
      ' #6 [ffff885f8fb4fcd0] rmap_walk_ksm at ffffffff811e6f91',
    ])
  })

  test.each([
    ['a list behind a colon', ['the list is:', 'ffff88000ba6b730', 'ffff88000ba65a70', 'ffff88000ba5ca70']],
    ['a list behind an equals sign', ['the list =', 'ffff88000ba6b730', 'ffff88000ba65a70']],
    ['a stack behind a colon', ['Call Trace:', ' [<ffffffff8115af54>] call_rwsem_down_read_failed+0x14/0x30']],
    ['prose behind a colon', ['The messages look like:', 'csd_lock_wait called %d times']],
    ['a frame behind a frame', [' #6 [ffff885f8fb4fcd0] rmap_walk_ksm', ' #7 [ffff885f8fb4fd28] rmap_walk']],
    ['a header behind a frame', [' #6 [ffff885f8fb4fcd0] f at', 'PID: 44']],
    ['usage', ['Usage:', '  list [[-o] offset]']],
    ['a comparison', ['a ==', '0xffff883f3e5746b0']],
    ['a blank line between', ['stable_node->hlist->first =', '', '0xffff883f3e5746b0']],
  ])('what is no broken line stays: %s', (_name, lines) => {
    expect(cleanText(lines.join('\n'))).toEqual(lines)
  })

  test('every form is held by what a line begins or ends with', () => {
    // the cheap check in front of the table must know each of its entries
    const samples: Record<string, readonly [string, string]> = {
      value: ['a =', '5'],
      'labelled value': ['a:', '5'],
      member: ['a->', 'bc'],
      'address of a frame': [' 6 [ffff885f8fb4fcd0] f at', 'ffffffff811e6f91'],
      'place of a frame': ['#6 [ffff885f8fb4fcd0] f', 'at ffffffff811e6f91'],
      'symbol of a frame': ['#6 [ffff885f8fb4fcd0]', 'f'],
      exception: ['[exception RIP:', 'f+1]'],
      header: ['PID: 1 TASK: ffff88000c53c4c0', 'COMMAND: "x"'],
      'name of a header': ['PID: 1 TASK: ffff88000c53c4c0 CPU: 1 COMMAND:', '"x"'],
      'name of a row of ps': ['2950 1 49 ffff885f97745280 UN 0.2 12345 484', 'x'],
      'symbol of a log frame': ['x [<ffff0000080a8054>]', 'f+0x1/0x2'],
    }
    expect(Object.keys(samples)).toEqual(WRAPS.map(({ name }) => name))
    for (const [first, next] of Object.values(samples)) expect(cleanText(`${first}\n${next}`)).toHaveLength(1)
  })
})

describe('any text', () => {
  const anything = fc.array(
    fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(...FINE),
      fc.constantFrom(
        '> ',
        '=3D',
        'a =',
        'x:',
        '0xffff883f3e5746b0',
        'ffff88000ba6b730',
        '<div',
        '<script>',
        '```',
        '\\_',
        'Content-Transfer-Encoding: quoted-printable',
        '\r',
        '\u001b[',
      ),
    ),
    { maxLength: 30 },
  )

  test('never throws, and its numbers never go back or out of the text (property)', () => {
    fc.assert(
      fc.property(anything, (lines) => {
        const text = lines.join('\n')
        const count = text.split('\n').length
        let last = 1
        for (const { at } of cleanLines(text)) {
          expect(at).toBeGreaterThanOrEqual(last)
          expect(at).toBeLessThanOrEqual(count)
          last = at
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('plain words stay, however the lines around them were damaged (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z][a-z ]{0,20}[a-z]$/), { maxLength: 20 }), (lines) => {
        expect(cleanText(lines.join('\n'))).toEqual(lines.length === 0 ? [''] : lines)
      }),
    )
  })
})
