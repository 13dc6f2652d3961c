/** The log over the admin API: live tails of one app, or of all that a token may read. */

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'

import { NanoError } from '../../errors.ts'
import type { LogLevel } from '../../log/entry.ts'
import type { LogFilter } from '../../log/ring.ts'
import type { LogTails } from '../log-tails.ts'
import type { AdminEnv } from './admin-env.ts'
import type { Tokens } from './tokens.ts'
import * as routes from './routes.ts'

interface LogApiOptions {
  readonly tails: LogTails
  readonly tokens: Tokens
  /** Throws STARTING. */
  readonly hasApp: (name: string) => boolean
}

interface Query {
  readonly level?: LogLevel | undefined
  readonly tail: number
  readonly since?: string | undefined
  readonly follow: 'true' | 'false'
}

/** What it is sent as; a proxy in front is asked not to gather it. */
const HEADERS = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }

export function addLogs(api: OpenAPIHono<AdminEnv>, { tails, tokens, hasApp }: LogApiOptions): void {
  const open = (
    c: Context<AdminEnv>,
    filter: LogFilter,
    { level, tail, since, follow }: Query,
    lastId: string | undefined,
  ): Response => {
    // nobody would read the stream
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, HEADERS)
    const authorization = c.req.header('authorization') ?? ''
    const { access } = c.var
    const neededToken = !tokens.isEmpty
    const stream = tails.open({
      ...filter,
      level,
      since: since === undefined ? undefined : Date.parse(since),
      most: tail,
      follow: follow === 'true',
      lastId,
      // whoever may do something else by now opens another one
      mayGoOn: () => (neededToken ? tokens.find(authorization)?.equals(access) === true : tokens.isEmpty),
    })
    return c.body(stream, 200, HEADERS)
  }

  api.openapi(routes.followLog, (c) => {
    const { access } = c.var
    const mayRead = (app: string | undefined): boolean =>
      app === undefined ? access.mayReadServer : access.mayRead(app)
    return open(c, { mayRead }, c.req.valid('query'), c.req.valid('header')['last-event-id'])
  })

  api.openapi(routes.followAppLog, (c) => {
    const { name: app } = c.req.valid('param')
    c.var.access.expectRead(app)
    if (!hasApp(app)) throw new NanoError('APP_UNKNOWN', `there is no app "${app}"`)
    return open(c, { app }, c.req.valid('query'), c.req.valid('header')['last-event-id'])
  })
}
