/**
 * A client that leaves: the app's `request.signal` fires, its stream is cancelled, and nobody else notices.
 */

import { once } from 'node:events'
import { Readable } from 'node:stream'
import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { open } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

interface Record {
  pulled: number
  cancelled: number
  aborted: number
  abortedWhileWaiting: number
  uploadEnds: string[]
  received: number
}

describe('a client that leaves', () => {
  let server: Served
  const record = async () => (await server.send('streams.test', '/record')).json<Record>()

  beforeAll(async () => {
    server = await serve([
      { name: 'streams', hostname: 'streams.test', path: fixture('streams'), timeout_ms: 20_000 },
    ])
  })

  afterAll(() => server.close())

  test('while it reads a stream: the signal fires and the stream is cancelled', async ({ expect }) => {
    const before = await record()
    const message = await open(server.port, { host: 'streams.test', path: '/endless' })
    await new Promise((resolve) => message.once('data', resolve))
    message.destroy()
    const after = await waitFor(async () => {
      const now = await record()
      return now.aborted > before.aborted && now.cancelled > before.cancelled ? now : undefined
    })
    expect(after).toMatchObject({ aborted: before.aborted + 1, cancelled: before.cancelled + 1 })
    // it is pulled in no later turn either
    const later = []
    for (let i = 0; i < 10; i++) later.push((await record()).pulled)
    expect(new Set(later)).toEqual(new Set([after.pulled]))
  })

  test('while the app still waits: the signal fires', async ({ expect }) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /wait HTTP/1.1\r\nHost: streams.test\r\n\r\n')
    await waitFor(async () => (await server.counters()).openRequests === 1 || undefined)
    expect((await record()).abortedWhileWaiting).toBe(0)
    socket.destroy()
    await waitFor(async () => ((await record()).abortedWhileWaiting === 1 ? true : undefined))
  })

  test('in the middle of its own body: reading the body fails', async ({ expect }) => {
    const body = new Readable({ read() {} })
    const answer = open(server.port, { host: 'streams.test', path: '/upload', method: 'POST', body })
    answer.catch(() => {})
    body.push(Buffer.alloc(1000))
    await waitFor(async () => ((await record()).received >= 1000 ? true : undefined))
    const socket = connect(server.port, '127.0.0.1')
    socket.write('POST /upload HTTP/1.1\r\nHost: streams.test\r\nContent-Length: 5000\r\n\r\nonly the start')
    await waitFor(async () => ((await record()).received >= 1014 ? true : undefined))
    socket.destroy()
    const ends = await waitFor(async () => (await record()).uploadEnds.at(0))
    expect(ends).not.toBe('complete')
    body.push(null)
    expect((await answer).statusCode).toBe(200)
  })

  test('many at once, and the next request is answered', async ({ expect }) => {
    const gone = Array.from({ length: 50 }, async (_, i) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET /endless HTTP/1.1\r\nHost: streams.test\r\n\r\n')
      setTimeout(() => socket.resetAndDestroy(), i)
      await once(socket, 'close')
    })
    await Promise.all(gone)
    await waitFor(async () => (await server.counters()).openRequests === 0 || undefined)
    expect((await server.send('streams.test', '/')).text).toBe('ok')
    expect(server.log.filter((entry) => entry.includes('INTERNAL'))).toEqual([])
  })
})
