/** Statements for a D1 database of an app, through the admin API: what `nano-workers d1 --remote` asks for. */

import type { OpenAPIHono } from '@hono/zod-openapi'

import { NanoError } from '../../errors.ts'
import { askStorage } from '../../storage/ask.ts'
import type { Storage } from '../../storage/client.ts'
import { StorageError } from '../../storage/failure.ts'
import type { AppStatus } from '../../registry/registry.ts'
import type { AdminEnv } from './admin-env.ts'
import * as routes from './routes.ts'
import * as schema from './schemas.ts'
import { configLimit } from './upload.ts'

/** An operator's call may take longer than an app's. */
const TIME_MS = 60_000

export interface D1Services {
  readonly storage: Storage
  readonly apps: readonly AppStatus[]
}

/** `services` throws while there are none. */
export function addD1(api: OpenAPIHono<AdminEnv>, services: () => D1Services): void {
  api.openapi({ ...routes.queryD1, middleware: configLimit }, async (c) => {
    const { name, database } = c.req.valid('param')
    c.var.access.expectDeploy(name)
    const { storage, apps } = services()
    const { env = {}, limits } = apps.find((app) => app.name === name)?.config ?? {}
    const member = Object.hasOwn(env, database) ? env[database] : undefined
    if (limits === undefined) throw new NanoError('APP_UNKNOWN', `there is no app "${name}" that is served`)
    if (member?.type !== 'binding' || member.kind !== 'd1' || member.resource === undefined) {
      throw new NanoError('NOT_FOUND', `app ${name} has no D1 database "${database}"`)
    }
    const args = { shape: 'objects', timeMs: TIME_MS, maxBytes: limits.databaseMb * 2 ** 20 }
    const { statements } = c.req.valid('json')
    const body = Buffer.from(JSON.stringify(statements))
    try {
      const bytes = await askStorage(storage, { ...member.resource, op: 'query', args, body })
      const { results } = schema.RESULTS.parse({ results: JSON.parse(Buffer.from(bytes).toString()) })
      return c.json({ results }, 200)
    } catch (thrown) {
      if (!(thrown instanceof StorageError)) throw thrown
      throw new NanoError('QUERY_FAILED', `${name}, ${database}: ${thrown.message}`, { cause: thrown })
    }
  })
}
