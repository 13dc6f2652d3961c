/** What stands behind a stub, and which one that is. */

import { uncurry } from '../../globals/primordials.ts'
import { isObject } from '../../globals/web-idl.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** Something that may be called, here or in another guest. */
export interface Hook {
  /**
   * Calls it, or the member of it that the path leads to. `args` undefined: the member is read. What comes is of this guest:
   * what the other one passed by reference is a stub in it.
   */
  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown>
  /** Another one for the same thing, to be disposed of by itself. */
  dup(): Hook
  /** It is not needed any more: called once. */
  dispose(): void
}

/** By stub. */
const hooks = new WeakMap<object, Hook>()
const find = uncurry(WeakMap.prototype.get)
const put = uncurry(WeakMap.prototype.set)

/** What stands behind a stub or a promise; undefined: it is neither. */
export function hookOf(value: unknown): Hook | undefined {
  return isObject(value) ? (find(hooks, value) as Hook | undefined) : undefined
}

export function setHook(stub: object, hook: Hook): void {
  put(hooks, stub, hook)
}
