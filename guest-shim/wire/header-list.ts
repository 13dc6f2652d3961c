/**
 * What the Fetch standard calls a header list: names and values as they came, a repeated header once per occurrence.
 * Pure.
 *
 *     lines    'host LF a.test LF x-b LF 1 LF'        as the world carries it (wit/wire.wit), until somebody looks
 *     items    ['host', 'a.test', 'x-b', '1']         from then on
 *
 * Names are in lower case, names and values legal: whoever adds one has checked it. A value can hold no LF, so nothing
 * is escaped.
 */

import { indexOf, join, makeTable, sort, split } from '../globals/primordials.ts'
import { finishParts } from '../globals/web-idl.ts'

const COOKIE = 'set-cookie'

export class HeaderList {
  /** Whoever has it may not change it. */
  declare isFixed: boolean
  /** Lines, while there are no items. */
  declare lines: string
  /** Whether the lines have a content type; undefined: nobody has looked. */
  declare isTyped: boolean | undefined
  declare items: string[] | undefined
  /** Names and values in the order of iteration, until something changes. */
  declare sorted: readonly string[] | undefined

  constructor(lines: string) {
    this.lines = lines
  }

  /** The values of a header, as one. */
  get(name: string): string | null {
    const items = this.items ?? open(this)
    let found: string | null = null
    for (let i = 0; i < items.length; i += 2) {
      if (items[i] !== name) continue
      found = found === null ? (items[i + 1] as string) : `${found}, ${items[i + 1]}`
    }
    return found
  }

  /** The values of a header, each by itself. */
  getAll(name: string): string[] {
    const items = this.items ?? open(this)
    const all: string[] = []
    for (let i = 0; i < items.length; i += 2) {
      if (items[i] === name) all[all.length] = items[i + 1] as string
    }
    return all
  }

  has(name: string): boolean {
    const items = this.items ?? open(this)
    for (let i = 0; i < items.length; i += 2) if (items[i] === name) return true
    return false
  }

  /** Whether it is worth looking for it: costs less than looking. */
  mayHave(name: string): boolean {
    return this.items === undefined ? indexOf(this.lines, name) >= 0 : this.has(name)
  }

  hasType(): boolean {
    const { items, isTyped } = this
    return items === undefined && isTyped !== undefined ? isTyped : this.has('content-type')
  }

  append(name: string, value: string): void {
    const { items } = this
    if (items === undefined) {
      this.lines += `${name}\n${value}\n`
      this.isTyped = undefined
    } else {
      items[items.length] = name
      items[items.length] = value
      this.sorted = undefined
    }
  }

  /** In the place of the first one of this name. */
  set(name: string, value: string): void {
    const items = this.items ?? open(this)
    for (let i = 0; i < items.length; i += 2) {
      if (items[i] !== name) continue
      items[i + 1] = value
      remove(this, name, i + 2)
      return
    }
    this.append(name, value)
  }

  delete(name: string): void {
    if (this.has(name)) remove(this, name, 0)
  }

  copy(): HeaderList {
    return new HeaderList(this.toLines())
  }

  toLines(): string {
    const { items } = this
    if (items === undefined) return this.lines
    return items.length === 0 ? '' : `${join(items, '\n')}\n`
  }

  /** Names and values in turn: sorted by name, those of one name joined, but for cookies. */
  toSorted(): readonly string[] {
    return (this.sorted ??= toSorted(this.items ?? open(this)))
  }
}

finishParts(HeaderList, { isFixed: false, isTyped: undefined, items: undefined, sorted: undefined })

function open(list: HeaderList): string[] {
  const items = list.lines === '' ? [] : split(list.lines, '\n')
  // the last LF ends a value and begins nothing
  if (items.length % 2 === 1) items.length--
  list.lines = ''
  return (list.items = items)
}

function remove(list: HeaderList, name: string, from: number): void {
  const items = list.items as string[]
  let to = from
  for (let i = from; i < items.length; i += 2) {
    if (items[i] === name) continue
    items[to] = items[i] as string
    items[to + 1] = items[i + 1] as string
    to += 2
  }
  items.length = to
  list.sorted = undefined
}

function toSorted(items: readonly string[]): string[] {
  const values = makeTable<string, string[]>()
  const names: string[] = []
  for (let i = 0; i < items.length; i += 2) {
    const name = items[i] as string
    const known = values.get(name)
    if (known === undefined) names[names.length] = name
    const all = known ?? []
    all[all.length] = items[i + 1] as string
    values.set(name, all)
  }
  sort(names)
  const sorted: string[] = []
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const all = values.get(name) as string[]
    const parts = name === COOKIE ? all : [join(all, ', ')]
    for (let each = 0; each < parts.length; each++) {
      sorted[sorted.length] = name
      sorted[sorted.length] = parts[each] as string
    }
  }
  return sorted
}
