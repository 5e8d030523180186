import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeReport, WalkReport } from '../../src/document/schema.ts'
import { BIN, type CliOptions, type CliRun, cli, CONTROL, fixture, program, shell, skipLoudly } from '../support/cli.ts'
import { scratchFolder } from '../support/containers.ts'
import type { Truth } from '../support/corpus.ts'
import { growList, Remake } from '../support/remake.ts'

// What text looks like: the order of its parts, 80 columns, colours on a terminal only, and nothing from a dump that a terminal obeys.

const scratch = scratchFolder()
afterAll(() => scratch.remove())

const folder = dirname(fixture('x'))
const truth = JSON.parse(readFileSync(fixture('6.1-small.truth.json'), 'utf8')) as Truth
const node = truth.nodes.find((each) => each.kind === 'node')!

/** Lines that are wider than 80 columns or obeyed by a terminal. */
function misfits({ stdout }: CliRun): string[] {
  return stdout.split('\n').filter((line) => line.length > 80 || line.search(CONTROL) >= 0 || /\s$/.test(line))
}

describe.each(['6.1-small', '7.2-small'])('%s: text', (name) => {
  const file = `${name}.vmcore`
  const first = (JSON.parse(readFileSync(fixture(`${name}.truth.json`), 'utf8')) as Truth).nodes[0]!

  test('analyze: verdict, proof, longest lists, distribution, counters, identity, completeness', async () => {
    const run = await cli(['analyze', file], { cwd: folder })
    expect([run.code, run.stderr, misfits(run)]).toEqual([0, '', []])
    const places = [
      /^OK: No KSM list is oversized/,
      /^Proof/m,
      /^Longest lists$/m,
      /^Lists by length$/m,
      /^KSM's counters$/m,
      /^Dump and kernel$/m,
      /^Completeness$/m,
    ].map((heading) => run.stdout.search(heading))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBe(0)
  })

  test('nodes, walk, info', async () => {
    for (const args of [
      ['nodes', file, '--top', '0'],
      ['walk', file, first.address],
      ['info', file],
    ]) {
      const run = await cli(args, { cwd: folder })
      expect([run.code, run.stderr, misfits(run)]).toEqual([0, '', []])
      expect(run.stdout).toMatch(/\n$/)
    }
  })
})

test('nodes: 20 rows unless --top says otherwise, and how many are left out', async () => {
  const rows = ({ stdout }: CliRun): number => stdout.match(/ 0xffff[0-9a-f]{12} /g)?.length ?? 0
  const run = await cli(['nodes', '6.1-small.vmcore'], { cwd: folder })
  expect(rows(run)).toBe(20)
  expect(run.stdout).toMatch(/201 page-backed nodes .* 186 not shown/)
  expect(rows(await cli(['nodes', '6.1-small.vmcore', '--top', '3'], { cwd: folder }))).toBe(3)
  const none = await cli(['nodes', '6.1-small.vmcore', '--min-length', '5000'], { cwd: folder })
  expect([none.code, rows(none)]).toEqual([0, 0])
  expect(none.stdout).toMatch(/No list is of this kind/)
})

