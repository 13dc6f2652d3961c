/**
 * Clients and apps that keep a connection and do nothing with it: each is let go after its time, beside a neighbour
 * that is answered all the while.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import type { ConnectionLimits } from '../../host/config/connection-limits.ts'
import { startIngress, toBytes, toHeaders } from '../harness/ingress.ts'
import type { Started } from '../harness/ingress.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { parseResponses, talk } from '../harness/socket.ts'

const IDLE_MS = 300
/** For those who must not be cut, on a busy machine. */
const PATIENT_IDLE_MS = 1500
/** Longer than anything that is cut here lives, shorter than the limits that are not under test. */
const PATIENCE_MS = 8000
const MIB = 1024 * 1024
const HOST = 'Host: ledger.test\r\n'

describe('before a request is whole', () => {
  const short = { headersMs: 300, requestMs: 700, keepAliveMs: 100 }
  const start = (connectionLimits: Partial<ConnectionLimits> = short) =>
    startIngress(
      (exchange) => {
        if (exchange.hasBody) exchange.pullBody()
        else exchange.send(200, toHeaders(), toBytes('fine'))
      },
      { connectionLimits },
    )

  test('a connection that says nothing is closed', async ({ expect }) => {
    const { port, events } = await start()
    const { received, isClosed } = await talk(port, [], PATIENCE_MS)
    expect(isClosed).toBe(true)
    expect(parseResponses(received, [])).toMatchObject([{ status: 408 }])
    expect(events).toEqual([])
  })

  test('headers that come byte by byte end with 408', async ({ expect }) => {
    const { port, events } = await start()
    const socket = connect(port, '127.0.0.1')
    const drip = setInterval(() => socket.write('x'), 20)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    const received = await readAll(socket)
    clearInterval(drip)
    const [response, ...more] = parseResponses(received, [])
    expect(response).toMatchObject({ status: 408, body: expect.stringContaining('REQUEST_TIMEOUT') })
    expect([more, events]).toEqual([[], []])
  })

  test('a body that comes byte by byte ends with 408, and its reader hears of it', async ({ expect }) => {
    const { port, events } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 20)
    const received = await readAll(socket)
    clearInterval(drip)
    const [response, ...more] = parseResponses(received, ['POST'])
    expect(response).toMatchObject({ status: 408, body: expect.stringContaining('REQUEST_TIMEOUT') })
    expect(more).toEqual([])
    expect(events).toEqual([expect.stringMatching(/^failed: /), 'gone'])
  })

  test('a connection that waits too long for its next request is closed', async ({ expect }) => {
    const { port } = await start()
    const { received, isClosed } = await talk(port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], PATIENCE_MS)
    expect(isClosed).toBe(true)
    expect(parseResponses(received, [])).toMatchObject([{ status: 200, body: 'fine' }])
  })

  test('connections beyond the limit are dropped, and the others live', async ({ expect }) => {
    const { port } = await start({ connections: 8 })
    const held = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const dropped = await talk(port, [request])
    expect(dropped).toEqual({ received: '', isClosed: true })
    held[0]!.end(request)
    expect(parseResponses(await readAll(held[0]!), [])).toMatchObject([{ status: 200 }])
    for (const socket of held) socket.destroy()
    await waitFor(async () => (await talk(port, [request])).received.includes(' 200 ') || undefined)
  })
})

describe('behind the answer', () => {
  const LARGE_HEAD = toHeaders('x-large', 'x'.repeat(120 * 1024))
  const limits = { idleMs: IDLE_MS }

  /** A client that asks again and again and reads nothing, until something waits for it at the server. */
  const askUnread = async ({ port, ingress }: Started, begun: () => number): Promise<[Socket, Socket]> => {
    const client = connect(port, '127.0.0.1').on('error', () => {})
    const [socket] = (await once(ingress.server, 'connection')) as [Socket]
    for (let asked = 1; socket.writableLength === 0; asked++) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await waitFor(() => begun() === asked || undefined)
      await new Promise(setImmediate)
    }
    return [client, socket]
  }

  test.for(['whole', 'streamed'] as const)(
    'what waits of a large head is on the account until its client has gone, %s',
    async (how, { expect }) => {
      let begun = 0
      const started = await startIngress((exchange) => {
        begun++
        if (how === 'whole') return exchange.send(200, LARGE_HEAD, new Uint8Array())
        exchange.start(200, LARGE_HEAD)
        setImmediate(() => exchange.finish())
      })
      const [client, socket] = await askUnread(started, () => begun)
      const waiting = socket.writableLength
      expect(waiting).toBeGreaterThan(0)
      await waitFor(() => started.held() >= waiting || undefined)
      client.resetAndDestroy()
      await waitFor(() => started.held() === 0 || undefined)
    },
  )

  test('a client that reads none of its small answers is cut off', async ({ expect }) => {
    let begun = 0
    const started = await startIngress(
      (exchange) => {
        begun++
        exchange.send(200, toHeaders(), new Uint8Array(16_000))
      },
      { limits },
    )
    const [client] = await askUnread(started, () => begun)
    await waitFor(() => started.refused.some((text) => text.includes('CLIENT_IDLE')) || undefined)
    await expect.poll(() => started.held()).toBe(0)
    client.destroy()
  })

  test('so is one that reads none of the answers that no app gave', async ({ expect }) => {
    const { port, ingress, events } = await startIngress(() => {}, { connectionLimits: { keepAliveMs: 300 } })
    const client = connect(port, '127.0.0.1').on('error', () => {})
    const [socket] = (await once(ingress.server, 'connection')) as [Socket]
    // as fast as they are answered, until nothing is read any more
    const requests = 'GET / HTTP/1.1\r\nHost: b\r\n\r\n'.repeat(2000)
    const pour = (): void => {
      while (!client.destroyed && client.write(requests));
    }
    client.on('drain', pour)
    pour()
    await once(socket, 'close')
    expect(events).toEqual([])
    client.destroy()
  }, 60_000)

  test('an app that keeps on with an answer to HEAD and says nothing is given up', async ({ expect }) => {
    const { port, events, refused } = await startIngress((exchange) => exchange.start(200, toHeaders()), {
      limits,
    })
    const client = connect(port, '127.0.0.1')
    client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
    await waitFor(() => events.includes('gone') || undefined)
    expect(refused).toEqual([expect.stringContaining('APP_IDLE')])
    // its client has had its answer, and the connection
    expect(client.destroyed).toBe(false)
    client.destroy()
  })
})

describe('within a body', () => {
  let server: Served

  beforeAll(async () => {
    const path = fixture('ledger')
    const limits = { idle_ms: IDLE_MS, timeout_ms: 20_000, memory_mb: 512 }
    server = await serve([
      { name: 'ledger', hostname: 'ledger.test', path, ...limits },
      { name: 'patient', hostname: 'patient.test', path, ...limits, idle_ms: PATIENT_IDLE_MS },
      { name: 'streams', hostname: 'streams.test', path: fixture('streams'), ...limits },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  const lastBody = async () =>
    (await server.send('ledger.test', '/ledger')).json<{ body: string }[]>().at(-1)?.body

  test('a client that stops sending gets 408, and the app an error', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const part = `POST / HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nsome of it`
    const { received, isClosed } = await talk(server.port, [part], PATIENCE_MS)
    expect(isClosed).toBe(true)
    expect(parseResponses(received, ['POST'])).toMatchObject([
      { status: 408, body: expect.stringContaining('REQUEST_TIMEOUT') },
    ])
    await waitFor(async () => (await lastBody()) === 'failed' || undefined)
    await server.logged('[ledger ', 'POST /', 'REQUEST_TIMEOUT')
    await neighbour.stop()
  })

  test('a client that stops sending behind the head of the answer is cut off', async ({ expect }) => {
    const part = `POST /answer-first HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`
    const { received, isClosed } = await talk(server.port, [part], PATIENCE_MS)
    expect(isClosed).toBe(true)
    expect(received).toMatch(/5\r\nbegun\r\n$/)
    await waitFor(async () => (await lastBody()) === 'failed' || undefined)
    await server.logged('POST /answer-first', 'REQUEST_TIMEOUT')
  })

  test('a client that sends slowly but does send is waited for', async ({ expect }) => {
    const socket = connect(server.port, '127.0.0.1')
    const head = 'POST / HTTP/1.1\r\nHost: patient.test\r\nConnection: close\r\n'
    socket.write(`${head}Content-Length: 20\r\n\r\n`)
    const received = readAll(socket)
    for (let i = 0; i < 20; i++) {
      await sleep(PATIENT_IDLE_MS / 10)
      socket.write('x')
    }
    expect(parseResponses(await received, ['POST'])).toMatchObject([
      { status: 200, body: 'POST complete 20' },
    ])
  })

  test('a client that stops reading a stream is cut off, and the app stops', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const socket = await stopReading(server.port, 'streams.test', '/endless')
    expect(await server.logged('[streams ', 'GET /endless', 'CLIENT_IDLE')).toContain(`${IDLE_MS} ms`)
    await waitFor(async () => {
      const record = (await server.send('streams.test', '/record')).json<{ cancelled: number }>()
      return record.cancelled === 1 || undefined
    })
    socket.destroy()
    await neighbour.stop()
  })

  test('a client that stops reading a whole response is cut off', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const socket = await stopReading(server.port, 'ledger.test', `/whole?bytes=${32 * MIB}`)
    await server.logged('[ledger ', 'GET /whole', 'CLIENT_IDLE')
    const received = await readAll(socket)
    expect(received.length).toBeLessThan(32 * MIB)
    await neighbour.stop()
  })

  test('a client that reads slowly but does read gets everything', async ({ expect }) => {
    const socket = await stopReading(server.port, 'patient.test', `/whole?bytes=${24 * MIB}`)
    let got = 0
    let wanted = MIB
    socket.on('data', (part: Buffer) => {
      got += part.length
      if (got > wanted) socket.pause()
    })
    const reading = setInterval(() => {
      wanted = got + MIB
      socket.resume()
    }, PATIENT_IDLE_MS / 10)
    await waitFor(() => got > 24 * MIB || undefined, 20_000)
    clearInterval(reading)
    socket.destroy()
    expect(server.log.filter((line) => line.includes('[patient '))).toEqual([])
  })

  test('an app that stops sending is cut off', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const { received, isClosed } = await talk(
      server.port,
      [`GET /stall HTTP/1.1\r\n${HOST}\r\n`],
      PATIENCE_MS,
    )
    expect(isClosed).toBe(true)
    expect(received).toMatch(/5\r\nfirst\r\n$/)
    await server.logged('[ledger ', 'GET /stall', 'APP_IDLE')
    await neighbour.stop()
  })
})

/** A client that has asked, has seen the first bytes of the answer and reads no more. */
async function stopReading(port: number, host: string, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await once(socket, 'readable')
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  let received = ''
  socket.setEncoding('latin1').on('data', (part) => (received += String(part)))
  socket.on('error', () => {})
  await once(socket, 'close')
  return received
}
