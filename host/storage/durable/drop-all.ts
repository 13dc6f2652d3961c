/** Everything that is in an SQLite file, within the transaction that is open. */

import type { DatabaseSync } from 'node:sqlite'

const ALL = `SELECT type, name, sql LIKE 'CREATE VIRTUAL%' AS isVirtual FROM sqlite_schema
  WHERE type <> 'index' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`

interface Item {
  readonly type: 'table' | 'view' | 'trigger'
  readonly name: string
  readonly isVirtual: number
}

/** Whether there is anything that the object's own statements have made. */
export function hasTables(database: DatabaseSync): boolean {
  return database.prepare(`${ALL} AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`).get() !== undefined
}

export function dropAll(database: DatabaseSync): void {
  const items = (): Item[] => database.prepare(ALL).all() as unknown as Item[]
  const drop = ({ type, name }: Item): void => database.exec(`DROP ${type} "${name.replaceAll('"', '""')}"`)
  // what refers to each other goes in any order
  database.exec('PRAGMA defer_foreign_keys = ON')
  for (const item of items()) if (item.type !== 'table') drop(item)
  // one that is virtual takes its own tables along
  for (const item of items()) if (item.isVirtual === 1) drop(item)
  for (const item of items()) drop(item)
  const counters = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`).get()
  if (counters !== undefined) database.exec('DELETE FROM sqlite_sequence')
}