describe('text from a hostile dump', () => {
  const ESCAPES = '\u001b[31m\u0007\u009b2J\r\n\u0008\u007f'
  let path: string

  beforeAll(async () => {
    const remake = await Remake.of(fixture('6.1-small.vmcore'))
    expect(remake.overwrite('qemu-system-x86', `q${ESCAPES}!`)).toBeGreaterThan(0)
    const uts = remake.kernel.types!.struct('uts_namespace')!
    const put = (member: string, text: string): void => {
      const at = remake.phys(remake.symbol('init_uts_ns')) + uts.member(member)!.offset
      for (const [i, letter] of [...`${text}\0`].entries())
        remake.pages.get(Math.floor((at + i) / 4096))![(at + i) % 4096] = letter.charCodeAt(0)
    }
    put('name.nodename', `host${ESCAPES}`)
    put('name.version', `#1 ${ESCAPES}`)
    const notes = [...remake.notes].map((note) => {
      const text = Buffer.from(note.desc).toString('latin1')
      if (!note.name.startsWith('VMCOREINFO')) return { ...note, name: `C${ESCAPES}` }
      return { ...note, desc: text.replace('OSRELEASE=6.1.0-56', 'OSRELEASE=6.\u001b[0-56') }
    })
    path = scratch.file('hostile.vmcore', remake.bytes({ notes }))
  })

  test('does not reach the terminal as it is', async () => {
    for (const command of [['analyze'], ['nodes'], ['info'], ['walk', node.address]]) {
      const args = [command[0]!, 'hostile.vmcore', ...command.slice(1)]
      const run = await cli(args, { cwd: dirname(path) })
      expect([args, run.code, run.stderr, misfits(run)]).toEqual([args, 0, '', []])
    }
    const run = await cli(['analyze', path, '--json'])
    expect(run.stdout).not.toMatch(CONTROL)
    const document = JSON.parse(run.stdout) as AnalyzeReport
    expect(document.host.name).toMatch(/^host\.\[31m/)
    const owners = document.ksm!.longest.flatMap((row) => row.owners.map((owner) => owner.comm))
    expect(owners).toContain('q.[31m..2J....!')
  })

  test('in error messages neither', async () => {
    const run = await cli(['walk', path, '0x0'])
    expect(run.stderr).not.toMatch(CONTROL)
  })

  test('a file name keeps its characters in JSON, escaped', async () => {
    const name = 'x\u009b31m\u202e\u2028y'
    const run = await cli(['walk', name, '0x0', '--json'], { cwd: dirname(path) })
    expect(run.code).toBe(3)
    expect(run.stdout).not.toMatch(CONTROL)
    expect((JSON.parse(run.stdout) as WalkReport).inputs[0]?.name).toBe(name)
  })
})

describe('on a terminal', () => {
  /** Runs a line of shell with a terminal as stdin, stdout and stderr; all that it shows comes as stdout. */
  async function onTerminal(line: string, options: CliOptions = {}): Promise<CliRun> {
    const env = {
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      KSM_DUMP: `${process.execPath} ${BIN}`,
      DUMP: fixture('6.1-small.vmcore'),
      ...options.env,
    }
    return program('script', ['-qec', `stty cols 80; ${line}`, '/dev/null'], { stdin: 'open', ...options, env })
  }

  let usable = false
  beforeAll(async () => {
    const run = await program('script', ['-qec', 'test -t 1 && echo yes', '/dev/null'], { stdin: 'open' }).catch(
      () => null,
    )
    usable = run?.stdout.includes('yes') ?? false
  })
  const needsTerminal = (context: { skip(note?: string): never }): void => {
    if (!usable) skipLoudly(context, 'script(1) can not make a terminal here')
  }

  test('colours; none with NO_COLOR, with TERM=dumb, or when piped', async (context) => {
    needsTerminal(context)
    const COLOUR = /\u001b\[[\d;]*m/
    const run = await onTerminal('$KSM_DUMP analyze "$DUMP" 2>/dev/null')
    expect(run.stdout).toMatch(/\u001b\[32;1mOK\u001b\[0m/)
    expect(run.stdout.replaceAll(/\u001b\[[\d;]*m/g, '')).toMatch(/\nProof/)
    expect((await onTerminal('$KSM_DUMP analyze "$DUMP" 2>/dev/null', { env: { NO_COLOR: '1' } })).stdout).not.toMatch(
      COLOUR,
    )
    expect((await onTerminal('$KSM_DUMP info "$DUMP" 2>/dev/null', { env: { TERM: 'dumb' } })).stdout).not.toMatch(
      COLOUR,
    )
    expect((await onTerminal('$KSM_DUMP info "$DUMP" 2>/dev/null | cat')).stdout).not.toMatch(COLOUR)
    expect((await onTerminal('$KSM_DUMP --help 2>/dev/null', { env: { NO_COLOR: '1' } })).stdout).not.toMatch(COLOUR)
  })

  test('a mistyped command: the nearest one is offered, and runs with the arguments', async (context) => {
    needsTerminal(context)
    const run = await onTerminal('$KSM_DUMP infos "$DUMP"', {
      started: (child) => {
        child.stdout!.on('data', (piece: Buffer) => {
          if (piece.includes('Did you mean')) child.stdin!.write('y\n')
        })
      },
    })
    expect(run.stdout).toMatch(/infos.* is not a ksm-dump command/)
    expect(run.stdout).toMatch(/6\.1\.0-56-cloud-amd64/)
    expect(run.code).toBe(0)
  })

  test('a narrow one gets narrow text', async (context) => {
    needsTerminal(context)
    const run = await onTerminal('stty cols 50; $KSM_DUMP info "$DUMP" 2>/dev/null', { env: { NO_COLOR: '1' } })
    const wide = run.stdout.split('\r\n').filter((line) => line.length > 50 && !/\.vmcore|build id/.test(line))
    expect(wide).toEqual([])
  })

  describe('progress', () => {
    let path: string
    beforeAll(async () => {
      const remake = await Remake.of(fixture('6.1-small.vmcore'))
      growList(remake, BigInt(node.address), BigInt(node.owners![0]!.mm), 200_000)
      path = scratch.file('long.vmcore', remake.bytes())
    })
    const line = '$KSM_DUMP nodes "$LONG" --memory 1M --top 1'

    test('counts on stderr, gone at the end; nothing with --no-progress, --json or without a terminal', async (context) => {
      needsTerminal(context)
      const env = { LONG: path }
      const run = await onTerminal(`${line} >/dev/null`, { env })
      expect(run.stdout).toMatch(/walking[^:]*: [\d,]+ of [\d,]+ items \(\d+ %\)/)
      // the spinner leaves an empty line and a visible cursor
      expect(run.stdout).toMatch(/\u001b\[\?25h[^\n]*$/)
      expect((await onTerminal(`${line} --no-progress >/dev/null`, { env })).stdout).toBe('')
      expect((await onTerminal(`${line} --json >/dev/null`, { env })).stdout).toBe('')
      expect((await shell(`${line} >/dev/null`, { env })).stderr).toBe('')
    })

    test('is gone before addresses are written to the same terminal', async (context) => {
      needsTerminal(context)
      const run = await onTerminal('$KSM_DUMP walk "$LONG" $NODE_ADDRESS --addresses', {
        env: { LONG: path, NODE_ADDRESS: node.address },
      })
      expect(run.code).toBe(0)
      const shown = run.stdout.split('\u001b[?25h')
      expect(shown[0]).toMatch(/\u001b/)
      expect(shown[1]?.match(/^[0-9a-f]{16}\r$/gm)?.length).toBe(200_000)
      expect(shown[1]?.replaceAll(/[0-9a-f]{16}\r\n/g, '')).toBe('')
    })

    test('a bug of ours ends the spinner too: the program does not stay', async (context) => {
      needsTerminal(context)
      const broken = 'Float64Array.prototype.fill=()=>{throw(new(TypeError)(`broken`))}'
      const run = await onTerminal('$KSM_DUMP nodes "$LONG"', {
        env: { LONG: path, NODE_OPTIONS: `--import=data:text/javascript,${broken}` },
        timeout: 20_000,
      })
      expect([run.code, run.timedOut]).toEqual([70, false])
    })

    test('Ctrl-C typed: what was found, PARTIAL, the cursor back', async (context) => {
      needsTerminal(context)
      const run = await onTerminal('$KSM_DUMP nodes "$LONG" --memory 1M', {
        env: { LONG: path },
        started: (child) => {
          let shown = ''
          child.stdout!.on('data', (piece: Buffer) => {
            if (/walking/.test(shown)) return
            shown += piece.toString()
            if (/walking/.test(shown)) child.stdin!.write('\u0003')
          })
        },
      })
      expect(run.code).toBe(130)
      expect(run.stdout).toMatch(/PARTIAL/)
      expect(run.stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(run.stdout.lastIndexOf('\u001b[?25l'))
    })
  })
})
