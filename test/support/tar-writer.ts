/** A member of a hand-made tar. */
export interface TarRecipe {
  name: string
  data?: string | Uint8Array
  /** Type letter; '0' by default, '2' with a target. */
  type?: string
  target?: string
  /** Size as the header says it, where that is not the data's. */
  size?: number
  /** Size in base 256. */
  binarySize?: boolean
  /** Records of a pax header before it. */
  pax?: Record<string, string>
  magic?: 'ustar' | 'gnu' | 'none'
  prefix?: string
  /** Old GNU sparse: this many blocks of map behind the header. */
  mapBlocks?: number
  /** Wrong by one. */
  badChecksum?: boolean
}

const BLOCK = 512

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])
}

function header(recipe: TarRecipe, size: number): Buffer {
  const { name, type = recipe.target === undefined ? '0' : '2', target = '', magic = 'ustar' } = recipe
  const block = Buffer.alloc(BLOCK)
  block.write(name.slice(0, 100), 0)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  if (recipe.binarySize) {
    block[124] = 0x80
    block.writeUIntBE(size, 130, 6)
  } else block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('14751676000\0', 136)
  block.write(type === '\0' ? '' : type, 156)
  block.write(target.slice(0, 100), 157)
  if (magic !== 'none') block.write(magic === 'gnu' ? 'ustar  \0' : 'ustar\0' + '00', 257, 'latin1')
  if (recipe.prefix) block.write(recipe.prefix, 345)
  if (recipe.mapBlocks) block[482] = 1
  block.write('        ', 148)
  let sum = recipe.badChecksum ? 1 : 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** "LENGTH KEY=VALUE\n" with the length that counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (`${length}`.length + Buffer.byteLength(rest) !== length) length = `${length}`.length + Buffer.byteLength(rest)
  return `${length}${rest}`
}

/** Writes a tar. @param end - with its end mark */
export function writeTar(members: readonly TarRecipe[], end = true): Buffer {
  const out: Buffer[] = []
  for (const recipe of members) {
    const data = Buffer.from(recipe.data ?? '')
    if (recipe.pax) {
      const body = Buffer.from(
        Object.entries(recipe.pax)
          .map(([key, value]) => paxRecord(key, value))
          .join(''),
      )
      out.push(header({ name: 'PaxHeader', type: 'x' }, body.length), padded(body))
    }
    out.push(header(recipe, recipe.size ?? data.length))
    for (let i = recipe.mapBlocks ?? 0; i > 0; i--) {
      const map = Buffer.alloc(BLOCK)
      map[504] = i > 1 ? 1 : 0
      out.push(map)
    }
    out.push(padded(data))
  }
  if (end) out.push(Buffer.alloc(2 * BLOCK))
  return Buffer.concat(out)
}

/** A GNU long name (type L) or long link target (type K) before a member. */
export function longName(type: 'L' | 'K', text: string): TarRecipe {
  return { name: '././@LongLink', type, data: `${text}\0`, magic: 'gnu' }
}
