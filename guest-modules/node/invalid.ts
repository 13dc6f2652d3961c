/** What Node.js says of arguments that are none. */

import { door } from '../door.ts'
import { coded } from './http/coded.ts'

/** `wanted`: as it goes on, such as `of type string` or `an instance of Array`. */
export function invalidType(name: string, wanted: string, value: unknown): TypeError {
  const what = name.includes('.') ? 'property' : 'argument'
  const text = `The "${name}" ${what} must be ${wanted}. Received ${describe(value)}`
  return coded('ERR_INVALID_ARG_TYPE', new TypeError(text))
}

export function invalidValue(name: string, reason: string, value: unknown): TypeError {
  const what = name.includes('.') ? 'property' : 'argument'
  const text = `The ${what} '${name}' ${reason}. Received ${shorten(value, 128)}`
  return coded('ERR_INVALID_ARG_VALUE', new TypeError(text))
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  const received =
    typeof value === 'number' || typeof value === 'bigint' ? String(value) : shorten(value, 128)
  const text = `The value of "${name}" is out of range. It must be ${range}. Received ${received}`
  return coded('ERR_OUT_OF_RANGE', new RangeError(text))
}

export function requireString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value)
}

export function requireBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value)
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object') return `type ${typeof value} (${shorten(value, 25)})`
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name
  if (typeof name === 'string' && name !== '') return `an instance of ${name}`
  return door.inspect(value, { depth: -1 })
}

function shorten(value: unknown, most: number): string {
  const text = door.inspect(value)
  return text.length > most + 3 ? `${text.slice(0, most)}...` : text
}
