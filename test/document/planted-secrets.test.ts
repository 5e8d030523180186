import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redact } from '../../src/document/redact.ts'
import type { AnalyzeReport } from '../../src/document/schema.ts'
import { FORMATS } from '../../src/report/formats.ts'
import { analyzed } from '../support/analyzed.ts'
import { NUMAD_BT } from '../support/numad-session.ts'
import { cli, fixture } from '../support/cli.ts'
import { writeTar } from '../support/tar-writer.ts'

// Thirty secrets go in through every kind of input; no form of a redacted report may have one of them.

const HOST = 'hv-acme-07'
const DOMAIN = 'dc3.acme.example'
const GUESTS = ['erp-prod-1', 'maria.db.7', 'Windows 2019 (finance)', 'customer-database']
const USERS = ['sven.olsen', 'kwilliams', 'svc_backup']
const IPS = ['10.20.30.40', '192.168.77.5', '203.0.113.99', 'fe80::5054:ff:fe12:3456', '2001:db8:77::1']
const MACS = ['52:54:00:ab:cd:ef', '3c-fd-fe-a1-b2-c3']
const UUIDS = [
  '8d5ba1b2-7f6a-4b1c-9d2e-0123456789ab',
  'c0ffee00-1111-4222-8333-444455556666',
  '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
]
const SERIALS = ['PF3K9XYZ', '4CE9330QWE', 'iqn.2001-04.com.acme:disk2', '5000c500a1b2c3d4']
const PATHS = ['vmcores/prod-outage', 'Desktop/case-4711', 'secrets.txt']
const COMMAND = ['passphrase-77', 'drive-secret.qcow2', 'vnc-password-9']
const OTHER_HOSTS = ['nfs-filer-2', 'hv-acme-08']
const SECRETS = [
  HOST,
  DOMAIN,
  ...GUESTS,
  ...USERS,
  ...IPS,
  ...MACS,
  ...UUIDS,
  ...SERIALS,
  ...PATHS,
  ...COMMAND,
  ...OTHER_HOSTS,
]

const QEMU = `/usr/bin/qemu-system-x86_64 -name guest=${GUESTS[0]},debug-threads=on -uuid ${UUIDS[0]} -object secret,data=${COMMAND[0]} -drive file=/srv/${COMMAND[1]} -netdev tap -device virtio-net-pci,mac=${MACS[0]} -vnc :1,password=${COMMAND[2]}`

/** Lines with every secret in them, as logs and people write them. */
const LINES = [
  `Nov 24 12:34:56 ${HOST} kernel: eth0: link up, ${MACS[0]} ${MACS[1]}`,
  `Nov 24 12:34:57 ${HOST} sshd[77]: Accepted publickey for ${USERS[0]} from ${IPS[0]} port 22`,
  `Nov 24 12:34:58 ${HOST} kernel: nfs: server ${OTHER_HOSTS[0]} not responding, still trying`,
  `Nov 24 12:34:59 ${HOST} sudo: ${USERS[1]} : TTY=pts/0 ; PWD=/root/${PATHS[2]} ; USER=root`,
  `Nov 24 12:35:00 ${HOST} systemd: session opened for user ${USERS[2]} by (uid=0)`,
  `Linux ${OTHER_HOSTS[1]} 4.4.0-72-generic #93-Ubuntu SMP`,
  `${HOST}.${DOMAIN} at ${IPS[1]}, ${IPS[2]}, ${IPS[3]} and ${IPS[4]}`,
  `Serial Number: ${SERIALS[0]}, Service Tag: ${SERIALS[1]}, ${SERIALS[2]}, wwn 0x${SERIALS[3]}`,
  `boot uuid ${UUIDS[1]}, machine-id ${UUIDS[2]}`,
  `core in /home/${USERS[0]}/${PATHS[0]} and /Users/${USERS[1]}/${PATHS[1]}; /root/${PATHS[2]}`,
  `domain '${GUESTS[2]}' and guest=${GUESTS[0]}; /var/log/libvirt/qemu/${GUESTS[1]}.log, libvirt/qemu/${GUESTS[3]}.xml`,
  QEMU,
]

