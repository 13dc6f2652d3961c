/** What of an app's head goes out, and what the host says in its place. */
import { describe, test } from 'vitest'

import { parseOutboundHead, toAnswerHeaders, toUnpackBytes } from './outbound-head.ts'

const read = (...fields: string[]) =>
  parseOutboundHead(Buffer.from(['GET', 'http://a.test/', ...fields, ''].join('\n')))?.headers
const accept = (...fields: string[]) => new Map(read(...fields)).get('accept-encoding')

describe('a head that goes out', () => {
  test.for([
    'Host',
    'Connection',
    'Keep-Alive',
    'Transfer-Encoding',
    'Content-Length',
    'Proxy-Authorization',
    'Proxy-Authenticate',
    'Proxy-Connection',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'X-Forwarded-For',
    'X-FORWARDED-host',
    'x-forwarded-proto',
    'x-forwarded',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'CDN-Loop',
  ])('holds no %s of the app', (name, { expect }) => {
    expect(read(name, 'x', 'x-own', 'kept')).toEqual([
      ['x-own', 'kept'],
      ['accept-encoding', 'gzip, deflate'],
    ])
  })

  test.for([
    'x-forwarder',
    'forwarded-x',
    'via',
    'cf-access-client-id',
    'cookie',
    'authorization',
    'origin',
    'user-agent',
  ])('holds the %s of the app', (name, { expect }) => expect(new Map(read(name, 'x')).get(name)).toBe('x'))

  test('asks for codings that the host can take off at little cost', ({ expect }) => {
    expect(accept()).toBe('gzip, deflate')
    expect(accept('Accept-Encoding', 'br, gzip;q=0.5, zstd, DEFLATE')).toBe('gzip;q=0.5, DEFLATE')
    expect(accept('accept-encoding', 'br')).toBe('identity')
    expect(accept('accept-encoding', '*')).toBe('identity')
    expect(accept('accept-encoding', 'identity')).toBe('identity')
    expect(accept('Range', 'bytes=0-1')).toBe('identity')
  })

  test.for(['file:///x', 'ws://a.test/', 'http://u@a.test/', 'http://:p@a.test/', '/x', ''])(
    'with the URL "%s" is none',
    (url, { expect }) => expect(parseOutboundHead(Buffer.from(`GET\n${url}\n`))).toBeUndefined(),
  )

  test('has no more headers than the host can afford', ({ expect }) => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => [`x-${i}`, '']).flat()
    expect(read(...fields(500))?.length).toBe(501)
    expect(read(...fields(501))).toBeUndefined()
  })
})

describe('an answer', () => {
  test('says nothing of codings that have been taken off', ({ expect }) => {
    const headers: [string, string][] = [
      ['content-encoding', 'gzip'],
      ['content-length', '5'],
      ['x-own', 'kept'],
    ]
    expect(toAnswerHeaders(headers, true)).toBe('x-own\nkept\n')
    expect(toAnswerHeaders(headers, false)).toBe('content-encoding\ngzip\ncontent-length\n5\nx-own\nkept\n')
  })

  test('costs what its codings may need', ({ expect }) => {
    const cost = (value: string) => toUnpackBytes([['content-encoding', value]])
    expect(toUnpackBytes([['x', 'br']])).toBe(0)
    expect(cost('gzip')).toBe(32 * 1024)
    expect(cost('BR')).toBe(16 * 1024 * 1024)
    expect(cost('gzip, br ,zstd')).toBe(32 * 1024 + 24 * 1024 * 1024)
    expect(cost('unknown')).toBe(0)
  })
})
