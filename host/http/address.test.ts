/** What is public and what is not: the registries as a table, and all spellings of an address as one. */
import { assert, ipV4, ipV6, property, string } from 'fast-check'
import { describe, test } from 'vitest'

import { AddressSet, parseAddress, parseNetwork } from './address.ts'
import { isPublicAddress } from './public-address.ts'

const SPECIAL: [range: string, first: string, last: string][] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255'],
  ['shared', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['link-local', '169.254.0.0', '169.254.255.255'],
  ['private', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255'],
  ['documentation', '192.0.2.0', '192.0.2.255'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255'],
  ['private', '192.168.0.0', '192.168.255.255'],
  ['benchmarks', '198.18.0.0', '198.19.255.255'],
  ['documentation', '198.51.100.0', '198.51.100.255'],
  ['documentation', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved and broadcast', '240.0.0.0', '255.255.255.255'],
  ['the metadata service of one cloud', '168.63.129.16', '168.63.129.16'],
  ['unspecified and loopback', '::', '::1'],
  ['compatible with IPv4', '::127.0.0.1', '::8.8.8.8'],
  ['mapped loopback', '::ffff:127.0.0.1', '::ffff:7fff:ffff'],
  ['mapped private', '::ffff:10.0.0.0', '::ffff:10.255.255.255'],
  ['translated', '::ffff:0:8.8.8.8', '::ffff:0:127.0.0.1'],
  ['NAT64 of loopback', '64:ff9b::7f00:0', '64:ff9b::127.255.255.255'],
  ['NAT64 of the metadata service', '64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff'],
  ['protocol assignments and Teredo', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4 of loopback', '2002:7f00::', '2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4 of private', '2002:a00:1::', '2002:c0a8:101::1'],
  ['documentation', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['segment routing', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local, metadata', 'fd00:ec2::254', 'fd00:ec2::254'],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['a zone', 'fe80::1%eth0', '2606:4700::1%1'],
  ['no address', '', 'example.com'],
  ['no address', '127.1', '[2606:4700::1]'],
]

const PUBLIC = [
  '1.0.0.0',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.0.3.0',
  '192.88.98.255',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2000::',
  '2001:200::',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '3ffe::',
  '3fff:1000::',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
  '2a00:1450:4001::',
]

describe('public addresses', () => {
  test.for(SPECIAL)('%s, %s to %s, is not', ([, first, last], { expect }) => {
    expect([isPublicAddress(first), isPublicAddress(last)]).toEqual([false, false])
  })

  test('all others are', ({ expect }) => {
    expect(PUBLIC.filter((address) => !isPublicAddress(address))).toEqual([])
  })

  test('an IPv4 address in IPv6 clothes is no more public than it is bare', ({ expect }) => {
    assert(
      property(ipV4(), (ip) => {
        const [a, b, c, d] = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
        const isPublic = isPublicAddress(ip)
        const clothes = [
          `::ffff:${ip}`,
          `::ffff:${a}${b}:${c}${d}`,
          `64:ff9b::${ip}`,
          `2002:${a}${b}:${c}${d}::1`,
        ]
        expect(clothes.map((each) => isPublicAddress(each))).toEqual(clothes.map(() => isPublic))
        expect(isPublicAddress(`::${ip}`)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('every spelling of an IPv6 address is read as URL reads it', ({ expect }) => {
    assert(
      property(ipV6(), (ip) => {
        const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1)
        expect(parseAddress(ip)).toEqual(parseAddress(canonical))
        expect(parseAddress(ip.toUpperCase())).toEqual(parseAddress(canonical))
      }),
      { numRuns: 2000 },
    )
  })

  test('what is no address is not public, and throws nothing', ({ expect }) => {
    assert(
      property(string(), (text) => {
        expect(isPublicAddress(text)).toBe(parseAddress(text) !== undefined && isPublicAddress(text))
      }),
    )
  })
})

describe('ranges', () => {
  const within = (ip: string, range: string) => new AddressSet([parseNetwork(range)!]).has(parseAddress(ip)!)

  test('hold the addresses of their prefix', ({ expect }) => {
    expect(within('10.255.0.1', '10.0.0.0/8')).toBe(true)
    expect(within('11.0.0.0', '10.0.0.0/8')).toBe(false)
    expect(within('10.1.2.3', '10.9.9.9/8')).toBe(true)
    expect(within('::ffff:10.1.2.3', '10.0.0.0/8')).toBe(true)
    expect(within('fd00::1', 'fc00::/7')).toBe(true)
    expect(within('1.2.3.4', '0.0.0.0/0')).toBe(true)
    expect(within('::1', '0.0.0.0/0')).toBe(false)
    expect(within('1.2.3.4', '::/0')).toBe(false)
    expect(within('2001:db8:1ff:1::', '2001:db8:100::/41')).toBe(false)
    expect(within('2001:db8:17f:1::', '2001:db8:100::/41')).toBe(true)
    expect(within('1.2.3.4', '1.2.3.4')).toBe(true)
  })

  test.for([
    '',
    '/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/8.0',
    '10/8',
    '::/129',
  ])('%s is none', (text, { expect }) => expect(parseNetwork(text)).toBeUndefined())

  test('a mapped range is none, so that nobody reads its prefix wrongly', ({ expect }) => {
    expect(parseNetwork('::ffff:10.0.0.0/8')).toBeUndefined()
    expect(parseNetwork('::ffff:10.0.0.0/104')).toBeUndefined()
  })
})
