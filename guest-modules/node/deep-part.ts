/** `assert.partialDeepStrictEqual`: whether a value has everything that another one has. */

import { isDeepEqual } from './deep-equal.ts'

export function holdsPart(actual: unknown, expected: unknown, open: readonly unknown[] = []): boolean {
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null)
    return Object.is(actual, expected)
  // a circle holds as far as it was compared
  if (actual === expected || open.includes(expected)) return true
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false
  const next = [...open, expected]
  if (Array.isArray(expected)) return holdsItems(actual as unknown[], expected, next)
  if (expected instanceof Set) return holdsItems([...(actual as Set<unknown>)], [...expected], next)
  if (expected instanceof Map) {
    const given = actual as Map<unknown, unknown>
    return Array.from(expected).every(
      ([key, value]) => given.has(key) && holdsPart(given.get(key), value, next),
    )
  }
  if (expected instanceof Error) {
    const { name, message } = actual as Error
    return name === expected.name && message === expected.message && holdsMembers(actual, expected, next)
  }
  const isOpaque = ArrayBuffer.isView(expected) || expected instanceof ArrayBuffer || expected instanceof Date
  return isOpaque || expected instanceof RegExp
    ? isDeepEqual(actual, expected, true)
    : holdsMembers(actual, expected, next)
}

function holdsMembers(actual: object, expected: object, open: readonly unknown[]): boolean {
  return Reflect.ownKeys(expected)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(expected, key))
    .every(
      (key) =>
        Object.prototype.propertyIsEnumerable.call(actual, key) &&
        holdsPart(Reflect.get(actual, key), Reflect.get(expected, key), open),
    )
}

/** Each expected item is another one of those that are there. */
function holdsItems(
  actual: readonly unknown[],
  expected: readonly unknown[],
  open: readonly unknown[],
): boolean {
  const left = [...actual]
  return expected.every((item) => {
    const at = left.findIndex((each) => holdsPart(each, item, open))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}
