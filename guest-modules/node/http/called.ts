/**
 * Classes of `node:http` that are called without `new`, as Node's own can be: what inherits from one in the style of functions
 * begins with `http.ServerResponse.call(this, request)`.
 */

type Class = new (...args: never[]) => object
type Called = (this: object, ...args: unknown[]) => void

/** The object that is to be initialised in place of a new one, until the first constructor takes it. */
let adopted: object | undefined

/** `Base` as the root of such classes: a function of the stream's, which can be called itself. */
export function adopting<Base extends Class>(base: Base): Base {
  const root = class extends (base as unknown as new (...args: unknown[]) => object) {
    // oxlint-disable-next-line typescript/consistent-return -- a new object is returned by itself
    constructor(...args: unknown[]) {
      const self = adopted
      adopted = undefined
      if (self === undefined) super(...args)
      else {
        Reflect.apply(base as unknown as Called, self, args)
        // fields of the classes below are made on it
        return self
      }
    }
  }
  return root as unknown as Base
}

/** The class, which can be called. Its root is an `adopting` one. */
export function callable<Given extends Class>(given: Given): Given {
  const called = new Proxy(given, {
    apply(target, self: unknown, args: unknown[]) {
      if (self instanceof target) adopted = self
      try {
        return Reflect.construct(target, args, target)
      } finally {
        adopted = undefined
      }
    },
  })
  Object.defineProperty(given.prototype, 'constructor', { value: called, writable: true, configurable: true })
  return called
}
