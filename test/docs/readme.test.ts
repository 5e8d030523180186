import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// Every `$ ksm-dump ...` of a ```console block runs as printed (also with `| head -N`), and what stands below it is what it prints.
// UPDATE_DOCS=1 writes the outputs anew: look at the diff.

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', ...readdirSync(`${root}/docs`).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith('.md'),
)

const output = (command: string): string => {
  const [all, head] = command.split(' | head -')
  const args = all!.split(' ').slice(1)
  const { stdout, stderr } = spawnSync(process.execPath, [`${root}/bin/run.js`, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  const lines = (stdout + stderr).split('\n')
  return head === undefined ? lines.join('\n') : `${lines.slice(0, Number(head)).join('\n')}\n`
}

test.each(pages)(
  '%s: examples print what they say',
  (page) => {
    const text = readFileSync(`${root}/${page}`, 'utf8')
    const fresh = text.replace(
      /```console\n\$ (ksm-dump [^\n]+)\n[\s\S]*?```/g,
      (_all, command: string) => `\`\`\`console\n$ ${command}\n${output(command)}\`\`\``,
    )
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(`${root}/${page}`, fresh)
    else expect(text).toBe(fresh)
    // a page runs several programs, one after the other
  },
  180_000,
)

test('README: links lead somewhere', () => {
  const text = readFileSync(`${root}/README.md`, 'utf8')
  for (const [, target] of text.matchAll(/\]\(((?!https?:)[^)#]+)\)/g))
    expect(() => readFileSync(`${root}/${target}`)).not.toThrow()
})

test('docs: every finding code, error code and exit code has its line', async () => {
  const { FINDING_CODES } = await import('../../src/diagnosis/types.ts')
  const { ERROR_CODES, EXIT } = await import('../../src/base/errors.ts')
  const findings = readFileSync(`${root}/docs/findings.md`, 'utf8')
  for (const code of FINDING_CODES) expect(findings).toContain(`\`${code}\``)
  const exits = readFileSync(`${root}/docs/exit-codes.md`, 'utf8')
  for (const [code, exit] of Object.entries(ERROR_CODES)) {
    const line = exits.split('\n').find(
      (each) =>
        each.startsWith('|') &&
        each
          .split('|')[1]!
          .split(',')
          .some((cell) => cell.trim() === code),
    )
    expect([code, line === undefined ? null : Number(line.split('|')[2])]).toEqual([code, exit])
  }
  for (const exit of Object.values(EXIT))
    if (exit !== EXIT.failOn) expect(exits).toMatch(new RegExp(`^\\| ${exit} \\|`, 'm'))
})
