import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['host/**/*.test.ts', 'guest-shim/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: [],
    testTimeout: 30_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
})
