import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // two cores are enough for everybody; the tests that time things say so themselves
    maxWorkers: 2,
    // whoever runs the tests may have a file of defaults
    env: { KSM_DUMP_CONFIG: 'none' },
  },
})
