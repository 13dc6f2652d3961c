/**
 * What texts, numbers and dates are in a language: methods of the language's own classes, which load what they need when they
 * are first called. The engine's own know no locale and no Unicode tables.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { askHost } from '../bindings/language.ts'
import loadIntl from '../lazy/intl.ts?lazy'
import {
  defineProperty,
  NativeRangeError,
  NativeTypeError,
  ownKeys,
  slice,
  test,
  toLowerCase,
  toUpperCase,
  uncurry,
} from './primordials.ts'
import { toText } from './web-idl.ts'

type Intl = typeof import('../lazy/intl.ts')
const intl = loadIntl as unknown as () => Intl

const timeOf = uncurry(Date.prototype.getTime)
const textOf = uncurry(Date.prototype.toString)
const clockOf = uncurry(Date.prototype.toTimeString)
const numberOf = uncurry(Number.prototype.valueOf)
const bigintOf = uncurry(BigInt.prototype.valueOf)

/** The engine calls the one zone that there is by its short name. */
const SHORT_ZONE = /\(UTC\)$/
const ZONE = '(Coordinated Universal Time)'
const withZone = (text: string): string =>
  test(SHORT_ZONE, text) ? slice(text, 0, -'(UTC)'.length) + ZONE : text

const dates = {
  toString(): string {
    return withZone(textOf(this))
  },
  toTimeString(): string {
    return withZone(clockOf(this))
  },
  toLocaleString(...[locales, options]: unknown[]): unknown {
    return intl().dateToLocaleString(timeOf(this), locales, options, ['date', 'time'])
  },
  toLocaleDateString(...[locales, options]: unknown[]): unknown {
    return intl().dateToLocaleString(timeOf(this), locales, options, ['date'])
  },
  toLocaleTimeString(...[locales, options]: unknown[]): unknown {
    return intl().dateToLocaleString(timeOf(this), locales, options, ['time'])
  },
}

const numbers = {
  toLocaleString(...[locales, options]: unknown[]): unknown {
    return intl().numberToLocaleString(numberOf(this), locales, options)
  },
}

const bigints = {
  toLocaleString(...[locales, options]: unknown[]): unknown {
    return intl().numberToLocaleString(bigintOf(this), locales, options)
  },
}

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD']
const BEYOND_ASCII = /[^\0-\x7f]/
/** Languages with cases of their own, and tags that are no tags for sure. */
const OWN_CASES = /^(?:az|el|lt|tr)(?:-|$)/i
const PLAIN_TAG = /^[a-z]{2,3}(?:-[a-z]{4})?(?:-[a-z]{2})?$/i

const texts = {
  localeCompare(that: unknown, ...[locales, options]: unknown[]): number {
    const text = toOwnText(this)
    return intl().localeCompare(text, toText(that), locales, options)
  },
  normalize(...[form = 'NFC']: unknown[]): string {
    const text = toOwnText(this)
    const name = toText(form)
    if (!FORMS.includes(name))
      throw new NativeRangeError(`expected one of ${FORMS.join(', ')} for a normal form, got "${name}"`)
    return test(BEYOND_ASCII, text) ? normalize(text, name) : text
  },
  toLocaleLowerCase(...[locales]: unknown[]): unknown {
    return toCase(toOwnText(this), locales, 'lower-case', toLowerCase)
  },
  toLocaleUpperCase(...[locales]: unknown[]): unknown {
    return toCase(toOwnText(this), locales, 'upper-case', toUpperCase)
  },
}

const lists = {
  toLocaleString(...[locales, options]: unknown[]): string {
    const list = Object(this) as ArrayLike<unknown>
    let text = ''
    for (let i = 0; i < list.length; i++) {
      const item = list[i]
      if (i > 0) text += ','
      if (item !== undefined && item !== null)
        text += toText((item as Date).toLocaleString(locales as string, options as object))
    }
    return text
  },
}

export function installLocale(): void {
  put(Date.prototype, dates)
  put(Number.prototype, numbers)
  put(BigInt.prototype, bigints)
  put(String.prototype, texts)
  put(Array.prototype, lists)
  put(Object.getPrototypeOf(Uint8Array.prototype) as object, lists)
}

function put(owner: object, methods: object): void {
  for (const name of ownKeys(methods)) {
    const { value } = Object.getOwnPropertyDescriptor(methods, name) ?? {}
    defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true })
  }
}

function toOwnText(self: unknown): string {
  if (self === undefined || self === null) throw new NativeTypeError(`expected a text, got ${self}`)
  return toText(self)
}

/** Characters that are normalized at once. */
const PIECE = 64 * 1024

/** A long text is cut before a character of ASCII: none of them has anything to do with what stands before it. */
function normalize(text: string, form: string): string {
  let normalized = ''
  let start = 0
  while (start < text.length) {
    let end = start + PIECE
    while (end < text.length && text.charCodeAt(end) > 127) end++
    normalized += askHost('normalize', [slice(text, start, end), form]) as string
    start = end
  }
  return normalized
}

function toCase(
  text: string,
  locales: unknown,
  method: 'lower-case' | 'upper-case',
  native: (text: string) => string,
): unknown {
  if (locales === undefined) return native(text)
  if (typeof locales === 'string' && test(PLAIN_TAG, locales) && !test(OWN_CASES, locales))
    return native(text)
  return askHost(method, [text, intl().toLocaleList(locales)])
}