const HUNG = [
  `INFO: task qemu:${GUESTS[0]}:4242 blocked for more than 120 seconds.`,
  '      Not tainted 4.4.0-72-generic #93-Ubuntu',
  `qemu:${GUESTS[0]}   D ffff881f836ba000     0  4242      1 0x00000000`,
  'Call Trace:',
  ' [<ffffffff81837845>] schedule+0x35/0x80',
  ' [<ffffffff8183a480>] rwsem_down_read_failed+0xe0/0x140',
  ' [<ffffffff8140c9d4>] call_rwsem_down_read_failed+0x14/0x30',
  ' [<ffffffff8183973d>] ? down_read+0x1d/0x30',
  ' [<ffffffff8106b57a>] __do_page_fault+0x3ca/0x400',
]
const WALK = [
  `NMI watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [numad:101]`,
  'Call Trace:',
  ' [<ffffffff81109a33>] smp_call_function_many+0x203/0x260',
  ' [<ffffffff811d9fa0>] rmap_walk_ksm+0x120/0x200',
  ' [<ffffffff811c7f15>] try_to_unmap+0x95/0xe0',
  ' [<ffffffff811fd0a1>] migrate_pages+0x2e1/0x7a0',
  ' [<ffffffff811ea6d5>] do_migrate_pages+0x245/0x260',
]
const kernLog = [...HUNG, ...WALK].map(
  (line, i) => `Nov 24 12:40:${10 + i} ${HOST} kernel: [${1000 + i}.000000] ${line}`,
)

const SYS = [
  '      KERNEL: /home/sven.olsen/vmcores/prod-outage/vmlinux-4.4.0-72-generic',
  '    DUMPFILE: dump.202611241200  [PARTIAL DUMP]',
  '        CPUS: 120',
  '        DATE: Thu Mar 30 12:00:00 CST 2017',
  '      UPTIME: 12 days, 01:02:03',
  'LOAD AVERAGE: 61.20, 58.10, 40.00',
  '       TASKS: 1911',
  `    NODENAME: ${HOST}.${DOMAIN}`,
  '     RELEASE: 4.4.0-72-generic',
  '     VERSION: #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017',
  '     MACHINE: x86_64  (2400 Mhz)',
  '      MEMORY: 528 GB',
  `       PANIC: "sysrq: triggered by ${USERS[1]}@${IPS[0]}"`,
]
const BT = [
  ...NUMAD_BT,
  'crash> bt 4242',
  `PID: 4242   TASK: ffff883f8fb4c600  CPU: 4   COMMAND: "qemu:${GUESTS[0]}"`,
  ' #0 [ffff883f8fb4fb00] __schedule at ffffffff81837845',
  ' #1 [ffff883f8fb4fb40] rwsem_down_read_failed at ffffffff8183a480',
  ' #2 [ffff883f8fb4fb80] call_rwsem_down_read_failed at ffffffff8140c9d4',
  ' #3 [ffff883f8fb4fc00] down_read at ffffffff8183973d',
  ' #4 [ffff883f8fb4fe80] __do_page_fault at ffffffff8106b57a',
]

const REPORT: Record<string, readonly string[]> = {
  'etc/hostname': [HOST],
  'sos_commands/host/hostname': [`${HOST}.${DOMAIN}`],
  'sos_commands/kernel/uname_-a': [
    `Linux ${HOST} 4.4.0-72-generic #93-Ubuntu SMP Fri Mar 31 14:07:41 UTC 2017 x86_64 GNU/Linux`,
  ],
  'sos_commands/virsh/virsh_list_--all': [
    ' Id    Name                           State',
    '----------------------------------------------------',
    ...GUESTS.map((guest, i) => ` ${i + 1}     ${guest}     running`),
  ],
  [`var/log/libvirt/qemu/${GUESTS[0]}.log`]: LINES,
  'var/log/kern.log': [...LINES, ...kernLog],
  'var/log/messages': [...LINES, ...kernLog],
  'sos_commands/kernel/dmesg': HUNG.map((line, i) => `[ ${1000 + i}.000000] ${line}`),
  'sos_commands/process/ps_auxwww': [
    'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND',
    `${USERS[2]} 4242 1 1 1 1 ? Dl 12:00 0:00 ${QEMU}`,
  ],
  'sys/kernel/mm/ksm/run': ['1'],
  'sys/kernel/mm/ksm/pages_shared': ['700'],
  'sys/kernel/mm/ksm/pages_sharing': ['9842113'],
}

