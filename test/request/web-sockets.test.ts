/** WebSockets of an app: with its clients, within itself, and to servers. */

import { isDeepStrictEqual } from 'node:util'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve, steady, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { nameWithHome } from '../harness/shard-client.ts'
import { talk } from '../harness/socket.ts'
import { openEchoServer, openWebSocket } from '../harness/web-socket.ts'
import type { WebSocketClient } from '../harness/web-socket.ts'

const HOST = 'sockets.test'

/** Whether what `/all` says came in order; the code says which of them it is. */
async function hearAll(client: WebSocketClient): Promise<boolean> {
  const said: unknown[] = []
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let i = 0; i < 5; i++) said.push(await client.next())
  const own = (await client.over)[0] - 3000
  return isDeepStrictEqual(said, ['same', `own ${own}`, [0, 9], [own, 9], [7]])
}

describe('WebSockets', () => {
  let server: Served
  let upstream: Awaited<ReturnType<typeof openEchoServer>>
  const open = (path: string, more: { protocols?: string[]; host?: string } = {}) =>
    openWebSocket(server.port, { host: HOST, path, ...more })
  const ask = async (path: string) => (await server.send(HOST, path)).json<unknown>()
  const to = (scheme: string) => `to=${scheme}://127.0.0.1:${upstream.port}/`

  beforeAll(async () => {
    upstream = await openEchoServer()
    const path = fixture('web-sockets')
    server = await serve([
      { name: 'sockets', hostname: HOST, path, egress: { allow: ['127.0.0.1'] } },
      { name: 'caller', hostname: 'caller.test', path, services: [{ binding: 'APP', service: 'sockets' }] },
      { name: 'small', hostname: 'small.test', path, web_sockets: 2, web_socket_message_kb: 1 },
      { name: 'slow', hostname: 'slow.test', path, web_socket_buffer_kb: 64 },
      { name: 'short', hostname: 'short.test', path, cpu_ms: 100 },
      { name: 'idle', hostname: 'idle.test', path, web_socket_idle_ms: 6000 },
    ])
  })

  afterAll(async () => {
    upstream[Symbol.dispose]()
    await server.close()
  })

  test('an app answers its client with one, and hears how it ends', async ({ expect }) => {
    using client = await open('/echo?protocol=b', { protocols: ['a', 'b'] })
    expect(client.socket.protocol).toBe('b')
    expect(client.socket.extensions).toBe('')
    client.socket.send('text')
    client.socket.send(new Uint8Array([0, 255]))
    expect([await client.next(), await client.next()]).toEqual(['text', [0, 255]])
    client.socket.close(3009, 'bye')
    expect(await client.over).toEqual([3009, 'bye'])
    await waitFor(async () => ((await ask('/gotten')) as string[]).includes('3009 bye true 3'))
  })

  test('messages come in order, however many are sent at once', async ({ expect }) => {
    using client = await open('/echo')
    const sent = Array.from({ length: 2000 }, (_, i) => `message ${i}`)
    for (const each of sent) client.socket.send(each)
    const got: unknown[] = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    while (got.length < sent.length) got.push(await client.next())
    expect(got).toEqual(sent)
  })

  test('what an app says before its client is there comes first', async ({ expect }) => {
    using client = await open('/greet')
    expect([await client.next(), await client.next()]).toEqual(['hello', [1, 2, 3]])
  })

  test('what a client says before the app has accepted is heard then', async ({ expect }) => {
    using client = await open('/late')
    client.socket.send('early')
    expect(await client.next()).toBe('late early')
  })

  test('an app closes with a code and a reason, and sends nothing more', async ({ expect }) => {
    using client = await open('/close?code=1011&reason=why')
    client.socket.send('now')
    expect(await client.over).toEqual([1011, 'why'])
    await waitFor(async () => ((await ask('/gotten')) as string[]).includes('1011 why true 3'))
    expect(await ask('/gotten')).toContain("TypeError: Can't call WebSocket send() after close().")
  })

  test('a client that leaves without a word is 1006', async ({ expect }) => {
    const client = await open('/echo')
    client.socket.terminate()
    await waitFor(async () => ((await ask('/gotten')) as string[]).includes('1006  false 3'))
    expect(await client.over).toEqual([1006, ''])
  })

  test('what an app says to many at once crosses once, and each of them hears it in order', async ({
    expect,
  }) => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => open('/chat?room=all')))
    const crossings = async () =>
      (await server.tenants()).find(({ name }) => name === 'sockets')!.counters.crossings
    const before = await steady(crossings)
    expect((await server.send(HOST, '/all?room=all&once')).text).toBe('4')
    expect(await Promise.all(clients.map((client) => client.next()))).toEqual(Array(100).fill('same'))
    // the message, `bufferedAmount` and the response
    expect((await steady(crossings)) - before).toBe(3)
    await server.send(HOST, '/all?room=all')
    expect(await Promise.all(clients.map(hearAll))).toEqual(clients.map(() => true))
    const { webSocketMessagesSent } = (await server.tenants()).find(
      ({ name }) => name === 'sockets',
    )!.counters
    expect(webSocketMessagesSent).toBeGreaterThanOrEqual(600)
  })

  test('Hono’s helper: messages, JSON and binary, the socket itself, and how it ends', async ({ expect }) => {
    using client = await open('/hono?who=me')
    client.socket.send('{"a":1}')
    client.socket.send(new Uint8Array([1, 0, 255]))
    client.socket.send('raw')
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      '{"a":1,"for":"me"}',
      [1, 0, 255],
      '1',
    ])
    client.socket.send('close')
    expect(await client.over).toEqual([3001, 'by Hono'])
    await waitFor(async () => ((await ask('/gotten')) as string[]).includes('hono closed 3001 by Hono true'))
    using cut = await open('/hono')
    cut.socket.terminate()
    await waitFor(async () => ((await ask('/gotten')) as string[]).includes('hono closed 1006  false'))
    using broken = await open('/hono')
    const { _socket: socket } = broken.socket as unknown as { _socket: { write(bytes: Buffer): void } }
    socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
    await waitFor(async () =>
      ((await ask('/gotten')) as string[]).some((each) => each.startsWith('hono error')),
    )
    expect((await server.send(HOST, '/hono')).status).toBe(404)
  })

  test('the ends of a pair talk within the app', async ({ expect }) => {
    expect(await ask('/pair')).toEqual({
      said: ['text', '7,8', 're text', 're [object ArrayBuffer]'],
      states: [2],
      closed: ['3001 bye true 3', '3001 bye true 3'],
    })
  })

  test('what cannot be is refused', async ({ expect }) => {
    expect(await ask('/refused')).toEqual({
      unaccepted: 'TypeError: send: expected accept() to be called before',
      status: 'RangeError: Response: expected the status 101 with a webSocket, got 200',
      missing: 'RangeError: Response: expected a status from 200 to 599, got 101',
      other: 'TypeError: Response: expected a WebSocket as the webSocket',
      clone: 'TypeError: Response.clone: a response of a WebSocket cannot be cloned',
      code: 'InvalidAccessError: close: expected a code that a close frame may have, or one from 3000 to 4999, got 1005',
      reason: 'SyntaxError: close: expected a reason of at most 123 bytes',
      copy: true,
    })
    expect((await server.send(HOST, '/unasked')).status).toBe(500)
    await server.logged('/unasked', 'the request does not ask for one with "Upgrade: websocket"')
    await expect(open('/accepted')).rejects.toThrow('500')
    await expect(open('/nothing')).rejects.toThrow('404 no such path')
  })

  test('a request that offers something else, or not well, is one like any', async ({ expect }) => {
    const heads = {
      'another protocol': 'Upgrade: h2c\r\nConnection: Upgrade\r\n',
      'an older version':
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
      'no key': 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n',
    }
    for (const [what, head] of Object.entries(heads)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { received } = await talk(server.port, [`GET /echo HTTP/1.1\r\nHost: ${HOST}\r\n${head}\r\n`])
      expect(received, what).toMatch(/^HTTP\/1\.1 426 [^]*expected Upgrade$/)
    }
  })

  test('an app connects to servers under its policy', async ({ expect }) => {
    expect(await ask(`/out?protocol=p&protocol=q&${to('ws')}`)).toEqual([
      0,
      'open',
      'q',
      1,
      'ping',
      true,
      'close',
      3005,
      'enough',
      true,
    ])
    expect(await ask('/out?to=ws://10.0.0.1/')).toEqual([
      0,
      'error',
      'the address is not allowed: 10.0.0.1:80',
      'close',
      1006,
      '',
      false,
    ])
    expect(await ask('/out?to=ws://127.0.0.1:1/')).toEqual([
      0,
      'error',
      'connect ECONNREFUSED 127.0.0.1:1',
      'close',
      1006,
      '',
      false,
    ])
    expect(await ask(`/fetch-out?${to('http')}`)).toEqual({ status: 101, header: 'yes', data: 'by fetch' })
    expect(upstream.heads.at(-1)).toMatchObject({ 'x-app': 'out', 'cdn-loop': 'nano-workers' })
    const refusal = await server.send(HOST, `/fetch-out?to=http://127.0.0.1:${server.port}/`)
    expect(refusal.text).toMatch(/^404 /)
  })

  test('one that comes to an app can be handed on', async ({ expect }) => {
    using client = await open(`/pass?${to('http')}`)
    client.socket.send('through')
    expect(await client.next()).toBe('through')
    client.socket.close(3002, 'done')
    expect(await client.over).toEqual([3002, 'done'])
  })

  test('one comes through a service binding, to the app or to its client', async ({ expect }) => {
    expect((await server.send('caller.test', '/bound-talk')).json()).toEqual({
      status: 101,
      data: 'by a binding',
      code: 3003,
      wasClean: true,
    })
    const plain = await server.send('caller.test', '/bound-talk', { headers: { 'x-plain': '1' } })
    expect(plain.text).toBe('426')
    using client = await open('/bound?protocol=b', { host: 'caller.test', protocols: ['b'] })
    expect(client.socket.protocol).toBe('b')
    client.socket.send('there and back')
    expect(await client.next()).toBe('there and back')
    client.socket.close(3004, 'enough')
    expect(await client.over).toEqual([3004, 'enough'])
  })

  test('there are as many, and messages as large, as the app may have', async ({ expect }) => {
    using one = await open('/echo', { host: 'small.test' })
    using other = await open('/echo', { host: 'small.test' })
    await expect(open('/echo', { host: 'small.test' })).rejects.toThrow('500')
    one.socket.send('x'.repeat(1024))
    expect(await one.next()).toHaveLength(1024)
    one.socket.send('x'.repeat(1025))
    expect((await one.over)[0]).toBe(1009)
    other.socket.send('still')
    expect(await other.next()).toBe('still')
  })

  test('an app that sends to somebody who does not read is held up, and then cut off', async ({ expect }) => {
    using client = await open('/flood?bytes=10000&count=3', { host: 'slow.test' })
    client.socket.send('go')
    expect(await client.next()).toHaveLength(10_000)
    using slow = await open('/flood?bytes=100000&count=200', { host: 'slow.test' })
    slow.socket.pause()
    slow.socket.send('go')
    const gotten = async () => (await server.send('slow.test', '/gotten')).json<string[]>()
    await waitFor(async () => (await gotten()).includes('flood closed 1006'))
    expect(await gotten()).toContain('more than web_socket_buffer_kb wait to be sent')
  })

  test('each message has the processor time of a request', async ({ expect }) => {
    using client = await open('/work', { host: 'short.test' })
    for (let i = 0; i < 10; i++) {
      client.socket.send('200000')
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await client.next()).toBe(' true')
    }
  })

  test('an app that falls closes with 1011, and its next instance serves', async ({ expect }) => {
    using client = await open('/throw', { host: 'short.test' })
    using other = await open('/echo', { host: 'short.test' })
    client.socket.send('no loop')
    await server.logged('in a listener')
    client.socket.send('loop')
    expect([await client.over, await other.over]).toEqual([
      [1011, ''],
      [1011, ''],
    ])
    using next = await open('/echo', { host: 'short.test' })
    next.socket.send('again')
    expect(await next.next()).toBe('again')
  })

  test('one that says nothing, not even to a ping, is given up', async ({ expect }) => {
    using lively = await open('/echo', { host: 'idle.test' })
    using dead = await openWebSocket(server.port, {
      host: 'idle.test',
      path: '/echo',
      options: { autoPong: false },
    })
    expect(await dead.over).toEqual([1006, ''])
    lively.socket.send('here')
    expect(await lively.next()).toBe('here')
  })

  test('a new version takes the place of the one that has them', async ({ expect }) => {
    using client = await open('/echo')
    await server.put({ name: 'sockets', hostname: HOST, path: fixture('web-sockets'), env: { NEXT: '1' } })
    expect(await client.over).toEqual([1001, ''])
  })
})

