/**
 * The app's handler: a default export with `fetch` (an object or an instance of a class), or, in the older style, a
 * listener for the event `fetch`.
 */

import type { ExecutionContext } from './bindings/background.ts'
import { Event } from './globals/event.ts'
import type { Request } from './globals/request.ts'
import type { Handler } from './turn/handler.ts'

type Listener = (event: FetchEvent) => void

const listeners: Listener[] = []

export function addFetchListener(listener: unknown): void {
  if (typeof listener === 'function') listeners.push(listener as Listener)
  else if (hasMethod(listener, 'handleEvent')) {
    const owner = listener as { handleEvent: Listener }
    listeners.push((event) => owner.handleEvent(event))
  }
}

export interface App {
  handler: Handler
  /** The older style has no `env` parameter: its members become globals. */
  isClassic: boolean
}

export function findApp(module: Record<string, unknown>): App {
  const exported = module['default']
  if (hasMethod(exported, 'fetch')) return { handler: exported as Handler, isClassic: false }
  if (listeners.length > 0) return { handler: { fetch: dispatch }, isClassic: true }
  throw new Error(
    'The app has no default export with a fetch handler, and no listener for the event "fetch". ' +
      'Write: export default { fetch(request, env, ctx) { return new Response("hello") } }' +
      describeExport(exported),
  )
}

function hasMethod(value: unknown, name: string): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as Record<string, unknown>)[name] === 'function'
}

function describeExport(exported: unknown): string {
  if (exported === undefined) return ''
  if (typeof exported === 'function') {
    return '\nThe default export is a function: write { fetch: theFunction }, or an instance of the class.'
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
