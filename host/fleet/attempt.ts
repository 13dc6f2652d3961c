/** What is asked of NATS while a server of it may be about to end, to begin or to be elected: asked again, for a while. */

import { setTimeout as setTimeoutOf } from 'node:timers/promises'

import { defined } from '../config/defined.ts'
import { NanoError } from '../errors.ts'

const MOST_MS = 20_000
const PAUSE_MS = 250

/** How often, and for how long. */
export interface Patience {
  /** What is thrown at once. */
  readonly isFinal?: (thrown: unknown) => boolean
  /** For one answer, in milliseconds. */
  readonly eachMs?: number
}

/** Rejects with FLEET_UNAVAILABLE when there was no answer for too long, and at once with what has a code of its own. */
export async function attempt<T>(
  act: () => Promise<T>,
  { isFinal = () => false, eachMs = MOST_MS }: Patience = {},
): Promise<T> {
  const end = Date.now() + MOST_MS
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      return await within(eachMs, act())
    } catch (thrown) {
      const isKnown = thrown instanceof NanoError && thrown.code !== 'FLEET_UNAVAILABLE'
      if (isKnown || isFinal(thrown)) throw thrown
      if (Date.now() > end) throw toUnavailable(thrown)
      // oxlint-disable-next-line no-await-in-loop
      await pause(PAUSE_MS)
    }
  }
}

export function toUnavailable(thrown: unknown): NanoError {
  if (thrown instanceof NanoError) return thrown
  const text = `the NATS servers of the fleet do not answer (${(thrown as Error).message}); look again when they do`
  return new NanoError('FLEET_UNAVAILABLE', text, { cause: thrown })
}

/** Rejects when it takes longer. */
async function within<T>(ms: number, done: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Ends early when the signal says so. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeoutOf(ms, undefined, defined({ signal })).catch(() => undefined)
}
