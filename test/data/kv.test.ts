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
})
