/**
 * Any value as `util.inspect` of Node shows it. Bounded as a whole: who has used up the room shows `...` for what is left.
 * Promises and iterators do not tell what is in them, and a Proxy does not tell that it is one.
 */

import { toText } from '../globals/web-idl.ts'
import { showOwn } from './inspect-items.ts'
import { toKind } from './inspect-kinds.ts'
import { layOut, toWidth } from './inspect-layout.ts'
import { hasOwn, toClassName, toPrefix, toTag } from './inspect-names.ts'
import { type InspectOptions, type Key, makeState, MOST_KEYED, type State } from './inspect-state.ts'
import { withoutColors } from './inspect-style.ts'
import { plural, quote, showPrimitive } from './inspect-text.ts'
import { toPlain } from './inspect-web.ts'

/** As a power of two: so many keys are looked at for a character. */
const KEYS_PER_ROOM = 4
const CUSTOM = Symbol.for('nodejs.util.inspect.custom')
const IDENTIFIER = /^[A-Za-z_]\w*$/
const INDEX = /^(?:0|[1-9]\d*)$/
const MORE = '...'

/** `isBounded`: for a log. `self`: what is given to objects that show themselves to show others with. */
export function inspect(
  value: unknown,
  options: InspectOptions = {},
  isBounded = true,
  self: unknown = inspect,
): string {
  return show(makeState(options, isBounded, self, show), value, 0)
}

function show(state: State, value: unknown, level: number): string {
  if (state.room < 0) return MORE
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    const text = showPrimitive(state, value)
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
    return state.stylize(`[Circular *${state.circles.get(value)}]`, 'special')
  }
  return showObject(state, value, level)
}

/** What an object says of itself: by Node's symbol, or of the Web API's what Node shows of them. */
function showCustom(state: State, value: object, level: number): string | undefined {
  const custom: unknown = (value as { [CUSTOM]?: unknown })[CUSTOM]
  const owner = (value as { constructor?: { prototype?: unknown } }).constructor
  let text: string
  if (typeof custom === 'function' && owner?.prototype !== value) {
    const depth = state.options['depth'] === null ? null : state.depth - level
    const said: unknown = custom.call(value, depth, { ...state.options }, state.self)
    if (said === value) return undefined
    text = typeof said === 'object' ? show(state, said, level) : toText(said)
  } else {
    const name = toClassName(value)
    const plain = level > state.depth ? undefined : toPlain(value, name)
    if (plain === undefined) return undefined
    text = `${name} ${show(state, plain, level)}`
  }
  return state.indentation === 0 ? text : text.replaceAll('\n', `\n${' '.repeat(state.indentation)}`)
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
    return state.stylize(name === null ? full : `[${full}]`, 'special')
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
  // of a list, the items stay where they are
  const shown = kind.isList ? parts.length - keys.length : 0
  if (state.sort !== undefined) parts.push(...state.sort(parts.splice(shown)))
  state.path.pop()
  const number = state.circles.get(value)
  const reference = number === undefined ? '' : state.stylize(`<ref *${number}>`, 'special')
  const isBefore = state.compact !== Infinity
  const base = [isBefore ? reference : '', kind.base ?? ''].filter((text) => text !== '').join(' ')
  const open = `${isBefore || reference === '' ? '' : `${reference} `}${prefix}`
  return layOut(state, {
    parts,
    base,
    braces: kind.isList ? [`${open}[`, ']'] : [`${open}{`, '}'],
    levels: state.level - (level + 1),
    items: kind.list && { list: kind.list, hasMore },
  })
}

function showProperty(state: State, owner: object, key: Key, level: number): string {
  const property = Object.getOwnPropertyDescriptor(owner, key) ?? {
    value: (owner as Record<Key, unknown>)[key],
  }
  // at the side of its brace a member is three characters in
  const isBeside = state.compact === Infinity && !Array.isArray(owner)
  if (isBeside) state.indentation++
  const text = showOwn(state, property, level, owner)
  const gap =
    isBeside &&
    'value' in property &&
    state.breakLength < toWidth(state.hasColors ? withoutColors(text) : text)
      ? `\n${' '.repeat(state.indentation + 2)}`
      : ' '
  if (isBeside) state.indentation--
  const label = String(key)
  state.room -= label.length
  // what a buffer has of its prototype
  const isOwn = hasOwn(owner, key)
  const name = isOwn
    ? toLabel(state, key, label, property.enumerable === true)
    : state.stylize(`[${label}]`, 'string')
  return `${name}:${gap}${text}`
}

function toLabel({ stylize }: State, key: Key, label: string, isEnumerable: boolean): string {
  if (key === '__proto__') return "['__proto__']"
  if (typeof key === 'symbol')
    return isEnumerable ? stylize(label, 'symbol') : `[${stylize(label, 'symbol')}]`
  if (!isEnumerable) return `[${label}]`
  return IDENTIFIER.test(key) ? stylize(label, 'name') : stylize(quote(key), 'string')
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
