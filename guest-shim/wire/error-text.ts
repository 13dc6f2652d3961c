/**
 * Anything that can be thrown, as text: `Name: message`, then the stack, then its causes. Pure, and never throws:
 * what is thrown may be null, a symbol, a revoked Proxy or an object whose every getter throws.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** More of a message helps nobody and could be the app's whole memory. */
const MOST_CHARS = 8192
const MOST_CAUSES = 5

const { bind, call } = Function.prototype
const slice = bind.bind(call)(String.prototype.slice) as (text: string, from: number, to: number) => string
const toText = String

export function describeError(error: unknown): string {
  let text = ''
  let current = error
  for (let depth = 0; depth < MOST_CAUSES; depth++) {
    text += (depth === 0 ? '' : '\ncaused by: ') + describeOne(current)
    if (typeof current !== 'object' || current === null || text.length > MOST_CHARS) break
    const cause = read(current, 'cause')
    if (cause === undefined || cause === current) break
    current = cause
  }
  return text.length > MOST_CHARS ? slice(text, 0, MOST_CHARS) : text
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
