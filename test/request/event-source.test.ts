/** `EventSource` as the standard has it, over an app's own fetches, through a component and real sockets. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const [CONNECTING, OPEN, CLOSED] = [0, 1, 2]
const STREAM = { 'content-type': 'Text/Event-Stream; charset=whatever' }

describe('an event source', () => {
  let server: Served
  let upstream: Upstream
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  let origin = ''

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => answer(request, response))
    origin = upstream.url
    server = await serve([
      { name: 'events', hostname: 'events.test', path: fixture('connections'), egress: { private: true } },
    ])
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  const ask = async (path: string, query: Record<string, string> = {}) => {
    const parameters = new URLSearchParams({ url: `${origin}/stream`, ...query })
    return (await server.send('events.test', `${path}?${parameters.toString()}`)).json<unknown>()
  }

  test('hears messages of all types as they come, and says where they are from', async ({ expect }) => {
    answer = (_, response) => {
      response.writeHead(200, STREAM)
      response.write('\u{feff}: hello\n\ndata: one\nid: 1\n\n')
      response.write('event: other\ndata: two\ndata: 2\n\nevent: unheard\ndata: no\n\ndata: thr')
      setImmediate(() => response.write('ee\r\n\r\n'))
    }
    expect(await ask('/events', { most: '4', type: 'other' })).toEqual([
      ['open', OPEN],
      ['message', 'one', '1', origin],
      ['other', 'two\n2', '1', origin],
      ['message', 'three', '1', origin],
    ])
  })

  test('connects again when the stream ends, after the time that it was told, with the last id', async ({
    expect,
  }) => {
    const heads: unknown[] = []
    answer = ({ headers }, response) => {
      heads.push([headers.accept, headers['cache-control'], headers['last-event-id']])
      response.writeHead(200, STREAM)
      response.end(heads.length === 1 ? 'retry: 1\nid: ü\ndata: a\n\ndata: lost' : 'data: b\n\n')
    }
    expect(await ask('/events', { most: '5' })).toEqual([
      ['open', OPEN],
      ['message', 'a', 'ü', origin],
      ['error', CONNECTING],
      ['open', OPEN],
      ['message', 'b', 'ü', origin],
    ])
    const id = Buffer.from('ü').toString('latin1')
    expect(heads.slice(0, 2)).toEqual([
      ['text/event-stream', 'no-cache', undefined],
      ['text/event-stream', 'no-cache', id],
    ])
  })

  test('connects again when the connection breaks', async ({ expect }) => {
    let requests = 0
    answer = (request, response) => {
      requests++
      response.writeHead(200, STREAM)
      if (requests > 1) response.end('data: back\n\n')
      else response.write('retry: 1\ndata: a\n\n', () => request.socket.destroy())
    }
    expect(await ask('/events', { most: '5' })).toEqual([
      ['open', OPEN],
      ['message', 'a', '', origin],
      ['error', CONNECTING],
      ['open', OPEN],
      ['message', 'back', '', origin],
    ])
  })

  test.for<[what: string, status: number, headers: Record<string, string>]>([
    ['another status', 500, STREAM],
    ['no content', 204, {}],
    ['another type', 200, { 'content-type': 'text/plain' }],
    ['a type that only begins so', 200, { 'content-type': 'text/event-stream-x' }],
    ['no type', 200, {}],
  ])('is closed by an answer with %s', async ([, status, headers], { expect }) => {
    answer = (_, response) => response.writeHead(status, headers).end(status === 204 ? '' : 'data: a\n\n')
    expect(await ask('/events', { most: '3' })).toEqual([['error', CLOSED]])
  })

  test('follows redirects, and messages are from where they led', async ({ expect }) => {
    answer = ({ url }, response) => {
      if (url === '/stream') response.writeHead(302, { location: '/other' }).end()
      else response.writeHead(200, STREAM).end('data: a\n\n')
    }
    const [, message] = (await ask('/events', { most: '2' })) as unknown[]
    expect(message).toEqual(['message', 'a', '', origin])
  })

  test('that is closed hears nothing, and its connection ends', async ({ expect }) => {
    let closed: Promise<void> | undefined
    answer = (_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve))
      response.writeHead(200, STREAM).write('data: a\n\ndata: b\n\n')
    }
    expect(await ask('/events/closed')).toEqual({ said: ['a'], states: [CLOSED, CLOSED] })
    await closed
  })

  test('of a stream that is there, or of a binding, which Workers add', async ({ expect }) => {
    expect(await ask('/events/from')).toEqual([
      ['open', OPEN],
      ['message', 'a', '1', ''],
      ['other', 'b', '1', ''],
      ['error', CLOSED],
    ])
    expect(await ask('/events/of-fetcher')).toEqual([
      [`${origin}/stream`, 'text/event-stream', 'no-store'],
      ['open', OPEN],
      ['message', 'own', '', origin],
    ])
  })

  test('is the interface of the standard', async ({ expect }) => {
    expect(await ask('/events/interface')).toEqual({
      names: ['SyntaxError', 'SyntaxError', 'SyntaxError'],
      source: {
        url: 'http://nobody.invalid/',
        withCredentials: false,
        readyState: CONNECTING,
        onopen: null,
        onmessage: null,
        onerror: null,
      },
      states: [CONNECTING, OPEN, CLOSED, CONNECTING, OPEN, CLOSED],
      text: '[object EventSource]',
    })
  })
})
