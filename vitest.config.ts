import { join } from 'node:path'

import { defineConfig } from 'vitest/config'

// most of what a server's threads and processes cost at their start is the compiler's
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'test/.built/compiled')

/** Tests of the source text itself. */
const RULES = ['test/architecture.test.ts']

/** Tests whose subject is how long somebody waits. Nothing else runs beside them. */
const PACED = ['test/isolation/cpu-fair.test.ts', 'test/instance/stops.test.ts', 'test/instance/turn.test.ts']

/** Load, attacks that take long, scale, crashes and whole toolchains: `npm run test:heavy`. */
const HEAVY = [
  'test/build/bounds.test.ts',
  'test/build/builtin-modules.test.ts',
  'test/build/env-reads.test.ts',
  'test/build/file-types.test.ts',
  'test/build/modules.test.ts',
  'test/build/output.test.ts',
  'test/build/portable.test.ts',
  'test/build/rebuild.test.ts',
  'test/build/sandbox.test.ts',
  'test/build/top-level.test.ts',
  'test/cli/dev.test.ts',
  'test/cli/init.test.ts',
  'test/cli/packed.test.ts',
  'test/cli/run-component.test.ts',
  'test/cli/script.test.ts',
  'test/cli/types.test.ts',
  'test/cli/wrangler.test.ts',
  'test/data/crash-durable.test.ts',
  'test/data/crash-many.test.ts',
  'test/data/crash.test.ts',
  'test/data/d1-cli.test.ts',
  'test/data/durable-classes.test.ts',
  'test/data/failures.test.ts',
  'test/data/queue-handlers.test.ts',
  'test/data/queues.test.ts',
  'test/data/r2-failures.test.ts',
  'test/data/r2-s3.test.ts',
  'test/data/rate-limit.test.ts',
  'test/data/stopped-disk.test.ts',
  'test/engine/outdated.test.ts',
  'test/engine/worlds.test.ts',
  'test/fleet/changes.test.ts',
  'test/fleet/cluster.test.ts',
  'test/fleet/converge.test.ts',
  'test/fleet/docs.test.ts',
  'test/fleet/failures.test.ts',
  'test/fleet/objects.test.ts',
  'test/fleet/partition.test.ts',
  'test/fleet/queues.test.ts',
  'test/fleet/remote-calls.test.ts',
  'test/instance/env.test.ts',
  'test/instance/everything.test.ts',
  'test/instance/touched.test.ts',
  'test/instance/trails.test.ts',
  'test/isolation/calls.test.ts',
  'test/isolation/components-parts.test.ts',
  'test/isolation/components-runtime.test.ts',
  'test/isolation/components.test.ts',
  'test/isolation/cpu-stall.test.ts',
  'test/isolation/crowds.test.ts',
  'test/isolation/durable.test.ts',
  'test/isolation/egress-upstream.test.ts',
  'test/isolation/foreign.test.ts',
  'test/isolation/fuzz-components.test.ts',
  'test/isolation/fuzz-http.test.ts',
  'test/isolation/javascript.test.ts',
  'test/isolation/many-web-sockets.test.ts',
  'test/isolation/memory.test.ts',
  'test/isolation/pipelines.test.ts',
  'test/isolation/queues.test.ts',
  'test/isolation/secrets.test.ts',
  'test/isolation/slow-clients.test.ts',
  'test/isolation/small-chunks.test.ts',
  'test/isolation/sources.test.ts',
  'test/isolation/threads.test.ts',
  'test/isolation/traffic.test.ts',
  'test/isolation/web-socket-frames.test.ts',
  'test/isolation/web-sockets.test.ts',
  'test/operator/admin-cli.test.ts',
  'test/operator/churn.test.ts',
  'test/operator/ci-docs.test.ts',
  'test/operator/crash.test.ts',
  'test/operator/deploy-docs.test.ts',
  'test/operator/deployed.test.ts',
  'test/operator/durable-moves.test.ts',
  'test/operator/env-image.test.ts',
  'test/operator/erase.test.ts',
  'test/operator/folders.test.ts',
  'test/operator/homes.test.ts',
  'test/operator/listener.test.ts',
  'test/operator/log-tail.test.ts',
  'test/operator/logs.test.ts',
  'test/operator/many-tenants.test.ts',
  'test/operator/oci-docs.test.ts',
  'test/operator/oci.test.ts',
  'test/operator/page-use.test.ts',
  'test/operator/page.test.ts',
  'test/operator/plan.test.ts',
  'test/operator/process.test.ts',
  'test/operator/redeploy-load.test.ts',
  'test/operator/registered.test.ts',
  'test/operator/reload-keys.test.ts',
  'test/operator/reload.test.ts',
  'test/operator/storage.test.ts',
  'test/operator/telemetry.test.ts',
  'test/operator/thrash.test.ts',
  'test/operator/traffic.test.ts',
  'test/request/drain.test.ts',
  'test/request/hand-over.test.ts',
  'test/request/hibernation.test.ts',
  'test/request/scheduled.test.ts',
  'test/request/tls.test.ts',
  'test/wit/new-function.test.ts',
]

/** Both. */
const HEAVY_PACED = [
  'test/isolation/cpu-attack.test.ts',
  'test/isolation/load.test.ts',
  'test/isolation/many-tenants.test.ts',
]

const WHOLE = {
  globalSetup: ['test/build-apps.ts'],
  experimental: { viteModuleRunner: false as const },
  testTimeout: 30_000,
  hookTimeout: 180_000,
}

/**
 * `rooms`: fast tests beside pure code. `whole`: real components behind real sockets, whose apps are built first; they
 * mostly wait, so that there are more workers than cores. `paced`: the same, one after the other. Files of the first two
 * share processes: one for each would load the host, and compile the engine, for each of them.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'rooms',
          include: [
            'bench/**/*.test.ts',
            ...RULES,
            'host/**/*.test.ts',
            'guest-shim/**/*.test.ts',
            'wit/**/*.test.ts',
            'page/**/*.test.js',
          ],
          isolate: false,
          experimental: { viteModuleRunner: false },
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...WHOLE,
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: [...RULES, ...PACED, ...HEAVY, ...HEAVY_PACED],
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...WHOLE,
          name: 'heavy',
          include: HEAVY,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...WHOLE,
          name: 'paced',
          include: PACED,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...WHOLE,
          name: 'heavy-paced',
          include: HEAVY_PACED,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
