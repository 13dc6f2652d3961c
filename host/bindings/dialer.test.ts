/** A dialer against real servers: what it connects to, where it follows, what it keeps, whom it gives up. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { ReadableStream } from 'node:stream/web'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, test } from 'vitest'

import { resolveTo } from '../../test/harness/names.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { EgressDenied, type Resolve } from '../egress/connect.ts'
import type { EgressSettings } from '../egress/policy.ts'
import { type Answer, type Dial, type Dialer, openDialer } from './dialer.ts'

let server: Server
let port: number
let url: string
let handler: (request: IncomingMessage, response: ServerResponse) => void
let hits: string[]
let sockets: Set<Socket>
let cleanUps: (() => unknown)[]

beforeEach(async () => {
  hits = []
  sockets = new Set()
  cleanUps = []
  handler = (_request, response) => response.end('inside')
  server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`)
    handler(request, response)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
  url = `http://127.0.0.1:${port}`
})

afterEach(() => {
  for (const cleanUp of cleanUps) cleanUp()
  server.closeAllConnections()
  server.close()
})

function dial(settings: EgressSettings, resolve?: Resolve, idleMs = DEFAULT_LIMITS.idleMs): Dialer {
  const limits = { ...DEFAULT_LIMITS, idleMs, timeoutMs: idleMs }
  const dialer = openDialer(settings, { limits, ...(resolve && { resolve }) })
  cleanUps.push(() => dialer[Symbol.dispose]())
  return dialer
}

async function send(dialer: Dialer, to: string, given: Partial<Dial> = {}): Promise<Answer> {
  const { signal } = new AbortController()
  return dialer.fetch(to, {
    method: 'GET',
    headers: [],
    body: undefined,
    redirect: 'follow',
    signal,
    ...given,
  })
}

async function text({ body }: Answer): Promise<string> {
  let whole = ''
  for await (const chunk of body ?? []) whole += Buffer.from(chunk).toString()
  return whole
}

/** A connection is free for the next request when the far side had the chance to close it: a round of the event loop. */
async function becomeFree(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((done) => setImmediate(done))
}

/** The text, or why there is none. */
async function get(settings: EgressSettings, resolve: Resolve | undefined, to: string): Promise<unknown> {
  try {
    return await text(await send(dial(settings, resolve), to))
  } catch (error) {
    return error instanceof Error && error.cause instanceof EgressDenied ? error.cause : error
  }
}

describe('what is connected to', () => {
  test('is what was checked and nothing else', async ({ expect }) => {
    const open = { allow: ['127.0.0.1'] }
    const resolve = resolveTo(['127.0.0.1', '127.0.0.2'], ['127.0.0.2'])
    expect(await get(open, resolve, `http://a.test:${port}/`)).toBe('inside')
    expect(await get(open, resolve, `http://a.test:${port}/`)).toBeInstanceOf(EgressDenied)
    expect(resolve.asked).toBe(2)
  })

  test('is no address beside the checked ones, whichever of them answer', async ({ expect }) => {
    let dialled = 0
    const forbidden = createTcpServer((socket) => {
      dialled++
      socket.destroy()
    })
    await new Promise<void>((listening) => forbidden.listen(port, '127.0.0.2', listening))
    cleanUps.push(() => forbidden.close())
    const open = { allow: ['127.0.0.1', '127.0.0.3'] }
    // the first that may be dialled refuses, so that the next is tried
    const mixed = resolveTo(['127.0.0.2', '127.0.0.3', '::ffff:127.0.0.2', '127.0.0.1', '127.0.0.2', '::1'])
    expect(await get(open, mixed, `http://a.test:${port}/`)).toBe('inside')
    expect(dialled).toBe(0)
  })

  test('is nothing inside, over http and https', async ({ expect }) => {
    for (const scheme of ['http', 'https']) {
      expect(await get({}, resolveTo(['127.0.0.1']), `${scheme}://a.test:${port}/`)).toBeInstanceOf(
        EgressDenied,
      )
    }
    expect([hits, sockets.size]).toEqual([[], 0])
  })

  test('a name that is not admitted is not looked up', async ({ expect }) => {
    const resolve = resolveTo(['127.0.0.1'])
    const denied = await get({ allow: ['b.test'] }, resolve, `http://a.test:${port}/`)
    expect([denied instanceof EgressDenied, resolve.asked]).toEqual([true, 0])
  })
})

