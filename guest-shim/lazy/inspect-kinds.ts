/** Kinds of objects: how each begins, and what of it is no property. */

import { toText } from '../globals/web-idl.ts'
import { showAll, showBytes, showItems } from './inspect-items.ts'
import { hasOwn, toErrorBase, toFunctionBase, toPrefix } from './inspect-names.ts'
import type { Key, State } from './inspect-state.ts'
import type { Style } from './inspect-style.ts'
import { toPrimitiveText } from './inspect-text.ts'

/** An object's kind: how it begins, and what of it is no property. */
export interface Kind {
  readonly base?: string
  readonly prefix?: string
  readonly isList?: boolean
  readonly list?: ArrayLike<unknown>
  readonly keys?: Key[]
  /** Without properties it is this. */
  readonly bare?: string
  readonly parts?: (level: number) => string[]
}

/** `keys` may change. */
export function toKind(state: State, value: object, name: string | null, tag: string, keys: Key[]): Kind {
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
    const parts = (level: number) => showAll(state, value, value.size, (item) => state.show(item, level))
    return { prefix, ...(value.size === 0 && { bare: `${prefix}{}` }), parts }
  }
  if (value instanceof Map) {
    const prefix = toPrefix(name, tag, 'Map', `(${value.size})`)
    const parts = (level: number) =>
      showAll(
        state,
        value,
        value.size,
        ([key, item]) => `${state.show(key, level)} => ${state.show(item, level)}`,
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
    return toBase(state, toFunctionBase(value, name, tag), 'special')
  }
  if (value instanceof Error) return toErrorKind(state, value, name, keys)
  if (value instanceof RegExp || value instanceof Date) {
    const type = value instanceof Date ? 'Date' : 'RegExp'
    const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : String(value)
    const prefix = toPrefix(name, tag, type)
    return toBase(state, prefix === `${type} ` ? text : prefix + text, type === 'Date' ? 'date' : 'regexp')
  }
  if (value instanceof ArrayBuffer) {
    keys.unshift('byteLength')
    return { prefix: toPrefix(name, tag, 'ArrayBuffer'), parts: () => [showBytes(state, value)] }
  }
  if (value instanceof DataView) keys.unshift('byteLength', 'byteOffset', 'buffer')
  if (value instanceof WeakMap || value instanceof WeakSet)
    return { parts: () => [state.stylize('<items unknown>', 'special')] }
  const boxed = unbox(value)
  if (boxed !== undefined) {
    const [type, primitive] = boxed
    if (type === 'String') keys.splice(0, String(primitive).length)
    const other = name === type ? '' : name === null ? ' (null prototype)' : ` (${name})`
    const base = `[${type}${other}: ${toPrimitiveText(primitive)}]${tag !== '' && tag !== name ? ` [${tag}]` : ''}`
    return toBase(state, base, typeof primitive as Style)
  }
  if (Object.prototype.toString.call(value) === '[object Arguments]') {
    return { prefix: '[Arguments] ', bare: '[Arguments] {}' }
  }
  return { bare: `${name === 'Object' && tag === '' ? '' : toPrefix(name, tag, 'Object')}{}` }
}

function toBase({ stylize }: State, text: string, style: Style): Kind {
  return { base: text, bare: stylize(text, style), prefix: '' }
}

function toErrorKind(state: State, error: Error, name: string | null, keys: Key[]): Kind {
  const { stack } = error as { stack?: unknown }
  const text =
    stack !== undefined && stack !== '' && stack !== null
      ? toText(stack)
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
