/**
 * What the data behind a binding is called in its store.
 *
 * Data belongs to the app that it was made for: two apps that name theirs alike have nothing in common. Only the operator's
 * nano.json can say that some of it is shared, and that has no owner. The key is safe as a file's name on every system and
 * reads well; the hash in it is over the exact owner and id, so that no two spellings can meet.
 */

import { createHash } from 'node:crypto'

import type { Resource } from './env.ts'

const UNSAFE = /[^a-z0-9-]+/g
const MOST_SHOWN = 40
const HASH_DIGITS = 32

/** `owner`: the app's name; undefined: it is shared. */
export function toResource(kind: string, owner: string | undefined, id: string): Resource {
  const hash = createHash('sha256').update(JSON.stringify([kind, owner ?? null, id]))
  const shown = [owner ?? 'shared', id].map(toShown).join('.')
  const key = `${shown}.${hash.digest('hex').slice(0, HASH_DIGITS)}`
  return { kind, key, ...(owner === undefined && { isShared: true }) }
}

function toShown(name: string): string {
  return name.toLowerCase().replaceAll(UNSAFE, '_').slice(0, MOST_SHOWN)
}
