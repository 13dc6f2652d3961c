/**
 * Any value as `util.inspect` of Node shows it. Bounded as a whole: who has used up the room shows `...` for what is left.
 * Promises and iterators do not tell what is in them, and a Proxy does not tell that it is one.
 */

import { LINE_LENGTH, layOut } from './inspect-layout.ts'
import { toErrorBase, toFunctionBase, hasOwn, toClassName, toPrefix, toTag } from './inspect-names.ts'
import { plural, quote, showPrimitive } from './inspect-text.ts'
import { toPlain } from './inspect-web.ts'

export interface InspectOptions {
  readonly depth?: number | null | undefined
  readonly showHidden?: boolean | undefined
  readonly customInspect?: boolean | undefined
  /** Of a list. */
  readonly maxArrayLength?: number | null | undefined
  readonly breakLength?: number | undefined
}

/** Characters, and values, of what is shown at a time. */
const MOST_ROOM = 20_000
const MOST_ITEMS = 100
/** Of an array that has more, only the items are looked at. */
const MOST_KEYED = 10_000
/** As a power of two: so many keys are looked at for a character. */
const KEYS_PER_ROOM = 4
const DEFAULT_DEPTH = 2
const CUSTOM = Symbol.for('nodejs.util.inspect.custom')
const IDENTIFIER = /^[A-Za-z_]\w*$/
const INDEX = /^(?:0|[1-9]\d*)$/
const MORE = '...'

interface State {
  readonly depth: number
  readonly showHidden: boolean
  readonly isCustom: boolean
  readonly maxArrayLength: number
  readonly breakLength: number
  room: number
  indentation: number
  /** The level of what was shown last. */
  level: number
  readonly path: object[]
  /** What is shown within itself, by its number. */
  readonly circles: Map<object, number>
}

type Key = string | symbol

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = DEFAULT_DEPTH, showHidden = false, customInspect = true } = options
  const { maxArrayLength = MOST_ITEMS, breakLength = LINE_LENGTH } = options
  const state: State = {
    depth: depth ?? Infinity,
    showHidden,
    isCustom: customInspect,
    maxArrayLength: maxArrayLength ?? Infinity,
    breakLength,
    room: MOST_ROOM,
    indentation: 0,
    level: 0,
    path: [],
    circles: new Map(),
  }
  return show(state, value, 0)
}

function show(state: State, value: unknown, level: number): string {
  if (state.room < 0) return MORE
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    const text = showPrimitive(value, state.indentation, state.breakLength)
    state.room -= text.length + 1
    return text
  }
  state.room--
  const custom = state.isCustom ? showCustom(state, value, level) : undefined
  if (custom !== undefined) {
    state.room -= custom.length
    return custom
  }
  if (state.path.includes(value)) {
    if (!state.circles.has(value)) state.circles.set(value, state.circles.size + 1)
    return `[Circular *${state.circles.get(value)}]`
  }
  return showObject(state, value, level)
}

/** What an object says of itself: by Node's symbol, or of the Web API's what Node shows of them. */
function showCustom(state: State, value: object, level: number): string | undefined {
  const custom: unknown = (value as { [CUSTOM]?: unknown })[CUSTOM]
  const owner = (value as { constructor?: { prototype?: unknown } }).constructor
  let text: string
  if (typeof custom === 'function' && owner?.prototype !== value) {
    const { showHidden } = state
    const depth = state.depth - level
    const said: unknown = custom.call(value, depth, { depth, showHidden, stylize: String }, inspect)
    if (said === value) return undefined
    text = typeof said === 'object' ? show(state, said, level) : String(said)
  } else {
    const name = toClassName(value)
    const plain = level > state.depth ? undefined : toPlain(value, name)
    if (plain === undefined) return undefined
    text = `${name} ${show(state, plain, level)}`
  }
  return state.indentation === 0 ? text : text.replaceAll('\n', `\n${' '.repeat(state.indentation)}`)
}

/** An object's kind: how it begins, and what of it is no property. */
interface Kind {
  readonly base?: string
  readonly prefix?: string
  readonly isList?: boolean
  readonly list?: ArrayLike<unknown>
  readonly keys?: Key[]
  /** Without properties it is this. */
  readonly bare?: string
  readonly parts?: (level: number) => string[]
}

