/**
 * The ingress over raw sockets, with tenants that are plain objects: what a hostile guest says about framing never
 * reaches the client, and what a hostile client sends never reaches a tenant.
 */

import { once } from 'node:events'
import { connect } from 'node:net'

import { describe, it } from 'vitest'

import {
  startIngress as start,
  talk,
  toBytes as bytes,
  toHeaders as wire,
} from '../../test/harness/ingress.ts'
import { waitFor } from '../../test/harness/serve.ts'
import type { Exchange } from '../tenant/exchange.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const LAST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

describe('what a guest says about framing', () => {
  const cases: [label: string, headers: string[]][] = [
    ['a short content-length', ['content-length', '2']],
    ['a long content-length', ['content-length', '999']],
    ['two of them', ['Content-Length', '1', 'content-length', '2']],
    ['no number', ['content-length', 'abc']],
    ['transfer-encoding', ['transfer-encoding', 'chunked']],
    ['connection', ['connection', 'close, x-secret', 'keep-alive', 'timeout=1']],
    [
      'upgrade, te, trailer, proxy, date',
      ['upgrade', 'h2c', 'te', 'x', 'trailer', 'x', 'proxy-authenticate', 'x', 'date', 'x'],
    ],
  ]
  const body = 'HTTP/1.1 200 SPLIT\r\n\r\n'
  for (const [label, headers] of cases) {
    it(`${label}: dropped, and two answers stay two`, async ({ expect }) => {
      const { port } = await start((exchange) =>
        exchange.send(200, wire(...headers, 'x-app', '1'), bytes(body)),
      )
      const one = (connection: string) =>
        `HTTP/1.1 200 OK\r\nx-app: 1\r\nContent-Length: ${body.length}\r\n${connection}\r\n\r\n${body}`
      expect(await talk(port, GET + LAST)).toBe(
        one('Connection: keep-alive\r\nKeep-Alive: timeout=15') + one('Connection: close'),
      )
    })
  }
})

describe('heads that never reach the socket', () => {
  const cases: [label: string, status: number, headers: Uint8Array, reason: RegExp][] = [
    ['status 100', 100, wire(), /got 100$/],
    ['status 101', 101, wire(), /got 101$/],
    ['status 99', 99, wire(), /got 99$/],
    ['status 0', 0, wire(), /got 0$/],
    ['status -200', -200, wire(), /got -200$/],
    ['status 200.5', 200.5, wire(), /got 200.5$/],
    ['no status', Number.NaN, wire(), /got NaN$/],
    ['status 600', 600, wire(), /got 600$/],
    ['CR in a value', 200, wire('x-a', 'b\rset-cookie: c'), /header x-a has a character/],
    ['NUL in a value', 200, wire('x-a', 'b\0'), /header x-a has a character/],
    ['beyond latin1', 200, wire('x-a', '\u20ac'), /header x-a has a character/],
    ['a space in a name', 200, wire('x a', 'b'), /header name, got "x a"/],
    ['a colon in a name', 200, wire('x:', 'b'), /expected a header name/],
    ['an empty name', 200, wire('', 'b'), /expected a header name/],
    ['half a pair', 200, bytes('x-a'), /pairs/],
    ['one and a half', 200, bytes('x-a\nb\nx-c'), /pairs/],
    ['20,000 headers', 200, wire(...Array.from({ length: 40_000 }, () => 'x-abc')), /at most 131072 bytes/],
    ['a value of 1 MiB', 200, wire('x-a', 'b'.repeat(1024 * 1024)), /at most 131072 bytes/],
    ['too many bytes', 200, wire('x-a', 'b'.repeat(128 * 1024)), /at most 131072 bytes/],
  ]
  for (const [label, status, headers, reason] of cases) {
    it(label, async ({ expect }) => {
      const whole = await start((exchange) => exchange.send(status, headers, bytes('secret')))
      const streamed = await start((exchange) => {
        exchange.start(status, headers)
        exchange.write(bytes('secret'))
        exchange.finish()
      })
      for (const { port, refused } of [whole, streamed]) {
        const answer = await talk(port, LAST)
        expect(answer).toMatch(/^HTTP\/1\.1 500 [^]*"APP_BAD_RESPONSE"/)
        expect(answer).not.toMatch(/secret|set-cookie/)
        expect(refused).toHaveLength(1)
        expect(refused[0]).toMatch(reason)
      }
    })
  }
})

