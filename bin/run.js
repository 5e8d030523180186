#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'

const args = process.argv.slice(2)

// Ctrl-C before the command has begun: kept for it, so that it ends with 130 and a document like every interrupted run.
const early = {
  asked: false,
  stop: () => process.off('SIGINT', early.note).off('SIGTERM', early.note),
  note: () => {
    early.asked = true
  },
}
process.on('SIGINT', early.note).on('SIGTERM', early.note)
globalThis[Symbol.for('ksm-dump.early-interrupt')] = early

/** Says that ksm-dump failed, without a stack trace unless --debug asks for it. */
const internal = (error) => {
  process.stderr.write(`ksm-dump: internal error: ${error?.message ?? error}\n`)
  const trace = args.includes('--debug')
    ? error?.stack
    : 'This is a bug in ksm-dump. Run again with --debug and report what it prints.'
  process.stderr.write(`${trace}\n`)
  process.exit(70)
}

/** What an unknown command most likely means, as a sentence; empty when nothing is near. */
const meant = async (word) => {
  const { printable } = await import('../dist/base/text.js')
  if (existsSync(word)) return `To analyze that file: ksm-dump analyze ${printable(word)}\n`
  // on a terminal the nearest one was offered already
  if (process.stdin.isTTY) return ''
  const { nearest } = await import('../dist/base/nearest.js')
  const { commands } = JSON.parse(readFileSync(new URL('../oclif.manifest.json', import.meta.url), 'utf8'))
  const name = nearest(word, Object.keys(commands))
  return name === null ? '' : `Did you mean ${name}?\n`
}

// A user of a container may have no home; oclif's libraries ask for one when they are loaded.
try {
  homedir()
} catch {
  process.env.HOME = '/nonexistent'
}

process.on('uncaughtException', internal)
process.on('unhandledRejection', internal)
// Nobody is left to read messages: go on, the exit code still counts.
process.stderr.on('error', () => {})
// A reader that goes away (| head) ends the run at once and quietly; oclif would go on to the end.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  if (!process.exitCode) process.stderr.write(`ksm-dump: standard output can not be written: ${error.message}.\n`)
  process.exit(process.exitCode || 4)
})

if (args.length === 1 && args[0] === '--version') {
  // Answered before anything is imported: about the time of `node -e 0`.
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  const { flush, handle, run, settings } = await import('@oclif/core')
  // dist/ is what runs, whatever NODE_ENV says: oclif would load TypeScript and look for src/ in a clone.
  settings.enableAutoTranspile = false
  try {
    // No plugins from the user's home: what runs is what was installed, and a home that can't be read is no matter.
    await run(args, { root: fileURLToPath(import.meta.url), userPlugins: false, devPlugins: false })
    await flush()
  } catch (error) {
    if (error?.name === 'OutputClosed') process.exit(0)
    // An unknown command is a usage error.
    if (error?.oclif?.exit === 127) {
      error.oclif.exit = 2
      error.message = `${await meant(args[0])}${error.message}`
    }
    // What the system refuses is not our bug.
    if (error?.syscall) {
      process.stderr.write(`ksm-dump: ${error.message}. Check the permissions and the space there.\n`)
      process.exit(3)
    }
    // What is no message for users would be shown with its stack trace.
    if (error?.oclif === undefined && error?.parse === undefined) internal(error)
    await handle(error)
  }
}