function showObject(state: State, value: object, level: number): string {
  const name = toClassName(value)
  const tag = toTag(value)
  const keys = toKeys(state, value)
  const kind = toKind(state, value, name, tag, keys)
  if (keys.length === 0 && kind.bare !== undefined) return kind.bare
  const prefix = kind.prefix ?? (name === 'Object' && tag === '' ? '' : toPrefix(name, tag, 'Object'))
  if (level > state.depth) {
    const full = toPrefix(name, tag, kind.isList ? 'Array' : 'Object').slice(0, -1)
    return name === null ? full : `[${full}]`
  }
  state.path.push(value)
  state.level = level + 1
  const parts = kind.parts?.(level + 1) ?? []
  const hasMore = kind.list !== undefined && kind.list.length > state.maxArrayLength
  for (let i = 0; i < keys.length; i++) {
    if (state.room < 0) {
      parts.push(plural(keys.length - i, 'item'))
      break
    }
    parts.push(showProperty(state, value, keys[i] as Key, level + 1))
  }
  state.path.pop()
  const number = state.circles.get(value)
  const reference = number === undefined ? '' : `<ref *${number}>`
  const base = [reference, kind.base ?? ''].filter((text) => text !== '').join(' ')
  return layOut({
    parts,
    base,
    braces: kind.isList ? [`${prefix}[`, ']'] : [`${prefix}{`, '}'],
    indentation: state.indentation,
    breakLength: state.breakLength,
    levels: state.level - (level + 1),
    items: kind.list && { list: kind.list, hasMore },
  })
}

/** `keys` may change. */
function toKind(state: State, value: object, name: string | null, tag: string, keys: Key[]): Kind {
  if (Array.isArray(value)) {
    const prefix = name !== 'Array' || tag !== '' ? toPrefix(name, tag, 'Array', `(${value.length})`) : ''
    const bare = value.length === 0 ? `${prefix}[]` : undefined
    return {
      prefix,
      isList: true,
      list: value,
      ...(bare && { bare }),
      parts: (level) => showItems(state, value, level),
    }
  }
  if (value instanceof Set) {
    const prefix = toPrefix(name, tag, 'Set', `(${value.size})`)
    const parts = (level: number) => showAll(state, value, value.size, (item) => show(state, item, level))
    return { prefix, ...(value.size === 0 && { bare: `${prefix}{}` }), parts }
  }
  if (value instanceof Map) {
    const prefix = toPrefix(name, tag, 'Map', `(${value.size})`)
    const parts = (level: number) =>
      showAll(
        state,
        value,
        value.size,
        ([key, item]) => `${show(state, key, level)} => ${show(state, item, level)}`,
      )
    return { prefix, ...(value.size === 0 && { bare: `${prefix}{}` }), parts }
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const list = value as unknown as ArrayLike<unknown>
    const prefix = toPrefix(name, tag, tag, `(${list.length})`)
    return {
      prefix,
      isList: true,
      list,
      ...(list.length === 0 && { bare: `${prefix}[]` }),
      parts: (level) => showItems(state, list, level),
    }
  }
  if (typeof value === 'function') {
    const base = toFunctionBase(value as { name: unknown }, name, tag)
    return { base, bare: base, prefix: '' }
  }
  if (value instanceof Error) return toErrorKind(state, value, name, keys)
  if (value instanceof RegExp || value instanceof Date) {
    const type = value instanceof Date ? 'Date' : 'RegExp'
    const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : String(value)
    const prefix = toPrefix(name, tag, type)
    const base = prefix === `${type} ` ? text : prefix + text
    return { base, bare: base, prefix: '' }
  }
  if (value instanceof ArrayBuffer) {
    keys.unshift('byteLength')
    return { prefix: toPrefix(name, tag, 'ArrayBuffer'), parts: () => [showBytes(value)] }
  }
  if (value instanceof DataView) keys.unshift('byteLength', 'byteOffset', 'buffer')
  if (value instanceof WeakMap || value instanceof WeakSet) return { parts: () => ['<items unknown>'] }
  const boxed = unbox(value)
  if (boxed !== undefined) {
    const [type, primitive] = boxed
    if (type === 'String') keys.splice(0, String(primitive).length)
    const other = name === type ? '' : name === null ? ' (null prototype)' : ` (${name})`
    const base = `[${type}${other}: ${showPrimitive(primitive)}]${tag !== '' && tag !== name ? ` [${tag}]` : ''}`
    return { base, bare: base, prefix: '' }
  }
  if (Object.prototype.toString.call(value) === '[object Arguments]') {
    return { prefix: '[Arguments] ', bare: '[Arguments] {}' }
  }
  return { bare: `${name === 'Object' && tag === '' ? '' : toPrefix(name, tag, 'Object')}{}` }
}

