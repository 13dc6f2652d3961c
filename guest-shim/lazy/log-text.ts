/** What logs show of values. */

import { colors, styles } from './inspect-style.ts'

export { toDuration, toTable } from './console-text.ts'
export { format } from './format.ts'
export { inspect } from './inspect.ts'

export const inspectStyles = { colors, styles }
