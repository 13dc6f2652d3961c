import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, test } from 'vitest'

import type { RowShape } from './call.ts'
import { SqlDatabase } from './database.ts'
import type { Parameter } from './parse-statements.ts'

interface Result {
  readonly results: unknown
  readonly meta: Readonly<Record<string, unknown>>
}

let directory: string
let database: SqlDatabase

const open = (maxBytes = 2 ** 30) => new SqlDatabase({ path: join(directory, 'a.sqlite'), maxBytes })

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-sql-'))
  database = open()
})
afterEach(() => {
  database[Symbol.dispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** As the process does. */
function batch(
  statements: readonly (readonly [string, ...Parameter[]])[],
  shape: RowShape = 'objects',
): Result[] {
  try {
    const list = statements.map(([sql, ...params]) => ({ sql, params }))
    return JSON.parse(database.run(list, shape)) as Result[]
  } finally {
    if (database.isSpent) {
      database[Symbol.dispose]()
      database = open()
    }
  }
}

const query = (sql: string, ...params: Parameter[]): Result => batch([[sql, ...params]])[0]!
const rows = (sql: string, ...params: Parameter[]): unknown => query(sql, ...params).results

describe('a database', () => {
  test('gives rows in each shape', ({ expect }) => {
    query('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t (a) VALUES (1), (2)')
    const shape = (each: RowShape) => batch([['SELECT * FROM t']], each)[0]!.results
    expect(shape('objects')).toEqual([
      { id: 1, a: '1' },
      { id: 2, a: '2' },
    ])
    expect(shape('arrays')).toEqual({
      columns: ['id', 'a'],
      rows: [
        [1, '1'],
        [2, '2'],
      ],
    })
    expect(shape('first')).toEqual([{ id: 1, a: '1' }])
    expect(shape('none')).toEqual([])
    expect(batch([['SELECT * FROM t WHERE 0']], 'arrays')[0]!.results).toEqual({
      columns: ['id', 'a'],
      rows: [],
    })
  })

  test.for([
    ['SELECT 9007199254740993 AS x, 1.5 AS y', { x: 9007199254740992, y: 1.5 }],
    ['SELECT 1e999 AS x, NULL AS y', { x: null, y: null }],
    ["SELECT x'0102ff' AS x", { x: [1, 2, 255] }],
    ['SELECT "text" AS x', { x: 'text' }],
    ['SELECT 1 AS a, 2 AS a, 3 AS "__proto__"', JSON.parse('{"a": 2, "__proto__": 3}') as unknown],
    ['SELECT 1 AS x; -- the end', { x: 1 }],
  ] as const)('%s', ([sql, row], { expect }) => {
    expect(rows(sql)).toEqual([row])
  })

  test('binds what there is to bind', ({ expect }) => {
    expect(rows('SELECT ?2 AS b, ?1 AS a', 1, 'x')).toEqual([{ b: 'x', a: 1 }])
    expect(rows('SELECT typeof(?) AS a, length(?) AS b, ? AS c', null, new Uint8Array(3), 'a\0b')).toEqual([
      { a: 'null', b: 3, c: 'a\0b' },
    ])
    for (const params of [[], [1], [1, 2, 3]]) {
      expect(() => rows('SELECT ?, ?', ...params)).toThrow(
        'Wrong number of parameter bindings for SQL query.',
      )
    }
  })

  test('changes some of the rows, as D1 can', ({ expect }) => {
    query('CREATE TABLE t (id INTEGER PRIMARY KEY, n)')
    query('INSERT INTO t (n) VALUES (1), (2), (3), (4), (5), (6)')
    query('DELETE FROM t WHERE n > ? LIMIT ? -- one', 1, 1)
    query('delete from t as x order by x.n desc limit 1')
    query('UPDATE OR IGNORE t SET n = (SELECT 9 LIMIT 1) WHERE n > 0 ORDER BY n LIMIT 1 OFFSET 1;')
    expect(rows("DELETE FROM t WHERE n <> 'limit' RETURNING id ORDER BY id LIMIT 1")).toEqual([{ id: 1 }])
    expect(rows('DELETE FROM t WHERE n = 5 LIMIT 1; SELECT id, n FROM t')).toEqual([
      { id: 3, n: 9 },
      { id: 4, n: 4 },
    ])
    expect(() => query('INSERT INTO t (n) VALUES (1) LIMIT 1')).toThrow('near "LIMIT": syntax error')
    expect(() => query('DELETE FROM _cf_t LIMIT 1')).toThrow(/no such table|prohibited|authoriz/)
  })

  test('says what a statement has done', ({ expect }) => {
    query('CREATE TABLE t (id INTEGER PRIMARY KEY, a)')
    expect(query('INSERT INTO t (a) VALUES (1), (2)').meta).toMatchObject({
      changes: 2,
      last_row_id: 2,
      changed_db: true,
      rows_written: 2,
      size_after: 8192,
    })
    expect(query('SELECT * FROM t').meta).toMatchObject({
      changes: 0,
      changed_db: false,
      rows_read: 2,
      rows_written: 0,
    })
    const changes = ['ALTER TABLE t RENAME TO u', 'DROP TABLE u', 'CREATE TABLE IF NOT EXISTS v (a)']
    expect(changes.map((sql) => query(sql).meta.changed_db)).toEqual([true, true, true])
    expect(query('CREATE TABLE IF NOT EXISTS v (a)').meta.changed_db).toBe(false)
  })

  test.for([
    ['', 'No SQL statements detected.'],
    ['  \n', 'No SQL statements detected.'],
    ['-- nothing', 'SQL code did not contain a statement.'],
    ['selec 1', 'near "selec": syntax error: SQLITE_ERROR'],
    ['INSERT INTO t', 'incomplete input: SQLITE_ERROR'],
    ['SELECT * FROM x', 'no such table: x: SQLITE_ERROR'],
    [`SELECT 1 -- ${'x'.repeat(100_000)}`, 'statement too long: SQLITE_TOOBIG'],
    [`SELECT ${Array(101).fill('?').join()}`, 'too many SQL variables: SQLITE_ERROR'],
    ['SELECT zeroblob(2000001)', 'string or blob too big: SQLITE_TOOBIG'],
    [
      'CREATE TABLE u (a UNIQUE); INSERT INTO u VALUES (1), (1)',
      'UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)',
    ],
    ['SELECT ?; SELECT 1', 'expected parameters in the last one of several statements only'],
  ] as const)('%s: %s', ([sql, message], { expect }) => {
    expect(() => query(sql)).toThrow(new Error(message))
  })

  test('takes all of a batch, or nothing', ({ expect }) => {
    query('CREATE TABLE t (a UNIQUE)')
    expect(() => batch([['INSERT INTO t VALUES (1)'], ['INSERT INTO t VALUES (1)']])).toThrow('UNIQUE')
    expect(rows('SELECT * FROM t')).toEqual([])
    const results = batch([['INSERT INTO t VALUES (1)'], [''], ['SELECT * FROM t']])
    expect(results.map((each) => each.results)).toEqual([[], [{ a: 1 }]])
  })

  test('reads a table that has changed since its statement was prepared', ({ expect }) => {
    query('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
    expect(batch([['SELECT * FROM t']], 'arrays')[0]!.results).toEqual({ columns: ['a'], rows: [[1]] })
    query('ALTER TABLE t ADD COLUMN b DEFAULT 2')
    expect(batch([['SELECT * FROM t']], 'arrays')[0]!.results).toEqual({
      columns: ['a', 'b'],
      rows: [[1, 2]],
    })
  })

  test('has full-text search', ({ expect }) => {
    query('CREATE TABLE notes (text); CREATE VIRTUAL TABLE f USING fts5(text)')
    query('CREATE TRIGGER tr AFTER INSERT ON notes BEGIN INSERT INTO f VALUES (new.text); END')
    query('INSERT INTO notes VALUES (?)', 'hello world')
    expect(rows("SELECT highlight(f, 0, '[', ']') AS h FROM f WHERE f MATCH ?", 'hello')).toEqual([
      { h: '[hello] world' },
    ])
  })

  test('changes its tables', ({ expect }) => {
    query('CREATE TABLE t (a, b); CREATE INDEX i ON t (b); CREATE VIEW v AS SELECT a FROM t')
    for (const sql of [
      'ALTER TABLE t ADD COLUMN c',
      'ALTER TABLE t RENAME COLUMN c TO d',
      'ALTER TABLE t DROP COLUMN d',
      'ALTER TABLE t RENAME TO u',
      'ANALYZE',
      'REINDEX',
      'PRAGMA optimize',
      'DROP INDEX i',
      'DROP VIEW v',
      'DROP TABLE u',
    ]) {
      expect(rows(sql), sql).toEqual([])
    }
  })

  test('asks about its tables', ({ expect }) => {
    query('CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p UNIQUE)')
    for (const sql of [
      'PRAGMA table_list',
      'PRAGMA table_info("c")',
      "SELECT * FROM pragma_table_info('c')",
      'PRAGMA Table_XInfo(c)',
      'PRAGMA foreign_key_list(c)',
      'PRAGMA index_list(c)',
      'PRAGMA index_info(sqlite_autoindex_c_1)',
      'PRAGMA index_xinfo(sqlite_autoindex_c_1)',
      'PRAGMA quick_check',
      'SELECT * FROM sqlite_schema',
      'EXPLAIN QUERY PLAN SELECT * FROM c',
    ]) {
      expect(rows(sql), sql).not.toEqual([])
    }
  })

  test('keeps foreign keys, and no setting beyond its call', ({ expect }) => {
    query('CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)')
    query('PRAGMA foreign_keys = OFF')
    expect(() => query('INSERT INTO c VALUES (5)')).toThrow('FOREIGN KEY constraint failed')
    expect(() => batch([['PRAGMA foreign_keys = OFF'], ['INSERT INTO c VALUES (5)']])).toThrow('FOREIGN KEY')
    query('PRAGMA case_sensitive_like = ON')
    expect(rows("SELECT 'a' LIKE 'A' AS x")).toEqual([{ x: 1 }])
    // to the end of the transaction
    const order = [
      ['PRAGMA defer_foreign_keys = ON'],
      ['INSERT INTO c VALUES (5)'],
      ['INSERT INTO p VALUES (5)'],
    ] as const
    expect(batch(order)).toHaveLength(3)
  })
})

describe('a statement may not', () => {
  test.for([
    "ATTACH '/etc/passwd' AS x",
    'DETACH main',
    'VACUUM',
    "VACUUM INTO '/tmp/copy'",
    'CREATE TEMP TABLE x (a)',
    'CREATE TABLE _cf_x (a)',
    'CREATE VIRTUAL TABLE x USING fts3(a)',
    'CREATE VIRTUAL TABLE x USING rtree(id, a, b)',
    "SELECT load_extension('x')",
    'SELECT sqlite_version()',
    'SELECT sqlite_compileoption_get(1)',
    'PRAGMA database_list',
    'SELECT * FROM pragma_database_list',
    'PRAGMA journal_mode = DELETE',
    'PRAGMA writable_schema = 1',
    'PRAGMA max_page_count = 1000000000',
    'PRAGMA synchronous = OFF',
    'PRAGMA temp_store_directory = "/etc"',
    'PRAGMA trusted_schema = ON',
    'PRAGMA hard_heap_limit = 1',
    'PRAGMA wal_checkpoint(TRUNCATE)',
    'PRAGMA locking_mode = EXCLUSIVE',
    'PRAGMA foreign_keys = 1;PRAGMA mmap_size = 1',
    'INSERT INTO sqlite_schema VALUES (1, 1, 1, 1, 1)',
    "UPDATE sqlite_schema SET sql = 'x'",
    'SELECT sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)',
    `SELECT ${Array(101).fill('1').join()}`,
    `SELECT 1 ${'UNION SELECT 1 '.repeat(6)}`,
    `SELECT 1${'+1'.repeat(200)}`,
  ])('%s', (sql, { expect }) => {
    expect(() => query(sql)).toThrow(
      /not authorized|authorization denied|may not be modified|too (?:many|deep)|too large|stack overflow|no such function|maximum depth/i,
    )
  })

  test.for(['BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT x', 'RELEASE x'])('%s', (sql, { expect }) => {
    expect(() => query(sql)).toThrow('expected no BEGIN, COMMIT or SAVEPOINT')
  })

  test('get at it by a view that takes the place of a table', ({ expect }) => {
    query('CREATE TABLE t (x)')
    expect(rows('SELECT * FROM t')).toEqual([])
    for (const select of ['SELECT sqlite_version() AS x', 'SELECT file AS x FROM pragma_database_list']) {
      query(`DROP ${select.includes('file') ? 'VIEW' : 'TABLE'} t`)
      query(`CREATE VIEW t AS ${select}`)
      expect(() => rows('SELECT * FROM t')).toThrow(/not authorized|unsafe use/)
    }
  })

  test('give more than the host wants to hold', ({ expect }) => {
    const sql =
      'WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT hex(zeroblob(1000)) FROM c'
    expect(() => rows(sql)).toThrow('use LIMIT')
  })
})
