/** The items of lists, maps and sets, as many as are shown. */

import { hasOwn } from './inspect-names.ts'
import { MOST_KEYED, type State } from './inspect-state.ts'
import { plural, showPrimitive } from './inspect-text.ts'

export function showItems(state: State, list: ArrayLike<unknown>, level: number): string[] {
  const parts: string[] = []
  let at = 0
  for (; at < list.length && parts.length < state.maxArrayLength && state.room >= 0; at++) {
    const from = at
    while (at < list.length && at - from < MOST_KEYED && !hasOwn(list, at)) at++
    if (at > from) {
      const text = `<${at - from} empty item${at - from > 1 ? 's' : ''}>`
      parts.push(state.stylize(text, 'undefined'))
      // of a list that has hardly any items, not all is looked at
      if (at - from === MOST_KEYED) break
      at--
      continue
    }
    parts.push(showOwn(state, Object.getOwnPropertyDescriptor(list, at) ?? {}, level))
  }
  if (at < list.length) parts.push(plural(list.length - at, 'item'))
  return parts
}

/** What a property holds; `owner`: whose it is, where its getter may be called. */
export function showOwn(state: State, property: PropertyDescriptor, level: number, owner?: object): string {
  const hasSetter = property.set !== undefined
  if (property.get !== undefined) {
    const label = hasSetter ? 'Getter/Setter' : 'Getter'
    const { getters } = state
    const isCalled = owner !== undefined && (getters === true || getters === (hasSetter ? 'set' : 'get'))
    return isCalled
      ? showGotten(state, label, () => property.get?.call(owner) as unknown, level)
      : state.stylize(`[${label}]`, 'special')
  }
  if (hasSetter) return state.stylize('[Setter]', 'special')
  state.indentation += 2
  const text = state.show(property.value, level)
  state.indentation -= 2
  return text
}

function showGotten(state: State, label: string, get: () => unknown, level: number): string {
  const special = (text: string) => state.stylize(text, 'special')
  const around = (text: string) => `${special(`[${label}:`)} ${text}${special(']')}`
  let value: unknown
  try {
    value = get()
  } catch (error) {
    state.indentation += 2
    const text = around(`<Inspection threw (${state.show(error, level)})>`)
    state.indentation -= 2
    return text
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function'
      ? around(state.show(value, level))
      : around(showPrimitive(state, value))
  }
  state.indentation += 2
  const text = state.show(value, level)
  state.indentation -= 2
  return `${special(`[${label}]`)} ${text}`
}

export function showAll<T>(
  state: State,
  items: Iterable<T>,
  size: number,
  showOne: (item: T) => string,
): string[] {
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

export function showBytes({ stylize, maxArrayLength }: State, buffer: ArrayBuffer): string {
  if (buffer.detached) return '(detached)'
  const bytes = new Uint8Array(buffer, 0, Math.min(maxArrayLength, buffer.byteLength))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const more = plural(buffer.byteLength - bytes.length, 'byte')
  return `${stylize('[Uint8Contents]', 'special')}: <${hex}${more === '' ? '' : ` ${more}`}>`
}
