/** Tables of Host headers and request targets against the tenant and the URL that come of them. */

import { describe, it } from 'vitest'

import { parseTarget } from '../http/target.ts'
import { Router } from './router.ts'

describe('one host, however it is spelt', () => {
  const cases: [host: string, hostname: string, url: string][] = [
    ['a.com', 'a.com', 'http://a.com/p?q=1'],
    ['A.Com', 'a.com', 'http://a.com/p?q=1'],
    ['a.com:3000', 'a.com', 'http://a.com:3000/p?q=1'],
    ['a.com:80', 'a.com', 'http://a.com/p?q=1'],
    ['a.com:', 'a.com', 'http://a.com/p?q=1'],
    ['a.com.', 'a.com', 'http://a.com/p?q=1'],
    ['a.com.:8080', 'a.com', 'http://a.com:8080/p?q=1'],
    ['shop_1.localhost', 'shop_1.localhost', 'http://shop_1.localhost/p?q=1'],
    ['127.0.0.1:3000', '127.0.0.1', 'http://127.0.0.1:3000/p?q=1'],
    ['[::1]', '[::1]', 'http://[::1]/p?q=1'],
    ['[::1]:3000', '[::1]', 'http://[::1]:3000/p?q=1'],
    ['[0:0:0:0:0:0:0:1]:3000', '[::1]', 'http://[::1]:3000/p?q=1'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 'http://xn--bcher-kva.example/p?q=1'],
  ]
  for (const [host, hostname, url] of cases) {
    it(host, ({ expect }) => {
      expect(parseTarget(['Host', host], '/p?q=1')).toEqual({ hostname, url, scheme: 'http', path: '/p?q=1' })
    })
  }
})

describe('refused hosts', () => {
  const cases: [label: string, headers: string[]][] = [
    ['none', []],
    ['two, different', ['Host', 'a.com', 'host', 'b.com']],
    ['two, the same', ['Host', 'a.com', 'HOST', 'a.com']],
    ...[
      '',
      ' ',
      '.',
      '..',
      'a..com',
      '.a.com',
      'a.com..',
      'a.com, b.com',
      'a.com b.com',
      'u@a.com',
      'a.com/x',
      'a.com\\x',
      'a.com?x',
      'a.com#x',
      'a.com:x',
      'a.com:99999',
      'a.com:123456',
      'a:b:80',
      '::1',
      '[::1',
      '[]',
      '[::g]',
      '[::1]x',
      '[::1%25eth0]',
      'a_%2e.com',
      'b\u00fccher.example',
      'a\u0000.com',
      '-a.com',
      'a-.com',
      `${'a'.repeat(64)}.com`,
      `${'a.'.repeat(127)}com`,
      '*.com',
      '-',
      '_',
    ].map((host): [string, string[]] => [JSON.stringify(host), ['Host', host]]),
  ]
  for (const [label, headers] of cases) {
    it(label, ({ expect }) => {
      expect(parseTarget(headers, '/')).toBe('HOST_INVALID')
    })
  }
})

describe('request targets', () => {
  const cases: [target: string, outcome: string][] = [
    ['/', 'http://a.com/'],
    ['//evil/p', 'http://a.com//evil/p'],
    ['/a/../b', 'http://a.com/b'],
    ['/%2e%2e/%2f%00', 'http://a.com/%2f%00'],
    ['http://a.com/x?y', 'http://a.com/x?y'],
    ['HTTP://A.com:80', 'http://a.com/'],
    ['http://a.com?q', 'http://a.com/?q'],
    ['/x?y#z', 'http://a.com/x?y'],
    ['http://a.com#z', 'http://a.com/'],
    ['http://evil.com/x', 'HOST_INVALID'],
    ['http://a.com:81/x', 'HOST_INVALID'],
    ['http://a.com@evil.com/x', 'HOST_INVALID'],
    ['http://', 'HOST_INVALID'],
    ['*', 'REQUEST_INVALID'],
    ['a.com:80', 'REQUEST_INVALID'],
    ['ftp://a.com/', 'REQUEST_INVALID'],
    ['/a b', 'REQUEST_INVALID'],
    ['/\u00e9', 'REQUEST_INVALID'],
    ['', 'REQUEST_INVALID'],
  ]
  for (const [target, outcome] of cases) {
    it(target || 'empty', ({ expect }) => {
      const result = parseTarget(['Host', 'a.com'], target)
      expect(typeof result === 'string' ? result : result.url).toBe(outcome)
    })
  }
})

describe('router', () => {
  it('finds by canonical name and nothing else', ({ expect }) => {
    const router = new Router<number>()
    router.set('a.com', 1)
    router.set('b.com', 2)
    expect([router.find('a.com'), router.find('b.com'), router.find('c.com')]).toEqual([1, 2, undefined])
    expect(router.find('__proto__')).toBeUndefined()
  })

  it('finds no more what was taken away', ({ expect }) => {
    const router = new Router<number>()
    router.set('a.com', 1)
    router.delete('a.com')
    expect(router.find('a.com')).toBeUndefined()
    router.set('a.com', 2)
    expect(router.find('a.com')).toBe(2)
  })

  it('falls back only when told to, and as long as the app is there', ({ expect }) => {
    const router = new Router<number>()
    router.set('a.com', 2, true)
    expect(router.find('c.com')).toBe(2)
    router.delete('a.com')
    expect(router.find('c.com')).toBeUndefined()
  })

  it('never gives one host to two apps', ({ expect }) => {
    const router = new Router<number>()
    router.set('a.com', 1)
    expect(() => router.set('a.com', 2)).toThrow(/a\.com/)
  })
})
