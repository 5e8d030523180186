import { execFileSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ROOT } from './cli.ts'

/**
 * Builds one module of src/ and what it imports into a folder, for programs that a test starts: dist/ may be another state.
 * @param module - below src/
 * @returns the folder that stands for src/ there
 */
export function buildOnly(module: string, folder: string): string {
  const built = join(folder, 'built')
  const config = join(folder, 'tsconfig.json')
  const compilerOptions = { rootDir: join(ROOT, 'src'), outDir: built, typeRoots: [join(ROOT, 'node_modules/@types')] }
  const files = [join(ROOT, 'src', module)]
  writeFileSync(config, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, files, include: [] }))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: ['ignore', 'inherit', 'inherit'] })
  return built
}
