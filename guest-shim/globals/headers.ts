/**
 * Headers, over a list that a message has whether anybody looks at it or not.
 */

import { HeaderList } from '../wire/header-list.ts'
import { trimWhite } from '../wire/mime-type.ts'
import {
  apply,
  defineProperty,
  isEnumerable,
  makeObject,
  NativeTypeError,
  ownKeys,
  test,
  toLowerCase,
} from './primordials.ts'
import { isObject, requireArguments, toByteString, toText } from './web-idl.ts'

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** A value that can stay as it is: it neither begins nor ends with white space. */
const PLAIN_VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/
const BAD_VALUE = /[\0\n\r]/

/** Names and values that were found to be right, each with what it becomes: a look at them costs less than a check. */
const names = makeObject() as Record<string, string>
const values = makeObject() as Record<string, string>
let known = 0
const MOST_KNOWN = 512
const LONGEST_KNOWN = 64

function remember(all: Record<string, string>, text: string, becomes: string): string {
  if (known < MOST_KNOWN && text.length <= LONGEST_KNOWN) {
    known++
    all[text] = becomes
  }
  return becomes
}

function toName(given: unknown): string {
  const text = typeof given === 'string' ? given : toText(given)
  const name = names[text]
  if (name !== undefined) return name
  if (test(NAME, text)) return remember(names, text, toLowerCase(text))
  throw new NativeTypeError(`Headers: expected a header name, got "${text}"`)
}

function toValue(given: unknown): string {
  const text = typeof given === 'string' ? given : toText(given)
  if (values[text] !== undefined) return text
  if (test(PLAIN_VALUE, text)) return remember(values, text, text)
  const trimmed = trimWhite(toByteString(text))
  if (test(BAD_VALUE, trimmed)) throw new NativeTypeError('Headers: a value may hold no NUL, CR or LF')
  return trimmed
}

/** What the next Headers that begin with nothing are made of. */
let wrapped: HeaderList | undefined

/** The Headers that a message shows of its list. */
export function wrapList(list: HeaderList): Headers {
  wrapped = list
  return new Headers()
}

let listOf: (headers: Headers) => HeaderList
let isHeaders: (value: object) => value is Headers

export class Headers {
  #list: HeaderList

  static {
    listOf = (headers) => headers.#list
    isHeaders = (value) => #list in value
  }

  // oxlint-disable-next-line typescript/no-useless-default-assignment -- an interface has the length of what it demands
  constructor(init: unknown = undefined) {
    if (init === undefined) {
      this.#list = wrapped ?? new HeaderList('')
      wrapped = undefined
    } else if (isObject(init)) this.#list = toHeaderList(init)
    else throw new NativeTypeError('Headers: expected an object to begin with')
  }

  append(name: string, value: string): void {
    const list = this.#list
    requireArguments(arguments.length, 2, 'Headers.append')
    const of = toName(name)
    const text = toValue(value)
    if (list.isFixed) throw fixed()
    list.append(of, text)
  }

  delete(name: string): void {
    const list = this.#list
    requireArguments(arguments.length, 1, 'Headers.delete')
    const of = toName(name)
    if (list.isFixed) throw fixed()
    list.delete(of)
  }

  get(name: string): string | null {
    const list = this.#list
    if (arguments.length === 0) requireArguments(0, 1, 'Headers.get')
    return list.get(toName(name))
  }

  /** As Workers have it: for cookies alone. */
  getAll(name: string): string[] {
    const list = this.#list
    if (toName(name) !== 'set-cookie') {
      throw new NativeTypeError(
        'Headers.getAll: expected "Set-Cookie"; other headers have one value, use get',
      )
    }
    return list.getAll('set-cookie')
  }

  getSetCookie(): string[] {
    return this.#list.getAll('set-cookie')
  }

  has(name: string): boolean {
    const list = this.#list
    requireArguments(arguments.length, 1, 'Headers.has')
    return list.has(toName(name))
  }

  set(name: string, value: string): void {
    const list = this.#list
    requireArguments(arguments.length, 2, 'Headers.set')
    const of = toName(name)
    const text = toValue(value)
    if (list.isFixed) throw fixed()
    list.set(of, text)
  }

