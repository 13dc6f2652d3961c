/**
/**
 * Random numbers are the host's, and only an instance has a host. At the top level, whose outcome all instances share,
 * `Math.random`, which libraries call there to name their own things, gives a fixed sequence, and the host's numbers from
 * the first turn on; `crypto.ts` has what is secret.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { phase } from '../turn/phase.ts'

/** Returns what puts the engine's own functions back. */
export function guardEntropy(): () => void {
  const restores = [guardRandom()]
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
