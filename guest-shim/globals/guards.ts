/**
 * What the engine has and must not be called as it is, since that would end the instance: some methods on the very
 * prototype that they stand on, which has the class of its instances and nothing in it; some with arguments that are not
 * what they expect, or throw when they are converted; what a server has no use for. A test that calls everything there is
 * finds them (`test/instance/everything.test.ts`).
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { MOST_SHORT, NativeTypeError, uncurry } from './primordials.ts'

const { apply } = Reflect
const concat = uncurry(String.prototype.concat)

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

/** To text as the language does it: what has none throws. */
const toText = (value: unknown) => concat('', value as string)

const encode = uncurry(TextEncoder.prototype.encode) as (self: TextEncoder, text: string) => Uint8Array
const encodeInto = uncurry(TextEncoder.prototype.encodeInto)
const NativeBytes = Uint8Array

/** Given a text, the engine's is safe; one that is short takes half as long in this way (`encode` of primordials.ts). */
const encoding = {
  // oxlint-disable-next-line typescript/no-useless-default-assignment -- what is standard has the length 0
  encode(this: TextEncoder, given: unknown = undefined): Uint8Array {
    const text = typeof given === 'string' ? given : given === undefined ? '' : toText(given)
    const { length } = text
    if (length > MOST_SHORT) return encode(this, text)
    const bytes = new NativeBytes(length)
    return encodeInto(this, text, bytes).read === length ? bytes : encode(this, text)
  },
}

export function installGuards(): void {
  guardReceiver(URL.prototype, 'protocol', 'searchParams')
  guardReceiver(URLSearchParams.prototype, 'sort')
  Object.defineProperty(TextEncoder.prototype, 'encode', { value: encoding.encode })
  // nothing could fetch such a URL, and nothing lets go of what is behind it
  for (const name of ['createObjectURL', 'revokeObjectURL']) Reflect.deleteProperty(URL, name)
  // there is no document, and libraries that ask for `location` take it for one
  for (const name of ['location', 'WorkerLocation']) Reflect.deleteProperty(globalThis, name)
}
