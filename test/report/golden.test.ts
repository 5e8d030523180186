import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { redact } from '../../src/document/redact.ts'
import { FORMATS } from '../../src/report/formats.ts'
import { analyzed } from '../support/analyzed.ts'
import { fixture } from '../support/cli.ts'

// The reports that are made for others, of the two hangs, as they were read by eye. UPDATE_GOLDEN=1 writes them anew: read the diff.

const golden = (name: string): string => fileURLToPath(new URL(`golden/${name}`, import.meta.url))
const forms = FORMATS.filter(({ name }) => ['launchpad', 'markdown'].includes(name))

test.each(['6.1-hang', '6.12-hang'])('%s', async (dump) => {
  const { document } = redact((await analyzed(fixture(`${dump}.vmcore`))).document, 'names')
  for (const { name, render } of forms) {
    const pieces: string[] = []
    await render(document, (piece) => pieces.push(piece), { colors: false, columns: 80, rows: null, redacted: true })
    const path = golden(`${dump}.${name}`)
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, pieces.join(''))
    else expect(pieces.join('')).toBe(readFileSync(path, 'utf8'))
  }
})
