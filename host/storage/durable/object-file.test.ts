/**
 * Keys, values, transactions and closes of a file against a plain Map, whatever the order; and what its statements may not.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { array, assert, constant, constantFrom, oneof, property, record, string, subarray } from 'fast-check'
import { afterAll, describe, test } from 'vitest'

import { fromMessage, toMessage } from './message.ts'
import { ObjectFile } from './object-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-object-'))
afterAll(() => rmSync(folder, { recursive: true }))
let last = 0
const open = (path = join(folder, `${++last}.sqlite`), maxBytes = 2 ** 26): ObjectFile =>
  new ObjectFile({ path, maxBytes })

const KEYS = ['', 'a', 'a\0', 'ab', 'b', 'é', '\u{10000}', '\uffff']
const key = constantFrom(...KEYS)
const steps = array(
  oneof(
    record({
      do: constant('put' as const),
      keys: subarray(KEYS, { minLength: 1, maxLength: 3 }),
      value: string({ maxLength: 5 }),
    }),
    record({ do: constant('delete' as const), keys: subarray(KEYS, { minLength: 1, maxLength: 3 }) }),
    record({
      do: constant('list' as const),
      options: record(
        {
          start: key,
          startAfter: key,
          end: key,
          prefix: key,
          limit: constantFrom(1, 2, 100),
          reverse: constantFrom(true, false),
        },
        { requiredKeys: [] },
      ),
    }),
    record({
      do: constantFrom(
        'begin' as const,
        'release' as const,
        'undo' as const,
        'commit' as const,
        'close' as const,
        'delete-all' as const,
      ),
    }),
  ),
  { maxLength: 60 },
)

type Model = Map<string, string>

/** In the order of their UTF-8. */
const sorted = (model: Model): [string, string][] =>
  [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

interface Listing {
  readonly start?: string
  readonly startAfter?: string
  readonly end?: string
  readonly prefix?: string
  readonly limit?: number
  readonly reverse?: boolean
}

function list(
  model: Model,
  { start, startAfter, end, prefix = '', limit = Infinity, reverse = false }: Listing,
): unknown {
  const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const found = sorted(model).filter(
    ([each]) =>
      each.startsWith(prefix) &&
      (start === undefined || compare(each, start) >= 0) &&
      (startAfter === undefined || compare(each, startAfter) > 0) &&
      (end === undefined || compare(each, end) < 0),
  )
  return (reverse ? found.toReversed() : found).slice(0, limit)
}

function listed(file: ObjectFile, options: Listing): unknown {
  const { said, rest } = fromMessage(file.perform('entries', toMessage(options)))
  const [keys, lengths] = said as [string[], number[]]
  let at = 0
  return keys.map((each, i) => [each, Buffer.from(rest.subarray(at, (at += lengths[i]!))).toString()])
}

describe('a file of keys and values', () => {
  test('is a map with transactions, whatever is done to it, and however it ends', ({ expect }) => {
    assert(
      property(steps, (all) => {
        let file = open()
        let [stored, now]: [Model, Model] = [new Map(), new Map()]
        const points: Model[] = []
        for (const step of all) {
          if (step.do === 'put') {
            const value = Buffer.from(step.value)
            const said = step.keys.map((each) => [each, value.length])
            file.perform(
              'put',
              toMessage(
                said,
                step.keys.map(() => value),
              ),
            )
            for (const each of step.keys) now.set(each, step.value)
          } else if (step.do === 'delete') {
            const deleted = step.keys.filter((each) => now.delete(each)).length
            expect(fromMessage(file.perform('delete', toMessage(step.keys))).said).toBe(deleted)
          } else if (step.do === 'list') expect(listed(file, step.options)).toEqual(list(now, step.options))
          else if (step.do === 'begin') {
            points.push(new Map(now))
            file.perform('begin', toMessage(null))
          } else if (step.do === 'release' || step.do === 'undo') {
            const point = points.pop()
            const operation = step.do
            const act = (): Uint8Array => file.perform(operation, toMessage(null))
            if (point === undefined) expect(act).toThrow('there is none')
            else act()
            if (point !== undefined && step.do === 'undo') now = point
          } else if (step.do === 'commit') {
            file.commit()
            if (points.length === 0) stored = new Map(now)
          } else if (step.do === 'delete-all') {
            file.perform('delete-all', toMessage(null))
            now.clear()
          } else {
            // what was not committed is gone, with a process as without
            file[Symbol.dispose]()
            file = open(file.path)
            now = new Map(stored)
            points.length = 0
          }
          expect(listed(file, {})).toEqual(sorted(now))
        }
        file[Symbol.dispose]()
      }),
      { numRuns: 150 },
    )
  })

  test('goes on with the log that it had when its database may not be synced', ({ expect }) => {
    const file = open()
    file.perform('put', toMessage([['a', 1]], [Buffer.from('1')]))
    file.commit()
    file[Symbol.dispose]()
    const parts = (): string[] =>
      readdirSync(folder).filter((name) => join(folder, name).startsWith(file.path))
    expect(parts().map((name) => join(folder, name).slice(file.path.length))).toEqual(['', '-kept'])
    const again = open(file.path)
    expect(listed(again, {})).toEqual([['a', '1']])
    again[Symbol.dispose]()
  })
})

describe('a statement of an object may not', () => {
  test.for([
    `ATTACH 'x.sqlite' AS x`,
    `DETACH main`,
    `BEGIN`,
    `COMMIT`,
    `ROLLBACK`,
    `SAVEPOINT a`,
    `RELEASE operation`,
    `VACUUM`,
    `VACUUM INTO 'x.sqlite'`,
    `PRAGMA journal_mode = DELETE`,
    `PRAGMA locking_mode = NORMAL`,
    `PRAGMA synchronous = OFF`,
    `PRAGMA max_page_count = 1000000`,
    `PRAGMA wal_checkpoint`,
    `PRAGMA writable_schema = 1`,
    `PRAGMA temp_store_directory = '/'`,
    `CREATE TEMP TABLE t (a)`,
    `SELECT load_extension('x')`,
    `SELECT readfile('/etc/passwd')`,
    `SELECT * FROM _cf_KV`,
    `DELETE FROM _cf_METADATA`,
    `DROP TABLE _cf_KV`,
    `ALTER TABLE _cf_KV RENAME TO mine`,
    `CREATE TABLE _cf_mine (a)`,
    `CREATE TRIGGER t AFTER INSERT ON _cf_KV BEGIN SELECT 1; END`,
    `CREATE VIEW v AS SELECT * FROM _cf_KV; SELECT * FROM v`,
    `CREATE VIRTUAL TABLE v USING dbstat`,
    `SELECT * FROM sqlite_dbpage`,
    `UPDATE sqlite_schema SET sql = ''`,
    `SELECT 1; ATTACH 'x.sqlite' AS x`,
  ])('%s', (sql, { expect }) => {
    const file = open()
    file.perform('put', toMessage([['a', 1]], [Buffer.from('1')]))
    file.perform('set-alarm', toMessage(5))
    expect(() => file.perform('query', toMessage([{ sql, params: [] }]))).toThrow(
      /not authorized|no such (?:table|function|module)|may not be (?:modified|altered|indexed)|expected no BEGIN|prohibited|cannot VACUUM/,
    )
    file.commit()
    expect([listed(file, {}), fromMessage(file.perform('get-alarm', toMessage(null))).said]).toEqual([
      [['a', '1']],
      5,
    ])
    file[Symbol.dispose]()
  })
})
