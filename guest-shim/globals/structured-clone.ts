/** `structuredClone` of what the engine does not know: a key, whose clone stands for the same key. */

import { cloneKey, isKey } from './crypto-key.ts'

const native = structuredClone

export { cloneValue as structuredClone }

function cloneValue(value: unknown, options?: unknown): unknown {
  if (typeof value === 'object' && value !== null && isKey(value)) return cloneKey(value)
  return options === undefined ? native(value) : native(value, options)
}
