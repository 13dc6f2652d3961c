/**
 * Headers as the world carries them: `name LF value LF name LF value LF`. Pure.
 *
 * A value can hold no LF (neither HTTP nor the Headers class lets one in), so nothing is escaped.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const { bind, call } = Function.prototype
const uncurry = bind.bind(call)
const split = uncurry(String.prototype.split) as (text: string, separator: string) => string[]
const append = uncurry(Headers.prototype.append) as (self: Headers, name: string, value: string) => void
const forEach = uncurry(Headers.prototype.forEach) as (
  self: Headers,
  each: (value: string, name: string) => void,
) => void

/** The engine's Headers look through all that they have for each that is added: 2000 of them cost 155 ms. */
const MOST_HEADERS = 256

/**
 * Headers from the wire. What the Headers class refuses is dropped: the rest of the message is still good. Throws a
 * TypeError when there are too many.
 */
export function decodeHeaders(text: string): Headers {
  const headers = new Headers()
  if (text === '') return headers
  const parts = split(text, '\n')
  if (parts.length > 2 * MOST_HEADERS + 1) throw new TypeError(`expected at most ${MOST_HEADERS} headers`)
  for (let i = 0; i + 1 < parts.length; i += 2) {
    try {
      append(headers, parts[i] as string, parts[i + 1] as string)
    } catch {
      // not a header that a program could have made
    }
  }
  return headers
}

let encoded = ''
let isTyped = false
const add = (value: string, name: string) => {
  encoded += `${name}\n${value}\n`
}
const addWatchingType = (value: string, name: string) => {
  if (name === 'content-type') isTyped = true
  add(value, name)
}
const addButLength = (value: string, name: string) => {
  if (name !== 'content-length') add(value, name)
}

/** Each `set-cookie` on its own; other repeated headers as the Headers class joins them. */
export function encodeHeaders(headers: Headers): string {
  encoded = ''
  forEach(headers, add)
  return encoded
}

/** With this `content-type`, unless the headers name one. */
export function encodeHeadersWithType(headers: Headers, type: string): string {
  encoded = ''
  isTyped = false
  forEach(headers, addWatchingType)
  if (!isTyped) add(type, 'content-type')
  return encoded
}

/** Without `content-length`: the engine adds one by itself, and the host knows the length. */
export function encodeHeadersButLength(headers: Headers): string {
  encoded = ''
  forEach(headers, addButLength)
  return encoded
}
