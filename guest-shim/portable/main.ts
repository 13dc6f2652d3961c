/**
 * An app as a component that exports wasi:http/incoming-handler: the guest shim as it is, and in place of NANO's host these
 * files, which do for it what WASI can (`interfaces/`, one for each of wit/; what has none there fails and says so).
 *
 *     handle  >  startup, once  >  request  >  turns (reactor.ts)  >  the answer is out, nothing is held by waitUntil
 *                                                '- nothing is going to happen: 500
 *
 * One request at a time: hosts of wasi:http call `handle` again when it has come back.
 */

// what the engine has is taken before the shim replaces it
import { happen, run } from './reactor.ts'
import { start as startApp, turn } from '../world.ts'
import { findApp } from '../app.ts'
import { tellBuilder } from '../env-reads.ts'
import type { Event, Member } from 'nano:workers/events'
import { getEnvironment } from 'wasi:cli/environment'
import type { IncomingRequest, ResponseOutparam } from 'wasi:http/types'
import { Exchange, exchanges } from './exchange.ts'
import { isHeld } from './interfaces/background.ts'
import { fromFields, toLines } from './lines.ts'
import { BodySource } from './source.ts'
import { say } from './stdio.ts'

/** Requests with these have no body for an app. */
const BODYLESS = new Set(['GET', 'HEAD'])

/** Of an app's default export, what other hosts than NANO do not call. */
const UNCALLED = ['scheduled', 'queue', 'email', 'tail', 'trace'] as const

let lastId = 0

/** Takes the app's module namespace, and tells the builder what of it nobody is going to call. */
export function start(app: Record<string, unknown>): void {
  startApp(app)
  const found = findApp(app)
  const own = app['default']
  const exported = (own ?? {}) as Record<string, unknown>
  for (const name of UNCALLED) {
    // a router may have a member of any name, and says that it has not
    if (typeof own === 'object' && own !== null && !(name in own)) continue
    const isListened = (name === 'scheduled' || name === 'queue') && found[name] !== undefined
    if (isListened || typeof exported[name] === 'function') tellBuilder('export', `${name} handler`)
  }
  for (const name of Object.keys(app)) {
    if (name !== 'default' && typeof app[name] === 'function') tellBuilder('export', `export ${name}`)
  }
}

export const incomingHandler = {
  async handle(request: IncomingRequest, out: ResponseOutparam): Promise<void> {
    const id = ++lastId
    if (id === 1) turn(0, [{ tag: 'startup', val: { env: readEnv(), object: '' } }])
    const method = toMethod(request)
    const exchange = new Exchange(id, method, out)
    exchanges.set(id, exchange)
    const fields = request.headers()
    const headers = fromFields(fields)
    fields[Symbol.dispose]()
    const hasBody = !BODYLESS.has(method) && mayHaveBody(headers)
    happen(id, {
      tag: 'request',
      val: {
        id,
        method,
        url: toUrl(request, headers),
        headers: toLines(withHost(request, headers)),
        hasBody,
      },
    })
    if (hasBody) openBody(exchange, request)
    request[Symbol.dispose]()
    const isDone = (): boolean => exchange.isOver && !isHeld(id)
    if (!(await run(turn, isDone))) {
      say('error', 'APP_HUNG: nothing is going to happen that the app waits for')
      exchange.fail('APP_HUNG')
      await run(turn, () => exchange.isOver)
    }
    exchange.source?.cancel()
    exchanges.delete(id)
  },
}

function openBody(exchange: Exchange, request: IncomingRequest): void {
  const { id } = exchange
  const source = new BodySource(request.consume(), {
    chunk: (bytes, last) => happen(id, { tag: 'request-body', val: { id, bytes, last } } satisfies Event),
    failed: (message) => happen(id, { tag: 'request-body-failed', val: { id, message } }),
  })
  exchange.source = source
  // the first chunk comes by itself
  source.pull()
}

function readEnv(): Member[] {
  return getEnvironment().map(([name, val]) => ({ name, value: { tag: 'text', val } }))
}

function toMethod(request: IncomingRequest): string {
  const { tag, val } = request.method()
  return tag === 'other' ? String(val) : tag.toUpperCase()
}

/** A host may keep what says that there is one to itself. */
function mayHaveBody(headers: readonly [name: string, value: string][]): boolean {
  const length = headers.find(([name]) => name === 'content-length')?.[1]
  return length !== '0'
}

function toHost(request: IncomingRequest, headers: readonly [name: string, value: string][]): string {
  return request.authority() ?? headers.find(([name]) => name === 'host')?.[1] ?? 'localhost'
}

function toUrl(request: IncomingRequest, headers: readonly [name: string, value: string][]): string {
  const scheme = request.scheme()?.tag === 'HTTPS' ? 'https' : 'http'
  const path = request.pathWithQuery() ?? '/'
  return `${scheme}://${toHost(request, headers)}${path.startsWith('/') ? path : `/${path}`}`
}

function withHost(
  request: IncomingRequest,
  headers: [name: string, value: string][],
): [name: string, value: string][] {
  if (headers.some(([name]) => name === 'host')) return headers
  return [['host', toHost(request, headers)], ...headers]
}
