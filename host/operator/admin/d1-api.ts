/** Statements for a D1 database of an app, through the admin API: what `nano-workers d1 --remote` asks for. */

import type { OpenAPIHono } from '@hono/zod-openapi'

import { NanoError } from '../../errors.ts'
import { askStorage } from '../../storage/ask.ts'
import { StorageError } from '../../storage/failure.ts'
import type { AdminEnv } from './admin-env.ts'
import { RESULTS } from './d1-schemas.ts'
import * as routes from './routes.ts'
import type { ServedApps } from './services.ts'
import { configLimit } from './upload.ts'

/** An operator's call may take longer than an app's. */
const TIME_MS = 60_000
/** The process for it may have to be started first. */
const ANSWER_MS = 2 * TIME_MS

/** `served` throws while the server starts. */
export function addD1(
  api: OpenAPIHono<AdminEnv>,
  served: () => Pick<ServedApps, 'registry' | 'storage'>,
): void {
  api.openapi({ ...routes.queryD1, middleware: configLimit }, async (c) => {
    const { name, database } = c.req.valid('param')
    c.var.access.expectDeploy(name)
    const { storage, registry } = served()
    const { env = {}, limits } = registry.apps.find((app) => app.name === name)?.config ?? {}
    const member = Object.hasOwn(env, database) ? env[database] : undefined
    if (limits === undefined) throw new NanoError('APP_UNKNOWN', `there is no app "${name}" that is served`)
    if (member?.type !== 'binding' || member.kind !== 'd1' || member.resource === undefined) {
      throw new NanoError('NOT_FOUND', `app ${name} has no D1 database "${database}"`)
    }
    const args = { shape: 'objects', timeMs: TIME_MS, maxBytes: limits.databaseMb * 2 ** 20 }
    const { statements } = c.req.valid('json')
    const body = Buffer.from(JSON.stringify(statements))
    try {
      const bytes = await askStorage(storage, { ...member.resource, op: 'query', args, body }, ANSWER_MS)
      const { results } = RESULTS.parse({ results: JSON.parse(Buffer.from(bytes).toString()) })
      return c.json({ results }, 200)
    } catch (thrown) {
      if (!(thrown instanceof StorageError)) throw thrown
      throw new NanoError('QUERY_FAILED', `${name}, ${database}: ${thrown.message}`, { cause: thrown })
    }
  })
}
