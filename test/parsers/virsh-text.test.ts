import { describe, expect, test } from 'vitest'
import { guestOf } from '../../src/parsers/sos/value-names.ts'
import { guestPidText, guestXmlText, qemuLogText, virshListText } from '../../src/parsers/virsh-text.ts'
import { fed, values } from '../support/host-texts.ts'

const OLD = [
  ' Id    Name                           State',
  '----------------------------------------------------',
  ' 2     va-web-01                      running',
  ' -     va-web-09                      shut off',
  '',
]
const NEW = [' Id   Name    State', '-----------------------', ' 1    web01   running', ' -    web09   shut off', '']

describe('virsh list', () => {
  test('the old form, of fixed columns', () => {
    expect(values(virshListText(), OLD)).toEqual({
      'guest.va-web-01.id': '2',
      'guest.va-web-01.state': 'running',
      'guest.va-web-09.id': '-',
      'guest.va-web-09.state': 'shut off',
      'guests.listed': '2',
    })
  })

  test('the new form, and one that a mailer squeezed', () => {
    const wanted = {
      'guest.web01.id': '1',
      'guest.web01.state': 'running',
      'guest.web09.id': '-',
      'guest.web09.state': 'shut off',
      'guests.listed': '2',
    }
    expect(values(virshListText(), NEW)).toEqual(wanted)
    expect(
      values(
        virshListText(),
        NEW.map((line) => line.replace(/ +/g, ' ')),
      ),
    ).toEqual(wanted)
    expect(
      values(
        virshListText(),
        NEW.flatMap((line) => [line, '']),
      ),
    ).toEqual(wanted)
  })

  test('a table without rows says that there are no guests; no table says nothing', () => {
    expect(values(virshListText(), [' Id   Name   State', '--------------------', ''])).toEqual({
      'guests.listed': '0',
    })
    expect(values(virshListText(), ['', ' 2   web01   running'])).toEqual({})
  })

  test('names with blanks, dots, digits and words of states', () => {
    const rows = [
      ' 3     my guest                       in shutdown',
      ' 4     web.01                         paused',
      ' 5     7                              idle',
      ' 6     was shut off                   running',
    ]
    const told = values(virshListText(), [...OLD.slice(0, 2), ...rows])
    expect(told).toMatchObject({
      'guest.my guest.state': 'in shutdown',
      'guest.web.01.id': '4',
      'guest.7.state': 'idle',
      'guest.was shut off.state': 'running',
      'guests.listed': '4',
    })
    expect(Object.keys(told).map(guestOf)).toContainEqual({ guest: 'web.01', what: 'id' })
  })

  test('a long name is not cut', () => {
    const name = `g${'x'.repeat(60)}`
    expect(values(virshListText(), [...OLD.slice(0, 2), ` 12    ${name} running`])[`guest.${name}.id`]).toBe('12')
  })

  test('what follows the table is not in it', () => {
    const told = values(virshListText(), [...NEW.slice(0, 3), 'the host 1 is running', ' 9    ghost   running'])
    expect(told['guests.listed']).toBe('1')
    expect(Object.keys(told)).not.toContain('guest.ghost.id')
  })

  test('a connection that failed is told as an error, not as no guests', () => {
    expect(
      fed(virshListText(), ['error: failed to connect to the hypervisor', 'error: Failed to connect socket']),
    ).toEqual([
      { kind: 'error', line: 1, command: 'virsh', text: 'failed to connect to the hypervisor' },
      { kind: 'error', line: 2, command: 'virsh', text: 'Failed to connect socket' },
    ])
  })
})

const XML = `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE.
-->

<domain type='kvm'>
  <name>web01</name>
  <uuid>0D2B8A8E-9a37-4c52-8b52-6d1ffb2a0001</uuid>
  <memory unit='KiB'>33554432</memory>
  <currentMemory unit='KiB'>16777216</currentMemory>
  <memoryBacking>
    <nosharepages/>
    <locked/>
  </memoryBacking>
  <vcpu placement='static' current='8'>16</vcpu>
  <devices>
    <locked/>
    <interface type='network'>
      <mac address='52:54:00:3a:c1:01'/>
    </interface>
  </devices>
</domain>`

