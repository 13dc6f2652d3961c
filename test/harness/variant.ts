/** Other bytes of the same app: a component with a custom section that nobody reads. */

import { randomBytes } from 'node:crypto'

import { Writer } from '../../host/wasm/writer.ts'

const CUSTOM = 0

/** Differs from every other one, by so many bytes that cannot be compressed. */
export function toVariant(component: Uint8Array, bytes = 2000): Uint8Array<ArrayBuffer> {
  const payload = new Writer().name('test:variant').append(randomBytes(bytes)).finish()
  return new Writer().append(component).u8(CUSTOM).u32(payload.length).append(payload).finish()
}
