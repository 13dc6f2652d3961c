/** Calls of other apps, and of the app itself: which of its exports answers. */

import type { Call } from 'nano:workers/calls'
import type { Event } from 'nano:workers/events'
import { toEntrypoint } from '../app.ts'
import { ExecutionContext, ownExports } from '../bindings/background.ts'
import { CallsHost, tellCaller } from '../bindings/calls.ts'
import type { HandlerCall } from '../bindings/response.ts'
import { toOwn } from '../globals/buffer-source.ts'
import { defineProperty, hasOwn, NativeTypeError, ownKeys, parseJson } from '../globals/primordials.ts'
import loadRpc from '../lazy/rpc.ts?lazy'
import { type Handler, receiveRequest } from './handler.ts'
import { callObject, isObject } from './object.ts'

/** What answers. */
export interface Served {
  /** Of clients' requests, and of calls that name no other export. */
  readonly handler: Handler
  readonly env: unknown
  readonly exports: Readonly<Record<string, unknown>>
}

type Rpc = () => Pick<typeof import('../lazy/rpc.ts'), 'openOwn' | 'serve'>

/** `ctx.exports`: what of the app can be called by itself. */
export function fillExports(exports: Served['exports']): void {
  for (const name of ownKeys(exports)) {
    if (typeof name !== 'string' || toEntrypoint(exports[name]).handler === undefined) continue
    let own: object | undefined
    const toHost = (props: string): CallsHost =>
      new CallsHost('', `${name === 'default' ? '' : name}\n${props}`)
    const get = (): object => (own ??= (loadRpc as Rpc)().openOwn(toHost))
    defineProperty(ownExports, name, { get, enumerable: true, configurable: true })
  }
}

/** Like `receiveRequest`. */
export function receiveCall(call: Call, next: Event | undefined, served: Served): boolean {
  if (isObject()) return receiveObjectCall(call, next, served)
  const props: unknown = call.props === '' ? undefined : parseJson(call.props)
  if (call.isRpc) {
    converse(call, served, props)
    return false
  }
  const { handler, env, exports } = served
  const named = call.entrypoint === '' ? handler : findFetch(exports, call.entrypoint)
  const record: Call & HandlerCall = call
  record.onThrew = (error) => tellCaller(call.id, error)
  return receiveRequest(record, next, { handler: named, env, props })
}

function findFetch(exports: Served['exports'], name: string): Handler {
  const { handler } = toEntrypoint(hasOwn(exports, name) ? exports[name] : undefined)
  return handler ?? { fetch: () => refuse(name) }
}

function converse(call: Call, { env, exports }: Served, props: unknown): void {
  const name = call.entrypoint === '' ? 'default' : call.entrypoint
  const { Entrypoint, handlers } = toEntrypoint(hasOwn(exports, name) ? exports[name] : undefined)
  const context = new ExecutionContext(call.id, props)
  const make = (): object => (Entrypoint === undefined ? refuse(name) : new Entrypoint(context, env))
  const own = { ...call, message: toOwn(call.message) }
  ;(loadRpc as Rpc)().serve(own, handlers === undefined ? { make } : { handlers, more: [env, context] })
}

function receiveObjectCall(call: Call, next: Event | undefined, { env }: Served): boolean {
  if (call.isRpc) {
    ;(loadRpc as Rpc)().serve({ ...call, message: toOwn(call.message) }, { within: callObject })
    return false
  }
  const record: Call & HandlerCall = call
  record.onThrew = (error) => tellCaller(call.id, error)
  return receiveRequest(record, next, { handler: objectHandler, env })
}

/** Of the Durable Object that this instance is. */
const objectHandler: Handler = {
  fetch: (request) =>
    callObject((own) => {
      const { fetch } = own as Partial<Record<'fetch', unknown>>
      if (typeof fetch === 'function') return (own as Handler).fetch(request, undefined, undefined as never)
      throw new NativeTypeError('Handler does not export a fetch() function.')
    }),
}

function refuse(name: string): never {
  throw new NativeTypeError(
    `The app that is called has no entrypoint "${name}": expected an export of that name that is a class which extends WorkerEntrypoint, or an object with handlers.`,
  )
}
