/**
 * What the engine has and must not be called as it is, since that would end the instance: some methods on the very
 * prototype that they stand on, which has the class of its instances and nothing in it; a constructor with numbers for
 * objects; what a server has no use for. A test that calls everything there is finds them
 * (`test/request/everything.test.ts`).
 */

import { NativeTypeError } from './primordials.ts'

const { apply, construct } = Reflect

type Method = (...args: unknown[]) => unknown

/** Lets these, methods or getters, be called on everything but their prototype itself. */
function guardReceiver(prototype: object, ...names: string[]): void {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
    const part = descriptor?.get ? 'get' : 'value'
    const native = descriptor?.[part] as Method
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      if (this === prototype) throw new NativeTypeError(`${name}: the prototype is no instance`)
      return apply(native, this, args)
    }
    Object.defineProperty(guarded, 'name', { value: native.name })
    Object.defineProperty(prototype, name, { ...descriptor, [part]: guarded })
  }
}

const isObject = (value: unknown) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The class, its arguments checked as the Streams standard says. */
function guardWritable(): void {
  const native = WritableStream
  const guarded = new Proxy(native, {
    construct(target, [sink, strategy]: unknown[], newTarget) {
      if (sink !== undefined && !isObject(sink))
        throw new NativeTypeError('WritableStream: expected an object as the sink')
      if (strategy !== undefined && strategy !== null && !isObject(strategy)) {
        throw new NativeTypeError('WritableStream: expected an object as the strategy')
      }
      return construct(target, [sink, strategy ?? undefined], newTarget) as object
    },
  })
  for (const owner of [globalThis, native.prototype]) {
    const name = owner === globalThis ? 'WritableStream' : 'constructor'
    Object.defineProperty(owner, name, {
      value: guarded,
      writable: true,
      enumerable: false,
      configurable: true,
    })
  }
}

export function installGuards(): void {
  guardReceiver(URL.prototype, 'protocol', 'searchParams')
  guardReceiver(URLSearchParams.prototype, 'sort')
  guardReceiver(AbortController.prototype, 'abort')
  guardReceiver(Object.getPrototypeOf(new Headers().entries()) as object, 'next')
  void new TransformStream({
    start: (controller) => guardReceiver(Object.getPrototypeOf(controller) as object, 'terminate'),
  })
  guardWritable()
  // nothing could fetch such a URL, and nothing lets go of what is behind it
  for (const name of ['createObjectURL', 'revokeObjectURL']) Reflect.deleteProperty(URL, name)
  // there is no document, and libraries that ask for `location` take it for one
  for (const name of ['location', 'WorkerLocation']) Reflect.deleteProperty(globalThis, name)
}
