/** KV namespaces, as an app sees them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const directory = mkdtempSync(join(tmpdir(), 'nano-kv-'))
let server: Served

beforeAll(async () => {
  const path = fixture('kv')
  const kv = (...names: string[]) => names.map((binding) => ({ binding, id: 'links' }))
  const shared = [{ binding: 'KV' }, { binding: 'SHARED', id: 'links', shared: true }]
  server = await serve(
    [
      { name: 'one', path, kv_namespaces: kv('KV', 'SAME') },
      { name: 'two', path, kv_namespaces: kv('KV') },
      { name: 'three', path, kv_namespaces: shared },
      { name: 'four', path, kv_namespaces: shared },
    ],
    2,
    { storageDirectory: directory },
  )
})

afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What comes of some steps (test/fixtures/kv.ts). */
async function run(host: string, ...steps: unknown[][]): Promise<unknown[]> {
  const body = JSON.stringify(steps)
  const { text } = await server.send(host, '/', { method: 'POST', body })
  return JSON.parse(text) as unknown[]
}

describe('a namespace', () => {
  test('keeps values and their metadata, and lists them', async ({ expect }) => {
    const outcomes = await run(
      'one',
      ['KV', 'put', 'a', 'text'],
      ['KV', 'put', 'b', '{"x": 1}', { metadata: { m: [1] } }],
      ['KV', 'put', 'c', { bytes: [0, 255] }],
      ['KV', 'get', 'a'],
      ['KV', 'getWithMetadata', 'b', 'json'],
      ['KV', 'get', 'c', { type: 'arrayBuffer' }],
      ['KV', 'get', 'nothing'],
      ['KV', 'get', ['a', 'nothing', 'b']],
      ['KV', 'list', { limit: 2 }],
      ['KV', 'delete', 'a'],
      ['KV', 'get', 'a'],
    )
    expect(outcomes.slice(3)).toEqual([
      'text',
      { value: { x: 1 }, metadata: { m: [1] }, cacheStatus: null },
      { bytes: [0, 255] },
      null,
      {
        map: [
          ['a', 'text'],
          ['nothing', null],
          ['b', '{"x": 1}'],
        ],
      },
      {
        keys: [{ name: 'a' }, { name: 'b', metadata: { m: [1] } }],
        list_complete: false,
        cursor: expect.any(String) as string,
        cacheStatus: null,
      },
      null,
      null,
    ])
  })

  test('is one for all bindings of the app with its id, and for nobody else', async ({ expect }) => {
    await run('one', ['KV', 'put', 'mine', '1'])
    expect(await run('one', ['SAME', 'get', 'mine'])).toEqual(['1'])
    expect(await run('two', ['KV', 'get', 'mine'], ['KV', 'list'])).toEqual([
      null,
      { keys: [], list_complete: true, cacheStatus: null },
    ])
    expect(await run('three', ['SHARED', 'get', 'mine'])).toEqual([null])
  })

  test('is shared where the operator says so', async ({ expect }) => {
    await run('three', ['SHARED', 'put', 'ours', '1'], ['KV', 'put', 'mine', '1'])
    expect(await run('four', ['SHARED', 'get', 'ours'], ['KV', 'get', 'mine'])).toEqual(['1', null])
  })

  test('takes and gives values as streams', async ({ expect }) => {
    const value = Buffer.alloc(3_000_000, 'abc')
    const sent = await server.send('one', '/large', { method: 'PUT', body: value })
    expect(sent.text).toBe('stored')
    const { text } = await server.send('one', '/large')
    expect(text === value.toString()).toBe(true)
  })

  test('converts what it is given as workerd does', async ({ expect }) => {
    const outcomes = await run(
      'one',
      ['KV', 'put', 'number', 5],
      ['KV', 'get', 'number'],
      ['KV', 'put', 5, null],
      ['KV', 'get', '5'],
      ['KV', 'put', 'a', {}],
      ['KV', 'put', 'a'],
      ['KV', 'get'],
      ['KV', 'get', {}],
      ['KV', 'put', 'a', 'x', 5],
      ['KV', 'get', 'number', 'blob'],
      ['KV', 'get', 'none', 'blob'],
      ['KV', 'get', 'number', { cacheTtl: 30 }],
      ['KV', 'list', { limit: 0, prefix: 'number' }],
      ['KV', 'put', 'a', 'x', { expirationTtl: '100', metadata: null }],
      ['KV', 'put', 'a', 'x', { expiration: 5_000_000_000 }],
      ['KV', 'constructor'],
    )
    const bytesOnly =
      'TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.'
    const parameter = (method: string, index: number, type: string) => ({
      error: `TypeError: Failed to execute '${method}' on 'KvNamespace': parameter ${index} is not of type '${type}'.`,
    })
    expect(outcomes.slice(0, -1)).toEqual([
      null,
      '5',
      null,
      'null',
      { error: bytesOnly },
      parameter('put', 2, 'string or Object'),
      parameter('get', 1, 'string'),
      null,
      parameter('put', 3, 'Object'),
      {
        error:
          'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
      },
      null,
      '5',
      { keys: [{ name: 'number' }], list_complete: true, cacheStatus: null },
      null,
      { error: 'TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive).' },
    ])
  })

  test('gives a byte order mark back', async ({ expect }) => {
    const outcomes = await run(
      'one',
      ['KV', 'put', 'mark', '\ufefftext'],
      ['KV', 'get', 'mark'],
      ['KV', 'get', ['mark']],
    )
    expect(outcomes.slice(1)).toEqual(['\ufefftext', { map: [['mark', '\ufefftext']] }])
  })

  test('refuses what Cloudflare refuses, in its words', async ({ expect }) => {
    const long = { repeat: 513 }
    const soon = Math.floor(Date.now() / 1000) + 30
    const many = Array.from({ length: 101 }, (_, i) => `k${i}`)
    const refused: Record<string, unknown[]> = {
      'TypeError: Key name cannot be empty.': ['get', ''],
      'Error: KV GET_BULK failed: 400 Invalid cache_ttl of 10. Cache TTL must be at least 30.': [
        'get',
        ['a'],
        { cacheTtl: 10 },
      ],
      'TypeError: "." is not allowed as a key name.': ['put', '.', 'x'],
      'TypeError: ".." is not allowed as a key name.': ['delete', '..'],
      'Error: KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.': [
        'put',
        long,
        'x',
      ],
      'Error: KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.': [
        'put',
        'a',
        'x',
        { expirationTtl: 59 },
      ],
      'Error: KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.': [
        'put',
        'a',
        'x',
        { expirationTtl: 0 },
      ],
      'Error: KV PUT failed: 400 Invalid expiration of 7. Please specify integer greater than the current number of seconds since the UNIX epoch.':
        ['put', 'a', 'x', { expiration: 7 }],
      [`Error: KV PUT failed: 400 Invalid expiration of ${soon}. Expiration times must be at least 60 seconds in the future.`]:
        ['put', 'a', 'x', { expiration: soon }],
      'Error: KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.': [
        'get',
        'a',
        { cacheTtl: 29 },
      ],
      'Error: KV GET_BULK failed: 400 Invalid cache_ttl of 0. Cache TTL must be at least 30.': [
        'getWithMetadata',
        ['a'],
        { cacheTtl: 'none' },
      ],
      'Error: KV GET_BULK failed: 400 You must request a minimum of 1 key': ['get', []],
      'Error: KV PUT failed: 413 Metadata length of 1027 exceeds limit of 1024.': [
        'put',
        'a',
        'x',
        { metadata: 'x'.repeat(1025) },
      ],
      'Error: KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.':
        ['list', { limit: 1001 }],
      'Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys': ['get', many],
      'Error: KV GET_BULK failed: 400 "stream" is not a valid type. Use "json" or "text"': [
        'get',
        ['a'],
        'stream',
      ],
    }
    const outcomes = await run('one', ...Object.values(refused).map((step) => ['KV', ...step]))
    expect(outcomes).toEqual(Object.keys(refused).map((error) => ({ error })))
    const large = await server.send('one', '/huge', { method: 'PUT', body: Buffer.alloc(26_214_401) })
    expect(large.text).toMatch(/^Error: KV PUT failed: 413 Value length of \d+ exceeds limit of 26214400\.$/)
  })

  test('takes every key for itself, in every method', async ({ expect }) => {
    const keys = [
      'a/../b',
      '../two',
      '%2e',
      'a\0b',
      '\n',
      '\ud800',
      '😀',
      "' OR 1=1 --",
      '__proto__',
      ' ',
      '*',
    ]
    const outcomes = await run(
      'two',
      ...keys.map((key) => ['KV', 'put', key, key]),
      ...keys.map((key) => ['KV', 'get', key]),
      ['KV', 'get', keys],
    )
    const whole = keys.map((key) => key.toWellFormed())
    expect(outcomes.slice(keys.length, -1)).toEqual(whole)
    expect(outcomes.at(-1)).toEqual({ map: whole.map((key) => [key, key]) })
  })
})

