/**
 * The app's handler: a default export with `fetch` (an object, an instance of a class, or a class that each request gets an
 * instance of), or, in the older style, a listener for the event `fetch`. An app that only has handlers of other events is
 * one too, and says so to whoever sends it a request.
 */

import type { ExecutionContext } from './bindings/background.ts'
import { Event } from './globals/event.ts'
import type { Request } from './globals/request.ts'
import { Response } from './globals/response.ts'
import type { Handler } from './turn/handler.ts'

type Listener = (event: FetchEvent) => void

/** What marks the classes of `cloudflare:workers`: guest-modules/cloudflare/workers.ts. */
const ENTRYPOINT = Symbol.for('nano:entrypoint')

const listeners: Listener[] = []

export function addFetchListener(listener: unknown): void {
  if (typeof listener === 'function') listeners.push(listener as Listener)
  else if (hasMethod(listener, 'handleEvent')) {
    const owner = listener as { handleEvent: Listener }
    listeners.push((event) => owner.handleEvent(event))
  }
}

/** Handlers of what is no request. */
const OTHER_HANDLERS = ['scheduled', 'queue', 'email', 'tail', 'trace', 'test'] as const
const NO_FETCH = 'The app has no fetch handler, so it answers no requests.'

type EntrypointClass = new (context: ExecutionContext, env: unknown) => Partial<Handler>

export interface App {
  handler: Handler
  /** The older style has no `env` parameter: its members become globals. */
  isClassic: boolean
}

export function findApp(module: Record<string, unknown>): App {
  const exported = module['default']
  if (hasMethod(exported, 'fetch')) return { handler: exported as Handler, isClassic: false }
  if (typeof exported === 'function' && isEntrypoint(exported)) {
    return { handler: toHandler(exported as unknown as EntrypointClass), isClassic: false }
  }
  if (listeners.length > 0) return { handler: { fetch: dispatch }, isClassic: true }
  if (OTHER_HANDLERS.some((name) => hasMethod(exported, name))) {
    return { handler: { fetch: refuse }, isClassic: false }
  }
  throw new Error(
    'The app has no default export with a fetch handler, and no listener for the event "fetch". ' +
      'Write: export default { fetch(request, env, ctx) { return new Response("hello") } }' +
      describeExport(exported),
  )
}

/** Whether a class is one of `cloudflare:workers`, or has a method `fetch` like one. */
function isEntrypoint(value: { prototype?: unknown }): boolean {
  return hasMethod(value.prototype, 'fetch') || hasMethod(value.prototype, ENTRYPOINT)
}

/** Each call has an instance of its own, as in Workers. */
function toHandler(Entrypoint: EntrypointClass): Handler {
  return {
    fetch(request, env, context) {
      const entrypoint = new Entrypoint(context, env)
      return hasMethod(entrypoint, 'fetch') ? (entrypoint as Handler).fetch(request, env, context) : refuse()
    },
  }
}

function refuse(): Response {
  return new Response(`${NO_FETCH}\n`, { status: 501, headers: { 'content-type': 'text/plain' } })
}

function hasMethod(value: unknown, name: string | symbol): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as Record<string | symbol, unknown>)[name] === 'function'
}

function describeExport(exported: unknown): string {
  if (exported === undefined) return ''
  if (typeof exported === 'function') {
    return '\nThe default export is a function: write { fetch: theFunction }, or a class with a method "fetch".'
  }
  return `\nThe default export is ${exported === null ? 'null' : `of type ${typeof exported}`} without a method "fetch".`
}

class FetchEvent extends Event {
  readonly request: Request
  readonly #context: ExecutionContext
  #answer: { value: unknown } | undefined

  constructor(request: Request, context: ExecutionContext) {
    super('fetch')
    this.request = request
    this.#context = context
  }

  static answerOf(event: FetchEvent): unknown {
    return event.#answer?.value
  }

  static isAnswered(event: FetchEvent): boolean {
    return event.#answer !== undefined
  }

  respondWith(value: unknown): void {
    if (this.#answer) throw new TypeError('FetchEvent.respondWith: was already called for this event')
    this.#answer = { value }
  }

  waitUntil(promise: unknown): void {
    this.#context.waitUntil(promise)
  }

  passThroughOnException(): void {}
}

function dispatch(request: Request, _env: unknown, context: ExecutionContext): unknown {
  const event = new FetchEvent(request, context)
  for (let i = 0; i < listeners.length; i++) {
    listeners[i]?.(event)
    if (FetchEvent.isAnswered(event)) return FetchEvent.answerOf(event)
  }
  throw new Error('No listener for the event "fetch" called event.respondWith().')
}
