import type { AnalyzeReport } from '../document/schema.ts'
import type { Layout } from './claims.ts'
import type { Write } from './paint.ts'

export function writeCrashProof(_report: AnalyzeReport, _layout: Layout, _write: Write): void {}
