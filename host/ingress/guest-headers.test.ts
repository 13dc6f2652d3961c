/** What becomes of a request's headers, as the guest gets them, and of the scheme that a proxy names. */

import { describe, it } from 'vitest'

import { toScheme, toGuestHeaders, withTraceparent } from './guest-headers.ts'

const stranger = { address: '203.0.113.9', isTrusted: false, scheme: 'http' as const }
const proxy = { address: '10.0.0.7', isTrusted: true, scheme: 'http' as const }

const facts = {
  id: 'id',
  scheme: 'http',
  client: '203.0.113.9',
  protocol: 'HTTP/1.1',
  tls: undefined,
} as const
const CF = ':cf\n{"httpProtocol":"HTTP/1.1"}\n'
const CLIENT = 'x-real-ip\n203.0.113.9\ncf-connecting-ip\n203.0.113.9\n'

/** Name and value by turns, without what the host adds for a plain client. */
function toOwn(...rawHeaders: string[]): string[] {
  return toGuestHeaders(rawHeaders, stranger, facts).split('\n').slice(2, -13)
}

describe('headers of a request', () => {
  it('come in order, in lower case, as often as they were sent', ({ expect }) => {
    expect(toOwn('Host', 'a', 'X-B', '1', 'x-b', '2', 'X-Empty', '')).toEqual([
      'host',
      'a',
      'x-b',
      '1',
      'x-b',
      '2',
      'x-empty',
      '',
    ])
  })

  it('of the connection stay behind, with those that it names', ({ expect }) => {
    expect(
      toOwn('Connection', 'X-Own, close', 'X-Own', '1', 'TE', 'x', 'Upgrade', 'h2c', 'X-B', '2'),
    ).toEqual(['x-b', '2'])
  })

  it.for([
    'Host',
    'Content-Length',
    'content-type',
    'Authorization',
    'COOKIE',
    'Cache-Control',
    'If-None-Match',
    'Sec-Fetch-Site',
    'Accept',
    'CDN-Loop',
  ])('%s is for all, and no Connection header takes it away', (name, { expect }) => {
    const sent = ['Connection', `close, ${name}, X-Own`, name, 'a', 'X-Own', '1']
    expect(toOwn(...sent)).toEqual([name.toLowerCase(), 'a'])
  })

  it.for([
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-FORWARDED-PROTO',
    'X-Forwarded-Anything',
    'X-Real-IP',
    'CF-Connecting-IP',
    'cf-visitor',
    'True-Client-IP',
    'X-Request-ID',
    'traceparent',
    'TraceState',
  ])('%s is not taken from a stranger', (name, { expect }) => {
    expect(toOwn(name, '127.0.0.1', 'X-B', '1')).toEqual(['x-b', '1'])
  })

  it('tell who is at the other end', ({ expect }) => {
    expect(toGuestHeaders(['X-Forwarded-For', '127.0.0.1'], stranger, facts)).toBe(
      `${CF}x-forwarded-for\n203.0.113.9\nx-forwarded-proto\nhttp\nx-request-id\nid\n${CLIENT}cf-ray\nid\n`,
    )
  })

  it('tell what a trusted proxy says, and the proxy', ({ expect }) => {
    const sent = ['X-Forwarded-For', '1.1.1.1, 2.2.2.2', 'X-Forwarded-For', '3.3.3.3', 'X-Real-IP', '1.1.1.1']
    const proto = ['X-Forwarded-Proto', 'https']
    const cf = ['CF-Ray', 'ray', 'CF-IPCountry', 'DE', 'CF-Connecting-IP', '1.1.1.1']
    expect(toGuestHeaders([...sent, ...proto, ...cf], proxy, { ...facts, scheme: 'https' })).toBe(
      `${CF}cf-ipcountry\nDE\nx-forwarded-for\n1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.7\nx-forwarded-proto\nhttps\nx-request-id\nid\n${CLIENT}cf-ray\nray\n`,
    )
  })

  it('tell it although a Connection header names it', ({ expect }) => {
    const sent = ['Connection', 'x-forwarded-for, x-forwarded-proto', 'X-Forwarded-For', '1.1.1.1']
    expect(toGuestHeaders(sent, proxy, facts)).toContain('x-forwarded-for\n1.1.1.1, 10.0.0.7\n')
    const address = ['Connection', 'x-real-ip, cf-connecting-ip, cf-ray', 'X-Real-IP', '1.1.1.1']
    expect(toGuestHeaders(address, proxy, facts)).toContain(`${CLIENT}cf-ray\nid\n`)
  })
})

describe('the trace of a request that is traced', () => {
  const [trace, another] = ['a'.repeat(32), 'b'.repeat(32)]
  const context = { traceId: trace, spanId: '1'.repeat(16), isSampled: true }
  const own = `traceparent\n00-${trace}-${'1'.repeat(16)}-01\n`
  const given = (id: string): string => `x-a\n1\ntraceparent\n00-${id}-${'2'.repeat(16)}-00\n`

  it('takes the place of the one that came', ({ expect }) => {
    expect(withTraceparent('x-a\n1\n', context)).toBe(`x-a\n1\n${own}`)
    expect(withTraceparent(given(trace), context)).toBe(`x-a\n1\n${own}`)
  })

  it('keeps its state, and none of another', ({ expect }) => {
    const state = 'tracestate\na=1\n'
    expect(withTraceparent(given(trace) + state, context)).toBe(`x-a\n1\n${state}${own}`)
    expect(withTraceparent(given(another) + state, context)).toBe(`x-a\n1\n${own}`)
    expect(withTraceparent(`x-a\n1\n${state}`, context)).toBe(`x-a\n1\n${own}`)
  })
})

describe('the scheme', () => {
  const https = ['X-Forwarded-Proto', 'https']

  it('is what a trusted proxy says', ({ expect }) => {
    expect(toScheme(https, proxy)).toBe('https')
    expect(toScheme(['x-forwarded-proto', 'HTTPS'], proxy)).toBe('https')
    expect(toScheme(['X-Forwarded-Proto', 'http'], proxy)).toBe('http')
    expect(toScheme([], proxy)).toBe('http')
    // whose own connection is encrypted
    expect(toScheme([], { ...proxy, scheme: 'https' })).toBe('https')
    expect(toScheme(['X-Forwarded-Proto', 'http'], { ...proxy, scheme: 'https' })).toBe('http')
  })

  it('is http when a stranger says something, or a proxy several things', ({ expect }) => {
    expect(toScheme(https, stranger)).toBe('http')
    expect(toScheme(['X-Forwarded-Proto', 'http'], { ...stranger, scheme: 'https' })).toBe('https')
    expect(toScheme([...https, ...https], proxy)).toBe('http')
    expect(toScheme(['X-Forwarded-Proto', 'https, http'], proxy)).toBe('http')
    expect(toScheme(['X-Forwarded-Proto', 'file'], proxy)).toBe('http')
  })
})
