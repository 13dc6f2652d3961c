/** Contents on their way to a store that cannot take them back: checked before their last bytes go. */

import { createHash } from 'node:crypto'

import type { StorageError } from '../failure.ts'
import type { Content, ObjectPut } from './object-store.ts'
import { r2Error, toMismatch } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'

/** What holds for a content. */
export interface ContentCheck {
  readonly operation: R2Operation
  readonly size: number
  readonly hash?: ObjectPut['hash']
}

/** Its chunks. Throws before the last one when they are not what was said, so that nobody takes them for the whole. */
export async function* checkContent(
  content: Content,
  check: ContentCheck,
): AsyncGenerator<Uint8Array, undefined> {
  const { operation, size, hash } = check
  const digest = hash && createHash(hash.name)
  let length = 0
  let last: Uint8Array | undefined
  for await (const bytes of content instanceof Uint8Array ? [content] : content) {
    if (bytes.length === 0) continue
    length += bytes.length
    if (length > size) throw toWrongSize(operation, size)
    digest?.update(bytes)
    if (last !== undefined) yield last
    last = bytes
  }
  if (length !== size) throw toWrongSize(operation, size)
  const actual = digest?.digest('hex')
  if (hash !== undefined && actual !== hash.hex) throw toMismatch(hash.name, hash.hex, actual)
  if (last !== undefined) yield last
}

export function toWrongSize(operation: R2Operation, size: number): StorageError {
  return r2Error(operation, 'argument', `expected a value of ${size} bytes, got more or fewer`)
}

/** Nobody is going to read it. */
export async function cancelContent(content: Content): Promise<void> {
  if (!(content instanceof Uint8Array) && !content.locked) await content.cancel()
}
