/** Buckets in a store that speaks S3's protocol: what apps have of it, and what of one that is slow, dead or says no. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NO_S3, S3Server } from '../harness/s3.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const directory = mkdtempSync(join(tmpdir(), 'nano-s3-test-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const toApp = (name: string, bucket: string) => ({
  name,
  path: fixture('r2'),
  r2_buckets: [{ binding: 'R2', bucket_name: bucket }],
  data_timeout_ms: 3000,
})
const KV = { name: 'kv', path: fixture('kv'), kv_namespaces: [{ binding: 'KV' }] }

async function run(server: Served, app: string, ...steps: unknown[][]): Promise<unknown[]> {
  const body = JSON.stringify(steps.map((step) => [app === 'kv' ? 'KV' : 'R2', ...step]))
  const { text } = await server.send(app, '/', { method: 'POST', body })
  return JSON.parse(text) as unknown[]
}

const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }
const isUnavailable = (outcomes: unknown[]): unknown[] => outcomes.map(() => UNAVAILABLE)

describe.skipIf(NO_S3 !== undefined)(`S3${NO_S3 === undefined ? '' : ` (skipped: ${NO_S3})`}`, () => {
  let s3: S3Server
  beforeAll(async () => (s3 = await S3Server.start()))
  afterAll(() => s3?.[Symbol.asyncDispose]())
  const open = (folder: string, ...apps: object[]) =>
    serve(apps as Parameters<typeof serve>[0], 1, {
      storage: { r2: s3.config },
      storageDirectory: join(directory, folder),
    })

  test('has what apps put, for every host and for no other app', async ({ expect }) => {
    await using one = await open('one', toApp('a', 'files'), toApp('b', 'files'))
    await using two = await open('two', toApp('a', 'files'))
    const large = Buffer.alloc(3_000_000, 'abc')
    const headers = { 'content-type': 'text/plain', 'content-length': String(large.length) }
    const put = await one.send('a', '/large', { method: 'PUT', body: large, headers })
    expect(JSON.parse(put.text)).toMatchObject({ key: 'large', size: large.length })
    const got = await two.send('a', '/large')
    expect([got.status, got.text === large.toString(), got.headers['content-type']]).toEqual([
      200,
      true,
      'text/plain',
    ])
    const part = await two.send('a', '/large', { headers: { range: 'bytes=2-4' } })
    expect(part.text).toBe('cab')
    const { etag } = got.headers
    expect((await two.send('a', '/large', { headers: { 'if-none-match': etag! } })).status).toBe(304)
    const outcomes = await run(
      one,
      'a',
      ['multipart', 'parts', [5 * 1024 * 1024, 3]],
      ['put', 'x/1', '1', { customMetadata: { A: 'ü' } }],
      ['list', { include: ['customMetadata'] }],
      ['list', { delimiter: '/' }],
      ['delete', ['large', 'parts', 'x/1']],
      ['list'],
    )
    expect(outcomes).toMatchObject([
      ['R2MultipartUpload', { key: 'parts', size: 5 * 1024 * 1024 + 3, customMetadata: { by: 'parts' } }],
      { key: 'x/1' },
      {
        objects: [{ key: 'large' }, { key: 'parts' }, { key: 'x/1', customMetadata: { A: 'ü' } }],
        truncated: false,
      },
      { objects: [{ key: 'large' }, { key: 'parts' }], delimitedPrefixes: ['x/'] },
      null,
      { objects: [] },
    ])
    expect(await run(one, 'a', ['put', 'k', '1'])).toMatchObject([{ key: 'k' }])
    expect(await run(one, 'b', ['head', 'k'], ['list'])).toMatchObject([null, { objects: [] }])
    expect(await run(one, 'b', ['put', '../a', '1'])).toMatchObject([
      { error: expect.stringContaining('(10020)') as string },
    ])
  })

  test('that is slow or dead fails calls, harms no neighbour, and has lost nothing when it is back', async ({
    expect,
  }) => {
    await using server = await open('slow', toApp('a', 'kept'), KV)
    expect(await run(server, 'a', ['put', 'k', '1'])).toMatchObject([{ key: 'k' }])
    s3.kill('SIGSTOP')
    const slow = run(server, 'a', ['put', 'k', '2'])
    expect(await run(server, 'kv', ['put', 'n', '1'], ['get', 'n'])).toEqual([null, '1'])
    expect(await slow).toMatchObject([UNAVAILABLE])
    s3.kill('SIGCONT')
    await expect.poll(() => run(server, 'a', ['put', 'l', '1'])).toMatchObject([{ key: 'l' }])
    await s3.endGateway()
    const dead = await run(server, 'a', ['head', 'l'], ['put', 'l', '2'], ['list'], ['delete', 'l'])
    expect(dead).toMatchObject(isUnavailable(dead))
    expect(await run(server, 'kv', ['get', 'n'])).toEqual(['1'])
    await s3.startGateway()
    const read = ['read', 'l', undefined, 'text']
    await expect.poll(() => run(server, 'a', read)).toEqual([['R2ObjectBody', true, '1']])
  })

  test('that says no tells the operator why, and the app nothing of it', async ({ expect }) => {
    const storage = { r2: { ...s3.config, secret_access_key: { env: 'NANO_TEST_S3_KEY' } } }
    process.env['NANO_TEST_S3_KEY'] = 'this-is-not-it'
    await using server = await serve([toApp('a', 'no')], 1, {
      storage,
      storageDirectory: join(directory, 'no'),
    })
    const [outcome] = await run(server, 'a', ['put', 'k', '1'])
    expect(outcome).toMatchObject(UNAVAILABLE)
    await server.logged('SignatureDoesNotMatch')
    expect(JSON.stringify([outcome, server.log])).not.toContain('this-is-not-it')
  })
})

test('a store that is nowhere fails calls', async ({ expect }) => {
  const key = { env: 'NANO_TEST_S3_KEY' }
  process.env['NANO_TEST_S3_KEY'] = 'key'
  const r2 = { s3: 'http://127.0.0.1:1', bucket: 'nano-objects', access_key_id: key, secret_access_key: key }
  const storageDirectory = join(directory, 'nowhere')
  await using server = await serve([toApp('a', 'x'), KV], 1, { storage: { r2 }, storageDirectory })
  const outcomes = await run(server, 'a', ['put', 'k', '1'], ['get', 'k'], ['list'], ['delete', 'k'])
  expect(outcomes).toMatchObject(isUnavailable(outcomes))
  expect(await run(server, 'kv', ['put', 'n', '1'])).toEqual([null])
})
