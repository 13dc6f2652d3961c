/**
 * Random numbers are the host's, and only an instance has a host. At the top level, whose outcome all
 * instances share, secrets (`crypto`) say so instead of ending the build; `Math.random`, which libraries call there to
 * name their own things, gives a fixed sequence, and the host's numbers from the first turn on.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { phase, requireLive } from '../turn/phase.ts'

/** Replaces `owner[name]` until the first turn. Who took the function off before goes on through the stand-in. */
function guard<T extends object>(owner: T, name: keyof T & string, label: string): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  const native = descriptor?.value as ((...args: unknown[]) => unknown) | undefined
  if (!descriptor || !native) return () => {}
  const { apply } = Reflect
  const standIn = function (this: unknown, ...args: unknown[]) {
    requireLive(label)
    return apply(native, this, args)
  }
  Object.defineProperty(standIn, 'name', { value: name })
  Object.defineProperty(owner, name, { ...descriptor, value: standIn })
  return () => {
    if (owner[name] === standIn) Object.defineProperty(owner, name, descriptor)
  }
}

/** Returns what puts the engine's own functions back. */
export function guardEntropy(): () => void {
  const restores = [
    guardRandom(),
    guard(Crypto.prototype, 'getRandomValues', 'crypto.getRandomValues()'),
    guard(Crypto.prototype, 'randomUUID', 'crypto.randomUUID()'),
  ]
  return () => {
    for (const restore of restores) restore()
  }
}

/** Lehmer's generator, whose products stay exact: no instance sees the sequence go on. */
const MULTIPLIER = 48_271
const MODULUS = 2_147_483_647

function guardRandom(): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(Math, 'random')
  const native = descriptor?.value as (() => number) | undefined
  if (!descriptor || !native) return () => {}
  let state = 1
  const random = (): number => {
    if (phase.isLive) return native()
    state = (state * MULTIPLIER) % MODULUS
    return state / MODULUS
  }
  Object.defineProperty(Math, 'random', { ...descriptor, value: random })
  return () => {
    if (Math.random === random) Object.defineProperty(Math, 'random', descriptor)
  }
}
