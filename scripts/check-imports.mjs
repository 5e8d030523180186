// Checks the import rules; a run that saw fewer modules than there are files must fail too (a parser mismatch cruises nothing).
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import config from '../.dependency-cruiser.mjs'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const files = readdirSync('src', { recursive: true }).filter((file) => file.endsWith('.ts'))
const { output } = await cruise(
  ['src'],
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
)
const own = output.modules.filter((module) => module.source.startsWith('src/')).length
for (const violation of output.summary.violations)
  console.error(`${violation.rule.severity} ${violation.rule.name}: ${violation.from} -> ${violation.to}`)
console.log(`${own} modules cruised, ${files.length} files, ${output.summary.error} violations`)
process.exit(output.summary.error > 0 || own !== files.length ? 1 : 0)
