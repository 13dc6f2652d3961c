/**
 * Reads values out of a JSONC tree and collects every problem with its place in the file, instead of stopping at the
 * first. A reader method that finds a problem notes it and returns undefined; whoever uses the values must look at
 * `problems` before it believes them.
 */

import type { Node } from 'jsonc-parser'

import { suggest } from './suggest.ts'

/** Something wrong at an offset of the file. */
export interface Problem {
  readonly offset: number
  readonly text: string
}

/** An object of the file: its known members by key. */
export type Members = ReadonlyMap<string, Node>

export class Reader {
  readonly problems: Problem[] = []

  note(node: Node, text: string): undefined {
    this.problems.push({ offset: node.offset, text })
    return undefined
  }

  /** The members of an object. `known`: the keys that it may have; undefined: any key (but never `__proto__`). */
  object(node: Node, what: string, known?: readonly string[]): Members | undefined {
    if (node.type !== 'object') return this.note(node, `${what}: wanted an object, came ${toShown(node)}`)
    const members = new Map<string, Node>()
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? []
      if (key === undefined || value === undefined) continue
      const name = String(key.value)
      if (name === '__proto__') this.note(key, `${what}: "__proto__" is not allowed as a key`)
      else if (members.has(name)) this.note(key, `${what}: the key ${JSON.stringify(name)} is given twice`)
      else if (known !== undefined && !known.includes(name)) this.#noteUnknown(key, name, what, known)
      else members.set(name, value)
    }
    return members
  }

  array(node: Node, what: string): readonly Node[] | undefined {
    if (node.type === 'array') return node.children ?? []
    return this.note(node, `${what}: wanted a list in [ ], came ${toShown(node)}`)
  }

  /** A list of texts that `accepts` takes; `wanted` says which those are. */
  strings(
    node: Node | undefined,
    what: string,
    accepts: (text: string) => boolean,
    wanted: string,
  ): string[] | undefined {
    const items = node === undefined ? undefined : this.array(node, what)
    return items?.flatMap((item, index) => {
      const text = this.string(item, `${what}[${index}]`)
      if (text === undefined || accepts(text)) return text ?? []
      return this.note(item, `${what}[${index}]: wanted ${wanted}, came ${JSON.stringify(text)}`) ?? []
    })
  }

  string(node: Node | undefined, what: string): string | undefined {
    if (node === undefined) return undefined
    if (node.type === 'string' && node.value !== '') return String(node.value)
    return this.note(node, `${what}: wanted a text that is not empty, came ${toShown(node)}`)
  }

  boolean(node: Node | undefined, what: string): boolean | undefined {
    if (node === undefined) return undefined
    if (node.type === 'boolean') return node.value === true
    return this.note(node, `${what}: wanted true or false, came ${toShown(node)}`)
  }

  /** A whole number of a range. `why` explains a bound that is not evident. */
  integer(
    node: Node | undefined,
    what: string,
    [least, most]: readonly [number, number],
    why = '',
  ): number | undefined {
    if (node === undefined) return undefined
    const value: unknown = node.value
    if (node.type === 'number' && Number.isInteger(value)) {
      const number = Number(value)
      if (number >= least && number <= most) return number
    }
    return this.note(
      node,
      `${what}: wanted a whole number from ${least} to ${most}, came ${toShown(node)}${why}`,
    )
  }

  #noteUnknown(key: Node, name: string, what: string, known: readonly string[]): void {
    const near = suggest(name, known)
    const next = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`
    this.note(key, `${what}: unknown key ${JSON.stringify(name)}; ${next}`)
  }
}

/** A value as a person would recognise it in a message. */
function toShown(node: Node): string {
  if (node.type === 'object') return 'an object'
  if (node.type === 'array') return 'a list'
  const text = JSON.stringify(node.value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
