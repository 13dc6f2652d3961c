/** What the queues of an app hold, through the admin API: what `nano-workers queues` shows. */

import type { OpenAPIHono } from '@hono/zod-openapi'

import { NanoError } from '../../errors.ts'
import { StorageError } from '../../storage/failure.ts'
import type { AdminEnv } from './admin-env.ts'
import * as routes from './routes.ts'
import type { ServedApps } from './services.ts'

const ANSWER_MS = 10_000

/** `served` throws while the server starts. */
export function addQueues(
  api: OpenAPIHono<AdminEnv>,
  served: () => Pick<ServedApps, 'registry' | 'queues'>,
): void {
  api.openapi(routes.listQueues, async (c) => {
    const { name } = c.req.valid('param')
    c.var.access.expectRead(name)
    const { registry, queues } = served()
    if (!registry.apps.some((app) => app.name === name))
      throw new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
    try {
      const states = await queues.states(ANSWER_MS, name)
      const shown = states.map(({ queue, state: { count, bytes, oldest, isPaused }, counts }) => ({
        queue,
        messages: count,
        bytes,
        ...(oldest === undefined ? {} : { oldest }),
        paused: isPaused,
        ...(counts === undefined ? {} : { consumer: { ...counts } }),
      }))
      return c.json({ queues: shown }, 200)
    } catch (thrown) {
      if (!(thrown instanceof StorageError)) throw thrown
      throw new NanoError('STORAGE_FAILED', `queues of ${name}: ${thrown.message}`, { cause: thrown })
    }
  })
}
