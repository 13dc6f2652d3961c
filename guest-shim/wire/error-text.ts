/**
 * Anything that can be thrown, as text: `Name: message`, then the stack, then its causes. Pure, and never throws:
 * what is thrown may be null, a symbol, a revoked Proxy or an object whose every getter throws.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** More of a message helps nobody and could be the app's whole memory. */
const MOST_CHARS = 8192
const MOST_CAUSES = 5
const MOST_MEMBERS = 5

const { bind, call } = Function.prototype
const slice = bind.bind(call)(String.prototype.slice) as (text: string, from: number, to: number) => string
const toText = String
const { isArray } = Array

export function describeError(error: unknown): string {
  const text = describeChain(error, MOST_CAUSES)
  return text.length > MOST_CHARS ? slice(text, 0, MOST_CHARS) : text
}

/** An error, the members of an AggregateError, and what caused it; so many of each, and so deep. */
function describeChain(error: unknown, most: number): string {
  let text = describeOne(error)
  if (most <= 1 || typeof error !== 'object' || error === null) return text
  const count = countMembers(error)
  for (let i = 0; i < count && i < MOST_MEMBERS && text.length <= MOST_CHARS; i++) {
    text += `\nerror ${i + 1} of ${count}: ${describeChain(readMember(error, i), most - 2)}`
  }
  const cause = read(error, 'cause')
  if (cause === undefined || cause === error || text.length > MOST_CHARS) return text
  return `${text}\ncaused by: ${describeChain(cause, most - 1)}`
}

function countMembers(error: object): number {
  try {
    const { errors } = error as { errors?: unknown }
    return isArray(errors) ? errors.length : 0
  } catch {
    return 0
  }
}

function readMember(error: object, at: number): unknown {
  try {
    return (error as { errors: unknown[] }).errors[at]
  } catch {
    return undefined
  }
}

function describeOne(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return typeof error === 'string' ? `Thrown: ${bounded(error)}` : `Thrown: ${safeString(error)}`
  }
  const message = read(error, 'message')
  const stack = read(error, 'stack')
  const name = read(error, 'name')
  if (typeof message !== 'string' && typeof stack !== 'string') return `Thrown: ${safeString(error)}`
  const title = typeof name === 'string' && name !== '' ? bounded(name) : 'Error'
  const head = typeof message === 'string' && message !== '' ? `${title}: ${bounded(message)}` : title
  return typeof stack === 'string' && stack !== '' ? `${head}\n${bounded(stack)}` : head
}

function bounded(text: string): string {
  return text.length > MOST_CHARS ? slice(text, 0, MOST_CHARS) : text
}

function read(object: object, key: 'cause' | 'message' | 'name' | 'stack'): unknown {
  try {
    return (object as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function safeString(value: unknown): string {
  try {
    return bounded(toText(value))
  } catch {
    return 'a value that cannot be shown'
  }
}
