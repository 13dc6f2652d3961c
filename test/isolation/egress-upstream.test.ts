/**
 * Upstreams that misbehave: an app's fetch from one is rejected or flows at the app's pace, and what the host holds for
 * it is bounded, beside a neighbour that never notices.
 */

import type { Socket } from 'node:net'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'

import { growth } from '../harness/bytes.ts'
import { fetchBy, fetcher } from '../harness/fetcher.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Neighbour } from '../harness/neighbour.ts'
import { serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startRawUpstream, startUpstream, writeForEver } from '../harness/upstream.ts'

const MIB = 1024 * 1024
const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNK = new Uint8Array(64 * 1024).fill(120)

/** A gibibyte of zeros in a mebibyte. */
const BOMB = Buffer.concat(Array.from({ length: 16 }, () => gzipSync(new Uint8Array(64 * MIB), { level: 9 })))

/** Tens of mebibytes that can only be unpacked by whoever holds the last sixteen of them. */
const WIDE = brotliCompressSync(
  Uint8Array.from({ length: 24 * MIB }, (_, i) => (i >> 12) & 255),
  { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 3 } },
)

let server: Served
let neighbour: Neighbour

beforeAll(async () => {
  const quick = { idle_ms: 400, timeout_ms: 400 }
  server = await serve([
    fetcher('quick', quick),
    fetcher('other', quick),
    fetcher('patient'),
    fetcher('packed', { buffer_mb: 72, background_ms: 60_000 }),
    fetcher('narrow', { buffer_mb: 1 }),
    fetcher('bombed'),
    NEIGHBOUR,
  ])
})

afterAll(() => server.close())

beforeEach(() => {
  neighbour = watchNeighbour(server)
})

afterEach(async () => {
  await neighbour.stop()
})

describe('a fetch is rejected when the upstream', () => {
  test.for<[what: string, answer: (socket: Socket) => unknown]>([
    ['never answers', () => undefined],
    ['closes at once', (socket) => socket.destroy()],
    [
      'never ends its head',
      (socket) => {
        socket.write(OK)
        writeForEver(socket, 'x: y\r\n', 50)
      },
    ],
    ['sends a head of a megabyte', (socket) => socket.write(`${OK}x: ${'y'.repeat(1e6)}\r\n\r\n`)],
    ['sends 50,000 headers', (socket) => socket.write(`${OK}${'x: y\r\n'.repeat(50_000)}\r\n`)],
    ['drips interim answers', (socket) => writeForEver(socket, 'HTTP/1.1 103 Early\r\n\r\n', 20)],
    [
      'floods it with interim answers',
      (socket) => writeForEver(socket, 'HTTP/1.1 102 P\r\n\r\n'.repeat(1000)),
    ],
    [
      'changes the protocol',
      (socket) => socket.write('HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
    ['speaks no HTTP', (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')],
    ['falls silent within the body', (socket) => socket.write(`${OK}content-length: 9\r\n\r\nx`)],
    ['closes within the body', (socket) => socket.end(`${OK}content-length: 9\r\n\r\nx`)],
    ['closes within a chunk', (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\nff\r\nx`)],
    ['sends a bad chunk', (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\nx`)],
    [
      'floods it with trailers',
      (socket) => {
        socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`)
        writeForEver(socket, 'x: y\r\n'.repeat(1000))
      },
    ],
    [
      'never ends the head of a chunk',
      (socket) => {
        socket.write(`${OK}transfer-encoding: chunked\r\n\r\n1;`)
        writeForEver(socket, 'x'.repeat(10_000))
      },
    ],
    [
      'sends zeros for ever as the length of a chunk',
      (socket) => {
        socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
        writeForEver(socket, '0'.repeat(10_000))
      },
    ],
    ['folds a header', (socket) => socket.end(`${OK}x: a\r\n set-cookie: b=1\r\n\r\nx`)],
    ['sends two lengths', (socket) => socket.end(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`)],
    ['says gzip and sends none', (socket) => socket.end(`${OK}content-encoding: gzip\r\n\r\nnot gzip`)],
    [
      'packs its answer again and again',
      (socket) => socket.end(`${OK}content-encoding: gzip, gzip, gzip\r\n\r\nx`),
    ],
  ])('%s', async ([, answer], { expect }) => {
    await using upstream = await startRawUpstream(answer)
    const { error } = await fetchBy(server, 'quick.test', { url: upstream.url })
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringMatching(/^fetch failed: /) })
    await waitFor(() => upstream.sockets.every((socket) => socket.destroyed) || undefined)
  })
})

test('an answer that comes slowly but steadily is read to its end', async ({ expect }) => {
  await using upstream = await startRawUpstream((socket) => {
    socket.write(`${OK}content-length: 20\r\n\r\n`)
    writeForEver(socket, 'x', 50)
  })
  expect(await fetchBy(server, 'quick.test', { url: upstream.url })).toMatchObject({ text: 'x'.repeat(20) })
})

test('an answer without end that nobody reads stays where it is, and so does one of ten gigabytes', async ({
  expect,
}) => {
  await using upstream = await startRawUpstream((socket, head) => {
    const isLong = head.startsWith('GET /long')
    socket.write(isLong ? `${OK}content-length: 10000000000\r\n\r\n` : `${OK}\r\n`)
    writeForEver(socket, CHUNK)
  })
  const { bytes } = await growth(async () => {
    for (let i = 0; i < 20; i++) {
      const url = `${upstream.url}${i % 2 === 0 ? '/long' : '/endless'}`
      expect(
        await fetchBy(server, 'patient.test', { url, use: 'hold', bytes: MIB }, `held-${i}`),
      ).toMatchObject({ status: 200 })
    }
  })
  expect(upstream.sockets).toHaveLength(20)
  for (const socket of upstream.sockets) expect(socket.bytesWritten).toBeLessThan(16 * MIB)
  expect(bytes).toBeLessThan(128 * MIB)
  for (let i = 0; i < 20; i++) await server.send('patient.test', `/release?key=held-${i}`)
  await waitFor(() => upstream.sockets.every((socket) => socket.destroyed) || undefined)
})

test('an answer that the app leaves alone is let go', async ({ expect }) => {
  await using upstream = await startRawUpstream((socket) => {
    socket.write(`${OK}\r\n`)
    writeForEver(socket, CHUNK)
  })
  const task = { url: upstream.url, use: 'hold' as const, bytes: 1 }
  expect((await fetchBy(server, 'quick.test', task, 'alone')).bytes).toBeGreaterThan(0)
  await waitFor(() => upstream.sockets.every((socket) => socket.destroyed) || undefined)
  await server.send('quick.test', '/release?key=alone')
})

test('an answer that grows a thousandfold when it is unpacked comes at the pace of the app', async ({
  expect,
}) => {
  await using upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB)
  })
  const held = await growth(async () => {
    for (let i = 0; i < 20; i++) {
      const task = { url: upstream.url, use: 'hold' as const, bytes: MIB }
      expect((await fetchBy(server, 'patient.test', task, `bomb-${i}`)).bytes).toBeLessThan(2 * MIB)
    }
  })
  expect(held.bytes).toBeLessThan(128 * MIB)
  for (let i = 0; i < 20; i++) await server.send('patient.test', `/release?key=bomb-${i}`)
  // an app that wants all of it at once has room for no more than its own memory
  const url = encodeURIComponent(upstream.url)
  const { result, bytes } = await growth(() => server.send('bombed.test', `/text?url=${url}`))
  expect(result.status).toBeGreaterThanOrEqual(500)
  expect(bytes).toBeLessThan(512 * MIB)
  expect((await server.send('bombed.test', '/')).text).toBe('fine')
})

