/** What logs show of values. */

export { toDuration, toTable } from './console-text.ts'
export { format } from './format.ts'
export { inspect } from './inspect.ts'
