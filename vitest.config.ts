import { defineConfig } from 'vitest/config'

/** Tests of the source text itself. */
const RULES = ['test/architecture.test.ts']

/** `rooms`: fast tests beside pure code. `whole`: real components behind real sockets, whose apps are built first. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'rooms',
          include: [...RULES, 'host/**/*.test.ts', 'guest-shim/**/*.test.ts', 'wit/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: RULES,
          globalSetup: ['test/build-apps.ts'],
          experimental: { viteModuleRunner: false },
          testTimeout: 30_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
