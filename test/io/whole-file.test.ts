import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refuseIn, refusePlaces, WholeFile, writeWhole } from '../../src/io/whole-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-dump-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const place = (name: string): string => join(folder, name)

describe('a file', () => {
  test('is not there before it is whole, and then alone', () => {
    const file = new WholeFile(place('a'), { force: false })
    file.write('one ')
    expect(readdirSync(folder)).not.toContain('a')
    file.write('two')
    file.finish()
    expect(readdirSync(folder)).toEqual(['a'])
    expect(readFileSync(place('a'), 'utf8')).toBe('one two')
  })

  test('that fails half way leaves nothing', async () => {
    const fails = writeWhole(place('a'), { force: false }, (write) => {
      write('half')
      throw new Error('no more')
    })
    await expect(fails).rejects.toThrow('no more')
    expect(readdirSync(folder)).toEqual([])
  })

  test('does not take the place of one that has come to stand there', () => {
    const file = new WholeFile(place('a'), { force: false })
    file.write('ours')
    writeFileSync(place('a'), 'theirs')
    expect(() => file.finish()).toThrow(`${place('a')} can not be written: a file stands there.`)
    expect([readFileSync(place('a'), 'utf8'), readdirSync(folder)]).toEqual(['theirs', ['a']])
  })

  test('forced through a link replaces what the link leads to', async () => {
    mkdirSync(place('sub'))
    writeFileSync(place('sub/a'), 'old')
    symlinkSync('sub/a', place('link'))
    await writeWhole(place('link'), { force: true }, (write) => write('new'))
    expect([readlinkSync(place('link')), readFileSync(place('sub/a'), 'utf8')]).toEqual(['sub/a', 'new'])
  })

  test('may be for its owner alone, and may have a name as long as names can be', async () => {
    const name = 'n'.repeat(255)
    await writeWhole(place(name), { force: false, mode: 0o600 }, (write) => write('x'))
    expect(statSync(place(name)).mode & 0o777).toBe(0o600)
  })

  test('on a full device: the reason, once', async () => {
    const fails = writeWhole('/dev/full', { force: false }, (write) => write('x'))
    await expect(fails).rejects.toThrow(/^\/dev\/full can not be written: ENOSPC: no space left on device, write\.$/)
  })
})

describe('before the work begins', () => {
  const refusal = (act: () => void): unknown => {
    try {
      act()
      return null
    } catch (error) {
      return (error as { code: unknown }).code
    }
  }

  test('files, links to files and links to nothing stand in the way, devices do not', () => {
    writeFileSync(place('file'), '')
    symlinkSync('file', place('link'))
    symlinkSync('nothing', place('dangling'))
    for (const name of ['file', 'link', 'dangling'])
      expect(refusal(() => refusePlaces([place(name)], false))).toBe('file-exists')
    for (const path of [place('file'), place('link')]) expect(refusal(() => refusePlaces([path], true))).toBeNull()
    expect(refusal(() => refusePlaces(['/dev/null', place('free')], false))).toBeNull()
  })

  test('a folder that is missing, is a file, or may not be written to', () => {
    writeFileSync(place('file'), '')
    expect(refusal(() => refusePlaces([place('none/a')], false))).toBe('not-written')
    expect(refusal(() => refusePlaces([place('file/a')], false))).toBe('not-written')
    // root may write everywhere
    if (process.getuid?.() === 0) return
    chmodSync(folder, 0o500)
    expect(refusal(() => refusePlaces([place('a')], false))).toBe('not-written')
    chmodSync(folder, 0o700)
  })

  test('files of a folder that is made later: only what is there can refuse', () => {
    expect(refusal(() => refuseIn(place('later/on'), ['a'], false))).toBeNull()
    mkdirSync(place('now'))
    writeFileSync(place('now/a'), '')
    expect(refusal(() => refuseIn(place('now'), ['b'], false))).toBeNull()
    expect(refusal(() => refuseIn(place('now'), ['a', 'b'], false))).toBe('file-exists')
    expect(refusal(() => refuseIn(place('now/a'), ['b'], false))).toBe('not-written')
  })
})
