import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The binary that users run. */
export const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A fixture by name, as a path. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

/** What a run left. */
export interface CliRun {
  /** Exit code; null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** From spawn to exit. */
  milliseconds: number
  /** Ended because `timeout` was over. */
  timedOut: boolean
}

export interface CliOptions {
  cwd?: string
  /** Added to a clean environment; undefined removes a variable. */
  env?: Record<string, string | undefined>
  /** What the program finds on stdin: nothing (default), text, or a pipe that nobody writes to or closes. */
  stdin?: string | 'open' | undefined
  /** Milliseconds after which it is killed. */
  timeout?: number
  /** Called when the process has been started: to send signals. */
  started?: (child: ChildProcess) => void
}

/** The environment of a script: no colours forced, no terminal, no CI variable that changes output. */
export function cleanEnv(more: CliOptions['env'] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const name of [
    'NO_COLOR',
    'FORCE_COLOR',
    'CI',
    'COLUMNS',
    'DEBUG',
    // the test runner's own
    'NODE_ENV',
    'NODE_OPTIONS',
    'NODE_V8_COVERAGE',
    'TEST',
    'VITEST',
  ])
    delete env[name]
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  return env
}

/** Runs ksm-dump as users do. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  if (!existsSync(fileURLToPath(new URL('../../dist/commands/analyze.js', import.meta.url))))
    throw new Error('dist/ is not there: run `npm run build` first (npm test does)')
  return program(process.execPath, [BIN, ...args], options)
}

/** Runs any program to its end. */
export function program(command: string, args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { cwd, env, stdin, timeout = 30_000, started } = options
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    const child = spawn(command, [...args], {
      cwd: cwd ?? process.cwd(),
      env: cleanEnv(env),
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, timeout)
    child.stdout!.on('data', (piece: Buffer) => out.push(piece))
    child.stderr!.on('data', (piece: Buffer) => err.push(piece))
    if (stdin !== undefined && stdin !== 'open') child.stdin!.end(stdin)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        milliseconds: performance.now() - begin,
        timedOut,
      })
    })
    started?.(child)
  })
}

/** Runs a line of shell in which `$KSM_DUMP` is the binary: pipes and redirections. */
export function shell(line: string, options: CliOptions = {}): Promise<CliRun> {
  const { env } = options
  const variables = { NODE: process.execPath, BIN, KSM_DUMP: `${process.execPath} ${BIN}`, ...env }
  return program('bash', ['-c', line], { ...options, env: variables })
}

/** Resolves when a process has a file open: it is at work then, and listens for Ctrl-C. */
export async function atWorkOn(child: ChildProcess, path: string): Promise<void> {
  if (!existsSync('/proc/self/fd')) return sleep(1500)
  const folder = `/proc/${child.pid}/fd`
  while (child.exitCode === null && child.signalCode === null) {
    try {
      if (readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === path)) return
    } catch {
      // a descriptor, or the process, was gone before it was looked at
    }
    await sleep(5)
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A skip that nobody overlooks. */
export function skipLoudly(context: { skip(note?: string): never }, why: string): never {
  console.warn(`SKIPPED: ${why}`)
  return context.skip(why)
}

/** What must hold for every message on stderr: one, for people, without a stack trace. */
export function complaints({ stderr }: CliRun, names: readonly string[] = []): string[] {
  const wrong: string[] = []
  if (stderr.trim() === '') wrong.push('no message')
  if (/^\s+at .+:\d+/m.test(stderr) || stderr.includes('node:internal')) wrong.push('a stack trace')
  if (stderr.includes('internal error')) wrong.push('called an internal error')
  for (const control of stderr.matchAll(CONTROL)) wrong.push(`a control character ${JSON.stringify(control[0])}`)
  const messages = stderr.match(/^ksm-dump: |^ › +(Error|Warning): /gm)?.length ?? 0
  if (messages !== 1) wrong.push(`${messages} messages`)
  for (const name of names) if (!stderr.includes(name)) wrong.push(`does not name ${name}`)
  return wrong.map((each) => `${each}: ${stderr}`)
}

/** Characters that a terminal obeys instead of showing them; line feeds and tabs aside. */
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
