/** What `env` and `exports` of `cloudflare:workers` stand for: those of the instance, unless code runs with others. */

import { door } from '../../door.ts'

export type Members = Record<string, unknown>

export const current = {
  env: (): Members => door.env,
  exports: (): Members => door.exports,
}

/** An object that has the members of whichever is current. */
export function standFor(find: () => Members): Members {
  return new Proxy<Members>(
    {},
    {
      get: (_, key) => Reflect.get(find(), key),
      set: (_, key, value) => Reflect.set(find(), key, value),
      has: (_, key) => Reflect.has(find(), key),
      ownKeys: () => Reflect.ownKeys(find()),
      deleteProperty: (_, key) => Reflect.deleteProperty(find(), key),
      defineProperty: (_, key, property) =>
        Reflect.defineProperty(find(), key, { ...property, configurable: true }),
      getOwnPropertyDescriptor(_, key) {
        const property = Reflect.getOwnPropertyDescriptor(find(), key)
        // a proxy may not say otherwise of what it does not have itself
        return property && { ...property, configurable: true }
      },
    },
  )
}
