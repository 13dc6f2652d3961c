/**
 * What nano.json is described with: the library's types with messages that say what was expected, what came instead
 * and, for an unknown key, which one was probably meant.
 */

import * as z from 'zod'

import type { NumberRule } from './number-rule.ts'
import { suggest } from '../json/suggest.ts'

/** The most characters of a value that a message shows. */
const SHOWN = 60

/** A whole number of a range. */
export function integer({ range: [least, most], why }: Pick<NumberRule, 'range' | 'why'>): z.ZodInt {
  const error = expected(`a whole number from ${least} to ${most}`, why === undefined ? '' : ` (${why})`)
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** A text that is not empty. */
export function text(what = 'a text that is not empty'): z.ZodString {
  const error = expected(what)
  return z.string({ error }).min(1, { error })
}

/** A text of a pattern; `what` says which texts those are. */
export function textLike(pattern: RegExp, what: string): z.ZodString {
  return text(what).regex(pattern, { error: expected(what) })
}

/** A text that `accepts` takes; `what` says which those are. */
export function textThat(accepts: (value: string) => boolean, what: string): z.ZodString {
  return text(what).refine(accepts, { error: expected(what) })
}

/** True or false. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: expected('true or false') })
}

/** A list. */
export function list<Item extends z.ZodType>(item: Item): z.ZodArray<Item> {
  return z.array(item, { error: expected('a list in [ ]') })
}

/**
 * An object with these keys and no other. `renamed`: keys of an earlier release, and what they are called now; `other`: what is
 * said of what is no object.
 */
export function closed<Shape extends z.ZodRawShape>(
  shape: Shape,
  renamed: Readonly<Record<string, string>> = {},
  other = expected('an object'),
) {
  const known = Object.keys(shape)
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => toUnknown(key, known, renamed)).join('\n')
      : other(issue)
  return z.strictObject(shape, { error })
}

/** `expected X, got Y`; no Y when there is nothing. */
export function expected(what: string, why = ''): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => `expected ${what}${input === undefined ? '' : `, got ${toShown(input)}`}${why}`
}

function toUnknown(key: string, known: readonly string[], renamed: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(renamed, key)) return `"${key}" is called "${renamed[key]}" now`
  const near = suggest(key, known)
  const next = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`
  return `unknown key ${JSON.stringify(key)}; ${next}`
}

/** A value as a person would recognise it in a message. */
function toShown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const shown = JSON.stringify(value)
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN - 3)}...` : shown
}
