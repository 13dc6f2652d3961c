/**
 * `node:async_hooks`. A storage's value follows the code that runs within `run` through promises, timers and microtasks.
 * The engine has no hook for that, so what runs later is bound when it is handed over:
 *
 *     then, catch, finally   `Promise.prototype.then`, which those and `Promise.all` come down to
 *     await                  the build turns async functions of such an app into ones that call `then`
 *     timers, events         the guest shim, which begins each event with an empty context
 */

import * as hooks from 'unenv/node/internal/async_hooks/async-hook'
import { nativeThen } from '../async-function.ts'
import { door } from '../door.ts'

type Callback = (...args: never[]) => unknown
type Frame = ReadonlyMap<object, unknown>

const EMPTY: Frame = new Map()
const { context } = door
const currentFrame = (): Frame => (context.current as Frame | undefined) ?? EMPTY

function runIn<F extends Callback>(
  frame: unknown,
  callback: F,
  receiver: unknown,
  args: unknown[],
): ReturnType<F> {
  const before = context.current
  context.current = frame
  try {
    return Reflect.apply(callback, receiver, args) as ReturnType<F>
  } finally {
    context.current = before
  }
}

/** The function, for good with what is current now. */
function bind<F extends Callback>(callback: F): F {
  const frame = context.current
  const bound = function (this: unknown, ...args: unknown[]): unknown {
    return runIn(frame, callback, this, args)
  }
  return Object.defineProperty(bound, 'length', {
    value: callback.length,
    configurable: true,
  }) as unknown as F
}

const nativeQueue = globalThis.queueMicrotask

/** A handler as `then` takes it. Much goes through here, so it has no properties of its own. */
function carry(handler: unknown): unknown {
  if (typeof handler !== 'function') return handler
  const frame = context.current
  return (value: unknown): unknown => {
    const before = context.current
    context.current = frame
    try {
      return (handler as (value: unknown) => unknown)(value)
    } finally {
      context.current = before
    }
  }
}

function put(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: true, configurable: true })
}

put(
  Promise.prototype,
  'then',
  function then(this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown) {
    return nativeThen(this, carry(onFulfilled), carry(onRejected))
  },
)
put(globalThis, 'queueMicrotask', function queueMicrotask(callback: () => void) {
  nativeQueue(typeof callback === 'function' ? bind(callback) : callback)
})

export class AsyncLocalStorage<T> {
  readonly name: string
  readonly #default: T | undefined

  constructor({ name = '', defaultValue }: { name?: string; defaultValue?: T } = {}) {
    this.name = name
    this.#default = defaultValue
  }

  static bind<F extends Callback>(callback: F): F {
    return bind(callback)
  }

  /** A function that runs another with what is current now. */
  static snapshot(): <F extends Callback>(callback: F, ...args: Parameters<F>) => ReturnType<F> {
    const frame = context.current
    return (callback, ...args) => runIn(frame, callback, undefined, args)
  }

  getStore(): T | undefined {
    const frame = currentFrame()
    return frame.has(this) ? (frame.get(this) as T | undefined) : this.#default
  }

  run<F extends Callback>(store: T | undefined, callback: F, ...args: Parameters<F>): ReturnType<F> {
    return runIn(this.#with(store), callback, undefined, args)
  }

  exit<F extends Callback>(callback: F, ...args: Parameters<F>): ReturnType<F> {
    return this.run(undefined, callback, ...args)
  }

  /** For the rest of the code that runs now, and what it sets off. */
  enterWith(store: T): void {
    context.current = this.#with(store)
  }

  disable(): void {
    const frame = new Map(currentFrame())
    frame.delete(this)
    context.current = frame
  }

  #with(store: T | undefined): Frame {
    return new Map(currentFrame()).set(this, store)
  }
}

/** Something that code is run on behalf of, with what was current when it was made. */
export class AsyncResource {
  readonly type: string
  readonly #frame = context.current

  constructor(type: string) {
    this.type = type
  }

  static bind<F extends Callback>(callback: F): F {
    return bind(callback)
  }

  bind<F extends Callback>(callback: F, receiver?: unknown): F {
    const bound = (...args: Parameters<F>) => this.runInAsyncScope(callback, receiver, ...args)
    return bound as unknown as F
  }

  runInAsyncScope<F extends Callback>(
    callback: F,
    receiver?: unknown,
    ...args: Parameters<F>
  ): ReturnType<F> {
    return runIn(this.#frame, callback, receiver, args)
  }

  emitDestroy(): this {
    return this
  }

  asyncId(): number {
    return 1
  }

  triggerAsyncId(): number {
    return 0
  }
}

export const { asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } =
  hooks

export default {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
}