const scratch = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
afterAll(() => rmSync(scratch, { recursive: true }))
/** Everything lies in a home folder that is a secret itself. */
const home = join(scratch, 'home', USERS[0]!, PATHS[0]!)
const put = (name: string, content: string | Uint8Array): string => {
  const path = join(home, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}
const text = (...lines: readonly (readonly string[])[]): string => `${lines.flat().join('\n')}\n`

const name = `sosreport-${HOST}-2026-11-24-qwertyu`
function folder(): string {
  for (const [member, lines] of Object.entries(REPORT)) put(`folder/${name}/${member}`, text(lines))
  return join(home, 'folder', name)
}
const tar = (): string =>
  put(
    `${name}.tar`,
    writeTar(Object.entries(REPORT).map(([member, lines]) => ({ name: `${name}/${member}`, data: text(lines) }))),
  )
const apport = (): string =>
  put(
    'linux-image-4.4.0-72-generic-202611241200.crash',
    text(
      ['ProblemType: KernelOops', 'Architecture: amd64', 'Uname: Linux 4.4.0-72-generic x86_64', `HostName: ${HOST}`],
      [
        'CurrentDmesg.txt:',
        ...HUNG.map((line, i) => ` [ ${1000 + i}.000000] ${line}`),
        ...LINES.map((line) => ` ${line}`),
      ],
    ),
  )
const mail = (): string =>
  put(
    `mail-of-${HOST}.eml`,
    text(
      [`From: Sven <${USERS[0]}@${DOMAIN}>`, `To: ${USERS[1]}@${OTHER_HOSTS[0]}`, 'Subject: it hangs', ''],
      LINES,
      SYS,
      BT,
      HUNG,
    ),
  )

/** As from a dump that has the names of guests: a real hang, and secrets wherever a text stands. */
function handMade(base: AnalyzeReport): AnalyzeReport {
  const document = structuredClone(base)
  const [finding] = document.findings
  document.inputs[0]!.name = `/home/${USERS[0]}/${PATHS[0]}/${HOST}.vmcore`
  document.host.name = `${HOST}.${DOMAIN}`
  document.host.panic = LINES[1]!
  document.guests = [...GUESTS]
  document.ksm!.sharers!.rows.forEach((row, i) => {
    row.guest = GUESTS[i]!
    row.comm = `qemu:${GUESTS[3]}`.slice(0, 15)
  })
  document.hang!.waiters.forEach((waiter, i) => {
    waiter.comm = `${GUESTS[i % 4]}`.slice(0, 15)
  })
  document.verdict.summary = `${HOST}: ${document.verdict.summary} ${GUESTS[0]} waits`
  document.findings = LINES.map((line) => ({
    ...finding!,
    summary: line,
    evidence: [{ input: `${document.inputs[0]!.name}!x`, at: line, text: line, check: { crash: line, drgn: line } }],
  }))
  document.problems = LINES.map((line) => ({
    code: 'implausible-value',
    message: line,
    input: document.inputs[0]!.name,
    at: null,
  }))
  document.actions[0]!.commands.push(`virsh suspend ${GUESTS[0]}`, `ssh ${USERS[1]}@${IPS[0]}`)
  document.checked[0]!.by = LINES.join(' ')
  document.kernel!.version = `#1 ${LINES[5]}`
  document.known[0]!.why = LINES[6]!
  document.environment.Uname = LINES[5]!
  document.stacks!.groups[0]!.comms = [...GUESTS]
  return document
}

const KINDS: Record<string, () => string | string[]> = {
  'a sosreport, unpacked': folder,
  'a sosreport, packed': tar,
  'a kernel log': () => put(`${HOST}-kern.log`, text(LINES, kernLog)),
  'a session of crash': () => put(`crash-${HOST}.txt`, text(SYS, BT, LINES)),
  'a report of apport': apport,
  'a mail': mail,
  'two hosts at once': () => [
    put('a/kern.log', text(kernLog)),
    put('b/kern.log', text(kernLog.map((line) => line.replaceAll(HOST, OTHER_HOSTS[1]!)))),
  ],
}

/** A document in every form. @param how - it is redacted; null: it is not */
async function forms(document: AnalyzeReport, how: 'names' | 'all' | null): Promise<Map<string, string>> {
  const redacted = how === null ? document : redact(document, how).document
  const made = new Map<string, string>()
  for (const { name: form, render } of FORMATS) {
    const pieces: string[] = []
    await render(redacted, (piece) => pieces.push(piece), { colors: false, columns: 80, rows: null, redacted: true })
    // a form that wrote nothing would hide everything
    expect([form, pieces.join('').length > 200]).toEqual([form, true])
    made.set(form, pieces.join(''))
  }
  return made
}

/** Secrets in a text; broken lines, signs that are escaped, entities and tags between words hide none. */
function leaks(all: string): string[] {
  const variants = [
    all,
    all.replace(/\\(?=[^\w])/g, ''),
    all.replace(/\s+/g, ' '),
    all.replace(/\n\s*/g, ''),
    unescaped(all),
    unescaped(all.replace(/<[^>]*>/g, '')),
  ]
  return SECRETS.filter((secret) => variants.some((each) => each.toLowerCase().includes(secret.toLowerCase())))
}

function unescaped(markup: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }
  return markup.replace(/&(\w+|#\d+);/g, (all, name: string) => entities[name] ?? all)
}

let hang: AnalyzeReport
beforeAll(async () => {
  hang = (await analyzed(fixture('6.1-hang.vmcore'))).document
})

test('there are thirty and more, and a report that is not redacted shows them', () => {
  expect(SECRETS.length).toBeGreaterThanOrEqual(30)
  expect(leaks(JSON.stringify(handMade(hang)))).toEqual(SECRETS)
})

test('each form shows secrets where nothing is redacted: the check would see them', async () => {
  for (const [form, all] of await forms(handMade(hang), null))
    expect([form, leaks(all).length >= (form === 'launchpad' ? 1 : 25)]).toEqual([form, true])
})

test('a document as from a dump that names its guests', async () => {
  for (const how of ['names', 'all'] as const)
    for (const [form, all] of await forms(handMade(hang), how)) expect([form, leaks(all)]).toEqual([form, []])
})

describe('every kind of input', () => {
  test.each(Object.keys(KINDS))('%s', async (kind) => {
    const { document } = await analyzed(...[KINDS[kind]!()].flat())
    // they get in: the folder at least
    expect(leaks(JSON.stringify(document)).length).toBeGreaterThan(2)
    for (const [form, all] of await forms(document, 'names')) expect([form, leaks(all)]).toEqual([form, []])
  })
})

test('the program: every form by its flag', async () => {
  const saved = put('saved.json', JSON.stringify(handMade(hang)))
  const [, ...others] = FORMATS.map(({ name: form }) => form)
  const out = (way: string, form: string): string => join(scratch, `${way}.${form}`)
  const flags = (way: string): string[] => others.flatMap((form) => [`--${form}`, '-o', out(way, form)])
  const run = await cli(['analyze', '--from', saved, '--redact', ...flags('a')])
  expect([run.code, run.stdout, run.stderr]).toEqual([0, '', ''])
  for (const form of others) expect([form, leaks(readFileSync(out('a', form), 'utf8'))]).toEqual([form, []])
})