describe('a request', () => {
  test('has no headers but its own', async ({ expect }) => {
    const seen: string[][] = []
    handler = (request, response) => {
      seen.push(request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()))
      response.end()
    }
    const dialer = dial({ private: true })
    await send(dialer, url)
    await send(dialer, url, { headers: [['User-Agent', 'mine']], method: 'POST', body: new Uint8Array(1) })
    expect(seen[0]).toEqual(['host', 'connection', 'accept-encoding'])
    expect(seen[1]).toEqual(['host', 'connection', 'user-agent', 'accept-encoding', 'content-length'])
  })

  test('is held to the length that it announces', async ({ expect }) => {
    const bodies: string[] = []
    handler = (request, response) => {
      const { 'content-length': length = 'none' } = request.headers
      request.setEncoding('latin1').on('data', (part: string) => bodies.push(`${length}: ${part}`))
      request.on('end', () => response.end())
    }
    const body = (text: string): ReadableStream<Uint8Array> => new Blob([text]).stream()
    const post = (length: string, text: string) =>
      send(dial({ private: true }), url, {
        method: 'POST',
        headers: [['content-length', length]],
        body: body(text),
      })
    await post('3', 'abc')
    expect(bodies).toEqual(['3: abc'])
    await expect(post('3', 'abcd')).rejects.toThrow(TypeError)
    await expect(post('3', 'ab')).rejects.toThrow(TypeError)
  })
})

describe('redirects', () => {
  /** Answers `/n` with a redirect to `/n-1`, and `/0`. */
  const count = (status: number) => (request: IncomingMessage, response: ServerResponse) => {
    const left = Number(request.url?.slice(1))
    if (left === 0) response.end('arrived')
    else response.writeHead(status, { location: `/${left - 1}` }).end('moved')
  }

  test.for([301, 302, 303, 307, 308])(
    'twenty of %d are followed, one more is not',
    async (status, { expect }) => {
      handler = count(status)
      const dialer = dial({ private: true })
      const answer = await send(dialer, `${url}/20`)
      expect([answer.url, answer.redirected, await text(answer)]).toEqual([`${url}/0`, true, 'arrived'])
      expect(hits).toHaveLength(21)
      await expect(send(dialer, `${url}/21`)).rejects.toThrow('more than 20 redirects')
      await expect(send(dialer, `${url}/30`)).rejects.toThrow('more than 20 redirects')
      expect(hits).toHaveLength(21 + 21 + 21)
    },
  )

  test('a loop ends', async ({ expect }) => {
    handler = (_request, response) => response.writeHead(302, { location: '/' }).end()
    await expect(send(dial({ private: true }), url)).rejects.toThrow('more than 20 redirects')
    expect(hits).toHaveLength(21)
  })

  test('method and body go along as the standard says', async ({ expect }) => {
    const seen: string[] = []
    handler = (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`)
        const status = Number(request.url?.slice(1))
        if (status === 0) response.end()
        else response.writeHead(status, { location: '/0' }).end()
      })
    }
    const body = Buffer.from('bytes')
    for (const status of [302, 303, 307, 308]) {
      await send(dial({ private: true }), `${url}/${status}`, { method: 'POST', body })
    }
    expect(seen.filter((line) => line.includes('/0'))).toEqual([
      'GET /0 ',
      'GET /0 ',
      'POST /0 bytes',
      'POST /0 bytes',
    ])
  })

  test('a stream is not sent again', async ({ expect }) => {
    handler = (request, response) =>
      void request.resume().on('end', () => response.writeHead(307, { location: '/' }).end())
    const body = ReadableStream.from([Buffer.from('x')]) as ReadableStream<Uint8Array>
    await expect(send(dial({ private: true }), url, { method: 'POST', body })).rejects.toThrow(TypeError)
    expect(hits).toEqual(['POST /'])
  })

  test('secrets of one origin are not told to the next', async ({ expect }) => {
    const seen: IncomingMessage['headers'][] = []
    handler = (request, response) => {
      seen.push(request.headers)
      const there = { '/': '/same', '/same': `http://localhost:${port}/there` }[request.url ?? '']
      if (there === undefined) response.end()
      else response.writeHead(302, { location: there }).end()
    }
    const headers: [string, string][] = [
      ['authorization', 'x'],
      ['cookie', 'a=1'],
      ['x-own', 'kept'],
    ]
    await send(dial({ private: true }, resolveTo(['127.0.0.1'])), url, { headers })
    expect(seen.map(({ authorization, cookie, 'x-own': own }) => [authorization, cookie, own])).toEqual([
      ['x', 'a=1', 'kept'],
      ['x', 'a=1', 'kept'],
      [undefined, undefined, 'kept'],
    ])
  })

  test.for([301, 302, 303, 307, 308])('where a %d leads is checked', async (status, { expect }) => {
    const settings = { allow: ['127.0.0.1'], deny: ['denied.test'] }
    const resolve = resolveTo(['127.0.0.1'])
    for (const to of ['denied.test', '127.0.0.2', '[::1]']) {
      handler = (_request, response) =>
        response.writeHead(status, { location: `http://${to}:${port}/2` }).end()
      expect(await get(settings, resolve, `http://a.test:${port}/1`)).toBeInstanceOf(EgressDenied)
    }
    for (const location of ['file:///etc/passwd', 'data:,x', 'http://a:b@127.0.0.1/']) {
      handler = (_request, response) => response.writeHead(status, { location }).end()
      expect(await get(settings, resolve, `http://a.test:${port}/1`)).toBeInstanceOf(TypeError)
    }
    expect(hits).toEqual(Array.from({ length: 6 }, () => 'GET /1'))
  })

  test('are handed over or refused when the app wants that', async ({ expect }) => {
    handler = count(302)
    const dialer = dial({ private: true })
    const answer = await send(dialer, `${url}/2`, { redirect: 'manual' })
    expect([answer.status, answer.redirected, answer.url, new Map(answer.headers).get('location')]).toEqual([
      302,
      false,
      `${url}/2`,
      '/1',
    ])
    expect(await text(answer)).toBe('moved')
    await expect(send(dialer, `${url}/2`, { redirect: 'error' })).rejects.toThrow(TypeError)
    expect(hits).toHaveLength(2)
  })

  test('without a location are answers like others', async ({ expect }) => {
    handler = (_request, response) => response.writeHead(302).end('nowhere')
    const answer = await send(dial({ private: true }), url)
    expect([answer.status, answer.redirected, await text(answer)]).toEqual([302, false, 'nowhere'])
  })
})