describe("a guest's XML", () => {
  test('memory, virtual CPUs and whether its pages may be merged', () => {
    expect(values(guestXmlText(), XML)).toEqual({
      'guest.web01.uuid': '0d2b8a8e-9a37-4c52-8b52-6d1ffb2a0001',
      'guest.web01.memoryKiB': '33554432',
      'guest.web01.nosharepages': 'yes',
      'guest.web01.locked': 'yes',
      'guest.web01.vcpus': '16',
    })
  })

  test('a guest whose pages may be merged says nothing of it', () => {
    const plain = XML.replace(/<memoryBacking>[\s\S]*<\/memoryBacking>/, '')
    expect(Object.keys(values(guestXmlText(), plain))).not.toContain('guest.web01.nosharepages')
    // elsewhere <locked/> is another thing
    expect(Object.keys(values(guestXmlText(), plain))).not.toContain('guest.web01.locked')
  })

  test.each([
    ["<memory unit='GiB'>32</memory>", '33554432'],
    ['<memory>1048576</memory>', '1048576'],
    ["<memory dumpCore='off' unit='MiB'>512</memory>", '524288'],
    ["<memory unit='pages'>512</memory>", undefined],
  ])('%s', (element, kib) => {
    expect(values(guestXmlText(), ['<domain>', '<name>a</name>', element])['guest.a.memoryKiB']).toBe(kib)
  })

  test('the live one has the process, its threads and the state before the name', () => {
    const live = `<domstatus state='running' reason='booted' pid='24561'>
  <taint flag='x'/>
  <vcpus>
    <vcpu id='0' pid='24577'/>
    <vcpu id='1' pid='24579'/>
  </vcpus>
  <domain type='kvm' id='2'>
    <name>a &amp; b</name>
    <vcpus>
      <vcpu id='0' enabled='yes' hotpluggable='no'/>
    </vcpus>
  </domain>
</domstatus>`
    expect(values(guestXmlText(), live)).toEqual({
      'guest.a & b.state': 'running',
      'guest.a & b.pid': '24561',
      'guest.a & b.id': '2',
      'guest.a & b.vcpuPids': '24577 24579',
    })
  })

  test("another thing's XML tells nothing", () => {
    expect(
      fed(
        guestXmlText(),
        "<network>\n  <name>default</name>\n  <uuid>0d2b8a8e-9a37-4c52-8b52-6d1ffb2a0001</uuid>\n  <domain name='x'/>\n</network>",
      ),
    ).toEqual([])
    expect(fed(guestXmlText(), '<domainsnapshot>\n  <name>1490000000</name>\n</domainsnapshot>')).toEqual([])
  })
})

test('a pid file', () => {
  expect(values(guestPidText('web.01'), '4120')).toEqual({ 'guest.web.01.pid': '4120' })
  expect(values(guestPidText('web01'), 'none')).toEqual({})
})

describe("a QEMU's log", () => {
  const start = '2017-03-20 07:12:44.123+0000: starting up libvirt version: 1.3.1, qemu version: 2.5.0'
  test('the last start counts', () => {
    expect(
      values(qemuLogText('a'), [start, '/usr/bin/qemu-system-x86_64 -machine pc,accel=kvm,mem-merge=off -m 1']),
    ).toEqual({ 'guest.a.memMerge': 'off' })
    expect(values(qemuLogText('a'), [start, '-machine pc,mem-merge=off \\', start, '-machine pc \\'])).toEqual({})
    expect(values(qemuLogText('a'), [start, '-machine mem-merge=on'])).toEqual({ 'guest.a.memMerge': 'on' })
  })
})
