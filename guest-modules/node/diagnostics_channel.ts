/** `node:diagnostics_channel`: names under which code tells of what it does, to whoever listens within the app. */

import type { AsyncLocalStorage } from './async_hooks.ts'
import { coded } from './http/coded.ts'

type Name = string | symbol
type Subscriber = (message: unknown, name: Name) => void
type Callback = (...args: never[]) => unknown
type Store = Pick<AsyncLocalStorage<unknown>, 'run'>
type Transform = (message: unknown) => unknown

/** Of the platform. */
const { reportError } = globalThis as unknown as { reportError: (error: unknown) => void }
const channels = new Map<Name, Channel>()
const STAGES = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
type Stage = (typeof STAGES)[number]
type Handlers = Partial<Record<Stage, Subscriber>>

function expectFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return
  const text = `The "${what}" argument must be of type function. Received ${value === null ? 'null' : typeof value}`
  throw coded('ERR_INVALID_ARG_TYPE', new TypeError(text))
}

export class Channel {
  readonly name: Name
  #subscribers: readonly Subscriber[] = []
  readonly #stores = new Map<Store, Transform | undefined>()

  constructor(name: Name) {
    this.name = name
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0 || this.#stores.size > 0
  }

  subscribe(subscriber: Subscriber): void {
    expectFunction(subscriber, 'subscription')
    this.#subscribers = [...this.#subscribers, subscriber]
  }

  /** Whether it was one. */
  unsubscribe(subscriber: Subscriber): boolean {
    const at = this.#subscribers.indexOf(subscriber)
    if (at >= 0) this.#subscribers = this.#subscribers.toSpliced(at, 1)
    return at >= 0
  }

  /** What a subscriber throws is nothing to whoever tells. */
  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name)
      } catch (error) {
        reportError(error)
      }
    }
  }

  bindStore(store: Store, transform?: Transform): void {
    this.#stores.set(store, transform)
  }

  unbindStore(store: Store): boolean {
    return this.#stores.delete(store)
  }

  /** Tells, and runs the function with the stores that are bound. */
  runStores<F extends Callback>(
    message: unknown,
    run: F,
    receiver?: unknown,
    ...args: Parameters<F>
  ): ReturnType<F> {
    let all = (): unknown => {
      this.publish(message)
      return Reflect.apply(run, receiver, args)
    }
    for (const [store, transform] of this.#stores) {
      const inner = all
      all = () => store.run(this.#toValue(message, transform), inner)
    }
    return all() as ReturnType<F>
  }

  #toValue(message: unknown, transform: Transform | undefined): unknown {
    try {
      return transform === undefined ? message : transform(message)
    } catch (error) {
      reportError(error)
      return undefined
    }
  }
}

export function channel(name: Name): Channel {
  const known = channels.get(name)
  if (known !== undefined) return known
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    const text = `The "channel" argument must be one of type string or symbol. Received ${typeof name}`
    throw coded('ERR_INVALID_ARG_TYPE', new TypeError(text))
  }
  const made = new Channel(name)
  channels.set(name, made)
  return made
}

export const hasSubscribers = (name: Name): boolean => channels.get(name)?.hasSubscribers === true
export const subscribe = (name: Name, subscriber: Subscriber): void => channel(name).subscribe(subscriber)
export const unsubscribe = (name: Name, subscriber: Subscriber): boolean =>
  channel(name).unsubscribe(subscriber)

/** The channels of a call: its begin and end, those of what it leaves behind, and its failure. */
class TracingChannel {
  declare readonly start: Channel
  declare readonly end: Channel
  declare readonly asyncStart: Channel
  declare readonly asyncEnd: Channel
  declare readonly error: Channel

  constructor(given: Name | Record<Stage, Channel>) {
    for (const stage of STAGES)
      Object.defineProperty(this, stage, {
        value: typeof given === 'object' ? given[stage] : channel(`tracing:${String(given)}:${stage}`),
        enumerable: true,
      })
  }

  get hasSubscribers(): boolean {
    return STAGES.some((stage) => this[stage].hasSubscribers)
  }

  subscribe(handlers: Handlers): void {
    for (const stage of STAGES) if (handlers[stage] !== undefined) this[stage].subscribe(handlers[stage])
  }

  /** Whether all of them were subscribed. */
  unsubscribe(handlers: Handlers): boolean {
    return STAGES.filter((stage) => handlers[stage] !== undefined)
      .map((stage) => this[stage].unsubscribe(handlers[stage]!))
      .every(Boolean)
  }

  traceSync<F extends Callback>(
    run: F,
    context: Record<string, unknown> = {},
    receiver?: unknown,
    ...args: Parameters<F>
  ): ReturnType<F> {
    if (!this.hasSubscribers) return Reflect.apply(run, receiver, args) as ReturnType<F>
    return this.#begin(context, () => {
      const result = Reflect.apply(run, receiver, args) as ReturnType<F>
      context['result'] = result
      return result
    })
  }

  tracePromise<F extends Callback>(
    run: F,
    context: Record<string, unknown> = {},
    receiver?: unknown,
    ...args: Parameters<F>
  ): unknown {
    if (!this.hasSubscribers) return Reflect.apply(run, receiver, args)
    const settled = (): void => {
      this.asyncStart.publish(context)
      this.asyncEnd.publish(context)
    }
    return this.#begin(context, async () => {
      try {
        const result: unknown = await Reflect.apply(run, receiver, args)
        context['result'] = result
        settled()
        return result
      } catch (error) {
        this.#fail(context, error)
        settled()
        throw error
      }
    })
  }

  /** The callback is among the arguments: the last one, or at this place. */
  traceCallback<F extends Callback>(
    run: F,
    position = -1,
    context: Record<string, unknown> = {},
    receiver?: unknown,
    ...args: unknown[]
  ): ReturnType<F> {
    if (!this.hasSubscribers) return Reflect.apply(run, receiver, args) as ReturnType<F>
    const callback = args.at(position)
    expectFunction(callback, 'callback')
    const { asyncStart, asyncEnd } = this
    const fail = (error: unknown): void => this.#fail(context, error)
    function traced(this: unknown, error: unknown, result: unknown, ...more: unknown[]): unknown {
      if (error === undefined || error === null) context['result'] = result
      else fail(error)
      return asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback as Callback, this, [error, result, ...more])
        } finally {
          asyncEnd.publish(context)
        }
      })
    }
    const given = args.with(position, traced)
    return this.#begin(context, () => Reflect.apply(run, receiver, given) as ReturnType<F>)
  }

  #begin<T>(context: Record<string, unknown>, run: () => T): T {
    return this.start.runStores<() => T>(context, () => {
      try {
        return run()
      } catch (error) {
        this.#fail(context, error)
        throw error
      } finally {
        this.end.publish(context)
      }
    })
  }

  #fail(context: Record<string, unknown>, error: unknown): void {
    context['error'] = error
    this.error.publish(context)
  }
}

export const tracingChannel = (given: Name | Record<Stage, Channel>): TracingChannel =>
  new TracingChannel(given)

export default { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe }
