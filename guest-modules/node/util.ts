/** `node:util`: unenv's, and what that leaves out. */

import base from 'unenv/node/util'

export {
  MIMEParams,
  MIMEType,
  TextDecoder,
  TextEncoder,
  debug,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray,
  isBoolean,
  isBuffer,
  isDate,
  isDeepStrictEqual,
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
  log,
  parseArgs,
  parseEnv,
  promisify,
  types,
} from 'unenv/node/util'

type Callback = (error: unknown, value?: unknown) => void

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
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(
    /[\u001B\u009B](?:\][^\u0007]*\u0007|[[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g,
    '',
  )
}

const STYLES: Readonly<Record<string, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  inverse: [7, 27],
  strikethrough: [9, 29],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  gray: [90, 39],
  grey: [90, 39],
}

export function styleText(format: string | readonly string[], text: string): string {
  return [format].flat().reduceRight<string>((styled, name) => {
    const [open, close] = STYLES[name] ?? [0, 0]
    return `\u001B[${open}m${styled}\u001B[${close}m`
  }, text)
}

export const toUSVString = (text: unknown): string => String(text).toWellFormed()
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
  _extend,
  aborted,
  callbackify,
  getCallSites,
  stripVTControlCharacters,
  styleText,
  toUSVString,
}
