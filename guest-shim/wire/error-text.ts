/**
 * Anything that can be thrown, as text: an error with its stack, fields, causes and members, anything else as `Thrown: …`.
 * Pure, and never throws: what is thrown may be null, a symbol, a revoked Proxy or an object whose every getter throws.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** More of a message helps nobody and could be the app's whole memory. */
const MOST_CHARS = 8192
/** Levels of causes and members. */
const DEPTH = 5

const { bind, call } = Function.prototype
const slice = bind.bind(call)(String.prototype.slice) as (text: string, from: number, to: number) => string
const toText = String
const EngineError = Error

export type Inspect = (value: unknown, options: { depth: number }) => string

/** `inspect`: how values are shown. */
export function describeWith(error: unknown, inspect: Inspect): string {
  try {
    if (typeof error !== 'object' || error === null) return `Thrown: ${bounded(toText(error))}`
    const text = inspect(error, { depth: DEPTH })
    return bounded(error instanceof EngineError ? text : `Thrown: ${text}`)
  } catch {
    return describePlainly(error)
  }
}

/** When there is no more room to show it, or it cannot be shown. */
function describePlainly(error: unknown): string {
  const message = read(error, 'message')
  const name = read(error, 'name')
  if (typeof message !== 'string') return 'Thrown: a value that cannot be shown'
  return `${typeof name === 'string' && name !== '' ? bounded(name) : 'Error'}: ${bounded(message)}`
}

function bounded(text: string): string {
  return text.length > MOST_CHARS ? slice(text, 0, MOST_CHARS) : text
}

function read(error: unknown, key: 'message' | 'name'): unknown {
  try {
    return (error as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}
