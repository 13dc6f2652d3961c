/** `node:events`: the package for browsers, and what has come to Node.js since. */

import EventEmitter from 'events/'
import { door } from '../door.ts'

type Emitter = InstanceType<typeof EventEmitter>
type Listener = (...args: unknown[]) => void
interface Options {
  readonly signal?: AbortSignal
  readonly close?: readonly string[]
}

const toAbort = (signal: AbortSignal) =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  })

export const captureRejectionSymbol = Symbol.for('nodejs.rejection')
export const errorMonitor = Symbol('events.errorMonitor')
export const captureRejections = false
export const usingDomains = false
export const { defaultMaxListeners } = EventEmitter

export function setMaxListeners(count: number, ...targets: (Emitter | EventTarget)[]): void {
  if (targets.length === 0) EventEmitter.defaultMaxListeners = count
  for (const target of targets) if ('setMaxListeners' in target) target.setMaxListeners(count)
}

export function getMaxListeners(target: Emitter | EventTarget): number {
  return 'getMaxListeners' in target ? target.getMaxListeners() : EventEmitter.defaultMaxListeners
}

export function listenerCount(target: Emitter, name: string | symbol): number {
  return target.listenerCount(name)
}

export function getEventListeners(target: Emitter | EventTarget, name: string | symbol): unknown[] {
  return 'listeners' in target ? target.listeners(name) : []
}

export function addAbortListener(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) queueMicrotask(listener)
  else signal.addEventListener('abort', listener, { once: true })
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', listener) }
}

/** The arguments of the next event of that name; an event `error` rejects. */
export function once(
  target: Emitter | EventTarget,
  name: string,
  { signal }: Options = {},
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(toAbort(signal))
    const over = (settle: () => void) => {
      unlisten(target, name, onEvent)
      unlisten(target, 'error', onError)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onEvent = (...args: unknown[]) => over(() => resolve(args))
    const onError = (error: unknown) => over(() => reject(error))
    const onAbort = () => over(() => reject(toAbort(signal!)))
    listen(target, name, onEvent)
    if (name !== 'error' && 'on' in target) listen(target, 'error', onError)
    signal?.addEventListener('abort', onAbort)
  })
}

/** Every event of that name, as an async iterator of their arguments. */
export async function* on(
  target: Emitter | EventTarget,
  name: string,
  { signal, close = [] }: Options = {},
): AsyncGenerator<unknown[]> {
  const waiting: unknown[][] = []
  let failure: { error: unknown } | undefined
  let isOver = false
  let wake = () => {}
  const onEvent = (...args: unknown[]) => {
    waiting.push(args)
    wake()
  }
  const onError = (error: unknown) => {
    failure = { error }
    wake()
  }
  const onClose = () => {
    isOver = true
    wake()
  }
  const onAbort = () => onError(toAbort(signal!))
  if (signal?.aborted) throw toAbort(signal)
  listen(target, name, onEvent)
  if (name !== 'error' && 'on' in target) listen(target, 'error', onError)
  for (const each of close) listen(target, each, onClose)
  signal?.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (failure !== undefined) throw failure.error
      else if (isOver) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    unlisten(target, name, onEvent)
    unlisten(target, 'error', onError)
    for (const each of close) unlisten(target, each, onClose)
    signal?.removeEventListener('abort', onAbort)
  }
}

function listen(target: Emitter | EventTarget, name: string, listener: Listener): void {
  if ('on' in target) target.on(name, listener)
  else target.addEventListener(name, listener)
}

function unlisten(target: Emitter | EventTarget, name: string, listener: Listener): void {
  if ('on' in target) target.removeListener(name, listener)
  else target.removeEventListener(name, listener)
}

let made = 0

/** One whose listeners run in the context in which it was made. */
export class EventEmitterAsyncResource extends EventEmitter {
  readonly asyncId = ++made
  readonly triggerAsyncId = 0
  readonly #context = door.context.current

  get asyncResource(): this {
    return this
  }

  override emit(name: string | symbol, ...args: unknown[]): boolean {
    const before = door.context.current
    door.context.current = this.#context
    try {
      return super.emit(name, ...args)
    } finally {
      door.context.current = before
    }
  }

  emitDestroy(): void {}
}

export default Object.assign(EventEmitter, {
  EventEmitter,
  EventEmitterAsyncResource,
  captureRejectionSymbol,
  captureRejections,
  errorMonitor,
  usingDomains,
  setMaxListeners,
  getMaxListeners,
  listenerCount,
  getEventListeners,
  addAbortListener,
  once,
  on,
})
export { EventEmitter }