describe('bodies', () => {
  it('HEAD, 204, 205 and 304 have none, whole or streamed', async ({ expect }) => {
    const whole = await start((exchange) =>
      exchange.send(Number(exchange.url.slice(9)), wire(), bytes('body')),
    )
    const streamed = await start((exchange) => {
      exchange.start(Number(exchange.url.slice(9)), wire())
      exchange.write(bytes('body'))
      exchange.finish()
    })
    for (const { port } of [whole, streamed]) {
      for (const [method, status] of [
        ['HEAD', 200],
        ['GET', 204],
        ['GET', 205],
        ['GET', 304],
      ]) {
        const answer = await talk(
          port,
          `${method} /${status} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        )
        expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n$`))
      }
    }
  })

  it('repeats Set-Cookie and keeps latin1', async ({ expect }) => {
    const { port } = await start((exchange) =>
      exchange.send(200, wire('set-cookie', 'a=1', 'set-cookie', 'b=\u00e9'), bytes('')),
    )
    expect(await talk(port, LAST)).toContain('set-cookie: a=1\r\nset-cookie: b=\u00e9\r\nContent-Length: 0')
  })

  it('takes headers with and without an LF at the end, and empty values', async ({ expect }) => {
    for (const [headers, lines] of [
      ['x-a\nb\nx-c\nd', 'x-a: b\r\nx-c: d\r\n'],
      ['x-a\nb\nx-c\nd\n', 'x-a: b\r\nx-c: d\r\n'],
      ['x-a\n', 'x-a: \r\n'],
      ['x-a\n\n', 'x-a: \r\n'],
    ] as const) {
      const { port } = await start((exchange) => exchange.send(200, bytes(headers), bytes('')))
      expect(await talk(port, LAST)).toContain(`200 OK\r\n${lines}Content-Length: 0`)
    }
  })

  it('streams in chunks, the head before the first', async ({ expect }) => {
    const { port } = await start((exchange) => {
      exchange.start(200, wire('content-length', '3'))
      exchange.write(bytes('ab'))
      exchange.write(bytes(''))
      setTimeout(() => {
        exchange.write(bytes('c'))
        exchange.finish()
        exchange.write(bytes('late'))
      }, 20)
    })
    expect(await talk(port, LAST)).toMatch(
      /Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n$/,
    )
  })

  it('cuts the connection when a streamed answer fails', async ({ expect }) => {
    const { port } = await start((exchange) => {
      exchange.start(200, wire())
      exchange.write(bytes('ab'))
      setTimeout(() => exchange.fail('APP_TRAPPED'), 20)
    })
    expect(await talk(port, GET)).toMatch(/2\r\nab\r\n$/)
  })

  it('takes whole, large and chunked bodies', async ({ expect }) => {
    const { port } = await start((exchange) => {
      if (exchange.smallBody) exchange.send(200, wire(), bytes(`small ${exchange.smallBody.length}`))
      else exchange.pullBody()
    })
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
    expect(await talk(port, `${head}Content-Length: 3\r\n\r\nabc`)).toMatch(/\r\n\r\nsmall 3$/)
    expect(await talk(port, `${head}Content-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`)).toMatch(
      /\r\n\r\n300000$/,
    )
  })

  it('takes chunked bodies, empty ones too, and goes on with the connection', async ({ expect }) => {
    const { port } = await start((exchange) => {
      if (exchange.hasBody) exchange.pullBody()
      else exchange.send(200, wire(), bytes('none'))
    })
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await talk(port, `${head}0\r\n\r\n${LAST}`)).toMatch(/\r\n\r\n0HTTP[^]*none$/)
    expect(await talk(port, `${head}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n${LAST}`)).toMatch(/\r\n\r\n3HTTP[^]*none$/)
  })

  it('does not hold a request back for a small body that comes slowly', async ({ expect }) => {
    const { port, events } = await start((exchange, events) => {
      events.push(exchange.smallBody ? 'whole' : 'streamed')
      exchange.pullBody()
    })
    const socket = connect(port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nab')
    await waitFor(() => events.length > 0)
    expect(events).toEqual(['streamed'])
    socket.write('cde')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/\r\n\r\n5$/)
  })

  it('tells the guest when a client breaks off', async ({ expect }) => {
    let isOpen = false
    const { port, events } = await start((exchange) => {
      exchange.pullBody()
      isOpen = true
    })
    const socket = connect(port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\nabc')
    await waitFor(() => isOpen)
    socket.destroy()
    await waitFor(() => events.length > 1)
    expect(events).toEqual([expect.stringMatching(/^failed: the client left/), 'gone'])
  })

  it('holds a writer back until the client reads', async ({ expect }) => {
    const taken: boolean[] = []
    const { port, events } = await start((exchange) => {
      exchange.start(200, wire())
      for (let i = 0; i < 40; i++) taken.push(exchange.write(new Uint8Array(1 << 20)))
    })
    const socket = connect(port, '127.0.0.1')
    socket.write(LAST)
    await waitFor(() => taken.includes(false))
    expect(events).toEqual([])
    socket.resume()
    await waitFor(() => events.length > 0)
    expect(events).toEqual(['writable'])
    socket.destroy()
  })
})