test('what unpacking needs is held for the app as its other bytes are', async ({ expect }) => {
  await using upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'br' }).end(WIDE)
  })
  const task = { url: upstream.url, use: 'hold' as const, bytes: 17 * MIB }
  const { result, bytes } = await growth(async () => {
    const outcomes = []
    for (let i = 0; i < 8; i++) outcomes.push(await fetchBy(server, 'packed.test', task, `wide-${i}`))
    return outcomes
  })
  expect(result.filter(({ error }) => error === undefined)).toHaveLength(4)
  expect(result.at(-1)?.error?.message).toContain('read or unpack the answer')
  expect(bytes).toBeLessThan(256 * MIB)
  for (let i = 0; i < 4; i++) await server.send('packed.test', `/release?key=wide-${i}`)
  expect((await fetchBy(server, 'packed.test', { ...task, use: 'some' })).bytes).toBeGreaterThan(0)
})

test('a body in crumbs costs no more than one in pieces, and so many answers are open at once', async ({
  expect,
}) => {
  await using upstream = await startRawUpstream((socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
    writeForEver(socket, '1\r\nx\r\n'.repeat(10_000))
  })
  const task = { url: upstream.url, use: 'hold' as const, bytes: 1 }
  const { bytes, result } = await growth(async () => {
    const outcomes = []
    for (let i = 0; i < 12; i++) outcomes.push(await fetchBy(server, 'narrow.test', task, `crumbs-${i}`))
    return outcomes
  })
  expect(result.map(({ error }) => error === undefined)).toEqual([
    ...Array(6).fill(true),
    ...Array(6).fill(false),
  ])
  expect(bytes).toBeLessThan(128 * MIB)
  for (let i = 0; i < 6; i++) await server.send('narrow.test', `/release?key=crumbs-${i}`)
})

test('a connection that one tenant left open is used by no other of the same policy', async ({ expect }) => {
  const ports = new Map<string, Set<number | undefined>>()
  await using upstream = await startUpstream((request, response) => {
    const of = ports.get(request.url ?? '') ?? new Set()
    ports.set(request.url ?? '', of.add(request.socket.remotePort))
    response.end('x')
  })
  for (let i = 0; i < 5; i++) {
    for (const name of ['quick', 'other'])
      await fetchBy(server, `${name}.test`, { url: `${upstream.url}/${name}` })
  }
  const [one, other] = [ports.get('/quick')!, ports.get('/other')!]
  expect([one.size, other.size]).toEqual([1, 1])
  expect(one.isDisjointFrom(other)).toBe(true)
})
