/** By which key clients are told apart, behind trusted proxies and without them. */

import { describe, it } from 'vitest'

import { TrustedProxies, toClientKey } from './trusted-proxies.ts'

describe('the key of an address', () => {
  it.for([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['unknown', 'unknown'],
  ])('%s is %s', ([address, key], { expect }) => {
    expect(toClientKey(address!)).toBe(key)
  })
})

describe('the client that a proxy speaks for', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', 'fd00::/8', 'no address'])
  const proxy = { key: '10.0.0.7', address: '10.0.0.7' }
  const toClient = (...values: string[]) =>
    proxies.toForwarded(
      values.flatMap((value) => ['X-Forwarded-For', value]),
      proxy,
    )
  const toKey = (...values: string[]): string => toClient(...values).key

  it('is the right-most address that is no trusted proxy', ({ expect }) => {
    expect(toKey('203.0.113.9')).toBe('203.0.113.9')
    expect(toKey('198.51.100.1, 203.0.113.9')).toBe('203.0.113.9')
    expect(toKey('198.51.100.1, 203.0.113.9, 10.0.0.8,fd00::1')).toBe('203.0.113.9')
    expect(toKey('198.51.100.1', '203.0.113.9', '10.0.0.8')).toBe('203.0.113.9')
    expect(toKey('::ffff:203.0.113.9')).toBe('203.0.113.9')
    expect(toKey('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64')
  })

  it('is the last proxy where nobody is named or nobody else', ({ expect }) => {
    expect(toKey()).toBe('10.0.0.7')
    expect(toKey('')).toBe('10.0.0.7')
    expect(toKey('10.0.0.9, 10.0.0.8')).toBe('10.0.0.9')
  })

  it('is never what stands to the left of something that is no address', ({ expect }) => {
    expect(toKey('203.0.113.9, unknown')).toBe('10.0.0.7')
    expect(toKey('203.0.113.9, 256.1.1.1, 10.0.0.8')).toBe('10.0.0.8')
    expect(toKey('203.0.113.9,')).toBe('10.0.0.7')
  })

  it('may be written with a port', ({ expect }) => {
    expect(toKey('203.0.113.9:1234')).toBe('203.0.113.9')
    expect(toKey('[2001:db8:1:2::1]:1234')).toBe('2001:db8:1:2::/64')
    expect(toKey('[2001:db8:1:2::1]')).toBe('2001:db8:1:2::/64')
  })

  it('has an address in its shortest spelling', ({ expect }) => {
    expect(toClient('203.0.113.9:1234').address).toBe('203.0.113.9')
    expect(toClient('[2001:0DB8:1:2:0:0::4]:1234').address).toBe('2001:db8:1:2::4')
    expect(toClient().address).toBe('10.0.0.7')
  })

  it('has the address that a proxy names alone only when there is no chain, and no key by it', ({
    expect,
  }) => {
    const said = ['CF-Connecting-IP', '198.51.100.1', 'X-Real-IP', '198.51.100.2']
    expect(proxies.toForwarded(said, proxy)).toEqual({ key: '10.0.0.7', address: '198.51.100.1' })
    expect(proxies.toForwarded(said.slice(2), proxy).address).toBe('198.51.100.2')
    expect(proxies.toForwarded([...said, 'X-Forwarded-For', '203.0.113.9'], proxy).address).toBe(
      '203.0.113.9',
    )
    expect(proxies.toForwarded(['CF-Connecting-IP', 'me'], proxy)).toEqual(proxy)
  })

  it('trusts nobody without entries', ({ expect }) => {
    expect(new TrustedProxies([]).has('10.0.0.7')).toBe(false)
    expect([proxies.has('10.0.0.7'), proxies.has('11.0.0.7'), proxies.has('unknown')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