function toErrorKind(state: State, error: Error, name: string | null, keys: Key[]): Kind {
  const { stack } = error as { stack?: unknown }
  const text =
    stack !== undefined && stack !== '' && stack !== null
      ? String(stack)
      : Error.prototype.toString.call(error)
  for (const key of ['name', 'message', 'stack'] as const) {
    const at = keys.indexOf(key)
    const shown: unknown = error[key]
    if (at !== -1 && (typeof shown !== 'string' || text.includes(shown))) keys.splice(at, 1)
  }
  if (hasOwn(error, 'cause') && !keys.includes('cause')) keys.push('cause')
  if (Array.isArray((error as { errors?: unknown }).errors) && !keys.includes('errors')) keys.push('errors')
  const base = toErrorBase(error, name, text).replaceAll('\n', `\n${' '.repeat(state.indentation)}`)
  state.room -= base.length
  return { base, bare: base, prefix: '' }
}

function unbox(value: object): [string, unknown] | undefined {
  for (const type of [Number, String, Boolean, BigInt, Symbol]) {
    if (!(value instanceof type)) continue
    try {
      return [type.name, (type.prototype.valueOf as () => unknown).call(value)]
    } catch {
      // only its prototype is one
    }
  }
  return undefined
}

/** Enumerable ones; of a list those that are no indices, which come first. Looking for them takes room, too. */
function toKeys(state: State, value: object): Key[] {
  const { showHidden } = state
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
  if (isList && (value as ArrayLike<unknown>).length > MOST_KEYED) return []
  const names = showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value)
  state.room -= names.length >> KEYS_PER_ROOM
  let from = isList ? names.length : 0
  while (from > 0 && !INDEX.test(names[from - 1] as string)) from--
  const symbols = Object.getOwnPropertySymbols(value).filter(
    (key) => showHidden || Object.prototype.propertyIsEnumerable.call(value, key),
  )
  return [...(from === 0 ? names : names.slice(from)), ...symbols]
}

function showProperty(state: State, owner: object, key: Key, level: number): string {
  const found = Object.getOwnPropertyDescriptor(owner, key)
  const { value, get, set, enumerable } = found ?? { value: (owner as Record<Key, unknown>)[key] }
  let text: string
  if (get !== undefined) text = set === undefined ? '[Getter]' : '[Getter/Setter]'
  else if (set !== undefined) text = '[Setter]'
  else {
    state.indentation += 2
    text = show(state, value, level)
    state.indentation -= 2
  }
  const label = typeof key === 'symbol' ? String(key) : key
  state.room -= label.length
  if (typeof key === 'symbol') return `${enumerable ? `${label}` : `[${label}]`}: ${text}`
  if (key === '__proto__') return `['__proto__']: ${text}`
  if (!enumerable) return `[${label}]: ${text}`
  return `${IDENTIFIER.test(key) ? key : quote(key)}: ${text}`
}

function showItems(state: State, list: ArrayLike<unknown>, level: number): string[] {
  const parts: string[] = []
  let at = 0
  for (; at < list.length && parts.length < state.maxArrayLength && state.room >= 0; at++) {
    const from = at
    while (at < list.length && at - from < MOST_KEYED && !hasOwn(list, at)) at++
    if (at > from) {
      parts.push(`<${at - from} empty item${at - from > 1 ? 's' : ''}>`)
      // of a list that has hardly any items, not all is looked at
      if (at - from === MOST_KEYED) break
      at--
      continue
    }
    const { value, get, set } = Object.getOwnPropertyDescriptor(list, at) ?? {}
    state.indentation += 2
    parts.push(get || set ? showAccessor(get, set) : show(state, value, level))
    state.indentation -= 2
  }
  if (at < list.length) parts.push(plural(list.length - at, 'item'))
  return parts
}

function showAccessor(get: unknown, set: unknown): string {
  return get === undefined ? '[Setter]' : set === undefined ? '[Getter]' : '[Getter/Setter]'
}

function showAll<T>(state: State, items: Iterable<T>, size: number, showOne: (item: T) => string): string[] {
  const parts: string[] = []
  state.indentation += 2
  for (const item of items) {
    if (parts.length === state.maxArrayLength || state.room < 0) {
      parts.push(plural(size - parts.length, 'item'))
      break
    }
    parts.push(showOne(item))
  }
  state.indentation -= 2
  return parts
}

function showBytes(buffer: ArrayBuffer): string {
  if (buffer.detached) return '(detached)'
  const bytes = new Uint8Array(buffer, 0, Math.min(MOST_ITEMS, buffer.byteLength))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const more = plural(buffer.byteLength - bytes.length, 'byte')
  return `[Uint8Contents]: <${hex}${more === '' ? '' : ` ${more}`}>`
}
