/** Queues of an app, through the admin API: what `nano-workers queues` shows and does. */

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'

import { NanoError } from '../../errors.ts'
import { askStore } from '../../storage/ask.ts'
import { StorageError } from '../../storage/failure.ts'
import type { ListedMessage, QueueCall } from '../../storage/queue/open.ts'
import type { AdminEnv } from './admin-env.ts'
import * as routes from './routes.ts'
import type { AdminServices, ServedApps } from './services.ts'
import { settingsLimit } from './upload.ts'

const ANSWER_MS = 10_000
const NOTHING = new Uint8Array(0)
/** Types of messages whose bodies are text. */
const TEXTS: ReadonlySet<string> = new Set(['json', 'text'])

export interface QueueServices {
  /** Throws while the server starts. */
  readonly served: () => Pick<ServedApps, 'registry' | 'queues' | 'storage'>
  readonly log: AdminServices['log']
}

export function addQueues(api: OpenAPIHono<AdminEnv>, { served, log }: QueueServices): void {
  /** One of them: whoever may deploy the app, and for one that apps have in common, whoever may do everything. */
  const ask = async (
    c: Context<AdminEnv>,
    { name, queue }: { readonly name: string; readonly queue: string },
    call: QueueCall,
  ) => {
    c.var.access.expectDeploy(name)
    const { queues, storage } = served()
    expectApp(served, name)
    const found = queues.of(name)?.filter((each) => each.name === queue) ?? []
    const [only, another] = found
    if (only === undefined) throw new NanoError('NOT_FOUND', `app ${name} names no queue "${queue}"`)
    if (another !== undefined)
      throw new NanoError('NOT_FOUND', `app ${name} names two queues "${queue}", one of them shared`)
    if (only.resource.isShared) c.var.access.expectAll()
    const request = { kind: only.resource.kind, key: only.resource.key, ...call, body: NOTHING }
    return await orFailed(name, askStore(storage, request, ANSWER_MS))
  }

  api.openapi(routes.listQueues, async (c) => {
    const { name } = c.req.valid('param')
    c.var.access.expectRead(name)
    expectApp(served, name)
    const states = await orFailed(name, served().queues.states(ANSWER_MS, name))
    const shown = states.map(({ queue, state: { count, bytes, oldest, isPaused }, counts }) => ({
      queue,
      messages: count,
      bytes,
      ...(oldest === undefined ? {} : { oldest }),
      paused: isPaused,
      ...(counts === undefined ? {} : { consumer: { ...counts } }),
    }))
    return c.json({ queues: shown }, 200)
  })

  api.openapi(routes.peekQueue, async (c) => {
    const { limit } = c.req.valid('query')
    const { meta, body } = await ask(c, c.req.valid('param'), { op: 'peek', args: { limit } })
    return c.json({ messages: toShown((meta as { messages: readonly ListedMessage[] }).messages, body) }, 200)
  })

  api.openapi(routes.purgeQueue, async (c) => {
    const { name, queue } = c.req.valid('param')
    await ask(c, { name, queue }, { op: 'purge', args: undefined })
    log({ level: 'info', app: name, text: `queue ${queue}: purged by ${c.var.access.name}` })
    return c.json({ success: true as const }, 200)
  })

  api.openapi({ ...routes.setDelivery, middleware: settingsLimit }, async (c) => {
    const { name, queue } = c.req.valid('param')
    const { paused: isPaused } = c.req.valid('json')
    await ask(c, { name, queue }, { op: 'pause', args: { isPaused } })
    const text = `queue ${queue}: ${isPaused ? 'paused' : 'resumed'} by ${c.var.access.name}`
    log({ level: 'info', app: name, text })
    return c.json({ success: true as const }, 200)
  })
}

function expectApp(served: () => Pick<ServedApps, 'registry'>, name: string): void {
  if (served().registry.apps.some((app) => app.name === name)) return
  throw new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
}

async function orFailed<T>(app: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (thrown) {
    if (!(thrown instanceof StorageError)) throw thrown
    throw new NanoError('STORAGE_FAILED', `queues of ${app}: ${thrown.message}`, { cause: thrown })
  }
}

function toShown(messages: readonly ListedMessage[], bodies: Uint8Array) {
  let at = 0
  return messages.map(({ id, sent, attempts, type, length }) => {
    const body = Buffer.from(bodies.subarray(at, (at += length)))
    const shown = TEXTS.has(type) ? { body: body.toString() } : { body_base64: body.toString('base64') }
    // it was not given by this
    return { id, sent, attempts: attempts - 1, type, ...shown }
  })
}