describe('connections', () => {
  const open = { private: true }

  test('are reused by their tenant, and by no other of the same policy', async ({ expect }) => {
    const [one, other] = [dial(open), dial(open)]
    for (let i = 0; i < 3; i++) {
      await text(await send(one, url))
      await becomeFree()
    }
    const own = sockets.size
    await text(await send(other, url))
    expect([own, sockets.size]).toEqual([1, 2])
  })

  test('are few, however many were needed at once', async ({ expect }) => {
    const waiting: ServerResponse[] = []
    handler = (_request, response) => {
      waiting.push(response)
      if (waiting.length === 150) for (const each of waiting) each.end('x')
    }
    const dialer = dial(open)
    const answers = await Promise.all(Array.from({ length: 150 }, () => send(dialer, url)))
    await Promise.all(answers.map(text))
    for (let i = 0; i < 200 && sockets.size > 64; i++) await new Promise((later) => setTimeout(later, 10))
    expect(sockets.size).toBeLessThanOrEqual(64)
    expect(sockets.size).toBeGreaterThan(0)
  })

  test('are not made without end for fetches that are given up', async ({ expect }) => {
    let asked = 0
    // a name server that never answers, so that every connection stays one that is being made
    const dialer = dial({}, () => void asked++)
    const errors = new Set<string>()
    for (let i = 0; i < 1500; i++) {
      const giveUp = new AbortController()
      const over = send(dialer, `http://h${i}.test/`, { signal: giveUp.signal }).catch((error: Error) => {
        errors.add(error.cause instanceof Error ? error.cause.message : error.name)
      })
      await new Promise((done) => setImmediate(done))
      giveUp.abort()
      await over
    }
    expect(asked).toBe(1024)
    expect(errors).toEqual(new Set(['AbortError', 'more than 1024 connections are open']))
  })

  test('go with the dialer', async ({ expect }) => {
    const dialer = dial(open)
    await text(await send(dialer, url))
    expect(sockets.size).toBe(1)
    const gone = new Promise((done) => [...sockets][0]?.on('close', done))
    dialer[Symbol.dispose]()
    await gone
  })
})

