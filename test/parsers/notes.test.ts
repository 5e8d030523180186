import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { factsOf, linesOf, noteText, parseNotes } from '../../src/parsers/notes.ts'
import { noteBytes } from '../support/byte-writer.ts'

const TEXT = 'OSRELEASE=6.1.0\nPAGESIZE=4096\n'

function names(bytes: Uint8Array): string[] {
  return parseNotes(bytes, 'little', 0).notes.map(({ name }) => name)
}

describe('parseNotes', () => {
  test.each(['little', 'big'] as const)('reads name, type, desc and its offset, %s-endian', (endian) => {
    const bytes = noteBytes(
      [
        { name: 'CORE', type: 1, desc: new Uint8Array(5).fill(7) },
        { name: 'VMCOREINFO', type: 0, desc: TEXT },
      ],
      endian,
    )
    const { notes, damaged } = parseNotes(bytes, endian, 1000)
    expect(damaged).toBeNull()
    expect(notes.map(({ name, type, at }) => ({ name, type, at }))).toEqual([
      { name: 'CORE', type: 1, at: 1000 + 12 + 8 },
      { name: 'VMCOREINFO', type: 0, at: 1000 + 28 + 12 + 12 },
    ])
    expect([...notes[0]!.desc]).toEqual([7, 7, 7, 7, 7])
    expect(noteText(notes[1]!.desc)).toBe(TEXT)
  })

  test('a name may lack its NUL', () => {
    expect(names(noteBytes([{ name: 'QEMU', type: 0, desc: 'x', bare: true }], 'little'))).toEqual(['QEMU'])
  })

  test('filler of zeros between and after notes is stepped over', () => {
    const note = noteBytes([{ name: 'CORE', type: 1, desc: 'abc' }], 'little')
    const bytes = Uint8Array.from([
      ...new Uint8Array(24),
      ...note,
      ...new Uint8Array(12),
      ...note,
      ...new Uint8Array(7),
    ])
    expect(names(bytes)).toEqual(['CORE', 'CORE'])
    expect(parseNotes(bytes, 'little', 0).damaged).toBeNull()
  })

  test('the padding after the last desc may be missing', () => {
    const note = noteBytes([{ name: 'CORE', type: 1, desc: 'abcde' }], 'little')
    expect(parseNotes(note.subarray(0, note.length - 3), 'little', 0)).toMatchObject({
      damaged: null,
      notes: [{ name: 'CORE' }],
    })
  })

  test.each([
    ['descsz', 4],
    ['namesz', 0],
  ])('a %s of 0xffffffff ends the notes with what was before and its place', (_name, at) => {
    const bytes = noteBytes(
      [
        { name: 'CORE', type: 1, desc: 'abcd' },
        { name: 'CORE', type: 1, desc: 'abcd' },
      ],
      'little',
    )
    new DataView(bytes.buffer).setUint32(24 + at, 0xffffffff, true)
    const { notes, damaged } = parseNotes(bytes, 'little', 100)
    expect(notes).toHaveLength(1)
    expect(damaged).toMatchObject({ at: 124 })
  })

  test('any bytes give notes inside of them, and it ends (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(0, 0, 1, 4, 5, 8), fc.integer({ min: 0, max: 255 })), { maxLength: 300 }),
        (list) => {
          const bytes = Uint8Array.from(list)
          for (const note of parseNotes(bytes, 'little', 0).notes) {
            expect(note.at + note.desc.length).toBeLessThanOrEqual(bytes.length)
            expect(note.desc.buffer).toBe(bytes.buffer)
          }
        },
      ),
    )
  })
})

describe('factsOf', () => {
  test('registers are counted by kind, VMCOREINFO and ERASEINFO are text', () => {
    const facts = factsOf(
      parseNotes(
        noteBytes(
          [
            { name: 'CORE', type: 1, desc: 'a' },
            { name: 'CORE', type: 3, desc: 'other' },
            { name: 'CORE', type: 1, desc: 'b' },
            { name: 'QEMU', type: 0, desc: 'c' },
            { name: 'QEMU', type: 0, desc: 'd' },
            { name: 'VMCOREINFO', type: 0, desc: 'no lines' },
            { name: 'VMCOREINFO', type: 0, desc: `${TEXT}\0\0` },
            { name: 'ERASEINFO', type: 0, desc: 'erase a\n' },
          ],
          'little',
        ),
        'little',
        0,
      ).notes,
    )
    expect(facts.cpus.map(({ index, kind }) => `${kind} ${index}`)).toEqual([
      'prstatus 0',
      'prstatus 1',
      'qemu 0',
      'qemu 1',
    ])
    expect(facts.vmcoreinfo).toBe(TEXT)
    expect(facts.eraseInfo).toBe('erase a\n')
  })

  test('VMCOREINFO without any = is none', () => {
    expect(linesOf(new Uint8Array(100))).toBeNull()
  })

  test('long texts come whole', () => {
    const text = 'A=1\n'.repeat(50_000)
    expect(noteText(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))).toBe(text)
  })
})
