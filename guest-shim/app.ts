/**
 * The app's handlers: a default export with `fetch`, `scheduled` and `queue` (an object, an instance of a class, or a class that each
 * call gets an instance of), or, in the older style, listeners for these events. An app that only has handlers of other
 * events is one too, and says so to whoever sends it a request.
 */

import { ExecutionContext } from './bindings/background.ts'
import type { QueueBatch, QueueCall } from './bindings/queues.ts'
import type { ScheduledCall, ScheduledController } from './bindings/scheduled.ts'
import { env } from './env.ts'
import { Event } from './globals/event.ts'
import type { Request } from './globals/request.ts'
import { Response } from './globals/response.ts'
import type { Handler } from './turn/handler.ts'

type Listener = (event: Event) => unknown

/** What marks the classes of `cloudflare:workers`: guest-modules/cloudflare/workers.ts. */
const ENTRYPOINT = Symbol.for('nano:entrypoint')

/** By event. */
const listeners: Readonly<Record<string, Listener[]>> = { fetch: [], queue: [], scheduled: [] }

/** False for an event that is none of the app's. */
export function addAppListener(type: unknown, listener: unknown): boolean {
  if (typeof type !== 'string' || !Object.hasOwn(listeners, type)) return false
  if (typeof listener === 'function') listeners[type]!.push(listener as Listener)
  else if (hasMethod(listener, 'handleEvent')) {
    const owner = listener as { handleEvent: Listener }
    listeners[type]!.push((event) => owner.handleEvent(event))
  }
  return true
}

/** Handlers of what is no request. */
const OTHER_HANDLERS = ['scheduled', 'queue', 'email', 'tail', 'trace', 'test'] as const
const hasListener = (name: string): boolean => listeners[name]!.length > 0
const NO_FETCH = 'The app has no fetch handler, so it answers no requests.'

type EntrypointClass = new (context: ExecutionContext, env: unknown) => Partial<Handler & Runs>

/** What no client asks for. */
const RUN_HANDLERS = ['scheduled', 'queue'] as const
type RunHandler = (typeof RUN_HANDLERS)[number]
type Runs = Record<RunHandler, (given: unknown, env: unknown, context: ExecutionContext) => unknown>

export interface App {
  handler: Handler
  /** Undefined: there is no handler for it. */
  scheduled: ScheduledCall | undefined
  queue: QueueCall | undefined
  /** The older style has no `env` parameter: its members become globals. */
  isClassic: boolean
}

export function findApp(module: Record<string, unknown>): App {
  const exported = module['default']
  const runs = {
    scheduled: findRun(exported, 'scheduled') ?? (hasListener('scheduled') ? dispatchScheduled : undefined),
    queue: findRun(exported, 'queue') ?? (hasListener('queue') ? dispatchQueue : undefined),
  }
  if (hasMethod(exported, 'fetch')) return { handler: exported as Handler, ...runs, isClassic: false }
  if (typeof exported === 'function' && isEntrypoint(exported)) {
    return { handler: toHandler(exported as unknown as EntrypointClass), ...runs, isClassic: false }
  }
  if (hasListener('fetch')) return { handler: { fetch: dispatch }, ...runs, isClassic: true }
  const isClassic = RUN_HANDLERS.some(hasListener)
  if (isClassic || OTHER_HANDLERS.some((name) => hasMethod(exported, name))) {
    return { handler: { fetch: refuse }, ...runs, isClassic }
  }
  throw new Error(
    'The app has no default export with a fetch handler, and no listener for the event "fetch". ' +
      'Write: export default { fetch(request, env, ctx) { return new Response("hello") } }' +
      describeExport(exported),
  )
}

/** What the default export has for runs of this kind, with what it gets: an object, or a class that each run gets an instance of. */
function findRun(exported: unknown, name: RunHandler): ((given: unknown, id: number) => unknown) | undefined {
  if (hasMethod(exported, name)) {
    return (given, id) => (exported as Runs)[name](given, env, new ExecutionContext(id))
  }
  if (typeof exported !== 'function' || !hasMethod(exported.prototype, name)) return undefined
  const Entrypoint = exported as unknown as EntrypointClass
  return (given, id) => {
    const context = new ExecutionContext(id)
    return (new Entrypoint(context, env) as Runs)[name](given, env, context)
  }
}

/** Whether a class is one of `cloudflare:workers`, or has a method like one. */
function isEntrypoint({ prototype }: { prototype?: unknown }): boolean {
  return ['fetch', ...RUN_HANDLERS, ENTRYPOINT].some((name) => hasMethod(prototype, name))
}

/** An export that another app calls. */
interface Entrypoint {
  /** Of a fetch; undefined: it has none. */
  readonly handler?: Handler
  /** It is a class, of which each call has an instance. */
  readonly Entrypoint?: new (context: ExecutionContext, env: unknown) => object
  /** It is an object. */
  readonly handlers?: object
}

/** Nothing of it: it is no entrypoint. */
export function toEntrypoint(exported: unknown): Entrypoint {
  if (typeof exported === 'function' && isEntrypoint(exported)) {
    const Entrypoint = exported as unknown as EntrypointClass
    return { handler: toHandler(Entrypoint), Entrypoint }
  }
  if (typeof exported !== 'object' || exported === null) return {}
  return { ...(hasMethod(exported, 'fetch') && { handler: exported as Handler }), handlers: exported }
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
  const own = listeners['fetch']!
  for (let i = 0; i < own.length; i++) {
    void own[i]?.(event)
    if (FetchEvent.isAnswered(event)) return FetchEvent.answerOf(event)
  }
  throw new Error('No listener for the event "fetch" called event.respondWith().')
}

class ScheduledEvent extends Event {
  readonly cron: string
  readonly scheduledTime: number
  readonly #controller: ScheduledController
  readonly #context: ExecutionContext

  constructor(controller: ScheduledController, context: ExecutionContext) {
    super('scheduled')
    this.cron = controller.cron
    this.scheduledTime = controller.scheduledTime
    this.#controller = controller
    this.#context = context
  }

  noRetry(): void {
    this.#controller.noRetry()
  }

  waitUntil(promise: unknown): void {
    this.#context.waitUntil(promise)
  }
}

class QueueEvent extends Event {
  readonly queue: string
  readonly messages: readonly unknown[]
  readonly metadata: unknown
  readonly #batch: QueueBatch
  readonly #context: ExecutionContext

  constructor(batch: QueueBatch, context: ExecutionContext) {
    super('queue')
    this.queue = batch.queue
    this.messages = batch.messages
    this.metadata = batch.metadata
    this.#batch = batch
    this.#context = context
  }

  ackAll(): void {
    this.#batch.ackAll()
  }

  retryAll(options?: unknown): void {
    this.#batch.retryAll(options)
  }

  waitUntil(promise: unknown): void {
    this.#context.waitUntil(promise)
  }
}

const dispatchScheduled: ScheduledCall = (controller, id) =>
  tell('scheduled', new ScheduledEvent(controller, new ExecutionContext(id)))

const dispatchQueue: QueueCall = (batch, id) => tell('queue', new QueueEvent(batch, new ExecutionContext(id)))

/** What an asynchronous listener does is waited for as well. */
async function tell(name: RunHandler, event: Event): Promise<void> {
  const begun: unknown[] = []
  for (const listener of listeners[name]!) begun.push(listener(event))
  for (const each of begun) await each
}
