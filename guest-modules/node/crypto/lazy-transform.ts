/**
 * A `Transform` that is one from when it is first used as a stream: most hashes never are, and what a stream consists of takes longer to
 * make than a short text to hash. Streams know their own by two members, which are made when one of them is looked at.
 */

import { Transform } from '../stream.ts'

const STATES = ['_readableState', '_writableState'] as const

/** The class as it is declared, without what its constructor does. */
export const LazyTransform = function LazyTransform() {} as unknown as typeof Transform

Object.setPrototypeOf(LazyTransform, Transform)
LazyTransform.prototype = Object.create(Transform.prototype, {
  constructor: { value: LazyTransform, writable: true, configurable: true },
}) as InstanceType<typeof Transform>
for (const name of STATES) {
  Object.defineProperty(LazyTransform.prototype, name, {
    configurable: true,
    get(this: object): unknown {
      for (const each of STATES)
        Object.defineProperty(this, each, { value: undefined, writable: true, configurable: true })
      Reflect.apply(Transform, this, [])
      return (this as Record<string, unknown>)[name]
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
    },
  })
}
