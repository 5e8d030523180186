import type { ByteStream } from '../base/bytes.ts'

/** The encoding that a byte order mark names; null: UTF-8, with its mark or without. PowerShell's ">" writes UTF-16. */
export function markedEncoding(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null
}

/** A text in UTF-8. @param encoding - what it is in */
export async function* inUtf8(stream: ByteStream, encoding: 'utf-16le' | 'utf-16be'): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  for await (const piece of stream) yield Buffer.from(decoder.decode(piece, { stream: true }))
  yield Buffer.from(decoder.decode())
}
