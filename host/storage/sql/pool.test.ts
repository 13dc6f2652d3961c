import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeEach, describe, test } from 'vitest'

import type { RowShape, SqlOutcome } from './call.ts'
import { SqlPool } from './pool.ts'

const ENDLESS = 'WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'
const OUT_OF_TIME = 'D1 DB exceeded its CPU time limit and was reset.'

let directory: string
let pool: SqlPool
let onEmpty = () => {}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-sql-'))
  pool = new SqlPool({ onProcesses: (count) => count === 0 && onEmpty() })
})
afterEach(async () => {
  await pool[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

function run(
  name: string,
  sql: string | readonly string[],
  {
    timeMs = 20_000,
    shape = 'objects',
    maxBytes = 2 ** 30,
  }: { timeMs?: number; shape?: RowShape; maxBytes?: number } = {},
): Promise<SqlOutcome> {
  const list = [sql].flat().map((each) => ({ sql: each, params: [] }))
  const statements = Buffer.from(JSON.stringify(list))
  return pool.run({ database: { path: join(directory, name), maxBytes }, shape, statements, timeMs })
}

async function rows(name: string, sql: string): Promise<unknown> {
  const outcome = await run(name, sql)
  if (outcome.type === 'failed') throw new Error(outcome.message)
  const [result] = JSON.parse(Buffer.from(outcome.body).toString()) as { results: unknown }[]
  return result!.results
}

describe('a pool of processes for SQL', { timeout: 30_000 }, () => {
  test('has no file open while it is held, and makes the calls that came meanwhile', async ({ expect }) => {
    await Promise.all([rows('a', 'CREATE TABLE t (x)'), rows('b', 'CREATE TABLE t (x)')])
    const path = join(directory, 'a')
    let meanwhile: Promise<unknown> | undefined
    const endless = run('a', ENDLESS, { timeMs: 500 })
    await pool.hold(path, async () => {
      meanwhile = rows('a', "SELECT count(*) AS n FROM sqlite_schema WHERE name = 't'")
      expect(await rows('b', 'SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }])
      // its log stays behind, for the process was killed: that is nothing to SQLite
      rmSync(path)
    })
    expect(await endless).toMatchObject({ type: 'failed' })
    expect(await meanwhile).toEqual([{ n: 0 }])
  })

  test('keeps what it has acknowledged, whoever is killed', async ({ expect }) => {
    await rows('a', 'CREATE TABLE t (x)')
    for (let i = 0; i < 5; i++) {
      await rows('a', `INSERT INTO t VALUES (${i})`)
      const { promise, resolve } = Promise.withResolvers<void>()
      onEmpty = resolve
      for (const pid of pool.pids) process.kill(pid, 'SIGKILL')
      await promise
    }
    expect(await rows('a', 'SELECT count(*) AS n FROM t')).toEqual([{ n: 5 }])
  })

  test('makes the calls of one database in order, many at once', async ({ expect }) => {
    await rows('a', 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)')
    const inserts = Array.from({ length: 100 }, (_, i) =>
      rows('a', `INSERT INTO t (x) VALUES (${i}) RETURNING id`),
    )
    expect(await Promise.all(inserts)).toEqual(Array.from({ length: 100 }, (_, i) => [{ id: i + 1 }]))
  })

  test('stops a statement without an end; the calls behind it are made by another process', async ({
    expect,
  }) => {
    await rows('a', 'CREATE TABLE t (x)')
    const calls = [
      run('a', 'INSERT INTO t VALUES (1)'),
      run('a', ENDLESS, { timeMs: 300 }),
      run('a', 'INSERT INTO t VALUES (2)'),
      run('a', 'SELECT x FROM t'),
    ]
    const [, endless, second, all] = await Promise.all(calls)
    expect(endless).toEqual({ type: 'failed', message: OUT_OF_TIME })
    expect(second?.type).toBe('done')
    expect(JSON.parse(Buffer.from((all as { body: Uint8Array }).body).toString())).toMatchObject([
      { results: [{ x: 1 }, { x: 2 }] },
    ])
  })

  test('answers a database while others run without an end', async ({ expect }) => {
    await rows('neighbour', 'SELECT 1')
    const endless = Array.from({ length: 6 }, (_, i) => run(`attacker-${i}`, ENDLESS, { timeMs: 500 }))
    const over = Promise.all(endless).then(() => 'over')
    let answered = 0
    while ((await Promise.race([over, Promise.resolve('running')])) === 'running') {
      await rows('neighbour', 'SELECT 1')
      answered++
    }
    expect(
      new Set((await Promise.all(endless)).map((each) => (each as { message: string }).message)),
    ).toEqual(new Set([OUT_OF_TIME]))
    // six of them have three processes for half a second each
    expect(answered).toBeGreaterThan(30)
  })

  test('rolls back what was not finished', async ({ expect }) => {
    await rows('a', 'CREATE TABLE t (x)')
    const statements = ['INSERT INTO t VALUES (1)', ENDLESS]
    expect(await run('a', statements, { timeMs: 300 })).toEqual({ type: 'failed', message: OUT_OF_TIME })
    expect(await rows('a', 'SELECT * FROM t')).toEqual([])
  })

  test('bounds the memory of a statement', async ({ expect }) => {
    const sql = `WITH RECURSIVE c(x, y) AS (VALUES(1, randomblob(100000)) UNION SELECT x + 1, randomblob(100000) FROM c)
      SELECT count(*) FROM c`
    const outcome = await run('a', sql)
    expect(outcome).toEqual({
      type: 'failed',
      message: "D1 DB's isolate exceeded its memory limit and was reset.",
    })
    expect(await rows('a', 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('bounds a database, and goes on', async ({ expect }) => {
    const small = { maxBytes: 100_000 }
    await run('a', 'CREATE TABLE t (x)', small)
    const outcomes = []
    for (let i = 0; i < 12; i++) {
      outcomes.push(await run('a', 'INSERT INTO t VALUES (randomblob(10000))', small))
    }
    expect(outcomes.at(0)?.type).toBe('done')
    expect(outcomes.at(-1)).toEqual({ type: 'failed', message: 'Exceeded maximum DB size.' })
    expect((await run('a', 'DELETE FROM t', small)).type).toBe('done')
  })

  test('ends processes that have nothing to do', async ({ expect }) => {
    const gone = Promise.withResolvers<void>()
    await using short = new SqlPool({
      idleMs: 10,
      onProcesses: (count) => count === 0 && gone.resolve(),
    })
    const path = join(directory, 'a')
    const statements = Buffer.from('[{"sql":"CREATE TABLE t (x)","params":[]}]')
    const call = {
      database: { path, maxBytes: 2 ** 30 },
      shape: 'objects' as const,
      statements,
      timeMs: 5000,
    }
    expect((await short.run(call)).type).toBe('done')
    await gone.promise
    expect(short.pids).toEqual([])
    expect(existsSync(path)).toBe(true)
    expect(
      (await short.run({ ...call, statements: Buffer.from('[{"sql":"SELECT 1","params":[]}]') })).type,
    ).toBe('done')
  })

  test('makes no call that nobody waits for', async ({ expect }) => {
    await rows('a', 'CREATE TABLE t (x)')
    const abort = new AbortController()
    const database = { path: join(directory, 'a'), maxBytes: 2 ** 30 }
    const statements = Buffer.from('[{"sql":"INSERT INTO t VALUES (1)","params":[]}]')
    const first = run('a', 'SELECT 1')
    const aborted = pool.run({ database, shape: 'none', statements, timeMs: 5000 }, abort.signal)
    abort.abort()
    await first
    expect((await aborted).type).toBe('failed')
    expect(await rows('a', 'SELECT * FROM t')).toEqual([])
  })
})

/** Only root has disks to give. */
const disk = mkdtempSync(join(tmpdir(), 'nano-sql-disk-'))
const canMount = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
afterAll(() => {
  if (canMount) execFileSync('umount', ['--lazy', disk], { stdio: 'ignore' })
  rmSync(disk, { recursive: true, force: true })
})

test.skipIf(!canMount)(
  'a full disk (needs root): the call fails, and what was there is there',
  async ({ expect }) => {
    const full = join('..', '..', disk, 'a')
    await rows(full, 'CREATE TABLE t (x)')
    const outcomes = []
    for (let i = 0; i < 8; i++) outcomes.push(await run(full, 'INSERT INTO t VALUES (randomblob(40000))'))
    const done = outcomes.filter(({ type }) => type === 'done').length
    expect(done).toBeGreaterThan(0)
    expect(outcomes.at(-1)).toEqual({
      type: 'failed',
      message: expect.stringMatching(/SQLITE_(?:FULL|IOERR)/) as string,
    })
    expect(await rows(full, 'SELECT count(*) AS n FROM t')).toEqual([{ n: done }])
    expect(await rows('neighbour', 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  },
)
