/**
 * The operator's application: whether the server lives, whether it is ready, and what it counts. It reads and changes
 * nothing.
 */

import { Hono } from 'hono'

import { toClientBody, toNanoError, toStatus } from '../errors.ts'
import type { ErrorCode, NanoError } from '../errors.ts'
import { Metrics } from './metrics.ts'
import type { ServerView } from './server-view.ts'

/** `onError` hears of what failed here itself. */
export function createOperatorApp(view: ServerView, onError: (error: NanoError) => void): Hono {
  const metrics = new Metrics(view)
  const app = new Hono()
  app.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return toErrorResponse('METHOD_NOT_ALLOWED')
    await next()
    c.header('Cache-Control', 'no-store')
    return undefined
  })
  app.get('/healthz', (c) => c.json({ status: 'alive' }))
  app.get('/readyz', (c) => {
    const { wanted, listening, isClosing } = view.state()
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
  app.notFound(() => toErrorResponse('NOT_FOUND'))
  app.onError((thrown) => {
    onError(toNanoError(thrown))
    return toErrorResponse('INTERNAL')
  })
  return app
}

/** An answer in NANO's own words. */
export function toErrorResponse(code: ErrorCode): Response {
  const headers = { 'Content-Type': 'application/json; charset=utf-8' }
  return new Response(toClientBody(code), {
    status: toStatus(code),
    headers: code === 'METHOD_NOT_ALLOWED' ? { ...headers, Allow: 'GET, HEAD' } : headers,
  })
}
