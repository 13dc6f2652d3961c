/** Deep equality as Node.js means it. Strict: types, prototypes and `Object.is` count. */

import { Buffer } from './buffer.ts'

/** Objects around primitives. */
const BOXES: ReadonlySet<string> = new Set(['[object Number]', '[object String]', '[object Boolean]'])

type Pair = readonly [object, object]

export function isDeepEqual(a: unknown, b: unknown, isStrict: boolean, open: readonly Pair[] = []): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    // oxlint-disable-next-line eqeqeq -- the loose comparison is what is asked for
    return !isStrict && (a == b || (Number.isNaN(a) && Number.isNaN(b)))
  }
  // a circle is equal as far as it was compared
  if (open.some(([left, right]) => left === a && right === b)) return true
  if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false
  const next = [...open, [a, b] as const]
  return hasEqualContent(a, b, isStrict, next) && hasEqualMembers(a, b, isStrict, next)
}

/** What is not in an object's own properties. */
function hasEqualContent(a: object, b: object, isStrict: boolean, open: readonly Pair[]): boolean {
  if (Array.isArray(a)) return a.length === (b as unknown[]).length
  if (a instanceof Date) return a.getTime() === (b as Date).getTime()
  if (a instanceof RegExp) return a.toString() === (b as RegExp).toString()
  if (a instanceof Error) return a.message === (b as Error).message && a.name === (b as Error).name
  if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer)
    return toBytes(a).equals(toBytes(b as ArrayBufferView))
  if (BOXES.has(Object.prototype.toString.call(a))) return Object.is(a.valueOf(), b.valueOf())
  if (a instanceof Set) return hasEqualItems([...a], [...(b as Set<unknown>)], isStrict, open)
  if (a instanceof Map) return hasEqualItems([...a], [...(b as Map<unknown, unknown>)], isStrict, open)
  return true
}

function toBytes(data: ArrayBuffer | ArrayBufferView): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data)
}

/** Items in any order. */
function hasEqualItems(a: unknown[], b: unknown[], isStrict: boolean, open: readonly Pair[]): boolean {
  if (a.length !== b.length) return false
  const left = [...b]
  return a.every((item) => {
    const at = left.findIndex((other) => isDeepEqual(item, other, isStrict, open))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

function hasEqualMembers(a: object, b: object, isStrict: boolean, open: readonly Pair[]): boolean {
  if (ArrayBuffer.isView(a)) return true
  const keys = keysOf(a, isStrict)
  if (keys.length !== keysOf(b, isStrict).length) return false
  return keys.every(
    (key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) &&
      isDeepEqual(Reflect.get(a, key), Reflect.get(b, key), isStrict, open),
  )
}

function keysOf(object: object, isStrict: boolean): (string | symbol)[] {
  const symbols = isStrict ? Object.getOwnPropertySymbols(object) : []
  const isEnumerable = (key: symbol) => Object.prototype.propertyIsEnumerable.call(object, key)
  return [...Object.keys(object), ...symbols.filter(isEnumerable)]
}
