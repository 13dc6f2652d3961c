/** The rate limits of a wrangler file: its key `ratelimits`, and before that had one, `unsafe.bindings` of the type "ratelimit". */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'
import type { Say } from './say.ts'

const MEMBERS = ['name', 'namespace_id', 'simple'] as const
const OF_SIMPLE = ['limit', 'period'] as const

/** As nano.json has them; undefined: there are none. What is no list stays as it is. */
export function toRateLimits({ ratelimits, unsafe }: WranglerJson, say: Say): unknown {
  const older = toUnsafe(unsafe, say)
  if (ratelimits === undefined) return older.length === 0 ? undefined : older.map(toRateLimit)
  return Array.isArray(ratelimits) ? [...(ratelimits as unknown[]), ...older].map(toRateLimit) : ratelimits
}

function toUnsafe(unsafe: unknown, say: Say): unknown[] {
  if (!isObject(unsafe)) return []
  const bindings = Array.isArray(unsafe['bindings']) ? (unsafe['bindings'] as unknown[]) : []
  const isRateLimit = (each: unknown): boolean => isObject(each) && each['type'] === 'ratelimit'
  const others = bindings.filter((each) => !isRateLimit(each))
  const keys = Object.keys(unsafe).filter((key) => key !== 'bindings')
  if (others.length > 0)
    say('unsafe', 'bindings of other types than ratelimit are not served, and env does not have them')
  if (keys.length > 0) say('unsafe', `${keys.join(', ')} is not taken; known is bindings`)
  return bindings.filter(isRateLimit)
}

function toRateLimit(given: unknown): unknown {
  if (!isObject(given)) return given
  const { simple } = given
  return { ...pick(given, MEMBERS), ...(isObject(simple) ? { simple: pick(simple, OF_SIMPLE) } : {}) }
}

function pick(given: WranglerJson, names: readonly string[]): WranglerJson {
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  )
}
