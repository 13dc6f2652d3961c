/** The items of lists, maps and sets, as many as are shown. */

import { hasOwn } from './inspect-names.ts'
import { MOST_ITEMS, MOST_KEYED, type State } from './inspect-state.ts'
import { plural } from './inspect-text.ts'

export function showItems(state: State, list: ArrayLike<unknown>, level: number): string[] {
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
    parts.push(showOwn(state, Object.getOwnPropertyDescriptor(list, at) ?? {}, level))
  }
  if (at < list.length) parts.push(plural(list.length - at, 'item'))
  return parts
}

/** What a property holds. */
export function showOwn(state: State, property: PropertyDescriptor, level: number): string {
  const hasSetter = property.set !== undefined
  if (property.get !== undefined) return hasSetter ? '[Getter/Setter]' : '[Getter]'
  if (hasSetter) return '[Setter]'
  state.indentation += 2
  const text = state.show(property.value, level)
  state.indentation -= 2
  return text
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

export function showBytes(buffer: ArrayBuffer): string {
  if (buffer.detached) return '(detached)'
  const bytes = new Uint8Array(buffer, 0, Math.min(MOST_ITEMS, buffer.byteLength))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const more = plural(buffer.byteLength - bytes.length, 'byte')
  return `[Uint8Contents]: <${hex}${more === '' ? '' : ` ${more}`}>`
}
