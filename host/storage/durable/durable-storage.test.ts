/** The storage of Durable Objects through its real thread and processes: what it gives, what it survives, and that nobody sees another's. */

import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { afterEach, beforeEach, describe, test } from 'vitest'

import type { Alarm } from '../alarms/open.ts'
import { askStorage } from '../ask.ts'
import { StorageClient } from '../client.ts'
import type { StorageError } from '../failure.ts'
import { FORGET } from '../protocol.ts'
import type { FromStorageThread, StorageData, ToStorageThread } from '../storage-thread.ts'
import { DurableStorage } from './client.ts'
import { fromMessage, toMessage } from './message.ts'
import type { ObjectStorage } from './object-storage.ts'
import type { Operation } from './operation.ts'

const MIB = 2 ** 20
const ID = 'a'.repeat(64)
const TIME_MS = 5000

let directory: string
let thread: Worker
let client: StorageClient
let durable: DurableStorage
const said: string[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-durable-'))
  said.length = 0
  const workerData: StorageData = { directory, settings: {} }
  thread = new Worker(new URL('../storage-thread.ts', import.meta.url), { workerData })
  thread.on('message', ({ text }: FromStorageThread) => said.push(text))
  client = new StorageClient(() => {
    const { port1, port2 } = new MessageChannel()
    tell({ type: 'connect', port: port2 }, [port2])
    client.attach(port1)
  })
  durable = new DurableStorage(client)
})
afterEach(async () => {
  durable[Symbol.dispose]()
  client[Symbol.dispose]()
  const gone = once(thread, 'exit')
  tell({ type: 'stop' })
  await gone
  rmSync(directory, { recursive: true })
})

function tell(message: ToStorageThread, transfer: MessagePort[] = []): void {
  thread.postMessage(message, transfer)
}

interface Opened {
  readonly storage: ObjectStorage
  readonly lost: StorageError[]
}

async function open({
  id = ID,
  key = 'app.Room.1',
  maxBytes = 64 * MIB,
  mostBytes = 1024 * MIB,
  classes = [] as string[],
  from = durable,
} = {}): Promise<Opened> {
  const lost: StorageError[] = []
  const begin = await from.open({ key, id, maxBytes, mostBytes }, classes)
  const storage = begin()
  storage.onLost = (error) => lost.push(error)
  return { storage, lost }
}

const ask = (
  { storage }: Opened,
  operation: Operation,
  said: unknown = null,
  parts: Uint8Array[] = [],
  timeMs = TIME_MS,
) => fromMessage(storage.perform(operation, toMessage(said, parts), timeMs))

function put(opened: Opened, entries: Record<string, string>): void {
  const values = Object.values(entries).map((value) => Buffer.from(value))
  ask(
    opened,
    'put',
    Object.keys(entries).map((key, i) => [key, values[i]!.length]),
    values,
  )
}

function get(opened: Opened, ...keys: string[]): (string | undefined)[] {
  const { said: lengths, rest } = ask(opened, 'get', keys)
  let at = 0
  return (lengths as number[]).map((length) =>
    length < 0 ? undefined : Buffer.from(rest.subarray(at, (at += length))).toString(),
  )
}

function query(opened: Opened, sql: string, ...params: (string | number | null)[]) {
  return ask(opened, 'query', [{ sql, params }]).said as {
    rows: unknown[][]
    columns: string[]
    rowsWritten: number
  }
}

async function store(opened: Opened): Promise<void> {
  opened.storage.turnEnded()
  await opened.storage.stored()
}

async function due(before = Infinity): Promise<Alarm[]> {
  const args = { before: Math.min(before, Number.MAX_SAFE_INTEGER), limit: 10 }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const listener = { onAnswer: resolve, onChunk() {}, onWant() {}, onFailed: reject }
  client.call({ kind: 'alarms', key: '', op: 'due', args, body: new Uint8Array(0) }, false, listener)
  return JSON.parse(await promise) as Alarm[]
}

