/** R2 buckets, as an app sees them. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const directory = mkdtempSync(join(tmpdir(), 'nano-r2-'))
const PART = 5 * 1024 * 1024
let server: Served

beforeAll(async () => {
  const path = fixture('r2')
  const r2_buckets = [{ binding: 'R2', bucket_name: 'files' }]
  const shared = { binding: 'R2', bucket_name: 'files', shared: true }
  server = await serve(
    [
      { name: 'one', path, r2_buckets: [...r2_buckets, { binding: 'SAME', bucket_name: 'files' }] },
      { name: 'two', path, r2_buckets },
      { name: 'three', path, r2_buckets: [shared] },
      { name: 'small', path, r2_buckets, bucket_mb: 1, bucket_objects: 2 },
    ],
    2,
    { storageDirectory: directory },
  )
})

afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What comes of some steps (test/fixtures/r2.ts). */
async function run(host: string, ...steps: unknown[][]): Promise<unknown[]> {
  const { text } = await server.send(host, '/', { method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as unknown[]
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

describe('a bucket', () => {
  test('keeps objects, what is said of them, and gives both', async ({ expect }) => {
    const options = {
      httpMetadata: { contentType: 'text/x', cacheExpiry: { date: 1000 } },
      customMetadata: { a: 'b', __proto__: 'c' },
    }
    const object = {
      key: 'a',
      version: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      size: 4,
      etag: md5('text'),
      httpEtag: `"${md5('text')}"`,
      uploaded: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      checksums: { md5: md5('text') },
      storageClass: 'Standard',
      httpMetadata: { contentType: 'text/x', cacheExpiry: '1970-01-01T00:00:01.000Z' },
      customMetadata: { a: 'b' },
    }
    const outcomes = await run(
      'one',
      ['R2', 'put', 'a', 'text', options],
      ['R2', 'head', 'a'],
      ['R2', 'get', 'a'],
      ['R2', 'read', 'a', undefined, 'text'],
      ['R2', 'read', 'a', { range: { offset: 1, length: 2 } }, 'bytes'],
      ['R2', 'read', 'a', { range: { suffix: 2 } }, 'arrayBuffer'],
      ['R2', 'read', 'a', undefined, 'blob'],
      ['R2', 'put', 'json', '{"x":1}'],
      ['R2', 'read', 'json', undefined, 'json'],
      ['R2', 'head', 'nothing'],
      ['R2', 'get', 'nothing'],
    )
    expect(outcomes).toEqual([
      object,
      { ...object, range: { offset: 0, length: 4 } },
      { ...object, range: { offset: 0, length: 4 } },
      ['R2ObjectBody', true, 'text'],
      ['R2ObjectBody', true, [101, 120]],
      ['R2ObjectBody', true, { bytes: [120, 116] }],
      ['text/x', 'text'],
      expect.objectContaining({ key: 'json', httpMetadata: {}, customMetadata: {} }),
      ['R2ObjectBody', true, { x: 1 }],
      null,
      null,
    ])
  })

  test('takes values of every kind', async ({ expect }) => {
    const values = [{ bytes: [97] }, { buffer: [97, 98] }, { blob: 'abc' }, { stream: 'abcd' }, null]
    const outcomes = (await run(
      'one',
      ...values.map((value, index) => ['R2', 'put', `v${index}`, value]),
      ...values.map((_value, index) => ['R2', 'read', `v${index}`, undefined, 'text']),
    )) as { size: number }[]
    expect(outcomes.slice(0, 5).map(({ size }) => size)).toEqual([1, 2, 3, 4, 0])
    expect(outcomes.slice(5).map((each) => (each as unknown as string[])[2])).toEqual([
      'a',
      'ab',
      'abc',
      'abcd',
      '',
    ])
    const refused = await run(
      'one',
      ['R2', 'put', 'x', 5],
      ['R2', 'put', 'x', { endless: true }],
      ['R2', 'head', 'x'],
      ['R2', 'put', 'x'],
      ['R2', 'delete'],
      ['R2', 'resumeMultipartUpload', 'x'],
    )
    expect(refused).toEqual([
      { error: expect.stringMatching(/^TypeError: expected a ReadableStream/) as string },
      {
        error: expect.stringMatching(
          /^TypeError: Provided readable stream must have a known length/,
        ) as string,
      },
      null,
      { error: 'TypeError: R2Bucket.put: expected 2 arguments, got 1' },
      { error: 'TypeError: R2Bucket.delete: expected 1 arguments, got 0' },
      { error: 'TypeError: R2Bucket.resumeMultipartUpload: expected 2 arguments, got 1' },
    ])
  })

  test('checks digests and conditions', async ({ expect }) => {
    const sha1 = createHash('sha1').update('text').digest()
    const outcomes = await run(
      'one',
      ['R2', 'put', 'h', 'text', { sha1: { bytes: [...sha1] } }],
      ['R2', 'put', 'h', 'other', { sha1: sha1.toString('hex') }],
      ['R2', 'put', 'h', 'text', { md5: 'abc' }],
      ['R2', 'put', 'h', 'text', { md5: md5('text'), sha1: { bytes: [] } }],
      ['R2', 'put', 'h', 'new', { onlyIf: { etagMatches: 'other' } }],
      ['R2', 'put', 'h', 'new', { onlyIf: { headers: { 'if-none-match': '*' } } }],
      ['R2', 'get', 'h', { onlyIf: { etagDoesNotMatch: md5('text') } }],
      ['R2', 'get', 'h', { onlyIf: { etagMatches: `"${md5('text')}"` } }],
      ['R2', 'get', 'h', { onlyIf: { headers: { 'if-match': 'torn' } } }],
      ['R2', 'put', 'h', 'new', { onlyIf: { headers: { 'if-match': `W/"x", "${md5('text')}"` } } }],
    )
    expect(outcomes).toEqual([
      expect.objectContaining({ checksums: { md5: md5('text'), sha1: sha1.toString('hex') } }),
      { error: expect.stringMatching(/^Error: put: The SHA-1 checksum .* \(10037\)$/s) as string },
      { error: 'TypeError: MD5 is 32 hex characters, not 3' },
      { error: 'TypeError: You cannot specify multiple hashing algorithms.' },
      null,
      null,
      expect.not.objectContaining({ range: expect.anything() as unknown }),
      { error: `TypeError: Conditional ETag should not be wrapped in quotes ("${md5('text')}").` },
      { error: expect.stringMatching(/^Error: get: if-match: .* \(10029\)$/) as string },
      expect.objectContaining({ size: 3 }),
    ])
  })

  test('lists, and deletes many', async ({ expect }) => {
    const keys = ['l/a', 'l/b/1', 'l/b/2', 'l/c']
    const outcomes = (await run(
      'one',
      ...keys.map((key) => ['R2', 'put', key, key, { customMetadata: { key } }]),
      ['R2', 'list', { prefix: 'l/', limit: 2, delimiter: '/' }],
      ['R2', 'list', { prefix: 'l/', include: ['customMetadata'] }],
      ['R2', 'delete', keys],
      ['R2', 'list', { prefix: 'l/' }],
      ['R2', 'list', { limit: 1001 }],
      ['R2', 'list', { include: ['other'] }],
      ['R2', 'delete', Array.from({ length: 1001 }, String)],
    )) as { objects: Record<string, unknown>[] }[]
    const [page, all, ...rest] = outcomes.slice(4)
    expect(page).toMatchObject({
      truncated: true,
      cursor: expect.any(String) as string,
      delimitedPrefixes: ['l/b/'],
    })
    expect(page!.objects.map(({ key }) => key)).toEqual(['l/a'])
    expect(all).toMatchObject({ truncated: false, delimitedPrefixes: [] })
    expect(all!.objects.map(({ customMetadata }) => customMetadata)).toEqual(keys.map((key) => ({ key })))
    expect(all!.objects[0]).not.toHaveProperty('httpMetadata')
    expect(rest).toEqual([
      null,
      { objects: [], truncated: false, delimitedPrefixes: [] },
      { error: 'Error: list: MaxKeys params must be positive integer <= 1000. (10022)' },
      { error: 'RangeError: Unsupported include value other' },
      { error: 'Error: delete: expected at most 1000 keys, got 1001 (10029)' },
    ])
  })

  test('takes objects in parts', async ({ expect }) => {
    const [whole, small] = await run(
      'one',
      ['R2', 'multipart', 'm', [PART, 3]],
      ['R2', 'multipart', 'n', [1, 2]],
    )
    expect(whole).toEqual([
      'R2MultipartUpload',
      expect.objectContaining({
        size: PART + 3,
        etag: expect.stringMatching(/-2$/) as string,
        customMetadata: { by: 'parts' },
      }),
    ])
    expect(small).toEqual({
      error: expect.stringMatching(/^Error: completeMultipartUpload: .* \(10011\)$/) as string,
    })
    expect(await run('one', ['R2', 'read', 'm', { range: { offset: PART - 1 } }, 'text'])).toEqual([
      ['R2ObjectBody', true, 'ABBB'],
    ])
  })

  test('refuses keys and metadata that are too long, and keeps hostile ones apart', async ({ expect }) => {
    const name = 'The specified object name is not valid. (10020)'
    const keys = ['..', '../two', '\0', 'a\0b', '/', 'é'.repeat(512)]
    const outcomes = await run(
      'one',
      ['R2', 'put', 'x'.repeat(1025), ''],
      ['R2', 'put', 'é'.repeat(513), ''],
      ['R2', 'get', 'a', { onlyIf: { etagMatches: 5 } }],
      ['R2', 'put', 'meta', '', { customMetadata: { k: 'x'.repeat(2048) } }],
      ['R2', 'put', 'meta', '', { customMetadata: { k: 'x'.repeat(100_000) } }],
      ['R2', 'put', 'meta', '', { httpMetadata: { contentType: 'a\r\nset-cookie: b' } }],
      ['R2', 'put', 'meta', '', { storageClass: 'Other' }],
      ['R2', 'get', 'a', { range: { offset: -1 } }],
      ['R2', 'get', 'a', { range: { offset: 1.5 } }],
      ['R2', 'get', 'a', { range: { suffix: 1, length: 1 } }],
      ['R2', 'head', 'meta'],
      ...keys.map((key) => ['R2', 'put', key, key]),
      ...keys.map((key) => ['R2', 'read', key, undefined, 'text']),
    )
    const metadata = 'Error: put: Your metadata headers exceed the maximum allowed metadata size. (10012)'
    expect(outcomes.slice(0, 11)).toEqual([
      { error: `Error: put: ${name}` },
      { error: `Error: put: ${name}` },
      { error: 'TypeError: onlyIf: expected an etag, a string, got number' },
      { error: metadata },
      { error: metadata },
      { error: 'Error: put: contentType: expected what a header may hold (10029)' },
      { error: 'Error: put: expected a storageClass of Standard or InfrequentAccess (10029)' },
      { error: 'RangeError: Invalid range. Starting offset (-1) must be greater than or equal to 0.' },
      { error: 'RangeError: Invalid range. Starting offset (1.5) must be an integer, not floating point.' },
      { error: 'TypeError: Suffix is incompatible with length.' },
      null,
    ])
    expect(outcomes.slice(11 + keys.length)).toEqual(keys.map((key) => ['R2ObjectBody', true, key]))
  })

  test('is one for all bindings of the app with its name, and for nobody else', async ({ expect }) => {
    await run('one', ['R2', 'put', 'mine', '1'])
    expect(await run('one', ['SAME', 'read', 'mine', undefined, 'text'])).toEqual([
      ['R2ObjectBody', true, '1'],
    ])
    const nothing = { objects: [], truncated: false, delimitedPrefixes: [] }
    for (const other of ['two', 'three'])
      expect(await run(other, ['R2', 'head', 'mine'], ['R2', 'list'])).toEqual([null, nothing])
  })

  test('takes and gives large values as streams, and parts of them', async ({ expect }) => {
    const value = Buffer.alloc(7_000_000, 'abc')
    const sent = await server.send('one', '/large', {
      method: 'PUT',
      body: value,
      headers: { 'content-type': 'a/b' },
    })
    expect(sent.json()).toMatchObject({ size: value.length, httpMetadata: { contentType: 'a/b' } })
    const got = await server.send('one', '/large')
    expect(got.body.equals(value)).toBe(true)
    expect(got.headers).toMatchObject({ 'content-type': 'a/b', 'content-length': `${value.length}` })
    const part = await server.send('one', '/large', { headers: { range: 'bytes=6999998-' } })
    expect(part.text).toBe(value.subarray(6_999_998).toString())
    const fresh = await server.send('one', '/large', {
      headers: { 'if-none-match': got.headers['etag'] },
    })
    expect(fresh.status).toBe(304)
  })

  test('holds no more than it may', async ({ expect }) => {
    const full = {
      error: expect.stringMatching(
        /^Error: (put|createMultipartUpload): the bucket holds as much .* \(10001\)$/,
      ) as string,
      code: 'STORAGE_LIMIT',
    }
    const [large, ...rest] = await run(
      'small',
      ['R2', 'put', 'large', { repeat: 1_100_000 }],
      ['R2', 'put', 'a', '1'],
      ['R2', 'put', 'b', '1'],
      ['R2', 'put', 'c', '1'],
      ['R2', 'createMultipartUpload', 'c'],
      ['R2', 'delete', 'a'],
      ['R2', 'put', 'c', '1'],
    )
    expect(large).toEqual(full)
    expect(rest[2]).toEqual(full)
    expect(rest[3]).toEqual(full)
    expect(rest[5]).toMatchObject({ key: 'c' })
    const put = await server.send('small', '/streamed', { method: 'PUT', body: Buffer.alloc(2_000_000) })
    expect(put.json()).toEqual(full)
  })
})
