/** What an app has kept goes from every store, and nothing else. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Env } from '../config/env.ts'
import { toBindings } from '../config/to-bindings.ts'
import { askStorage } from './ask.ts'
import { StorageClient } from './client.ts'
import { forgetData } from './forget.ts'
import { serveShard } from './session.ts'
import { Stores } from './stores.ts'

let directory: string
let stores: Stores
let client: StorageClient
const faults: unknown[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-forget-'))
  stores = new Stores({ directory, settings: {}, log: () => undefined })
  const { port1, port2 } = new MessageChannel()
  serveShard(port2, stores, (error) => void faults.push(error))
  client = new StorageClient(() => client.attach(port1))
})

afterEach(async () => {
  client[Symbol.dispose]()
  await stores[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
  expect(faults.splice(0)).toEqual([])
})

const BINDINGS = {
  kv_namespaces: [{ binding: 'KV' }],
  r2_buckets: [{ binding: 'R2' }],
  d1_databases: [{ binding: 'DB' }],
  assets: { binding: 'ASSETS' },
}

async function ask(env: Env, name: string, op: string, args: unknown, body = ''): Promise<string> {
  const member = env[name]
  if (member?.type !== 'binding') throw new Error(`expected a binding ${name}`)
  const bytes = await askStorage(client, { ...member.resource!, op, args, body: Buffer.from(body) }, 10_000)
  return Buffer.from(bytes).toString()
}

const NOTHING = new Uint8Array(0)
const KEY = Buffer.from('k')
const limits = { mostBytes: 2 ** 20, mostObjects: 10 }

const query = (env: Env, sql: string) =>
  ask(
    env,
    'DB',
    'query',
    { shape: 'arrays', timeMs: 20_000, maxBytes: 2 ** 20 },
    JSON.stringify([{ sql, params: [] }]),
  )

const putKey = (env: Env) =>
  ask(env, 'KV', 'put', { key: KEY, expiration: undefined, metadata: undefined, mostBytes: 2 ** 20 }, 'v')

async function fill(env: Env): Promise<void> {
  await putKey(env)
  const put = {
    http: {},
    custom: {},
    storageClass: 'Standard',
    size: 1,
    hash: undefined,
    onlyIf: undefined,
    limits,
  }
  await ask(env, 'R2', 'put', { key: 'k', put }, 'v')
  await query(env, 'CREATE TABLE t (x)')
}

const look = async (env: Env): Promise<unknown[]> => [
  await ask(env, 'KV', 'get', { key: KEY }),
  await ask(env, 'R2', 'get', { key: 'k', range: undefined, onlyIf: undefined }),
  (await query(env, "SELECT name FROM sqlite_schema WHERE name = 't'")).includes('"t"'),
]

test('what an app has kept goes, again if need be, and what others have stays', async () => {
  const [one, two] = [toBindings('one', BINDINGS), toBindings('two', BINDINGS)]
  await Promise.all([fill(one), fill(two)])
  await Promise.all([forgetData(client, one, one), query(two, 'SELECT 1')])
  expect(await look(one)).toEqual(['', '', false])
  expect(await look(two)).toEqual(['v', 'v', true])
  await forgetData(client, one)
  const files = readdirSync(join(directory, 'd1'))
  expect(files.filter((name) => name.startsWith('one.'))).toEqual([])
  expect(files.filter((name) => name.startsWith('two.') && name.endsWith('.sqlite'))).toHaveLength(1)
  await fill(one)
  expect(await look(one)).toEqual(['v', 'v', true])
})

test('objects and their alarms go with their app, and not with one that only calls them', async () => {
  const bindings = [{ name: 'ROOM', class_name: 'Room' }]
  const own = toBindings('one', { durable_objects: { bindings } })
  const foreign = toBindings('two', {
    durable_objects: { bindings: [{ ...bindings[0]!, script_name: 'one' }] },
  })
  const { key } = (own['ROOM'] as { resource: { key: string } }).resource
  const alarms = { kind: 'alarms', key, body: NOTHING }
  mkdirSync(join(directory, 'durable', key, 'aa'), { recursive: true })
  const id = 'a'.repeat(64)
  await askStorage(client, { ...alarms, op: 'set', args: { id, time: 1 } }, 10_000)
  await forgetData(client, foreign)
  expect(existsSync(join(directory, 'durable', key))).toBe(true)
  await forgetData(client, own)
  expect(existsSync(join(directory, 'durable', key))).toBe(false)
  const { promise, resolve } = Promise.withResolvers<string>()
  const request = { ...alarms, op: 'due', args: { before: 10, limit: 10 } }
  client.call(request, false, { onAnswer: resolve, onChunk() {}, onWant() {}, onFailed() {} })
  expect(await promise).toBe('[]')
})

test('what an app shares stays', async () => {
  const env = toBindings('one', { kv_namespaces: [{ binding: 'KV', shared: true }] })
  await putKey(env)
  await forgetData(client, env)
  expect(await ask(env, 'KV', 'get', { key: KEY })).toBe('v')
})