  entries(): HeadersIterator {
    return new HeadersIterator(this.#list, 'entries')
  }

  keys(): HeadersIterator {
    return new HeadersIterator(this.#list, 'keys')
  }

  values(): HeadersIterator {
    return new HeadersIterator(this.#list, 'values')
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, ...more: unknown[]): void {
    const list = this.#list
    requireArguments(arguments.length, 1, 'Headers.forEach')
    if (typeof callback !== 'function') throw new NativeTypeError('Headers.forEach: expected a function')
    for (let i = 0; ; i += 2) {
      // what the callback changes shows at once
      const sorted = list.toSorted()
      if (i >= sorted.length) return
      apply(callback, more[0], [sorted[i + 1], sorted[i], this])
    }
  }
}

/** Over a list as it is when each item is asked for. */
class HeadersIterator {
  readonly #list: HeaderList
  readonly #kind: 'entries' | 'keys' | 'values'
  #at = 0

  constructor(list: HeaderList, kind: 'entries' | 'keys' | 'values') {
    this.#list = list
    this.#kind = kind
  }

  next(): { value: unknown; done: boolean } {
    const kind = this.#kind
    const sorted = this.#list.toSorted()
    const at = this.#at
    if (at >= sorted.length) return { value: undefined, done: true }
    this.#at += 2
    const name = sorted[at]
    const value = sorted[at + 1]
    return { value: kind === 'entries' ? [name, value] : kind === 'keys' ? name : value, done: false }
  }
}

const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object
Object.setPrototypeOf(HeadersIterator.prototype, iteratorPrototype)
Reflect.deleteProperty(HeadersIterator.prototype, 'constructor')
defineProperty(HeadersIterator.prototype, 'next', { enumerable: true })
defineProperty(HeadersIterator.prototype, Symbol.toStringTag, {
  value: 'Headers Iterator',
  configurable: true,
})

// oxlint-disable-next-line typescript/unbound-method -- the same function under two names
const { entries } = Headers.prototype
defineProperty(Headers.prototype, Symbol.iterator, { value: entries, writable: true, configurable: true })

function fixed(): TypeError {
  return new NativeTypeError(
    'Headers: these cannot be changed; make new ones, such as new Response(response.body, response)',
  )
}

/** What headers may begin with: headers, pairs, or an object whose properties they become. */
export function toHeaderList(init: object): HeaderList {
  const iterate = (init as Partial<Iterable<unknown>>)[Symbol.iterator]
  if (iterate === undefined || iterate === null) return fromProperties(init as Record<string, unknown>)
  if (iterate === entries && isHeaders(init)) return listOf(init).copy()
  const list = new HeaderList('')
  addPairs(list, init as Iterable<unknown>)
  return list
}

function addPairs(list: HeaderList, pairs: Iterable<unknown>): void {
  for (const pair of pairs) {
    if (!isObject(pair)) throw new NativeTypeError('Headers: expected pairs of name and value')
    const items = [...(pair as Iterable<unknown>)]
    if (items.length !== 2) throw new NativeTypeError('Headers: expected pairs of name and value')
    list.append(toName(items[0]), toValue(items[1]))
  }
}

/** All are read before the first is checked, but for their characters (Web IDL, records). */
function fromProperties(init: Record<string, unknown>): HeaderList {
  const keys = ownKeys(init)
  let lines = ''
  let isTyped = false
  /** Names and values from the first on that nobody knows to be right. */
  let rest: string[] | undefined
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (!isEnumerable(init, key)) continue
    const name = names[key] ?? toByteString(key)
    let value = init[key] as string
    if (typeof value !== 'string') value = toText(value)
    if (rest === undefined && names[key] !== undefined && values[value] !== undefined) {
      lines += `${name}\n${value}\n`
      if (name === 'content-type') isTyped = true
    } else {
      rest ??= []
      rest[rest.length] = name
      rest[rest.length] = toByteString(value)
    }
  }
  const list = new HeaderList(lines)
  if (rest === undefined) list.isTyped = isTyped
  else for (let i = 0; i < rest.length; i += 2) list.append(toName(rest[i]), toValue(rest[i + 1]))
  return list
}

export { isHeaders, listOf }