describe('a kept connection that the far side closes when it is used again', () => {
  /** What came on each connection, request by request. */
  let heard: string[][]

  /** Answers the first request of the first connection, and does this to all that come after it there. */
  async function closeWhenUsedAgain(end: (socket: Socket) => void, last = Infinity): Promise<string> {
    heard = []
    const raw = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      cleanUps.push(() => socket.destroy())
      const requests: string[] = []
      heard.push(requests)
      const isFirst = heard.length === 1
      socket.on('data', (bytes) => {
        const [line = '', body = ''] = bytes.toString('latin1').split(/ HTTP[^]*\r\n\r\n/)
        requests.push(`${line} ${body}`.trim())
        if (isFirst ? requests.length === 1 : heard.length <= last) {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        } else end(socket)
      })
    })
    await new Promise<void>((listening) => raw.listen(0, '127.0.0.1', listening))
    cleanUps.push(() => raw.close())
    return `http://127.0.0.1:${(raw.address() as AddressInfo).port}`
  }

  /** A fetch to a connection that is kept from another. */
  async function sendAgain(to: string, given: Partial<Dial>): Promise<number | Error> {
    const dialer = dial({ private: true })
    await text(await send(dialer, `${to}/first`))
    await becomeFree()
    return await send(dialer, `${to}/again`, given).then(
      ({ status }) => status,
      (error: Error) => error,
    )
  }

  const bytes = Buffer.from('bytes')
  const ENDS: [label: string, end: (socket: Socket) => unknown][] = [
    ['an end', (socket) => socket.end()],
    ['a reset', (socket) => socket.resetAndDestroy()],
  ]
  for (const [label, end] of ENDS) {
    test.for([
      ['GET', undefined],
      ['HEAD', undefined],
      ['OPTIONS', undefined],
      ['DELETE', undefined],
      ['PUT', bytes],
    ] as const)(`with ${label}: %s is sent once more, on a new one`, async ([method, body], { expect }) => {
      const to = await closeWhenUsedAgain(end)
      expect(await sendAgain(to, { method, body })).toBe(200)
      const again = `${method} /again${body ? ' bytes' : ''}`
      expect(heard.map((requests) => requests.join())).toEqual([expect.stringContaining('GET /first'), again])
      expect(heard[0]!.length).toBeGreaterThan(1)
    })
  }

  test('what may not come twice is not sent again', async ({ expect }) => {
    const stream = () => ReadableStream.from([bytes]) as ReadableStream<Uint8Array>
    for (const given of [
      { method: 'POST' },
      { method: 'PATCH', body: bytes },
      { method: 'PUT', body: stream() },
    ]) {
      const to = await closeWhenUsedAgain((socket) => socket.end())
      expect(await sendAgain(to, given)).toBeInstanceOf(TypeError)
      expect(heard).toHaveLength(1)
    }
  })

  test('what was begun to be answered is not sent again', async ({ expect }) => {
    for (const begun of ['HTTP/1.1 2', 'HTTP/1.1 103 Early\r\n\r\n', 'HTTP/1.1 200 OK\r\nx: y']) {
      const to = await closeWhenUsedAgain((socket) => socket.end(begun))
      expect(await sendAgain(to, {})).toBeInstanceOf(TypeError)
      expect(heard).toHaveLength(1)
    }
  })

  test('nothing is sent a third time, and nothing again on a connection that was new', async ({ expect }) => {
    const to = await closeWhenUsedAgain((socket) => socket.end(), 0)
    expect(await sendAgain(to, {})).toBeInstanceOf(TypeError)
    expect(heard).toHaveLength(2)
    expect(await send(dial({ private: true }), to).catch((error: Error) => error)).toBeInstanceOf(TypeError)
    expect(heard).toHaveLength(3)
  })

  test('what is given up meanwhile is not sent again', async ({ expect }) => {
    const giveUp = new AbortController()
    const to = await closeWhenUsedAgain((socket) => {
      giveUp.abort()
      socket.end()
    })
    expect(await sendAgain(to, { signal: giveUp.signal })).toMatchObject({ name: 'AbortError' })
    expect(heard).toHaveLength(1)
  })
})

