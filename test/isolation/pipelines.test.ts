/**
 * Clients that send requests ahead of the answers. Those wait on their connection and cost no app a place; they are
 * bounded, and gone with their client. A neighbour is answered all the while.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import type { Exchange } from '../../host/tenant/exchange.ts'
import { startIngress, toBytes, toHeaders } from '../harness/ingress.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { parseResponses, talk } from '../harness/socket.ts'

const toGet = (host: string, path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const GET = toGet('a')
/** More than an app has places. */
const AHEAD = 300
/** More than all connections have places for what each of them sends ahead. */
const CLIENTS = 20

describe('one connection', () => {
  let server: Served

  beforeAll(async () => {
    const path = fixture('streams')
    server = await serve([
      { name: 'slow', hostname: 'slow.test', path, timeout_ms: 20_000 },
      { name: 'victim', hostname: 'victim.test', path },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  const open = async (app: string) =>
    (await server.tenants()).find(({ name }) => name === app)!.counters.openRequests

  test.for([
    ['resets', (client: Socket) => client.resetAndDestroy()],
    ['ends', (client: Socket) => client.end()],
  ] as const)(
    'that %s with 300 requests behind a slow one leaves another app all its places',
    async ([, leave], { expect }) => {
      await using neighbour = watchNeighbour(server)
      const abortedBefore = (await server.send('slow.test', '/record')).json().abortedWhileWaiting
      const client = connect(server.port, '127.0.0.1').on('error', () => {})
      client.write(toGet('slow.test', '/wait') + toGet('victim.test', '/endless').repeat(AHEAD))
      await waitFor(async () => (await open('slow')) === 1 || undefined)
      for (let i = 0; i < 20; i++) expect((await server.send('victim.test', '/')).text).toBe('ok')
      expect(await open('victim')).toBe(0)
      leave(client)
      await waitFor(async () => (await open('slow')) === 0 || undefined)
      const { abortedWhileWaiting, pulled } = (await server.send('slow.test', '/record')).json()
      expect([abortedWhileWaiting, pulled]).toEqual([Number(abortedBefore) + 1, 0])
      client.destroy()
      await neighbour.stop()
    },
  )

  test('that sends thousands of requests ahead gets all answers, in order', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const count = 3000
    const client = connect(server.port, '127.0.0.1')
    let received = ''
    client.setEncoding('latin1').on('data', (part) => (received += String(part)))
    client.write(toGet('victim.test').repeat(count - 1))
    client.write(`GET /record HTTP/1.1\r\nHost: victim.test\r\nConnection: close\r\n\r\n`)
    await once(client, 'close')
    const bodies = parseResponses(received, []).map(({ body }) => body)
    expect(bodies.length).toBe(count)
    expect(bodies.findIndex((body) => body !== 'ok')).toBe(count - 1)
    await neighbour.stop()
  })
})

describe('what waits', () => {
  /** A tenant that answers when it is told to. */
  const start = async () => {
    const begun: Exchange[] = []
    const started = await startIngress((exchange) => begun.push(exchange))
    const finish = (): void => begun.shift()!.send(200, toHeaders(), toBytes('fine'))
    return { ...started, begun, finish }
  }

  test('is not told to go on before its turn', async ({ expect }) => {
    const { port, begun, finish } = await start()
    const client = connect(port, '127.0.0.1')
    let received = ''
    client.setEncoding('latin1').on('data', (part) => (received += String(part)))
    client.write(`${GET}POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`)
    await waitFor(() => begun.length === 1 || undefined)
    // the answer is the first thing that the client hears
    finish()
    await waitFor(() => received.includes('100 Continue') || undefined)
    expect(received).toMatch(/^HTTP\/1\.1 200 /)
    client.write('hi')
    await waitFor(() => begun.length === 1 || undefined)
    expect(begun[0]!.smallBody ?? 'streamed').toBeTruthy()
    client.destroy()
  })

  test('behind an offer to upgrade is not answered and reaches no app', async ({ expect }) => {
    const { port, begun, finish } = await start()
    const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
    const heard = talk(port, [GET + upgrade, GET])
    for (let i = 0; i < 2; i++) {
      await waitFor(() => begun.length === 1 || undefined)
      finish()
    }
    const { received, isClosed } = await heard
    expect(parseResponses(received, []).map(({ status }) => status)).toEqual([200, 200])
    expect([isClosed, begun.length]).toEqual([true, 0])
  })

  test('behind a refused request is not even parsed', async ({ expect }) => {
    const { port, ingress, begun } = await start()
    let parsed = 0
    ingress.server.on('request', () => parsed++)
    const client = connect(port, '127.0.0.1').on('error', () => {})
    client.resume().write('GET / HTTP/1.1\r\n\r\n')
    client.write(GET.repeat(200_000))
    await once(client, 'close')
    // two buffers of the socket at the most
    expect(parsed).toBeLessThan(10_000)
    expect(begun).toEqual([])
  })

  test('is bounded over all connections, and a few requests always may', async ({ expect }) => {
    const { port, ingress, begun, finish } = await start()
    const countConnections = (): Promise<number> =>
      new Promise((resolve) => ingress.server.getConnections((_error, count) => resolve(count)))
    const flood = async (): Promise<number> => {
      const open = new Set<Socket>()
      for (let i = 0; i < CLIENTS; i++) {
        const client = connect(port, '127.0.0.1').resume()
        client.on('error', () => {}).once('close', () => open.delete(client))
        client.write(GET.repeat(2000))
        open.add(client)
      }
      await waitFor(() => begun.length === CLIENTS || undefined)
      await waitFor(() => open.size < CLIENTS || undefined)
      begun.length = 0
      const modest = connect(port, '127.0.0.1').resume()
      modest.write(GET.repeat(10))
      for (let i = 0; i < 10; i++) {
        await waitFor(() => begun.length === 1 || undefined)
        finish()
      }
      const left = open.size
      for (const client of [...open, modest]) client.destroy()
      await waitFor(async () => (await countConnections()) === 0 || undefined)
      return left
    }
    expect(await flood()).toBeGreaterThan(0)
    // the places come back: without them none would be left
    expect(await flood()).toBeGreaterThan(0)
  })
})