describe('what never reaches a tenant', () => {
  const cases: [label: string, request: string, answer: RegExp][] = [
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 [^]*HOST_INVALID/],
    [
      'two hosts',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 [^]*HOST_INVALID/,
    ],
    [
      'an unknown host',
      'GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 404 [^]*HOST_UNKNOWN/,
    ],
    [
      'a target for another host',
      'GET http://b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['GET *', 'GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'a method that nobody knows',
      'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
      /^HTTP\/1\.1 501 [^]*METHOD_UNKNOWN/,
    ],
    [
      'such a method behind another request',
      'GET / HTTP/1.1\r\nHost: b\r\n\r\nGEt / HTTP/1.1\r\nHost: a\r\n\r\n',
      /^HTTP\/1\.1 404 [^]*HTTP\/1\.1 501 [^]*METHOD_UNKNOWN/,
    ],
    ['a method that is no token', 'G(T / HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['rubbish', 'rubbish\r\n\r\n', /^HTTP\/1\.1 400 [^]*REQUEST_INVALID/],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'both lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['long headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'a host behind 3000 headers',
      `GET / HTTP/1.1\r\nHost: a\r\n${'x:\r\n'.repeat(3000)}Host: b\r\nConnection: close\r\n\r\n`,
      /^HTTP\/1\.1 431 [^]*HEADERS_TOO_LARGE/,
    ],
  ]
  for (const [label, request, answer] of cases) {
    it(label, async ({ expect }) => {
      const { port, events } = await start((_exchange, events) => events.push('reached'))
      expect(await talk(port, request)).toMatch(answer)
      expect(events).toEqual([])
    })
  }

  it('hop-by-hop headers, and those that Connection names', async ({ expect }) => {
    const { port } = await start((exchange) => exchange.send(200, wire(), bytes(exchange.headers)))
    const answer = await talk(
      port,
      'GET / HTTP/1.1\r\nHost: a\r\nX-Secret: 1\r\nTE: trailers\r\nCookie: b\r\nCOOKIE: c\r\nConnection: close, X-Secret\r\n\r\n',
    )
    expect(answer.split('\r\n\r\n')[1]).toMatch(
      /^:cf\n\{.*\}\nhost\na\ncookie\nb\ncookie\nc\nx-forwarded-for\n127.0.0.1\nx-forwarded-proto\nhttp\nx-request-id\n[0-9a-f]{32}\nx-real-ip\n127.0.0.1\ncf-connecting-ip\n127.0.0.1\ncf-ray\n[0-9a-f]{32}\n$/,
    )
  })
})

describe('who the client is', () => {
  const request = (said: string) =>
    `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${said}\r\nConnection: close\r\n\r\n`

  it.for([
    ['the other end of the connection', [], '127.0.0.1'],
    ['whom a trusted proxy names', ['127.0.0.1'], '203.0.113.9'],
  ] as const)('is %s', async ([, trustedProxies, client], { expect }) => {
    const { port } = await start((exchange) => exchange.send(200, wire(), bytes(exchange.client)), {
      trustedProxies,
    })
    const answer = await talk(port, request('198.51.100.1, 203.0.113.9'))
    expect(answer.split('\r\n\r\n')[1]).toBe(client)
  })
})

describe('closing', () => {
  it('finishes what is open and says so to the client', async ({ expect }) => {
    let open: Exchange | undefined
    const { port, ingress } = await start((exchange) => (open = exchange))
    const answer = talk(port, GET)
    const exchange = await waitFor(() => open)
    const closed = ingress.close(10_000)
    exchange.send(200, wire(), bytes('done'))
    await closed
    expect(await answer).toMatch(/Connection: close\r\n\r\ndone$/)
  })

  it('cuts what does not finish', async ({ expect }) => {
    let isOpen = false
    const { port, ingress, events } = await start(() => (isOpen = true))
    const answer = talk(port, GET)
    await waitFor(() => isOpen)
    await ingress.close(20)
    expect(await answer).toBe('')
    await waitFor(() => events.length > 0)
    expect(events).toEqual(['gone'])
  })
})
