/**
 * The operator's application: whether the server lives, whether it is ready, what it counts, a page to look at it, and the
 * admin API, which is loaded by the first who asks for it.
 */

import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'

import { NanoError, toNanoError } from '../errors.ts'
import type { Gate } from './admin/authenticate.ts'
import type { AdminServices } from './admin/services.ts'
import { toErrorResponse, toMethodNotAllowed } from './error-response.ts'
import type { LogTails } from './log-tails.ts'
import { Metrics } from './metrics.ts'
import { addPage } from './page.ts'

export type OperatorApp = Hono<{ Bindings: HttpBindings }>

export interface OperatorAppOptions {
  readonly services: AdminServices
  readonly gate: Gate
  readonly tails: LogTails
  /** Hears of what failed here itself. */
  readonly onError: (error: NanoError) => void
}

export function createOperatorApp({ services, gate, tails, onError }: OperatorAppOptions): OperatorApp {
  const metrics = new Metrics(services)
  const app: OperatorApp = new Hono()
  let admin: Promise<Pick<OperatorApp, 'fetch'>> | undefined
  app.use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })
  app.all('/admin/*', async (c) => {
    admin ??= import('./admin/api.ts').then(({ createAdminApi }) => createAdminApi(services, gate, tails))
    return (await admin).fetch(c.req.raw, c.env)
  })
  app.use(async (c, next) => {
    if (!gate.isOwnName(new URL(c.req.url).hostname)) {
      throw new NanoError('HOST_FORBIDDEN', 'this listener does not answer under that host name')
    }
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return toMethodNotAllowed(['GET', 'HEAD'])
    await next()
    return undefined
  })
  app.get('/healthz', (c) => c.json({ status: 'alive' }))
  app.get('/readyz', (c) => {
    const { wanted, listening, isClosing } = services.state()
    const shards = { wanted, listening, missing: wanted - listening }
    if (isClosing) return c.json({ status: 'stopping', shards }, 503)
    return listening < wanted
      ? c.json({ status: 'missing', shards }, 503)
      : c.json({ status: 'ready', shards })
  })
  app.get('/metrics', async (c) => {
    const text = await metrics.expose()
    return c.text(text, 200, { 'Content-Type': metrics.contentType })
  })
  addPage(app)
  app.notFound((c) => toErrorResponse(new NanoError('NOT_FOUND', `there is nothing at ${c.req.path}`)))
  app.onError((thrown) => {
    const error = toNanoError(thrown)
    if (error.blame === 'runtime') onError(error)
    return toErrorResponse(error)
  })
  return app
}
