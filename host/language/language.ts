/**
 * Answers to questions about languages and Unicode (wit/language.wit), for one guest: by the host's own `Intl`, which knows
 * all of CLDR.
 *
 *     definition, input  >  parsed, checked  >  expert kept or made  >  asked  >  [answer] or [name, message]
 *
 * An answer depends on the question alone. Whatever a guest gives is bounded before anything is made of it, for the call
 * cannot be interrupted, and nothing that it gives is looked up in anything that inherits.
 */
import type { Imports } from '../../wit/worlds.ts'
import { LANGUAGE_BOUNDS } from './bounds.ts'
import { type Argument, type Expert, findKind, type Options } from './experts.ts'
import { PatternRewriter } from './pattern.ts'
import { lowerCase, normalize, requireText, upperCase } from './text.ts'

/** What can be asked. */
export type Method = Parameters<Imports['nano:workers/language']['ask']>[0]

/** Experts that are kept for a guest; the one that was not asked for longest goes first. */
const MOST_EXPERTS = 32
/** What one of them holds: formatters of dates have some 30 KB, the others less. */
export const EXPERT_BYTES = 32 * 1024
/** A text of which words or sentences are looked for: a dictionary is slow. */
const MOST_SEGMENTED = 16 * 1024
/** Whole lists; each item is as slow as a short text. */
const MOST_ITEMS = 10_000

const ERRORS = ['RangeError', 'SyntaxError', 'TypeError']

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A question is more than may be asked. */
class TooLong extends RangeError {
  override readonly name = 'RangeError'

  constructor(what: string, most: number) {
    super(`${what}: expected at most ${most} bytes of UTF-8`)
  }
}

/** Answers one guest. */
export class Language {
  /** The one that was asked last is the last. */
  readonly #experts = new Map<string, Expert>()
  readonly #patterns = new PatternRewriter()
  readonly #mayKeep: (count: number) => boolean

  /** `mayKeep`: whether so many experts can be held. */
  constructor(mayKeep: (count: number) => boolean = () => true) {
    this.#mayKeep = mayKeep
  }

  ask(method: Method, definition: Uint8Array, input: Uint8Array): Uint8Array {
    return encoder.encode(JSON.stringify(this.#try(method, definition, input)))
  }

  #try(method: Method, definition: Uint8Array, input: Uint8Array): [answer: unknown] | [string, string] {
    try {
      const args = checkArguments(JSON.parse(read(input, LANGUAGE_BOUNDS.input, 'the text')))
      return [this.#answer(method, read(definition, LANGUAGE_BOUNDS.expert, 'locales and options'), args)]
    } catch (error) {
      const { name, message } = error as Error
      return ERRORS.includes(name) ? [name, message] : ['SyntaxError', message]
    }
  }

  #answer(method: Method, definition: string, args: readonly Argument[]): unknown {
    switch (method) {
      case 'normalize':
        return normalize(requireText(args[0]), args[1])
      case 'lower-case':
        return lowerCase(requireText(args[0]), toLocales(args[1]))
      case 'upper-case':
        return upperCase(requireText(args[0]), toLocales(args[1]))
      case 'rewrite':
        return this.#patterns.rewrite({ source: requireText(args[0]), flags: requireText(args[1]) })
      case 'canonical-locales':
        return Intl.getCanonicalLocales(toLocales(args[0]))
      case 'supported-values':
        return Intl.supportedValuesOf(args[0] as 'currency')
      case 'supported-locales':
        return askForLocales(parseDefinition(definition))
      default: {
        if (method === 'segment' && requireText(args[0]).length > MOST_SEGMENTED)
          throw new TooLong('a text to segment', MOST_SEGMENTED)
        const answer = this.#find(definition)[method]
        if (answer === undefined) throw new TypeError(`this cannot be asked for ${method}`)
        return answer(...args)
      }
    }
  }

  #find(definition: string): Expert {
    const kept = this.#experts.get(definition)
    if (kept !== undefined) {
      this.#experts.delete(definition)
      this.#experts.set(definition, kept)
      return kept
    }
    const { kind, locales, options } = parseDefinition(definition)
    const made = kind.make(locales, options)
    if (this.#experts.size >= MOST_EXPERTS) this.#experts.delete(this.#experts.keys().next().value!)
    if (this.#mayKeep(this.#experts.size + 1)) this.#experts.set(definition, made)
    return made
  }
}

function read(bytes: Uint8Array, most: number, what: string): string {
  if (bytes.length > most) throw new TooLong(what, most)
  return decoder.decode(bytes)
}

function parseDefinition(definition: string) {
  const [name, locales, options] = JSON.parse(definition) as unknown[]
  const kind = findKind(name)
  if (kind === undefined) throw new TypeError('there is no such class')
  return { kind, locales: toLocales(locales), options: pick(kind.options, options) }
}

function askForLocales({ kind, locales, options }: ReturnType<typeof parseDefinition>): unknown {
  if (kind.supportedLocales === undefined) throw new TypeError('there is no such function')
  return kind.supportedLocales(locales, options)
}

/** Of what a guest gives, the options that are known, and of these the plain values. */
function pick(names: readonly string[], given: unknown): Options {
  const options = Object.create(null) as Record<string, string | number | boolean>
  if (typeof given !== 'object' || given === null) return options
  for (const name of names) {
    const value: unknown = Object.hasOwn(given, name) ? Reflect.get(given, name) : undefined
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      options[name] = value
  }
  return options
}

function toLocales(given: unknown): string[] {
  if (!Array.isArray(given) || !given.every((each) => typeof each === 'string'))
    throw new TypeError('expected locales as texts')
  return given
}

/** All texts among them are short enough for what ICU does with them. */
function checkArguments(given: unknown): readonly Argument[] {
  if (!Array.isArray(given)) throw new TypeError('expected a list of arguments')
  for (const each of given as unknown[]) {
    if (typeof each === 'string') requireText(each)
    else if (Array.isArray(each)) {
      if (each.length > MOST_ITEMS)
        throw new RangeError(`expected at most ${MOST_ITEMS} items, got ${each.length}`)
      for (const item of each) requireText(item)
    }
  }
  return given as Argument[]
}
