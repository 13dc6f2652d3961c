/** `util.inspect` and `util.format`: values as the shim shows them, however large they are. */

import { door, type InspectOptions } from '../../door.ts'
import { invalidType } from '../invalid.ts'

const DEFAULTS = {
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
}
let defaults: InspectOptions = { ...DEFAULTS }

/** `more`: the depth, and whether there are colours, as older code says it. */
function show(value: unknown, options?: InspectOptions | boolean | null, ...more: unknown[]): string {
  const [depth, colors] = more
  const given = typeof options === 'boolean' ? { showHidden: options } : options
  const old = { ...(depth !== undefined && { depth }), ...(colors !== undefined && { colors }) }
  return door.inspect(value, { ...defaults, ...old, ...given }, false, inspect)
}

export const inspect = Object.defineProperties(show, {
  custom: { value: Symbol.for('nodejs.util.inspect.custom'), enumerable: true },
  name: { value: 'inspect' },
  colors: { get: () => door.inspectStyles().colors, enumerable: true, configurable: true },
  styles: { get: () => door.inspectStyles().styles, enumerable: true, configurable: true },
  defaultOptions: {
    get: () => defaults,
    set(options: unknown) {
      if (typeof options !== 'object' || options === null)
        throw invalidType('options', 'of type object', options)
      defaults = { ...defaults, ...options }
    },
    enumerable: true,
  },
}) as typeof show & { readonly custom: symbol }

export const format = (...args: unknown[]): string => door.format(args, defaults, inspect)

export function formatWithOptions(options: InspectOptions, ...args: unknown[]): string {
  if (typeof options !== 'object' || options === null)
    throw invalidType('inspectOptions', 'of type object', options)
  return door.format(args, { ...defaults, ...options }, inspect)
}
