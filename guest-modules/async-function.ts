/**
 * What the build makes of an async function in an app with AsyncLocalStorage: a generator that is run by this, with the same
 * context behind each `await` as before it. Two closures a call, none for an `await`.
 */

import { door } from './door.ts'

type Steps = Generator<unknown, unknown, unknown>

const { context } = door
// in an expression that is not lowered
const asyncPrototype = Object.getPrototypeOf(async () => {}) as object
/** `Promise.prototype.then`, before node/async_hooks.ts replaces it. */
// oxlint-disable-next-line typescript/unbound-method -- it is called with a `this` of its own
export const nativeThen = Function.prototype.call.bind(Promise.prototype.then) as unknown as (
  promise: Promise<unknown>,
  onValue: unknown,
  onError: unknown,
) => Promise<unknown>

export default function asyncFunction(generator: (...args: unknown[]) => Steps) {
  return mark(function (this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const steps = Reflect.apply(generator, this, args)
      let frame: unknown
      const go = (method: 'next' | 'throw', value: unknown): void => {
        let result: IteratorResult<unknown, unknown>
        try {
          result = steps[method](value)
          if (result.done !== true) {
            frame = context.current
            void nativeThen(Promise.resolve(result.value), onValue, onError)
            return
          }
        } catch (error) {
          reject(error)
          return
        }
        resolve(result.value)
      }
      const goOn = (method: 'next' | 'throw', value: unknown): void => {
        const before = context.current
        context.current = frame
        go(method, value)
        context.current = before
      }
      const onValue = (value: unknown) => goOn('next', value)
      const onError = (error: unknown) => goOn('throw', error)
      go('next', undefined)
    })
  })
}

/** Functions become what they were in the app's own code (host/build/mark-async.ts). Gives the first. */
function mark<F extends object>(first: F, ...more: object[]): F {
  for (const each of [first, ...more]) Object.setPrototypeOf(each, asyncPrototype)
  return first
}

asyncFunction.mark = mark
