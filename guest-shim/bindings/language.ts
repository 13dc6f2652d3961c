/**
 * Questions about languages and Unicode. The host answers at once, and so does the builder while the app's top level runs.
 */

import { ask, type Method } from 'nano:workers/language'
import {
  decode,
  encode,
  NativeRangeError,
  NativeSyntaxError,
  NativeTypeError,
  parseJson,
  toJson,
} from '../globals/primordials.ts'
import type { Bytes } from '../globals/buffer-source.ts'
import type { GuestBinding } from './binding.ts'

const ERRORS = { RangeError: NativeRangeError, SyntaxError: NativeSyntaxError, TypeError: NativeTypeError }

/** What a question about no class in particular is about. */
const NO_EXPERT: Bytes = encode('[]')

/** Throws the error that the host's own would throw. Lone halves of surrogate pairs cross as they are: JSON escapes them. */
export function askHost(method: Method, args: readonly unknown[], expert = NO_EXPERT): unknown {
  const [answer, message] = parseJson(decode(ask(method, expert, encode(toJson(args))))) as [unknown, string?]
  if (message !== undefined) throw new ERRORS[answer as keyof typeof ERRORS](message)
  return answer ?? undefined
}

export const binding: GuestBinding = { events: {} }