describe('with shards', () => {
  test('a client has a WebSocket of an app whose home is another shard', async ({ expect }) => {
    const path = fixture('web-sockets')
    await using server = await serve(
      [
        { name: nameWithHome('first', 0, 2), hostname: 'first.test', path },
        { name: nameWithHome('second', 1, 2), hostname: 'second.test', path },
      ],
      2,
    )
    for (let i = 0; i < 8; i++) {
      for (const host of ['first.test', 'second.test']) {
        // oxlint-disable no-await-in-loop -- each has a connection of its own, to either shard
        using client = await openWebSocket(server.port, { host, path: '/echo' })
        client.socket.send('x'.repeat(100_000))
        client.socket.send('short')
        expect(await client.next()).toHaveLength(100_000)
        expect(await client.next()).toBe('short')
        client.socket.close(3000, 'over')
        expect(await client.over).toEqual([3000, 'over'])
        // oxlint-enable no-await-in-loop
      }
    }
    const room = await Promise.all(
      Array.from({ length: 20 }, () =>
        openWebSocket(server.port, { host: 'first.test', path: '/chat?room=a' }),
      ),
    )
    await server.send('first.test', '/all?room=a')
    expect(await Promise.all(room.map(hearAll))).toEqual(room.map(() => true))
    const tenants = await server.tenants()
    expect(tenants.reduce((sum, { counters }) => sum + counters.handOvers, 0)).toBeGreaterThan(0)
    using open = await openWebSocket(server.port, { host: 'first.test', path: '/echo' })
    const closed = server.close()
    expect(await open.over).toEqual([1001, ''])
    await closed
  })

  test('those that another shard took wait for nothing there, however few may wait', async ({ expect }) => {
    const app = { name: 'few', path: fixture('web-sockets'), concurrent_requests: 1, queued_requests: 1 }
    await using two = await serve([app], 2)
    using clients = new DisposableStack()
    for (let i = 0; i < 16; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other; each has a connection of its own, to either shard
      const client = clients.use(await openWebSocket(two.port, { host: 'few', path: '/echo' }))
      client.socket.send(`${i}`)
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await client.next()).toBe(`${i}`)
    }
  })
})