test('calls are bounded for a request, counted, and told of', async ({ expect }) => {
  const path = fixture('kv')
  const kv_namespaces = [{ binding: 'KV', id: 'few' }]
  await using few = await serve([{ name: 'few', path, kv_namespaces, data_calls: 3, kv_mb: 1 }], 1, {
    storageDirectory: join(directory, 'few'),
    admin: { port: 0 },
  })
  const get = ['KV', 'get', 'a']
  const { text } = await few.send('few', '/', {
    method: 'POST',
    body: JSON.stringify([get, get, get, get, get]),
  })
  const refused = { error: expect.stringContaining('data_calls') as string, code: 'STORAGE_LIMIT' }
  expect(JSON.parse(text)).toEqual([null, null, null, refused, refused])
  await few.logged('APP_DATA_LIMIT')
  const large = ['KV', 'put', 'a', { repeat: 600_000 }]
  const second = ['KV', 'put', 'b', { repeat: 600_000 }]
  const full = await few.send('few', '/', { method: 'POST', body: JSON.stringify([large, second]) })
  expect(JSON.parse(full.text)).toEqual([
    null,
    { error: expect.stringContaining('kv_mb') as string, code: 'STORAGE_LIMIT' },
  ])
  const metrics = await (await fetch(`${few.adminUrl}/metrics`)).text()
  const numbers = Array.from(metrics.matchAll(/^nano_data_(\w+)\{.*store="kv"\} (\d+)$/gm), ([, name, n]) => [
    name,
    Number(n),
  ])
  expect(Object.fromEntries(numbers)).toEqual({
    calls_total: 7,
    errors_total: 3,
    written_bytes_total: 1_200_000,
  })
})
