/**
 * Where the keys of a TOML file stand, for messages: the parser keeps no places. Looked at line by line, after the parser has
 * taken the file; what stands within a value is told with the place of its key.
 */

import type { Path } from '../json/places.ts'

const KEYS = /^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=/
const HEADER = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/
const KEY = /"[^"]*"|'[^']*'|[\w-]+/g
const MULTILINE = /"""|'''/g

/** `line:column` of each key, by its path as JSON. */
export type TomlPlaces = ReadonlyMap<string, string>

export function findPlaces(text: string): TomlPlaces {
  const places = new Map<string, string>()
  /** Of each list of tables the number of the last one. */
  const counts = new Map<string, number>()
  let table: Path = []
  let isWithinText = false
  for (const [index, line] of text.split('\n').entries()) {
    const isWithin = isWithinText
    if ((line.match(MULTILINE)?.length ?? 0) % 2 === 1) isWithinText = !isWithinText
    if (isWithin) continue
    const header = HEADER.exec(line)
    const keys = header?.[2] ?? KEYS.exec(line)?.[1]
    if (keys === undefined) continue
    const names = splitKeys(keys)
    const path = header === null ? [...table, ...names] : toTable(names, header[1] === '[[', counts)
    if (header !== null) table = path
    const place = `${index + 1}:${line.search(/\S/) + 1}`
    // a list stands where its first table does
    for (const each of [path, path.slice(0, -1)]) {
      const name = JSON.stringify(each)
      if (each.length > 0 && !places.has(name)) places.set(name, place)
    }
  }
  return places
}

/** Of a path, or of the nearest that is around it; undefined: of none. */
export function toTomlPlace(places: TomlPlaces, path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(JSON.stringify(path.slice(0, length)))
    if (place !== undefined) return place
  }
  return undefined
}

function splitKeys(text: string): string[] {
  return (text.match(KEY) ?? []).map((key) => (/^["']/.test(key) ? key.slice(1, -1) : key))
}

/** The path of a header: in a list of tables it is about the last one. */
function toTable(names: readonly string[], isNew: boolean, counts: Map<string, number>): Path {
  const path: (string | number)[] = []
  for (const [index, name] of names.entries()) {
    path.push(name)
    const list = JSON.stringify(path)
    if (isNew && index === names.length - 1) counts.set(list, (counts.get(list) ?? -1) + 1)
    const count = counts.get(list)
    if (count !== undefined) path.push(count)
  }
  return path
}
