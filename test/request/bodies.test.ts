/**
 * Bodies of every size come through byte for byte in both directions, and large ones never lie whole in memory.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { blocks, growth, makeBytes, streamBytes, summarize } from '../harness/bytes.ts'
import { open } from '../harness/http.ts'
import { builtExample, fixture, serve, steady, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const MIB = 1024 * 1024
/** What a process may grow by while it streams a body of any size. */
const STREAMING_BYTES = 128 * MIB

describe('bodies', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'mirror', hostname: 'mirror.test', path: fixture('mirror'), timeout_ms: 60_000 },
      { name: 'upload', hostname: 'upload.test', path: builtExample('upload'), timeout_ms: 60_000 },
      { name: 'streams', hostname: 'streams.test', path: fixture('streams') },
    ])
  })

  afterAll(() => server.close())

  for (const path of ['/echo', '/buffered-echo', '/blob']) {
    test.for([0, 1, 2, 1023, 65_535, 65_536, 65_537, MIB])(
      `POST ${path} of %d bytes`,
      async (size, { expect }) => {
        const body = makeBytes(size)
        const answer = await server.send('mirror.test', path, { method: 'POST', body })
        expect(answer.status).toBe(200)
        expect(answer.body.equals(body)).toBe(true)
      },
    )

    test.for([0, 1, 65_536])(`POST ${path} of %d bytes, chunked`, async (size, { expect }) => {
      const answer = await server.send('mirror.test', path, { method: 'POST', body: streamBytes(size) })
      expect(answer.body.equals(makeBytes(size))).toBe(true)
    })
  }

  test('64 MiB go through in both directions, with bounded memory', async ({ expect }) => {
    const size = 64 * MIB
    const wanted = await summarize(blocks(size))
    await server.send('mirror.test', '/echo', { method: 'POST', body: streamBytes(8 * MIB) })
    const { result, bytes } = await growth(async () =>
      summarize(
        await open(server.port, {
          host: 'mirror.test',
          path: '/echo',
          method: 'POST',
          body: streamBytes(size),
        }),
      ),
    )
    expect(result.bytes).toBe(size)
    expect(result.sha256).toBe(wanted.sha256)
    expect(bytes).toBeLessThan(STREAMING_BYTES)
  }, 120_000)

  test('bodies that have gone through leave nothing in the instance', async ({ expect }) => {
    const size = 64 * MIB
    const echo = async (): Promise<number> => {
      const sent = { host: 'mirror.test', path: '/echo', method: 'POST', body: streamBytes(size) }
      await summarize(await open(server.port, sent))
      const tenants = await server.tenants()
      return tenants.find(({ name }) => name === 'mirror')!.counters.memoryBytes
    }
    const after = [await echo(), await echo(), await echo()]
    expect(after[0]).toBeGreaterThan(0)
    expect(after[2]! - after[0]!).toBeLessThan(size / 2)
  }, 120_000)

  test('64 MiB go through with a Content-Length', async ({ expect }) => {
    const size = 64 * MIB
    const headers = { 'content-length': String(size) }
    const sent = { host: 'mirror.test', path: '/echo', method: 'POST', body: streamBytes(size), headers }
    const got = await summarize(await open(server.port, sent))
    expect(got.sha256).toBe((await summarize(blocks(size))).sha256)
  }, 120_000)

  test('a download of 64 MiB is right, with bounded memory', async ({ expect }) => {
    const path = `/download?bytes=${64 * MIB}`
    const { result, bytes } = await growth(async () =>
      summarize(await open(server.port, { host: 'upload.test', path })),
    )
    const block = Uint8Array.from({ length: 65_536 }, (_, i) => i * 31 + (i >> 8))
    const wanted = await summarize(Array.from({ length: 1024 }, () => block))
    expect([result.bytes, result.sha256]).toEqual([64 * MIB, wanted.sha256])
    expect(bytes).toBeLessThan(STREAMING_BYTES)
  }, 120_000)

  test('a slow client holds the app back', async ({ expect }) => {
    const pulled = async () =>
      (await server.send('streams.test', '/record')).json<{ pulled: number }>().pulled
    const message = await open(server.port, { host: 'streams.test', path: '/endless' })
    message.pause()
    await waitFor(async () => (await pulled()) > 0 || undefined)
    // it comes to rest although nobody has read anything
    const most = await steady(pulled)
    message.destroy()
    expect(most * 16_384).toBeLessThan(32 * MIB)
  })

  test('an app that reads slowly holds the client back', async ({ expect }) => {
    let made = 0
    const body = streamBytes(256 * MIB)
    body.on('data', (part: Buffer) => (made += part.length))
    body.pause()
    const answer = open(server.port, { host: 'streams.test', path: '/reads-slowly', method: 'POST', body })
    answer.catch(() => {})
    await waitFor(() => made > 0 || undefined)
    expect(await steady(() => made)).toBeLessThan(32 * MIB)
    body.destroy()
    await answer.catch(() => {})
  })
})
