/** Whether a component that was read again is the one that serves: a file may be written without becoming another. Pure. */

import type { OpenComponent } from '../deploy/open-component.ts'

export function isSameComponent(a: OpenComponent, b: OpenComponent): boolean {
  return (
    a === b ||
    (a.engineHash === b.engineHash &&
      hasSameAssets(a, b) &&
      a.sourceMap === b.sourceMap &&
      a.image.pages === b.image.pages &&
      hasSameBytes(a.image.runs, b.image.runs) &&
      hasSameBytes(a.image.bytes, b.image.bytes))
  )
}

function hasSameAssets({ assets: a }: OpenComponent, { assets: b }: OpenComponent): boolean {
  return a === undefined || b === undefined ? a === b : hasSameBytes(a, b)
}

function hasSameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
  )
  return left!.equals(right!)
}
