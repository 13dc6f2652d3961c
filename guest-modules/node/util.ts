/** `node:util`: unenv's, and what that leaves out. */

import base from 'unenv/node/util'
import { door } from '../door.ts'
import { isDeepEqual } from './deep-equal.ts'
import * as timers from './timers/promises.ts'
import { MIMEParams, MIMEType } from './util/mime.ts'
import { styleText, wrongType } from './util/style-text.ts'
import types from './util/types.ts'

export { MIMEParams, MIMEType, styleText, types }

export {
  TextDecoder,
  TextEncoder,
  deprecate,
  inherits,
  isArray,
  isBoolean,
  isBuffer,
  isDate,
  isError,
  isFunction,
  isNull,
  isNullOrUndefined,
  isNumber,
  isObject,
  isPrimitive,
  isRegExp,
  isString,
  isSymbol,
  isUndefined,
  parseArgs,
  parseEnv,
} from 'unenv/node/util'

/** A value as the console shows it. */
export const inspect = Object.assign(
  (value: unknown, options?: unknown): string =>
    door.inspect(value, typeof options === 'object' && options !== null ? options : {}),
  { custom: Symbol.for('nodejs.util.inspect.custom'), defaultOptions: {} },
)

export const format = (...args: unknown[]): string => door.format(args)
export const formatWithOptions = (_options: unknown, ...args: unknown[]): string => door.format(args)
export const log = (...args: unknown[]): void => console.log(...args)
/** Debug output is never on: there is no NODE_DEBUG. */
export const debuglog = (): ((...args: unknown[]) => void) => Object.assign(() => {}, { enabled: false })
export { debuglog as debug }

export const isDeepStrictEqual = (a: unknown, b: unknown): boolean => isDeepEqual(a, b, true)

type Callback = (error: unknown, value?: unknown) => void
type AnyFunction = (...args: unknown[]) => unknown

const CUSTOM = Symbol.for('nodejs.util.promisify.custom')
/** Functions of the platform whose callback is not their last argument. */
const OF_PLATFORM = new Map<unknown, unknown>([
  [globalThis.setTimeout, timers.setTimeout],
  [globalThis.setImmediate, timers.setImmediate],
])

/** A function with a callback as one that gives a promise; what it says itself of that comes first. */
export const promisify = Object.assign(
  (original: AnyFunction & { [CUSTOM]?: unknown }): AnyFunction => {
    if (typeof original !== 'function') {
      const text = `The "original" argument must be of type function. Received ${original === null ? 'null' : typeof original}`
      throw Object.assign(new TypeError(text), { code: 'ERR_INVALID_ARG_TYPE' })
    }
    const own = original[CUSTOM] ?? OF_PLATFORM.get(original)
    if (own !== undefined) return own as AnyFunction
    function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
      return new Promise((resolve, reject) => {
        const done: Callback = (error, value) => {
          if (error) reject(error)
          else resolve(value)
        }
        Reflect.apply(original, this, [...args, done])
      })
    }
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original) as object)
    Object.defineProperty(promised, CUSTOM, { value: promised, configurable: true })
    return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original))
  },
  { custom: CUSTOM },
)

export function callbackify(original: (...args: unknown[]) => Promise<unknown>) {
  return function (this: unknown, ...args: unknown[]): void {
    const callback = args.pop() as Callback
    Reflect.apply(original, this, args).then(
      (value: unknown) => queueMicrotask(() => callback(null, value)),
      (error: unknown) => queueMicrotask(() => callback(error ?? new Error('rejected with no reason'))),
    )
  }
}

export function stripVTControlCharacters(text: string): string {
  if (typeof text !== 'string') throw wrongType('str', text)
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    /[\u001B\u009B](?:\][^\u0007]*\u0007|[[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g,
    '',
  )
}

export const toUSVString = (text: unknown): string => String(text).toWellFormed()
// oxlint-disable-next-line no-underscore-dangle -- its name in Node.js
export const _extend = (target: object, source: object | null): object => Object.assign(target, source)

/** Settles when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export const getCallSites = (): never[] => []

export default {
  ...base,
  MIMEParams,
  MIMEType,
  _extend,
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  format,
  formatWithOptions,
  getCallSites,
  inspect,
  isDeepStrictEqual,
  log,
  promisify,
  stripVTControlCharacters,
  styleText,
  toUSVString,
  types,
}
