/**
 * What the standards call a BufferSource, as bytes of the app's own realm. Buffer, offset and length are read past
 * whatever an app put on the object or its prototype.
 */

import { isView, uncurryGetter } from './primordials.ts'

export type Bytes = Uint8Array<ArrayBuffer>

const EMPTY: Bytes = new Uint8Array(0)

/** How to see where a view lies. */
function placesOf(prototype: ArrayBufferView<ArrayBuffer>) {
  return {
    buffer: uncurryGetter(prototype, 'buffer'),
    offset: uncurryGetter(prototype, 'byteOffset'),
    length: uncurryGetter(prototype, 'byteLength'),
  }
}

const arrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array<ArrayBuffer>
/** Undefined for what is no typed array. */
const kindOf = uncurryGetter(arrays, Symbol.toStringTag) as (self: unknown) => string | undefined
const ofArray = placesOf(arrays)
const ofDataView = placesOf(DataView.prototype as DataView<ArrayBuffer>)
const lengthOf = uncurryGetter(ArrayBuffer.prototype, 'byteLength')

/** Bytes that the world brought: the guest's half of it makes them in this realm, each in a buffer of its own. */
export const toOwn = (bytes: Uint8Array): Bytes => bytes as Bytes

/** The bytes themselves, not a copy; undefined when it is no BufferSource. A detached buffer holds none. */
export function bytesOf(source: unknown): Bytes | undefined {
  if (isView(source)) {
    const view = source as ArrayBufferView<ArrayBuffer>
    const { buffer, offset, length } = kindOf(view) === undefined ? ofDataView : ofArray
    const size = length(view)
    return size === 0 ? EMPTY : new Uint8Array(buffer(view), offset(view), size)
  }
  // for what cannot be one an exception would be dear
  if (typeof source !== 'object') return undefined
  try {
    return lengthOf(source as ArrayBuffer) === 0 ? EMPTY : new Uint8Array(source as ArrayBuffer)
  } catch {
    return undefined
  }
}
