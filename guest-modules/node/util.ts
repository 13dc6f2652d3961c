/** `node:util`: unenv's, and what that leaves out. */

import base from 'unenv/node/util'
import { constants } from 'unenv/node/os'
import { isDeepEqual } from './deep-equal.ts'
import { invalidValue, requireString } from './invalid.ts'
import * as timers from './timers/promises.ts'
import { diff } from './util/diff.ts'
import { format, formatWithOptions, inspect } from './util/inspect.ts'
import { MIMEParams, MIMEType } from './util/mime.ts'
import { parseArgs } from './util/parse-args.ts'
import { parseEnv } from './util/parse-env.ts'
import { styleText } from './util/style-text.ts'
import {
  errnoException,
  exceptionWithHostPort,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
} from './util/system-errors.ts'
import types from './util/types.ts'

export { MIMEParams, MIMEType, styleText, types }

export {
  TextDecoder,
  TextEncoder,
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
} from 'unenv/node/util'

export {
  diff,
  format,
  formatWithOptions,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  inspect,
}
export {
  parseArgs,
  parseEnv,
  errnoException as _errnoException,
  exceptionWithHostPort as _exceptionWithHostPort,
}

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
  requireString('str', text)
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
export { getCallSites as getCallSite }

/** Signals can be passed on as they are: there is one thread. */
export const transferableAbortController = (): AbortController => new AbortController()
export const transferableAbortSignal = (signal: AbortSignal): AbortSignal => signal
/** No signal of a system reaches an app. */
export const setTraceSigInt = (): void => {}

const SHELL = 128

/** What a shell says of a process that a signal ended. */
export function convertProcessSignalToExitCode(signal: string): number {
  const signals: Readonly<Record<string, number>> = constants.signals
  if (Object.hasOwn(signals, signal)) return SHELL + signals[signal]!
  const names = Object.keys(signals).map((name) => `'${name}'`)
  throw invalidValue('signalCode', `must be one of: ${names.join(', ')}`, signal)
}

const warned = new Set<string>()

/** The function, which warns when it is called first, once for a code. */
export function deprecate<F extends (...args: never[]) => unknown>(run: F, text: string, code?: string): F {
  let isTold = false
  function deprecated(this: unknown, ...args: Parameters<F>): unknown {
    if (!isTold && !(code !== undefined && warned.has(code))) {
      isTold = true
      if (code !== undefined) warned.add(code)
      console.warn(`${code === undefined ? '' : `[${code}] `}DeprecationWarning: ${text}`)
    }
    return new.target === undefined
      ? Reflect.apply(run, this, args)
      : Reflect.construct(run, args, new.target)
  }
  Object.setPrototypeOf(deprecated, run)
  // classes go on being extended
  if (run.prototype !== undefined) deprecated.prototype = run.prototype
  return deprecated as unknown as F
}

export default {
  ...base,
  _errnoException: errnoException,
  _exceptionWithHostPort: exceptionWithHostPort,
  convertProcessSignalToExitCode,
  deprecate,
  diff,
  getCallSite: getCallSites,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  parseArgs,
  parseEnv,
  setTraceSigInt,
  transferableAbortController,
  transferableAbortSignal,
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
