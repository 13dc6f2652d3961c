/**
 * Listings of a bucket: keys in the order of their bytes, and keys that go on with the delimiter behind the prefix as one
 * entry, however many there are. A cursor is where the next listing begins.
 */

import { toEnd } from '../key-range.ts'
import type { ListOptions, ObjectListing, StoredObject } from './object-store.ts'

const ZERO = new Uint8Array(1)

type Bytes = Uint8Array
/** In order, `from` included and `to` not. */
type Scan = (from: Bytes, to: Bytes, most: number) => readonly StoredObject[]

export function listObjects(options: ListOptions, scan: Scan): ObjectListing {
  const { prefix, limit, delimiter, cursor, startAfter } = options
  const objects: StoredObject[] = []
  const prefixes: string[] = []
  const end = toEnd(Buffer.from(prefix))
  let from = toFirst(
    Buffer.from(prefix),
    startAfter === undefined ? undefined : toNext(startAfter),
    cursor === undefined ? undefined : Buffer.from(cursor, 'base64url'),
  )
  for (;;) {
    const room = limit - objects.length - prefixes.length
    const rows = Buffer.compare(from, end) < 0 ? scan(from, end, room + 1) : []
    for (const [index, object] of rows.entries()) {
      if (index === room) return { objects, prefixes, cursor: Buffer.from(from).toString('base64url') }
      const group = toGroup(object.key, prefix, delimiter)
      if (group === undefined) objects.push(object)
      else prefixes.push(group)
      from = group === undefined ? toNext(object.key) : toEnd(Buffer.from(group))
      // what else is in the group is passed over
      if (group !== undefined) break
    }
    const isAll =
      rows.length <= room && !rows.some(({ key }) => toGroup(key, prefix, delimiter) !== undefined)
    if (isAll) return { objects, prefixes, cursor: undefined }
  }
}

/** The beginning that a key has in common with others. */
function toGroup(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** The last of them. */
function toFirst(first: Bytes, ...others: readonly (Bytes | undefined)[]): Bytes {
  let last = first
  for (const other of others) if (other !== undefined && Buffer.compare(other, last) > 0) last = other
  return last
}

/** The first key behind this one. */
const toNext = (key: string): Bytes => Buffer.concat([Buffer.from(key), ZERO])
