/**
 * Events after the DOM standard, without a tree: a server's targets have no parents, so that an event's path is its
 * target alone. None of the engine's own is used: it has one kind of event and one of target, and neither takes a signal
 * or tells of what a listener throws.
 */

import { now } from '../turn/clock.ts'
import { phase } from '../turn/phase.ts'
import { NativeTypeError } from './primordials.ts'
import { requireArguments, toMembers, toText } from './web-idl.ts'

type Members = Readonly<Record<string, unknown>> | undefined

/** What a dispatch does to an event. The app sees it through getters only. */
export interface EventState {
  type: string
  isTrusted: boolean
  bubbles: boolean
  cancelable: boolean
  composed: boolean
  target: object | null
  currentTarget: object | null
  phase: number
  isDispatching: boolean
  isStopped: boolean
  isStoppedAtOnce: boolean
  isCanceled: boolean
  isPassive: boolean
}

const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 }
const { defineProperty, defineProperties } = Object

let stateOf: (event: object) => EventState
let isEvent: (value: unknown) => value is Event

export class Event {
  readonly #state: EventState
  readonly #timeStamp = phase.isLive ? now() : 0

  static {
    stateOf = (event) => (event as Event).#state
    isEvent = (value): value is Event => typeof value === 'object' && value !== null && #state in value
  }

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'Event')
    const text = toText(type)
    const members = toMembers(init as Members, 'Event')
    this.#state = {
      type: text,
      bubbles: Boolean(members['bubbles']),
      cancelable: Boolean(members['cancelable']),
      composed: Boolean(members['composed']),
      isTrusted: false,
      target: null,
      currentTarget: null,
      phase: 0,
      isDispatching: false,
      isStopped: false,
      isStoppedAtOnce: false,
      isCanceled: false,
      isPassive: false,
    }
    defineProperty(this, 'isTrusted', TRUSTED)
  }

  get type(): string {
    return this.#state.type
  }

  get target(): object | null {
    return this.#state.target
  }

  get srcElement(): object | null {
    return this.#state.target
  }

  get currentTarget(): object | null {
    return this.#state.currentTarget
  }

  composedPath(): object[] {
    const { currentTarget } = this.#state
    return currentTarget === null ? [] : [currentTarget]
  }

  get eventPhase(): number {
    return this.#state.phase
  }

  stopPropagation(): void {
    this.#state.isStopped = true
  }

  get cancelBubble(): boolean {
    return this.#state.isStopped
  }

  set cancelBubble(value: unknown) {
    if (value) this.#state.isStopped = true
  }

  stopImmediatePropagation(): void {
    this.#state.isStopped = true
    this.#state.isStoppedAtOnce = true
  }

  get bubbles(): boolean {
    return this.#state.bubbles
  }

  get cancelable(): boolean {
    return this.#state.cancelable
  }

  get returnValue(): boolean {
    return !this.#state.isCanceled
  }

  set returnValue(value: unknown) {
    if (!value) this.preventDefault()
  }

  preventDefault(): void {
    const state = this.#state
    if (state.cancelable && !state.isPassive) state.isCanceled = true
  }

  get defaultPrevented(): boolean {
    return this.#state.isCanceled
  }

  get composed(): boolean {
    return this.#state.composed
  }

  get timeStamp(): number {
    return this.#timeStamp
  }

  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    requireArguments(arguments.length, 1, 'initEvent')
    const state = this.#state
    const text = toText(type)
    if (state.isDispatching) return
    state.type = text
    state.bubbles = Boolean(bubbles)
    state.cancelable = Boolean(cancelable)
    state.isStopped = state.isStoppedAtOnce = state.isCanceled = state.isTrusted = false
    state.target = null
  }
}

/* oxlint-disable typescript/unbound-method -- a getter for objects that are not its own */

/** One for all events: each has it as a property of its own that cannot be replaced. */
const TRUSTED: PropertyDescriptor = {
  get: Object.getOwnPropertyDescriptor(
    {
      get isTrusted() {
        return stateOf(this).isTrusted
      },
    },
    'isTrusted',
  )?.get as () => boolean,
  enumerable: true,
  configurable: false,
}

for (const name of Object.keys(PHASES) as (keyof typeof PHASES)[]) {
  const constant = { value: PHASES[name], writable: false, enumerable: true, configurable: false }
  defineProperties(Event, { [name]: constant })
  defineProperties(Event.prototype, { [name]: constant })
}

export class CustomEvent extends Event {
  #detail: unknown

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'CustomEvent')
    super(type, init)
    this.#detail = toMembers(init as Members, 'CustomEvent')['detail'] ?? null
  }

  get detail(): unknown {
    return this.#detail
  }

  initCustomEvent(
    type: unknown,
    bubbles: unknown = false,
    cancelable: unknown = false,
    detail: unknown = null,
  ): void {
    requireArguments(arguments.length, 1, 'initCustomEvent')
    if (stateOf(this).isDispatching) return
    this.initEvent(type, bubbles, cancelable)
    this.#detail = detail
  }
}

export class ErrorEvent extends Event {
  readonly #members: { message: string; filename: string; lineno: number; colno: number; error: unknown }

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'ErrorEvent')
    super(type, init)
    const {
      message = '',
      filename = '',
      lineno = 0,
      colno = 0,
      error,
    } = toMembers(init as Members, 'ErrorEvent')
    this.#members = {
      message: toText(message),
      filename: toText(filename),
      lineno: Number(lineno) >>> 0,
      colno: Number(colno) >>> 0,
      error,
    }
  }

  get message(): string {
    return this.#members.message
  }

  get filename(): string {
    return this.#members.filename
  }

  get lineno(): number {
    return this.#members.lineno
  }

  get colno(): number {
    return this.#members.colno
  }

  get error(): unknown {
    return this.#members.error
  }
}

export class PromiseRejectionEvent extends Event {
  readonly #promise: object
  readonly #reason: unknown

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 2, 'PromiseRejectionEvent')
    super(type, init)
    const { promise, reason } = toMembers(init as Members, 'PromiseRejectionEvent')
    if (typeof promise !== 'object' || promise === null) {
      throw new NativeTypeError('PromiseRejectionEvent: expected a promise')
    }
    this.#promise = promise
    this.#reason = reason
  }

  get promise(): object {
    return this.#promise
  }

  get reason(): unknown {
    return this.#reason
  }
}

export { isEvent, stateOf }
