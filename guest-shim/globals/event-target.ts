/**
 * EventTarget after the DOM standard, and the global object as one: its methods can be called without a receiver.
 */

import { type Event, isEvent, stateOf } from './event.ts'
import { apply, NativeDOMException, NativeTypeError } from './primordials.ts'
import { addAlgorithm, hear, removeAlgorithm, type SignalState, signalOf, unhear } from './signal-state.ts'
import { isObject, requireArguments, toText } from './web-idl.ts'

interface Listener {
  readonly type: string
  readonly callback: object
  readonly capture: boolean
  readonly once: boolean
  readonly passive: boolean
  readonly signal: SignalState | undefined
  /** What the signal runs. */
  forget: (() => void) | undefined
  isRemoved: boolean
}

/** A handler attribute, such as `onabort`: its listener stands where the first value was set. */
interface Handler {
  value: object | null
}

interface Listeners {
  readonly target: object
  /** Never changed in place: who walks it keeps the one it began with. Undefined when nobody listens. */
  list: readonly Listener[] | undefined
  handlers: Record<string, Handler> | undefined
}

const ofGlobal: Listeners = { target: globalThis, list: undefined, handlers: undefined }

let listenersOf: (target: object) => Listeners | undefined

export class EventTarget {
  readonly #listeners: Listeners = { target: this, list: undefined, handlers: undefined }

