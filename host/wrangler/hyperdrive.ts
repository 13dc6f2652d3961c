/** The databases of a wrangler file's `hyperdrive`, as nano.json spells them. */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'

/** What they are called here. */
const MEMBERS: readonly (readonly [theirs: string, ours: string])[] = [
  ['binding', 'binding'],
  ['id', 'id'],
  ['localConnectionString', 'connection_string'],
]

/** Undefined: there are none. */
export function toHyperdrive({ hyperdrive }: WranglerJson): unknown {
  if (!Array.isArray(hyperdrive)) return hyperdrive
  return hyperdrive.map((each: unknown) => {
    if (!isObject(each)) return each
    const entries = MEMBERS.map(([theirs, ours]) => [ours, each[theirs]] as const)
    // an id that a template leaves empty is none
    return Object.fromEntries(
      entries.filter(([, value]) => value !== undefined && value !== null && value !== ''),
    )
  })
}
