/**
 * `atob` and `btoa` after the HTML standard: the engine does the work, and is asked only for what the standard allows.
 */

import { NativeDOMException, test, uncurry } from './primordials.ts'
import { requireArguments, toText } from './web-idl.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const replace = uncurry(String.prototype.replace) as unknown as (
  text: string,
  pattern: RegExp,
  by: string,
) => string
const { atob: decode, btoa: encode } = globalThis as unknown as Record<
  'atob' | 'btoa',
  (text: string) => string
>

const SPACE = /[\t\n\f\r ]+/g
/** Whole groups of four, then what may be left, with all of its padding or none. */
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?$/
const PADDING = /=+$/
const PADS = ['', '', '==', '=']
const BEYOND_BYTES = /[^\0-\xff]/

export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob')
  const text = replace(toText(data), SPACE, '')
  if (!test(BASE64, text))
    throw new NativeDOMException('atob: the text is not base64', 'InvalidCharacterError')
  const bare = replace(text, PADDING, '')
  return decode(bare + PADS[bare.length % 4])
}

export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa')
  const text = toText(data)
  if (test(BEYOND_BYTES, text)) {
    throw new NativeDOMException('btoa: expected characters up to U+00FF', 'InvalidCharacterError')
  }
  return encode(text)
}