describe('a far side', () => {
  const IDLE_MS = 300

  /** What becomes of a fetch from a server that treats its connections like this. */
  async function from(talk: (socket: Socket) => void): Promise<unknown> {
    const raw = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      cleanUps.push(() => socket.destroy())
      socket.once('data', () => talk(socket))
    })
    await new Promise<void>((listening) => raw.listen(0, '127.0.0.1', listening))
    cleanUps.push(() => raw.close())
    const to = `http://127.0.0.1:${(raw.address() as AddressInfo).port}/`
    try {
      return await text(await send(dial({ private: true }, undefined, IDLE_MS), to))
    } catch (error) {
      return error
    }
  }

  /** Write this again and again until the connection goes. */
  const drip = (socket: Socket, bytes: string, ms: number): void => {
    const timer = setInterval(() => socket.write(bytes), ms)
    socket.on('close', () => clearInterval(timer))
    cleanUps.push(() => clearInterval(timer))
  }

  test('that never answers is given up', async ({ expect }) => {
    expect(await from(() => undefined)).toBeInstanceOf(TypeError)
  })

  test('whose head never ends is given up, however often it says something', async ({ expect }) => {
    expect(
      await from((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        drip(socket, 'x: y\r\n', 50)
      }),
    ).toBeInstanceOf(TypeError)
  })

  test('that sends interim answers for ever is given up', async ({ expect }) => {
    expect(await from((socket) => drip(socket, 'HTTP/1.1 103 Early\r\nlink: x\r\n\r\n', 5))).toBeInstanceOf(
      TypeError,
    )
    expect(await from((socket) => socket.write('HTTP/1.1 102 P\r\n\r\n'.repeat(100_000)))).toBeInstanceOf(
      TypeError,
    )
  })

  test('may send some', async ({ expect }) => {
    const interim = 'HTTP/1.1 103 Early\r\nlink: x\r\n\r\n'.repeat(8)
    expect(await from((socket) => socket.end(`${interim}HTTP/1.1 200 OK\r\n\r\nhere`))).toBe('here')
  })

  test('that changes the protocol is refused', async ({ expect }) => {
    const head = 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nbytes'
    expect(await from((socket) => socket.write(head))).toBeInstanceOf(TypeError)
  })

  test('with a head of a megabyte is refused', async ({ expect }) => {
    expect(
      await from((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1e6)}\r\n\r\n`)),
    ).toBeInstanceOf(TypeError)
    const many = Array.from({ length: 50_000 }, (_, i) => `x${i}: y\r\n`).join('')
    expect(await from((socket) => socket.write(`HTTP/1.1 200 OK\r\n${many}\r\n`))).toBeInstanceOf(TypeError)
  })

  test('that falls silent within the body is given up', async ({ expect }) => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx'
    expect(await from((socket) => socket.write(head))).toBeInstanceOf(TypeError)
  })

  test('that only takes its time is not', async ({ expect }) => {
    const slow = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n')
      drip(socket, 'x', 50)
    }
    expect(await from(slow)).toBe('x'.repeat(40))
  })

  test.for([
    ['with a length', 'content-length: 10\r\n\r\nx'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n5\r\nabc'],
    ['packed', `content-encoding: gzip\r\ncontent-length: 100\r\n\r\n\x1f\x8b`],
  ] as const)('that breaks off within a body %s is noticed', async ([, rest], { expect }) => {
    expect(await from((socket) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`, 'latin1'))).toBeInstanceOf(
      TypeError,
    )
  })

  test('that sends crumbs is heard in pieces', async ({ expect }) => {
    handler = (request, response) => {
      const crumbs = '1\r\nx\r\n'.repeat(100_000)
      request.socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${crumbs}0\r\n\r\n`)
      response.on('error', () => undefined)
    }
    const { body } = await send(dial({ private: true }), url)
    const pieces: number[] = []
    for await (const piece of body ?? []) pieces.push(piece.length)
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_000)
    expect(pieces.length).toBeLessThan(100)
  })

  test('that says gzip and sends something else is noticed', async ({ expect }) => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'
    expect(await from((socket) => socket.end(`${head}no gzip at all`))).toBeInstanceOf(TypeError)
    const bytes = gzipSync('x'.repeat(10_000))
    bytes[20] = 255 - (bytes[20] ?? 0)
    expect(await from((socket) => socket.end(Buffer.concat([Buffer.from(head), bytes])))).toBeInstanceOf(
      Error,
    )
  })

  test('that packed its answer many times over is refused', async ({ expect }) => {
    const codings = Array.from({ length: 20 }, () => 'gzip').join(', ')
    expect(
      await from((socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-encoding: ${codings}\r\n\r\nx`)),
    ).toBeInstanceOf(TypeError)
  })

  test.for([
    'content-length: 1\r\ncontent-length: 2',
    'transfer-encoding: chunked\r\ncontent-length: 5',
    'content-length: -1',
    'x\0: y',
    'x y: z',
  ])('with the malformed head %j is refused', async (fields, { expect }) => {
    expect(await from((socket) => socket.end(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\nhello`))).toBeInstanceOf(
      TypeError,
    )
  })
})