describe('an object', () => {
  test('is in the index of alarms when one is stored, with what was stored last', async ({ expect }) => {
    const one = await open()
    const told: (number | null)[] = []
    one.storage.onAlarm = (time) => told.push(time)
    const set = async (...times: (number | null)[]): Promise<void> => {
      for (const time of times) {
        ask(one, 'set-alarm', time)
        one.storage.turnEnded()
      }
      await one.storage.stored()
    }
    await set(50)
    await set(70)
    await set(20)
    expect(told).toEqual([50, 70, 20])
    ask(one, 'begin')
    ask(one, 'set-alarm', 10)
    ask(one, 'undo')
    await store(one)
    expect(await due()).toMatchObject([{ time: 20 }])
    // one transaction after the other, whatever the index takes
    ask(one, 'set-alarm', 5)
    put(one, { a: '1' })
    one.storage.turnEnded()
    ask(one, 'begin')
    put(one, { a: '2' })
    await one.storage.stored()
    await one.storage.end()
    const again = await open()
    expect([get(again, 'a'), ask(again, 'get-alarm').said, await due(6)]).toMatchObject([
      ['1'],
      5,
      [{ time: 5 }],
    ])
    ask(again, 'delete-all')
    await store(again)
    expect([await due(), one.lost, again.lost]).toEqual([[], [], []])
  })

  test('has what it wrote in the same turn, later turns, and after its end', async ({ expect }) => {
    const one = await open()
    put(one, { a: '1', b: '2' })
    expect(get(one, 'a', 'x', 'b')).toEqual(['1', undefined, '2'])
    query(one, 'CREATE TABLE t (n, text)')
    expect(query(one, 'INSERT INTO t VALUES (1, ?), (2, ?)', 'x', 'y').rowsWritten).toBe(2)
    ask(one, 'set-alarm', 1234)
    await store(one)
    expect(query(one, 'SELECT * FROM t')).toMatchObject({
      columns: ['n', 'text'],
      rows: [
        [1, 'x'],
        [2, 'y'],
      ],
    })
    await one.storage.end()
    const again = await open()
    expect(await due()).toEqual([{ key: 'app.Room.1', id: ID, time: 1234, name: null }])
    expect([get(again, 'a'), query(again, 'SELECT text FROM t').rows, ask(again, 'get-alarm').said]).toEqual([
      ['1'],
      [['x'], ['y']],
      1234,
    ])
    expect(said).toEqual([])
  })

  test('has no file before it writes, and none when all was deleted', async ({ expect }) => {
    const one = await open()
    expect([get(one, 'a'), ask(one, 'entries', {}).said, ask(one, 'delete', ['a']).said]).toEqual([
      [undefined],
      [[], []],
      0,
    ])
    expect([ask(one, 'get-alarm').said, ask(one, 'size').said]).toEqual([null, 0])
    ask(one, 'delete-all')
    await store(one)
    const files = () =>
      readdirSync(directory, { recursive: true }).filter(
        (name) => String(name).startsWith('durable') && String(name).includes('.sqlite'),
      )
    expect(files()).toEqual([])
    put(one, { a: '1' })
    query(one, 'CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT)')
    query(one, 'CREATE TABLE child (parent REFERENCES parent (id))')
    query(one, 'CREATE VIRTUAL TABLE texts USING fts5 (text)')
    query(one, 'INSERT INTO parent VALUES (1)')
    query(one, 'INSERT INTO child VALUES (1)')
    query(one, 'CREATE VIEW v AS SELECT * FROM child')
    ask(one, 'set-alarm', 1)
    await store(one)
    expect(files().length).toBeGreaterThan(0)
    ask(one, 'delete-all')
    expect([get(one, 'a'), ask(one, 'get-alarm').said]).toEqual([[undefined], null])
    await store(one)
    expect(files()).toEqual([])
    put(one, { b: '2' })
    await store(one)
    expect(get(one, 'a', 'b')).toEqual([undefined, '2'])
  })

  test('loses nothing that was stored, and all that was not, when its process is killed', async ({
    expect,
  }) => {
    const [one, other] = [await open(), await open({ id: 'b'.repeat(64) })]
    put(other, { safe: 'yes' })
    put(one, { a: '1' })
    await store(one)
    other.storage.turnEnded()
    put(one, { a: '2', b: '2' })
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    const refused = {
      code: 'STORAGE_LIMIT',
      message: expect.stringContaining('longer than the turn may') as string,
    }
    expect(() => ask(one, 'query', [{ sql: endless, params: [] }], [], 100)).toThrow(
      expect.objectContaining(refused),
    )
    // it is lost until it begins again
    expect(() => get(one, 'a')).toThrow('begins again')
    await one.storage.end()
    await other.storage.stored()
    expect([get(other, 'safe'), other.lost]).toEqual([['yes'], []])
    expect(get(await open(), 'a', 'b')).toEqual(['1', undefined])
  })

  test('sees nothing of another object, class or app', async ({ expect }) => {
    const objects = await Promise.all(
      [ID, 'b'.repeat(64)].flatMap((id) =>
        ['app.Room.1', 'app.Other.2', 'room.App.1'].map((key) => open({ id, key })),
      ),
    )
    for (const [i, each] of objects.entries()) {
      put(each, { mine: String(i) })
      query(each, `CREATE TABLE only${i} (a)`)
    }
    for (const [i, each] of objects.entries()) {
      expect(get(each, 'mine')).toEqual([String(i)])
      expect(query(each, `SELECT name FROM sqlite_schema WHERE name LIKE 'only%'`).rows).toEqual([
        [`only${i}`],
      ])
      each.storage.turnEnded()
    }
    const request = {
      kind: 'durable',
      key: 'app.Room.1',
      op: FORGET,
      args: undefined,
      body: new Uint8Array(0),
    }
    await askStorage(client, request, TIME_MS)
    expect(readdirSync(join(directory, 'durable')).sort()).toEqual(['app.Other.2', 'room.App.1'])
    await objects[0]!.storage.end()
    expect(get(await open(), 'mine')).toEqual([undefined])
    await expect(open({ id: '../../x' })).rejects.toThrow('expected the id of an object')
  })

  test('may take up so much, and so may all objects of its app', async ({ expect }) => {
    const one = await open({ maxBytes: MIB })
    put(one, { a: 'x'.repeat(MIB / 2) })
    await store(one)
    expect(() => put(one, { b: 'x'.repeat(MIB) })).toThrow(expect.objectContaining({ code: 'STORAGE_LIMIT' }))
    expect(get(one, 'b')).toEqual([undefined])
    put(one, { c: 'small' })
    await store(one)
    const other = await open({ id: 'b'.repeat(64), mostBytes: MIB })
    expect(() => put(other, { b: 'x'.repeat(MIB) })).toThrow(
      expect.objectContaining({ code: 'STORAGE_LIMIT' }),
    )
    const another = await open({ key: 'app.Other.2', mostBytes: MIB, classes: ['app.Room.1', 'app.Other.2'] })
    expect(() => put(another, { b: 'x'.repeat(MIB) })).toThrow(
      expect.objectContaining({ code: 'STORAGE_LIMIT' }),
    )
    const foreign = await open({ key: 'app.Third.3', mostBytes: 2 * MIB, classes: ['app.Third.3'] })
    put(foreign, { b: 'x'.repeat(MIB) })
    await expect(open({ id: 'c'.repeat(64) })).resolves.toBeDefined()
  })
})
