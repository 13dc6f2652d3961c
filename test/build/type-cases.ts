/** What `node:util/types` says of values, in Node.js and in an app alike. */

import util, { types } from 'node:util'

const bytes = new ArrayBuffer(8)
const VALUES: readonly unknown[] = [
  undefined,
  null,
  1,
  'text',
  {},
  [],
  () => {},
  function* () {},
  (function* () {})(),
  // oxlint-disable-next-line prefer-rest-params -- it is what is looked at
  (function () {
    return arguments
  })(),
  bytes,
  new DataView(bytes),
  new Uint8Array(bytes),
  new Uint8ClampedArray(bytes),
  new Uint16Array(bytes),
  new Float32Array(bytes),
  new Float64Array(bytes),
  new BigInt64Array(bytes),
  Buffer.from('x'),
  new Date(),
  /x/,
  new Map(),
  new Map().keys(),
  new Set(),
  new Set().values(),
  new WeakMap(),
  new WeakSet(),
  Promise.resolve(),
  // oxlint-disable-next-line no-thenable -- it is not what it looks like
  { then() {} },
  new Error('x'),
  new RangeError('x'),
  Object.create(Error.prototype),
  Object(1),
  Object('x'),
  Object(true),
  Object(1n),
  Object(Symbol('x')),
  { [Symbol.toStringTag]: 'Date' },
  Object.create(Map.prototype),
  RegExp.prototype,
]

/** Names of what a value is. An asynchronous function is none any more where it is lowered (lower-async.ts). */
export function runTypeCases(): unknown {
  const all = Object.entries(types as Readonly<Record<string, unknown>>)
  const known = all.filter(
    ([name, is]) => typeof is === 'function' && !/External|Proxy|EventTarget|Float16/.test(name),
  )
  const names = known.map(([name]) => name).sort()
  const are = VALUES.map((value) =>
    known.flatMap(([name, is]) => ((is as (value: unknown) => boolean)(value) ? name : [])).sort(),
  )
  return { names, are, same: util.types === types }
}
