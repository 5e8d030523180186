import { describe, expect, test } from 'vitest'
import {
  cmdlineText,
  configText,
  ksmFileText,
  ksmValue,
  meminfoText,
  numberFileText,
  slabinfoText,
  sysctlText,
  vmstatText,
} from '../../src/parsers/sysfs-text.ts'
import { fed, host, values } from '../support/host-texts.ts'

describe('files of /sys/kernel/mm/ksm', () => {
  test.each([
    ['pages_sharing', '9842113\n', '9842113'],
    ['general_profit', '-7411208192\n', '-7411208192'],
    ['run', '0\n', '0'],
    ['advisor_mode', '[none] scan-time\n', 'none'],
    ['advisor_mode', 'none [scan-time]\n', 'scan-time'],
    ['a_file_to_come', '7\n', '7'],
    ['pages_shared', '\n51204\n', '51204'],
  ])('%s: %j', (name, text, value) => expect(values(ksmFileText(name), text)).toEqual({ [`ksm.${name}`]: value }))

  test.each([
    ['pages_sharing', ''],
    ['pages_sharing', 'cat: /sys/kernel/mm/ksm/pages_sharing: Permission denied\n'],
    ['pages_sharing', '9842113 pages\n'],
    ['pages_sharing', '0x10\n'],
    ['pages_sharing', '[none] scan-time\n'],
    ['pages_sharing', '1'.repeat(21)],
    ['advisor_mode', 'none scan-time\n'],
    ['advisor_mode', '7\n'],
  ])('%s that says %j tells nothing', (name, text) => expect(fed(ksmFileText(name), text)).toEqual([]))

  test('only the first line is the value, and its line is told', () => {
    expect(fed(ksmFileText('run'), '1\n2\n')).toEqual([{ kind: 'value', line: 1, name: 'ksm.run', text: '1' }])
    expect(fed(ksmFileText('run'), 'x\n2\n')).toEqual([])
  })

  test('a value is read without blanks around it', () => expect(ksmValue('run', ' 1 \r')).toBe('1'))
})

test('a file with a number that is none tells nothing', () => {
  expect(values(numberFileText('kernel.softlockup_count'), '12\n')).toEqual({ 'kernel.softlockup_count': '12' })
  expect(values(numberFileText('kernel.softlockup_count'), 'no\n')).toEqual({})
})

describe('/proc/vmstat', () => {
  test('counters that bear on KSM and on migration, each once; others are passed over', () => {
    const text =
      'nr_free_pages 41223311\nnr_zone_active_anon 3\npgmigrate_success 41120332\nksm_swpin_copy 0\ncow_ksm 41120\npgfault 9\nnuma_hint_faults 7\nunstable 0\ncow_ksm 5\n'
    expect(values(vmstatText(), text)).toEqual({
      'vmstat.nr_free_pages': '41223311',
      'vmstat.pgmigrate_success': '41120332',
      'vmstat.ksm_swpin_copy': '0',
      'vmstat.cow_ksm': '41120',
      'vmstat.numa_hint_faults': '7',
    })
  })

  test('a line that is no row is none', () => {
    expect(values(vmstatText(), ['cow_ksm', 'cow_ksm x', 'cow_ksm 1 2', 'the cow_ksm 1', 'cow_ksm: 1'])).toEqual({})
  })
})

describe('/proc/meminfo', () => {
  test('lines as printed, and the memory of the host in bytes', () => {
    const text = 'MemTotal:       541065216 kB\nActive(anon):    1234 kB\nHugePages_Total:       0\n'
    expect(values(meminfoText(), text)).toEqual({
      'meminfo.MemTotal': '541065216 kB',
      'meminfo.Active(anon)': '1234 kB',
      'meminfo.HugePages_Total': '0',
    })
    expect(host(meminfoText(), text)).toEqual({ memoryBytes: 541065216 * 1024 })
  })

  test('a size that no host has is not taken for one', () =>
    expect(host(meminfoText(), 'MemTotal:  99999999999999999999 kB')).toEqual({}))
})

describe('/proc/slabinfo', () => {
  test('rows of KSM: objects in use, objects at all, their size', () => {
    const text = [
      'slabinfo - version: 2.1',
      '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>',
      'ksm_rmap_item     22226302 22226400     64   64    1 : tunables    0    0    0 : slabdata 347288 347288      0',
      'ksm_stable_node      51204    51264     64   64    1 : tunables    0    0    0 : slabdata    801    801      0',
      'kmalloc-64         9000     9024     64   64    1 : tunables    0    0    0 : slabdata    141    141      0',
    ]
    expect(values(slabinfoText(), text)).toEqual({
      'slab.ksm_rmap_item.active': '22226302',
      'slab.ksm_rmap_item.objects': '22226400',
      'slab.ksm_rmap_item.bytes': '64',
      'slab.ksm_stable_node.active': '51204',
      'slab.ksm_stable_node.objects': '51264',
      'slab.ksm_stable_node.bytes': '64',
    })
  })

  test('half a row is none', () =>
    expect(values(slabinfoText(), 'ksm_rmap_item     22226302 22226400     64')).toEqual({}))
})

test('sysctl -a: wanted settings, the host and its release; whatever else is passed over', () => {
  const text = [
    'kernel.hostname = hv-r920-3',
    'kernel.osrelease = 4.4.0-72-generic',
    'kernel.numa_balancing = 0',
    'kernel.hung_task_timeout_secs=120',
    'kernel.core_pattern = |/usr/share/apport/apport %p',
    'vm.zone_reclaim_mode = 0',
    'net.ipv4.conf.all.rp_filter = 1',
    'kernel.numa_balancing = 1',
    "sysctl: reading key 'net.ipv6.conf.all.stable_secret'",
  ]
  expect(values(sysctlText(), text)).toEqual({
    'sysctl.kernel.numa_balancing': '0',
    'sysctl.kernel.hung_task_timeout_secs': '120',
    'sysctl.vm.zone_reclaim_mode': '0',
  })
  expect(host(sysctlText(), text)).toEqual({ nodename: 'hv-r920-3', release: '4.4.0-72-generic' })
})

test('the boot command line: parameters with and without a value', () => {
  const line =
    'BOOT_IMAGE=/vmlinuz root=UUID=1d33 ro csdlock_debug nosoftlockup numa_balancing=disable crashkernel=512M'
  expect(values(cmdlineText(), line)).toEqual({
    'cmdline.csdlock_debug': '',
    'cmdline.nosoftlockup': '',
    'cmdline.numa_balancing': 'disable',
    'cmdline.crashkernel': '512M',
  })
})

test('the configuration: what is not set is n, and not told is another thing', () => {
  const text = [
    'CONFIG_KSM=y',
    '# CONFIG_CSD_LOCK_WAIT_DEBUG is not set',
    'CONFIG_DEFAULT_HUNG_TASK_TIMEOUT=120',
    'CONFIG_USB=m',
    '# CONFIG_NUMA was here',
  ]
  expect(values(configText(), text)).toEqual({
    'config.CONFIG_KSM': 'y',
    'config.CONFIG_CSD_LOCK_WAIT_DEBUG': 'n',
    'config.CONFIG_DEFAULT_HUNG_TASK_TIMEOUT': '120',
  })
})