  static {
    listenersOf = (target) => (#listeners in target ? target.#listeners : undefined)
  }

  addEventListener(type: unknown, callback: unknown, options: unknown = {}): void {
    const listeners = toListeners(this)
    requireArguments(arguments.length, 2, 'addEventListener')
    const text = toText(type)
    const isNone = checkCallback(callback)
    const { once, passive, signal } = toOptions(options)
    const capture = toCapture(options)
    if (!isNone) add(listeners, { type: text, callback: callback as object, capture, once, passive, signal })
  }

  removeEventListener(type: unknown, callback: unknown, options: unknown = {}): void {
    const listeners = toListeners(this)
    requireArguments(arguments.length, 2, 'removeEventListener')
    const text = toText(type)
    const isNone = checkCallback(callback)
    const capture = toCapture(options)
    const found = isNone ? undefined : find(listeners, text, callback as object, capture)
    if (found !== undefined) remove(listeners, found)
  }

  dispatchEvent(event: unknown): boolean {
    const { target } = toListeners(this)
    if (!isEvent(event)) throw new NativeTypeError('dispatchEvent: expected an Event')
    const state = stateOf(event)
    if (state.isDispatching)
      throw new NativeDOMException('the event is being dispatched', 'InvalidStateError')
    state.isTrusted = false
    return dispatch(target, event)
  }
}

/** Has an event of the platform's heard. Returns whether its default is to happen. */
export function fire(target: object, event: Event): boolean {
  stateOf(event).isTrusted = true
  return dispatch(target, event)
}

function dispatch(target: object, event: Event): boolean {
  const state = stateOf(event)
  const listeners = toListeners(target)
  state.isDispatching = true
  state.target = target
  if (listeners.list !== undefined) {
    state.currentTarget = target
    state.phase = 2
    // those that listen for it coming down hear it first
    for (const capture of CAPTURE_FIRST) if (!state.isStopped) call(listeners, event, capture)
  }
  state.phase = 0
  state.currentTarget = null
  state.isDispatching = state.isStopped = state.isStoppedAtOnce = false
  return !state.isCanceled
}

const CAPTURE_FIRST = [true, false] as const

function call(listeners: Listeners, event: Event, capture: boolean): void {
  const state = stateOf(event)
  const { target, list = [] } = listeners
  for (let i = 0; i < list.length && !state.isStoppedAtOnce; i++) {
    const listener = list[i] as Listener
    if (listener.isRemoved || listener.capture !== capture || listener.type !== state.type) continue
    if (listener.once) remove(listeners, listener)
    state.isPassive = listener.passive
    try {
      callBack(listener.callback, target, event)
    } catch (error) {
      hooks.report(error)
    }
    state.isPassive = false
  }
}

function callBack(callback: object, target: object, event: Event): void {
  if (typeof callback === 'function') return void apply(callback as () => void, target, [event])
  const { handleEvent } = callback as { handleEvent?: unknown }
  if (typeof handleEvent !== 'function') throw new NativeTypeError('a listener has no method "handleEvent"')
  apply(handleEvent as () => void, callback, [event])
}

function add(listeners: Listeners, given: Omit<Listener, 'forget' | 'isRemoved'>): void {
  const { type, callback, capture, signal } = given
  if (signal?.isAborted || find(listeners, type, callback, capture) !== undefined) return
  const listener: Listener = { ...given, forget: undefined, isRemoved: false }
  listeners.list = listeners.list === undefined ? [listener] : [...listeners.list, listener]
  if (signal !== undefined) {
    listener.forget = () => remove(listeners, listener)
    addAlgorithm(signal, listener.forget)
  }
  const own = signalOf(listeners.target)
  if (own !== undefined) hear(own)
}

function find(
  { list = [] }: Listeners,
  type: string,
  callback: object,
  capture: boolean,
): Listener | undefined {
  for (let i = 0; i < list.length; i++) {
    const listener = list[i] as Listener
    if (listener.callback === callback && listener.type === type && listener.capture === capture)
      return listener
  }
  return undefined
}

function remove(listeners: Listeners, listener: Listener): void {
  if (listener.isRemoved) return
  listener.isRemoved = true
  const { forget, signal } = listener
  if (signal !== undefined && forget !== undefined) removeAlgorithm(signal, forget)
  const rest: Listener[] = []
  for (const other of listeners.list ?? []) if (other !== listener) rest[rest.length] = other
  listeners.list = rest.length === 0 ? undefined : rest
  const own = signalOf(listeners.target)
  if (own !== undefined) unhear(own)
}

function toListeners(target: unknown): Listeners {
  if (target === undefined || target === null || target === globalThis) return ofGlobal
  const listeners = typeof target === 'object' ? listenersOf(target) : undefined
  if (listeners === undefined) throw new NativeTypeError('expected an EventTarget as the receiver')
  return listeners
}

/** Whether it is none, which is allowed. */
function checkCallback(callback: unknown): boolean {
  if (callback === null || callback === undefined) return true
  if (isObject(callback)) return false
  throw new NativeTypeError(`expected a listener, got ${typeof callback}`)
}

const toCapture = (options: unknown): boolean =>
  Boolean(isObject(options) ? (options as { capture?: unknown }).capture : options)

function toOptions(options: unknown) {
  if (!isObject(options)) return { once: false, passive: false, signal: undefined }
  const { once, passive, signal } = options as Record<string, unknown>
  const state = signalOf(signal)
  if (signal !== undefined && state === undefined) {
    throw new NativeTypeError('addEventListener: expected an AbortSignal as the signal')
  }
  return { once: Boolean(once), passive: Boolean(passive), signal: state }
}

/** Gives the targets of a class (or the global object) the attribute `on<type>`. */
export function defineHandler(owner: object, type: string): void {
  const name = `on${type}`
  const attribute = {
    get [name](): unknown {
      return toListeners(this).handlers?.[type]?.value ?? null
    },
    set [name](value: unknown) {
      setHandler(toListeners(this), type, isObject(value) ? value : null)
    },
  }
  // oxlint-disable-next-line typescript/unbound-method -- for a property of another object
  const { get, set } = Object.getOwnPropertyDescriptor(attribute, name) as PropertyDescriptor
  Object.defineProperty(owner, name, { get, set, enumerable: true, configurable: true } as PropertyDescriptor)
}

function setHandler(listeners: Listeners, type: string, value: object | null): void {
  const handlers = (listeners.handlers ??= Object.create(null) as Record<string, Handler>)
  const known = handlers[type]
  if (known !== undefined) {
    known.value = value
    return
  }
  if (value === null) return
  const handler: Handler = { value }
  handlers[type] = handler
  const callback = (event: Event) => callHandler(handler.value, listeners.target, event)
  add(listeners, { type, callback, capture: false, once: false, passive: false, signal: undefined })
}

/** `onerror` of the global object is older than events: it gets what the event says, and cancels by returning true. */
function callHandler(value: object | null, target: object, event: Event): void {
  if (typeof value !== 'function') return
  const { type } = event
  if (type === 'error' && target === globalThis && 'lineno' in event) {
    const { message, filename, lineno, colno, error } = event as unknown as Record<string, unknown>
    if (apply(value as () => unknown, target, [message, filename, lineno, colno, error]) === true)
      cancel(event)
  } else if (apply(value as () => unknown, target, [event]) === false) cancel(event)
}

function cancel(event: Event): void {
  const state = stateOf(event)
  if (state.cancelable) state.isCanceled = true
}

/** `report`: who is told what a listener throws. */
export const hooks: { report: (error: unknown) => void } = { report: () => {} }
