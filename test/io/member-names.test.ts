import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalName } from '../../src/base/member-name.ts'
import { belowTop, Links } from '../../src/io/member-names.ts'

describe('names', () => {
  test.each([
    ['a/b/c', 'a/b/c'],
    ['./a//b/./c/', 'a/b/c'],
    ['/etc/passwd', 'etc/passwd'],
    ['a/../b', 'b'],
    ['a/b/../../c', 'c'],
    ['..', null],
    ['../a', null],
    ['a/../../b', null],
    ['/../etc', null],
    ['', null],
    ['./', null],
    ['a\\..\\b', 'a\\..\\b'],
    ['..a/...', '..a/...'],
  ])('%j is %j', (name, normal) => {
    expect(normalName(name)).toBe(normal)
  })

  test('a normal name never leads out, whatever was given', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', 'b', '/', '/../')), (parts) => {
        const name = normalName(parts.join('/'))
        if (name !== null)
          expect(name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true)
      }),
    )
  })

  test.each([
    ['sosreport-x/sys/kernel/mm', 'sys/kernel/mm'],
    ['sys/kernel/mm', 'sys/kernel/mm'],
    ['sosreport-x/sos_commands/process/ps', 'sos_commands/process/ps'],
    ['sos_commands/process/ps', 'sos_commands/process/ps'],
    ['dmesg', 'dmesg'],
    ['sosreport-x/version.txt', 'version.txt'],
  ])('%j is %j below the top of its report', (name, below) => {
    expect(belowTop(name)).toBe(below)
  })
})

describe('links', () => {
  const links = (...all: [string, string][]): Links => {
    const result = new Links()
    for (const [name, target] of all) result.add(name, target, 'top')
    return result
  }

  test('lead from their own folder, through folders that are links too, and from the top', () => {
    const some = links(
      ['top/ps', 'sos_commands/process/ps_aux'],
      ['top/var/log/kern.log', '../../sos_strings/logs/var.log.kern.log.tailed'],
      ['top/lib', 'usr/lib'],
      ['top/etc/os-release', '../lib/os-release'],
      ['top/etc/localtime', '/usr/share/zoneinfo/UTC'],
    )
    expect(some.resolve('top/ps')).toBe('top/sos_commands/process/ps_aux')
    expect(some.resolve('top/var/log/kern.log')).toBe('top/sos_strings/logs/var.log.kern.log.tailed')
    expect(some.resolve('top/etc/os-release')).toBe('top/usr/lib/os-release')
    expect(some.resolve('top/etc/localtime')).toBe('top/usr/share/zoneinfo/UTC')
    expect(some.resolve('top/lib/a')).toBe('top/usr/lib/a')
    expect(some.resolve('top/other')).toBe('top/other')
  })

  test('that leave the archive, or lead to themselves, lead nowhere', () => {
    expect(links(['a/b', '../../../etc/passwd']).resolve('a/b')).toBeNull()
    expect(links(['a', 'a']).resolve('a')).toBeNull()
    expect(links(['a', 'b'], ['b', 'a']).resolve('a')).toBeNull()
    expect(links(['a', 'a/b']).resolve('a')).toBeNull()
  })

  test('eight in a row are followed, nine are not', () => {
    const chain = Array.from({ length: 9 }, (_, i): [string, string] => [`l${i}`, `l${i + 1}`])
    expect(links(...chain).resolve('l1')).toBe('l9')
    expect(links(...chain).resolve('l0')).toBeNull()
  })

  test('too many, and too long ones, are refused', () => {
    const many = new Links()
    const long = 'x'.repeat(1024 * 1024)
    let kept = 0
    for (let i = 0; i < 40; i++) if (many.add(`l${i}`, long)) kept++
    expect(kept).toBeGreaterThan(25)
    expect(kept).toBeLessThan(33)
  })

  test('a path that grows with each step ends', () => {
    const growing = links(['a', 'a/a/a/a/a/a'], ['b', `${'b/'.repeat(50)}c`])
    expect(growing.resolve('a/x')).toBeNull()
    expect(growing.resolve('b/x')).toBeNull()
  })
})
