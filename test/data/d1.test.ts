/** D1 databases, as an app sees them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const ENDLESS = 'WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'

const directory = mkdtempSync(join(tmpdir(), 'nano-d1-'))
let server: Served

beforeAll(async () => {
  const path = fixture('d1')
  const db = (...names: string[]) => names.map((binding) => ({ binding, database_id: 'main' }))
  const shared = [{ binding: 'DB', shared: true, database_id: 'main' }]
  server = await serve(
    [
      { name: 'one', path, d1_databases: [...db('DB', 'SAME'), { binding: 'OTHER' }] },
      { name: 'two', path, d1_databases: db('DB') },
      { name: 'three', path, d1_databases: shared },
      { name: 'four', path, d1_databases: shared },
      { name: 'small', path, d1_databases: db('DB'), database_mb: 1, database_ms: 300, timeout_ms: 30_000 },
    ],
    2,
    { storageDirectory: directory },
  )
})

afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What comes of some steps (test/fixtures/d1.ts). */
async function run(host: string, ...steps: unknown[]): Promise<unknown[]> {
  const { text } = await server.send(host, '/', { method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as unknown[]
}

async function ask(path: string): Promise<unknown> {
  return JSON.parse((await server.send('one', `/${path}`)).text) as unknown
}

const resultsOf = (outcome: unknown): unknown => (outcome as { results: unknown }).results

describe('a database', () => {
  test('answers in every way that D1 has', async ({ expect }) => {
    const sql = 'SELECT * FROM ways ORDER BY id'
    const outcomes = await run(
      'one',
      { exec: 'DROP TABLE IF EXISTS ways;\nCREATE TABLE ways (id INTEGER PRIMARY KEY, a TEXT)' },
      { sql: 'INSERT INTO ways (a) VALUES (?), (?)', params: ['x', null], method: 'run' },
      { sql },
      { sql, method: 'first' },
      { sql, method: 'first', args: ['a'] },
      { sql, method: 'first', args: ['b'] },
      { sql: `${sql} LIMIT 0`, method: 'first', args: ['b'] },
      { sql, method: 'raw' },
      { sql, method: 'raw', args: [{ columnNames: true }] },
      { sql: 'SELECT ?2 AS b, ?1 AS a', params: [1, 'x'] },
    )
    const rows = [
      { id: 1, a: 'x' },
      { id: 2, a: null },
    ]
    expect(outcomes).toMatchObject([
      { count: 2 },
      { success: true, results: [], meta: { changes: 2, last_row_id: 2, changed_db: true, rows_written: 2 } },
      { success: true, results: rows, meta: { changes: 0, changed_db: false, rows_read: 2 } },
      rows[0],
      'x',
      { error: 'D1_COLUMN_NOTFOUND: Column not found (b)', cause: 'Column not found' },
      null,
      [
        [1, 'x'],
        [2, null],
      ],
      [
        ['id', 'a'],
        [1, 'x'],
        [2, null],
      ],
      { results: [{ b: 'x', a: 1 }] },
    ])
    const { meta } = outcomes[1] as { meta: Record<string, unknown> }
    expect(Object.keys(meta).sort()).toEqual([
      'changed_db',
      'changes',
      'duration',
      'last_row_id',
      'rows_read',
      'rows_written',
      'served_by',
      'served_by_primary',
      'size_after',
      'timings',
    ])
  })

  test('makes all of a batch, or nothing', async ({ expect }) => {
    const insert = (value: number) => ({ sql: 'INSERT INTO batches VALUES (?)', params: [value] })
    const outcomes = await run(
      'one',
      { sql: 'CREATE TABLE batches (x UNIQUE)' },
      { batch: [insert(1), insert(2), { sql: 'SELECT count(*) AS n FROM batches' }] },
      { batch: [insert(3), insert(1)] },
      { sql: 'SELECT count(*) AS n FROM batches', method: 'first', args: ['n'] },
      { batch: [] },
    )
    const unique =
      'UNIQUE constraint failed: batches.x: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)'
    expect((outcomes[1] as unknown[]).map(resultsOf)).toEqual([[], [], [{ n: 2 }]])
    expect(outcomes.slice(2)).toEqual([
      { error: `D1_ERROR: ${unique}`, cause: unique },
      2,
      { error: 'D1_ERROR: No SQL statements detected.', cause: 'No SQL statements detected.' },
    ])
  })

  test('says what is wrong as D1 does', async ({ expect }) => {
    const outcomes = await run(
      'one',
      { sql: 'SELECT * FROM nowhere' },
      { sql: 'selec 1' },
      { exec: 'SELECT 1;\nselec 1' },
      { sql: 'SELECT ?' },
      { sql: 'BEGIN' },
      { sql: "ATTACH 'x' AS x" },
    )
    expect(outcomes.map((each) => (each as { error: string }).error)).toEqual([
      'D1_ERROR: no such table: nowhere: SQLITE_ERROR',
      'D1_ERROR: near "selec": syntax error: SQLITE_ERROR',
      'D1_EXEC_ERROR: Error in line 1: SELECT 1;: near "selec": syntax error: SQLITE_ERROR',
      'D1_ERROR: Wrong number of parameter bindings for SQL query.',
      expect.stringMatching(/^D1_ERROR: expected no BEGIN/),
      'D1_ERROR: not authorized: SQLITE_AUTH',
    ])
  })

  test('takes what D1 takes as a value', async ({ expect }) => {
    expect(await ask('types')).toEqual(
      ['undefined', 'function', 'object', 'bigint', 'object', 'object'].map((type) =>
        expect.stringContaining(`D1_TYPE_ERROR: Type '${type}' not supported for value '`),
      ),
    )
    expect(await ask('views')).toEqual({
      v0: [2, 3],
      v1: [4],
      v2: [5, 1],
      v3: [6],
      v4: [0],
      v5: 1,
      v6: 0,
      v7: null,
    })
  })

  test('has sessions, and the names of D1', async ({ expect }) => {
    expect(await ask('session')).toEqual({ before: null, isKept: true, isLater: true })
    expect(await ask('names')).toEqual([
      'D1Database',
      'D1DatabaseSession',
      'D1PreparedStatement',
      'D1PreparedStatement',
    ])
    expect(await ask('dump')).toEqual({ error: 'D1_DUMP_ERROR: Status + 404', cause: 'Status 404' })
    expect(await ask('junk')).toMatchObject({
      error: expect.stringContaining('D1PreparedStatement') as unknown,
    })
  })

  test('gives large results', async ({ expect }) => {
    const sql = `WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c WHERE x < 20000)
      SELECT x, 'a text of some length' AS y FROM c`
    const [rows] = await run('one', { sql, method: 'raw' })
    expect((rows as unknown[]).length).toBe(20_000)
    expect((rows as unknown[]).at(-1)).toEqual([20_000, 'a text of some length'])
  })
})

describe('databases of several apps', () => {
  test('have nothing in common, whatever they are called', async ({ expect }) => {
    const [made] = await run('one', { exec: "CREATE TABLE mine (x); INSERT INTO mine VALUES ('one')" })
    expect(made).toMatchObject({ count: 1 })
    const none = { error: 'D1_ERROR: no such table: mine: SQLITE_ERROR' }
    const read = { sql: 'SELECT x FROM mine', method: 'first', args: ['x'] }
    expect(await run('one', { ...read, db: 'SAME' }, { ...read, db: 'OTHER' })).toMatchObject(['one', none])
    expect(await run('two', read)).toMatchObject([none])
    expect(await run('three', read)).toMatchObject([none])
  })

  test('are one when the operator says so', async ({ expect }) => {
    await run('three', { exec: "CREATE TABLE ours (x); INSERT INTO ours VALUES ('three')" })
    expect(await run('four', { sql: 'SELECT x FROM ours', method: 'first', args: ['x'] })).toEqual(['three'])
  })
})

describe('an app that asks for too much', () => {
  test('is stopped, and its neighbours are answered meanwhile', async ({ expect }) => {
    const endless = Array.from({ length: 6 }, () => run('small', { sql: ENDLESS }))
    const over = Promise.all(endless)
    let answered = 0
    while ((await Promise.race([over, Promise.resolve()])) === undefined) {
      expect(await run('two', { sql: 'SELECT 1 AS x', method: 'first', args: ['x'] })).toEqual([1])
      answered++
    }
    const text = 'D1 DB exceeded its CPU time limit and was reset.'
    const failure = { error: `D1_ERROR: ${text}`, cause: text }
    expect((await over).flat()).toEqual(Array.from({ length: 6 }, () => failure))
    expect(answered).toBeGreaterThan(10)
    expect(await run('small', { sql: 'SELECT 1 AS x', method: 'first', args: ['x'] })).toEqual([1])
  })

  test('has a database of a bounded size', async ({ expect }) => {
    const insert = { sql: 'INSERT INTO big SELECT randomblob(400000)', method: 'run' }
    const outcomes = await run('small', { exec: 'CREATE TABLE big (x)' }, insert, insert, insert, {
      sql: 'SELECT count(*) AS n FROM big',
      method: 'first',
      args: ['n'],
    })
    expect(outcomes.slice(3)).toEqual([
      { error: 'D1_ERROR: Exceeded maximum DB size.', cause: 'Exceeded maximum DB size.' },
      2,
    ])
  })
})
