/** The request that follows a redirect: method, body and headers, and what is no request at all. */
import { ReadableStream } from 'node:stream/web'
import { describe, test } from 'vitest'

import { type Hop, isRedirect, toNextHop } from './redirect.ts'

const BODY = new Uint8Array([1])
const HEADERS: [string, string][] = [
  ['Authorization', 'Bearer secret'],
  ['COOKIE', 'a=1'],
  ['Proxy-Authorization', 'Basic x'],
  ['content-type', 'text/plain'],
  ['Content-Language', 'en'],
  ['x-own', 'kept'],
]

const hop = (method: string, body?: Hop['body'], url = 'http://a.test:81/x/y?q#f'): Hop => ({
  url,
  method,
  headers: HEADERS,
  body,
})
const names = ({ headers }: Hop) => headers.map(([name]) => name.toLowerCase())

describe('a redirect', () => {
  test('is one of five statuses', ({ expect }) => {
    const all = Array.from({ length: 500 }, (_, i) => 100 + i)
    expect(all.filter((status) => isRedirect(status))).toEqual([301, 302, 303, 307, 308])
  })

  test.for([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'HEAD', 'HEAD'],
  ] as const)('%d after %s makes a %s', ([status, method, then], { expect }) => {
    const body = method === 'HEAD' ? undefined : BODY
    const next = toNextHop(hop(method, body), status, '/z')
    expect([next.url, next.method]).toEqual(['http://a.test:81/z', then])
    const isSame = method === then
    expect(next.body).toBe(isSame ? body : undefined)
    expect(names(next).includes('content-type')).toBe(isSame)
    expect(names(next).includes('content-language')).toBe(isSame)
  })

  test.for(['https://a.test:81/', 'http://a.test/', 'http://b.test:81/', '//www.a.test:81/'])(
    'to %s takes no secrets along',
    (location, { expect }) => {
      expect(names(toNextHop(hop('GET'), 302, location))).toEqual([
        'content-type',
        'content-language',
        'x-own',
      ])
    },
  )

  test.for(['', '?b', '/', '../..', 'HTTP://A.test:81/', '//a.test:81/z'])(
    'to "%s" stays at its origin and keeps them',
    (location, { expect }) =>
      expect(names(toNextHop(hop('GET'), 302, location))).toHaveLength(HEADERS.length),
  )

  test.for([
    'file:///etc/passwd',
    'data:,x',
    'ftp://a.test/',
    'blob:http://a.test/x',
    'ws://a.test/',
    'javascript:0',
    'http://[',
    'http://',
    'http://u@a.test/',
    'http://:p@a.test:81/',
    'http://a.test:99999/',
  ])('to %s is none', (location, { expect }) => {
    expect(() => toNextHop(hop('GET'), 302, location)).toThrow(TypeError)
  })

  test('does not send a stream twice', ({ expect }) => {
    const stream = new ReadableStream<Uint8Array>()
    for (const status of [301, 302, 307, 308]) {
      expect(() => toNextHop(hop('POST', stream), status, '/')).toThrow(/stream/)
    }
    expect(toNextHop(hop('POST', stream), 303, '/').body).toBeUndefined()
  })

  test('a location beyond ASCII is read as UTF-8', ({ expect }) => {
    const bytes = Buffer.from('/ü', 'utf8').toString('latin1')
    expect(toNextHop(hop('GET'), 302, bytes).url).toBe('http://a.test:81/%C3%BC')
  })
})
