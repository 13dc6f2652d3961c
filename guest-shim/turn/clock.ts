/** The clock, from the start of the instance on. It stands still within a turn: the host's doing. */

import { uncurry, uncurryGetter } from '../globals/primordials.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const engine = performance
const nowOf = uncurry(engine.now)
const originOf = uncurryGetter(Object.getPrototypeOf(engine) as Performance, 'timeOrigin')

/** Milliseconds since `timeOrigin`. */
export const now = (): number => nowOf(engine)

/** Milliseconds of the Unix epoch. */
export const timeOrigin = (): number => originOf(engine)
