#!/usr/bin/env node
import { readFileSync } from 'node:fs'

const args = process.argv.slice(2)

// A reader that goes away (| head) ends the run at once and quietly; oclif would go on to the end.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

if (args.length === 1 && args[0] === '--version') {
  // Answered before anything is imported: about the time of `node -e 0`.
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  const { flush, handle, run } = await import('@oclif/core')
  try {
    await run(args, import.meta.url)
    await flush()
  } catch (error) {
    if (error?.name === 'OutputClosed') process.exit(0)
    // An unknown command is a usage error.
    if (error?.oclif?.exit === 127) error.oclif.exit = 2
    await handle(error)
  }
}
