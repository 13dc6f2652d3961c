/** The clock, from the start of the instance on. */

import { uncurry } from '../globals/primordials.ts'

/* oxlint-disable-next-line typescript/unbound-method -- called with a `this` of its own */
const nowOf = uncurry(performance.now)

/** Stands still within a turn: the host's doing. */
export const now = (): number => nowOf(performance)
