import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnly } from './build-only.ts'

/** What the program says of a walk over its arguments. */
export interface WalkResult {
  /** Path, lines or "dump", and why it is cut. */
  members: [string, number | 'dump', string | null][]
  problems: { code: string; message: string }[]
  inputs: { name: string; kind: string | null; bytes: number }[]
  /** Bytes that the process grew by at most, as the system counts them. */
  grown: number
}

/** Makes a program that walks inputs, in a folder of its own: for standard input, signals and memory. */
export function walkProgram(folder: string): string {
  mkdirSync(folder)
  buildOnly('app/open-inputs.ts', folder)
  const program = join(folder, 'walk.mjs')
  writeFileSync(
    program,
    `import { openInputs, INPUT_LIMITS } from './built/app/open-inputs.js'
     const abort = { aborted: false }
     process.on('SIGINT', () => { abort.aborted = true })
     const first = process.resourceUsage().maxRSS
     const walk = openInputs(process.argv.slice(2), () => true, INPUT_LIMITS, abort, () => {})
     const members = []
     console.log('begun')
     for await (const member of walk) {
       if (member.kind === 'dump') { members.push([member.path, 'dump', member.cut]); continue }
       let lines = 0
       for await (const batch of walk.lines(member)) lines += batch.lines.length
       members.push([member.path, lines, member.cut])
     }
     walk.close()
     const grown = (process.resourceUsage().maxRSS - first) * 1024
     console.log(JSON.stringify({ members, problems: walk.problems, inputs: walk.inputs, grown }))`,
  )
  return program
}

/** Runs it. @param stdin - what it finds there, or a pipe with one line that stays open */
export function runWalk(
  program: string,
  args: readonly string[],
  options: { stdin: Buffer | 'open'; temp: string; interruptAfter?: number },
): Promise<WalkResult> {
  const { stdin, temp, interruptAfter = 0 } = options
  const env = { ...process.env, TMPDIR: temp }
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env })
  child.stdin.on('error', () => {})
  if (stdin === 'open') child.stdin.write('[    0.000000] Linux version\n')
  else child.stdin.end(stdin)
  let out = ''
  child.stdout.on('data', (piece: Buffer) => {
    if (out === '' && interruptAfter > 0) setTimeout(() => child.kill('SIGINT'), interruptAfter)
    out += piece.toString()
  })
  return new Promise((resolve, reject) =>
    child.on('close', (code, signal) => {
      const result = out.split('\n')[1]
      if (result) resolve(JSON.parse(result) as WalkResult)
      else reject(new Error(`no result: exit ${code}, signal ${signal}`))
    }),
  )
}
