/**
 * When the alarms of Durable Objects are due: an index over what stands in the objects' own files, so that nobody has to open
 * these. An object's alarm is here before it is in its file, and goes after that: what the index says may be too early, never too late,
 * and who is woken looks into the file.
 */

import { join } from 'node:path'

import { StorageError } from '../failure.ts'
import { GroupCommit } from '../group-commit.ts'
import { guard, openDatabase } from '../sqlite.ts'
import type { Store, StoreAnswer, StoreCall, StoreOptions } from '../store.ts'

/** By class and id. */
export type AlarmCall =
  /** `time`: milliseconds since 1970; null: it has none any more. Answered when that is on the disk. */
  | {
      readonly op: 'set'
      readonly args: {
        readonly id: string
        readonly time: number | null
        /** Of the object, if that is known. */
        readonly name?: string | undefined
      }
    }
  /** Of all classes, the earliest first. Gives `Alarm`s. */
  | { readonly op: 'due'; readonly args: { readonly before: number; readonly limit: number } }

/** One that is set. `key`: what the data of the class is called. */
export interface Alarm {
  readonly key: string
  readonly id: string
  readonly time: number
  /** Of the object; null: it is not known. */
  readonly name: string | null
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS alarm (key TEXT NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS alarm_time ON alarm (time);
`
/** It came later. */
const NAME = {
  find: "SELECT 1 FROM pragma_table_info('alarm') WHERE name = 'name'",
  add: 'ALTER TABLE alarm ADD COLUMN name TEXT',
}
const SQL = {
  set: 'INSERT INTO alarm VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET time = excluded.time, name = coalesce(excluded.name, name)',
  remove: 'DELETE FROM alarm WHERE key = ? AND id = ?',
  due: 'SELECT key, id, time, name FROM alarm WHERE time < ? ORDER BY time LIMIT ?',
  forget: 'DELETE FROM alarm WHERE key = ?',
}

export async function openAlarms({ directory }: StoreOptions): Promise<Store> {
  const database = openDatabase(join(directory, 'alarms.sqlite'), SCHEMA)
  if (database.prepare(NAME.find).get() === undefined) database.exec(NAME.add)
  const changes = new GroupCommit(database)
  const [set, remove, due, forget] = [SQL.set, SQL.remove, SQL.due, SQL.forget].map((sql) =>
    database.prepare(sql),
  )
  const run = async (key: string, call: AlarmCall): Promise<unknown> => {
    if (call.op === 'due') return guard(() => due!.all(call.args.before, call.args.limit))
    if (call.op !== 'set') throw new StorageError('STORAGE_INVALID', 'expected "set" or "due"')
    const { id, time, name = null } = call.args
    await changes.run(() => (time === null ? remove!.run(key, id) : set!.run(key, id, time, name)))
    return null
  }
  return {
    async call({ key, op, args }: StoreCall): Promise<StoreAnswer> {
      return { meta: await run(key, { op, args } as AlarmCall) }
    },
    forget: (key) => changes.run(() => forget!.run(key)),
    async [Symbol.asyncDispose]() {
      changes.flush()
      database.close()
    },
  }
}
