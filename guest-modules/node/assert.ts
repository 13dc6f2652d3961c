/** `node:assert` */

import { door } from '../door.ts'
import { isDeepEqual } from './deep-equal.ts'
import { holdsPart } from './deep-part.ts'

type Message = string | Error | undefined
type Expected = RegExp | object | ((error: unknown) => unknown) | undefined

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
  readonly code = 'ERR_ASSERTION'
  readonly actual: unknown
  readonly expected: unknown
  readonly operator: string
  readonly generatedMessage: boolean

  constructor(options: { message?: string; actual?: unknown; expected?: unknown; operator?: string }) {
    const { actual, expected, operator = 'fail', message } = options
    super(message ?? `${door.inspect(actual)} ${operator} ${door.inspect(expected)}`)
    this.actual = actual
    this.expected = expected
    this.operator = operator
    this.generatedMessage = message === undefined
  }
}

function check(
  isFine: boolean,
  message: Message,
  details: { actual: unknown; expected?: unknown; operator: string },
) {
  if (isFine) return
  if (message instanceof Error) throw message
  throw new AssertionError(message === undefined ? details : { ...details, message })
}

/** An assertion about two values. */
const compare =
  (operator: string, holds: (actual: unknown, expected: unknown) => boolean) =>
  (actual: unknown, expected: unknown, message?: Message): void =>
    check(holds(actual, expected), message, { actual, expected, operator })

export function ok(value?: unknown, message?: Message): void {
  check(Boolean(value), message ?? `expected a truthy value, got ${door.inspect(value)}`, {
    actual: value,
    expected: true,
    operator: '==',
  })
}

// oxlint-disable-next-line eqeqeq -- the loose comparison is what is asked for
const isLoose = (a: unknown, b: unknown) => a == b || (Number.isNaN(a) && Number.isNaN(b))

export const equal = compare('==', isLoose)
export const notEqual = compare('!=', (a, b) => !isLoose(a, b))
export const strictEqual = compare('strictEqual', Object.is)
export const notStrictEqual = compare('notStrictEqual', (a, b) => !Object.is(a, b))
export const deepEqual = compare('deepEqual', (a, b) => isDeepEqual(a, b, false))
export const notDeepEqual = compare('notDeepEqual', (a, b) => !isDeepEqual(a, b, false))
export const deepStrictEqual = compare('deepStrictEqual', (a, b) => isDeepEqual(a, b, true))
export const notDeepStrictEqual = compare('notDeepStrictEqual', (a, b) => !isDeepEqual(a, b, true))
export const partialDeepStrictEqual = compare('partialDeepStrictEqual', holdsPart)
export const match = compare('match', (text, pattern) => (pattern as RegExp).test(String(text)))
export const doesNotMatch = compare(
  'doesNotMatch',
  (text, pattern) => !(pattern as RegExp).test(String(text)),
)

export function fail(message: Message = 'Failed'): never {
  if (message instanceof Error) throw message
  throw new AssertionError({ message, operator: 'fail' })
}

export function ifError(value: unknown): void {
  if (value === null || value === undefined) return
  throw value instanceof Error
    ? value
    : new AssertionError({ message: door.inspect(value), operator: 'ifError' })
}

/** Whether an error is as expected: matches, has these members, is of the class, or the function says so. */
function fits(error: unknown, expected: Expected): boolean {
  if (expected === undefined) return true
  if (expected instanceof RegExp) return expected.test(String(error))
  if (typeof expected === 'function') {
    const { prototype } = expected as { prototype?: unknown }
    if (prototype !== undefined && error instanceof (expected as new () => unknown)) return true
    if (Error.isPrototypeOf(expected)) return false
    return (expected as (error: unknown) => unknown)(error) === true
  }
  return Object.entries(expected).every(([key, value]) => {
    const found: unknown = Reflect.get(error as object, key)
    return value instanceof RegExp ? value.test(String(found)) : isDeepEqual(found, value, true)
  })
}

function judge(
  thrown: { error: unknown } | undefined,
  expected: Expected | string,
  message: Message,
  what: string,
) {
  const text = typeof expected === 'string' ? expected : message
  const wanted = typeof expected === 'string' ? undefined : expected
  check(thrown !== undefined, text ?? `Missing expected ${what}.`, {
    actual: undefined,
    expected: wanted,
    operator: what,
  })
  if (thrown === undefined || fits(thrown.error, wanted)) return
  if (typeof wanted === 'object' && !(wanted instanceof RegExp)) {
    check(false, text, { actual: thrown.error, expected: wanted, operator: what })
  }
  throw thrown.error
}

export function throws(run: () => unknown, expected?: Expected | string, message?: Message): void {
  let thrown: { error: unknown } | undefined
  try {
    run()
  } catch (error) {
    thrown = { error }
  }
  judge(thrown, expected, message, 'exception')
}

type Async = Promise<unknown> | (() => Promise<unknown>)

export async function rejects(run: Async, expected?: Expected | string, message?: Message): Promise<void> {
  let thrown: { error: unknown } | undefined
  try {
    await (typeof run === 'function' ? run() : run)
  } catch (error) {
    thrown = { error }
  }
  judge(thrown, expected, message, 'rejection')
}

export function doesNotThrow(run: () => unknown): void {
  run()
}

export async function doesNotReject(run: Async): Promise<void> {
  await (typeof run === 'function' ? run() : run)
}

const shared = {
  AssertionError,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  ok,
  rejects,
  throws,
  deepStrictEqual,
  notDeepStrictEqual,
  strictEqual,
  notStrictEqual,
  partialDeepStrictEqual,
}

export const strict = Object.assign((value?: unknown, message?: Message) => ok(value, message), shared, {
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
  notDeepEqual: notDeepStrictEqual,
})

Object.assign(strict, { strict })

const assert = Object.assign((value?: unknown, message?: Message) => ok(value, message), shared, {
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  strict,
})
export default assert
