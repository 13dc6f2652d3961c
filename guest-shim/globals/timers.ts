/**
 * `setTimeout` and its kin. What they give is an object, as in Node.js and, of late, in Workers, which as a number is what a
 * browser gives; it stops the timer either way.
 */

import { restartTimer, startTimer, stopTimer } from '../bindings/timer.ts'
import { NativeTypeError } from './primordials.ts'

type Callback = (...args: unknown[]) => unknown

function requireCallback(name: string, callback: unknown): void {
  if (typeof callback !== 'function')
    throw new NativeTypeError(`${name}: the first argument must be a function`)
}

/** An app has no process that a timer could keep alive: what `unref` says is remembered, and nothing else. */
class Handle {
  #hasRef = true

  ref(): this {
    this.#hasRef = true
    return this
  }

  unref(): this {
    this.#hasRef = false
    return this
  }

  hasRef(): boolean {
    return this.#hasRef
  }
}

class Timeout extends Handle {
  readonly #id: number
  readonly #callback: Callback
  readonly #delay: number
  readonly #repeats: boolean
  readonly #args: readonly unknown[]

  constructor(callback: Callback, delay: number, repeats: boolean, args: readonly unknown[]) {
    super()
    this.#id = startTimer(callback, delay, repeats, args)
    this.#callback = callback
    this.#delay = delay
    this.#repeats = repeats
    this.#args = args
  }

  /** Begins anew, even when it is over. */
  refresh(): this {
    restartTimer(this.#id, this.#callback, this.#delay, this.#repeats, this.#args)
    return this
  }

  close(): this {
    stopTimer(this.#id)
    return this
  }

  [Symbol.dispose](): void {
    stopTimer(this.#id)
  }

  [Symbol.toPrimitive](): number {
    return this.#id
  }

  static stop(timer: object): void {
    if (#id in timer) stopTimer(timer.#id)
  }
}

class Immediate extends Handle {
  readonly #id: number

  constructor(callback: Callback, args: readonly unknown[]) {
    super()
    this.#id = startTimer(callback, 0, false, args)
  }

  [Symbol.dispose](): void {
    stopTimer(this.#id)
  }

  static stop(immediate: object): void {
    if (#id in immediate) stopTimer(immediate.#id)
  }
}

export function setTimeout(callback: Callback, delay?: unknown, ...args: unknown[]): Timeout {
  requireCallback('setTimeout', callback)
  return new Timeout(callback, Number(delay), false, args)
}

export function setInterval(callback: Callback, delay?: unknown, ...args: unknown[]): Timeout {
  requireCallback('setInterval', callback)
  return new Timeout(callback, Number(delay), true, args)
}

export function clearTimeout(timer?: unknown): void {
  if (typeof timer === 'number' || typeof timer === 'string') stopTimer(Number(timer))
  else if (typeof timer === 'object' && timer !== null) Timeout.stop(timer)
}

export const clearInterval = function clearInterval(timer?: unknown): void {
  clearTimeout(timer)
}

export function setImmediate(callback: Callback, ...args: unknown[]): Immediate {
  requireCallback('setImmediate', callback)
  return new Immediate(callback, args)
}

export const clearImmediate = function clearImmediate(immediate?: unknown): void {
  if (typeof immediate === 'object' && immediate !== null) Immediate.stop(immediate)
}

/** Bundlers may change names. */
for (const [name, given] of Object.entries({ Timeout, Immediate }))
  Object.defineProperty(given, 'name', { value: name, configurable: true })
