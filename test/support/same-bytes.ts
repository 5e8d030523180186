import { expect } from 'vitest'

/** Compares bytes quickly: toEqual takes milliseconds for a page. */
export function expectSame(got: Uint8Array | string, wanted: Uint8Array): void {
  if (typeof got === 'string') expect(got).toBe('bytes')
  else if (!Buffer.from(got.buffer, got.byteOffset, got.length).equals(wanted)) expect(got).toEqual(wanted)
}
