import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, program, ROOT, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'

// The completion scripts, in the real shells: what is offered at the end of a command line.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const folder = join(scratch.path, 'here')
beforeAll(async () => {
  mkdirSync(folder)
  writeFileSync(join(folder, 'vmcore.one'), '')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const run = await cli(['completion', shell])
    expect([run.code, run.stderr]).toEqual([0, ''])
    writeFileSync(join(scratch.path, shell), run.stdout)
  }
})

async function has(shell: string): Promise<boolean> {
  return program(shell, ['-c', 'exit 0']).then(
    ({ code }) => code === 0,
    () => false,
  )
}

/** Words that bash offers for a line; it ends in the word that is being typed. */
async function inBash(line: string): Promise<string[]> {
  // readline breaks words at = as well
  const words = line.split(/ |(=)/).filter((word) => word !== undefined)
  const run = await program(
    'bash',
    [
      '-c',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ksm_dump; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      join(scratch.path, 'bash'),
      ...words,
    ],
    { cwd: folder },
  )
  expect([run.code, run.stderr]).toEqual([0, ''])
  return run.stdout.split('\n').filter(Boolean)
}

/** Words that fish offers for a line, without their descriptions. */
async function inFish(line: string): Promise<string[]> {
  const run = await program(
    'fish',
    ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', join(scratch.path, 'fish'), line],
    { cwd: folder, env: { HOME: scratch.path } },
  )
  expect([run.code, run.stderr]).toEqual([0, ''])
  return run.stdout
    .split('\n')
    .filter(Boolean)
    .map((each) => each.split('\t')[0]!)
}

/** What zsh shows when Tab is pressed behind a line, in a terminal of its own. */
async function inZsh(line: string): Promise<string[]> {
  // a marker is put together by the shell, so that the echo of the command is not taken for it
  const script = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PROMPT=; autoload -Uz compinit; compinit -u -D; source "$KSM_COMPLETION"; LISTMAX=1000; stty cols 300 rows 200; zstyle ":completion:*" insert-tab false; bindkey "^I" list-choices; print READY-\${:-NOW}'
    local seen= piece=
    while zpty -r shell piece; do seen+=$piece; [[ $seen == *READY-NOW* ]] && break; done
    sleep 1
    zpty -w -n shell "$1"$'\\t\\C-u'
    zpty -w shell 'print ALL-\${:-DONE}'
    while zpty -r shell piece; do print -rn -- $piece; [[ $piece == *ALL-DONE* ]] && break; done
    zpty -d shell`
  const run = await program('zsh', ['-f', '-c', script, 'zsh', line], {
    cwd: folder,
    env: { KSM_COMPLETION: join(scratch.path, 'zsh'), TERM: 'dumb', HOME: scratch.path },
  })
  expect([run.code, run.stderr, run.timedOut]).toEqual([0, '', false])
  return run.stdout.split(/\s+/)
}

/** Line, words that must be offered, words that must not. */
const LINES: [string, string[], string[]][] = [
  ['ksm-dump an', ['analyze'], ['nodes']],
  ['ksm-dump ', ['analyze', 'completion', 'info', 'log', 'nodes', 'tasks', 'walk'], ['vmcore.one']],
  ['ksm-dump analyze --fail', ['--fail-on'], ['--force', '--addresses']],
  ['ksm-dump analyze --no', ['--no-progress'], ['--json']],
  ['ksm-dump analyze --fail-on ', ['warning', 'critical'], ['vmcore.one']],
  ['ksm-dump walk --addr', ['--addresses'], ['--fail-on']],
  ['ksm-dump completion ', ['bash', 'zsh', 'fish'], ['vmcore.one']],
  ['ksm-dump help wa', ['walk'], []],
]

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const)('%s', (shell, complete) => {
  test.for(LINES)('%s', async ([line, offered, not], context) => {
    if (!(await has(shell))) skipLoudly(context, `${shell} is not installed: its completion was not tried`)
    const words = await complete(line)
    for (const word of offered) expect(words).toContain(word)
    for (const word of not) expect(words).not.toContain(word)
  })

  test('files where a file is wanted', async (context) => {
    if (!(await has(shell))) skipLoudly(context, `${shell} is not installed: its completion was not tried`)
    for (const line of ['ksm-dump analyze vmc', 'ksm-dump analyze -o vmc', 'ksm-dump analyze --from vmc']) {
      // bash's function leaves files to readline, which is told so by `complete -o default`
      if (shell === 'bash') expect(await complete(line)).toEqual([])
      else expect(await complete(line)).toContain('vmcore.one')
    }
  })
})

test('bash: --flag=value, and files by readline', async () => {
  expect(await inBash('ksm-dump analyze --fail-on=')).toEqual(['warning', 'critical'])
  expect(await inBash('ksm-dump analyze --fail-on=cr')).toEqual(['critical'])
  const run = await program('bash', ['-c', 'source "$1"; complete -p ksm-dump', 'bash', join(scratch.path, 'bash')])
  expect(run.stdout).toContain('-o default')
})

interface Manifest {
  commands: Record<string, { flags: Record<string, { name: string; allowNo?: boolean; hidden?: boolean }> }>
}
const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as Manifest

test.each(Object.keys(commands))('bash offers just the flags of %s', async (id) => {
  const flags = Object.values(commands[id]!.flags).filter(({ hidden }) => !hidden)
  const wanted = flags.flatMap(({ name, allowNo }) => (allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`]))
  expect((await inBash(`ksm-dump ${id} --`)).sort()).toEqual([...wanted, '--help'].sort())
})

test('every command and flag of the manifest is in every script', () => {
  for (const shell of ['zsh', 'fish']) {
    const script = readFileSync(join(scratch.path, shell), 'utf8')
    for (const [id, { flags }] of Object.entries(commands)) {
      expect(script).toContain(id)
      for (const name of Object.keys(flags)) expect(script).toContain(shell === 'fish' ? `-l ${name} ` : `--${name}`)
    }
  }
})

test('another shell, or none', async () => {
  for (const args of [['completion'], ['completion', 'csh']]) {
    const run = await cli(args)
    expect([run.code, run.stdout]).toEqual([2, ''])
    expect(run.stderr).toMatch(/bash, zsh, fish|shell/)
  }
})
