import { kdumpFormat } from './kdump.ts'
import type { DumpFormat } from './types.ts'

/** The dump formats, in the order in which they are asked. A new format is one file and one line here. */
export const FORMATS: readonly DumpFormat[] = [kdumpFormat]
