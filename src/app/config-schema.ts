import { z } from 'zod'
import { FAIL_LEVELS } from './exit-rules.ts'
import { parseSize, SIZE_IS } from './size.ts'

/**
 * The user's file of defaults: each key is the flag of that name, with its value as the flag takes it. Only what is a habit has a key;
 * what one run is about (inputs, files, forms of the report) is said on the command line.
 */
export const ConfigFile = z.strictObject({
  threshold: z.int('Expected a whole number of 10 or more').min(10, 'Expected a whole number of 10 or more').optional(),
  memory: z
    .string(`Expected ${SIZE_IS}, in quotes`)
    .transform((text, context) => parseSize(text) ?? refuse(context, `Expected ${SIZE_IS}`))
    .optional(),
  progress: z.boolean('Expected true or false').optional(),
  failOn: z.enum(FAIL_LEVELS, `Expected one of ${FAIL_LEVELS.join(', ')}`).optional(),
})

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

/** Names of the keys. */
export const CONFIG_KEYS = Object.keys(ConfigFile.shape)
