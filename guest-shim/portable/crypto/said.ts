/** What is said of a call of `crypto.subtle`, one parameter after the other. */

import type { Field, Subject } from 'nano:workers/crypto'

export type Bytes = Uint8Array<ArrayBuffer>
export type Members = Partial<Record<Field, string | number | Bytes | string[]>>
export type Said = Record<Subject, Members>

const LISTS = new Set<Field>(['key-ops', 'key-usages'])

let said = makeSaid()

export function note(subject: Subject, field: Field, value: string | number | Bytes): void {
  const members = said[subject]
  if (!LISTS.has(field)) members[field] = value
  else ((members[field] ??= []) as string[]).push(String(value))
}

/** What was said since the last call. */
export function takeSaid(): Said {
  const taken = said
  said = makeSaid()
  return taken
}

function makeSaid(): Said {
  return { call: {}, algorithm: {}, product: {}, jwk: {} }
}

export const toText = (members: Members, field: Field): string => String(members[field] ?? '')

export function toBytes(members: Members, field: Field): Bytes {
  const value = members[field]
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}
