/** What allow, deny and private let through, by name and by address. */
import { networkInterfaces } from 'node:os'
import { describe, test } from 'vitest'

import type { Machine } from './machine.ts'
import { EgressPolicy, type EgressSettings } from './policy.ts'
import { parseRule, toTarget } from './rule.ts'

/** Whether a fetch of the URL would reach the address that its name leads to. */
function reaches(settings: EgressSettings, url: string, address?: string, machine?: Machine): boolean {
  const policy = new EgressPolicy(settings, machine)
  const target = toTarget(new URL(url))
  return policy.admitsHost(target) && policy.admitsAddress(target, address ?? target.hostname)
}

const IP = '93.184.215.14'

describe('by default', () => {
  test('public addresses are reached, under any name', ({ expect }) => {
    expect(reaches({}, 'https://example.com/', IP)).toBe(true)
    expect(reaches({}, `http://${IP}:8080/`)).toBe(true)
    expect(reaches({}, 'http://[2606:4700::1111]/')).toBe(true)
  })

  test.for(['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', 'fd00:ec2::254', 'nonsense', 'fe80::1%eth0'])(
    'a name that leads to %s is not',
    (address, { expect }) => expect(reaches({}, 'https://example.com/', address)).toBe(false),
  )
})

describe('port 0', () => {
  test('is nowhere', ({ expect }) => {
    expect(reaches({ private: true }, 'http://127.0.0.1:0/')).toBe(false)
    expect(reaches({}, 'http://example.com:0/', IP)).toBe(false)
  })
})

describe('private', () => {
  test('opens what is not public, but nothing that is denied', ({ expect }) => {
    expect(reaches({ private: true }, 'http://localhost/', '127.0.0.1')).toBe(true)
    expect(reaches({ private: true }, 'http://[::1]/')).toBe(true)
    expect(reaches({ private: true, deny: ['169.254.0.0/16'] }, 'http://169.254.169.254/')).toBe(false)
    expect(reaches({ private: true, deny: ['169.254.0.0/16'] }, 'http://[::ffff:a9fe:a9fe]/')).toBe(false)
    expect(reaches({ private: true, deny: ['169.254.0.0/16'] }, 'http://[64:ff9b::a9fe:a9fe]/')).toBe(false)
    expect(reaches({ private: true, deny: ['169.254.0.0/16'] }, 'http://[2002:a9fe:a9fe::]/')).toBe(false)
    expect(reaches({ private: true, allow: ['a.test'] }, 'http://b.test/', '127.0.0.1')).toBe(false)
  })
})

describe('allow', () => {
  test('only what is listed is reached', ({ expect }) => {
    const settings = { allow: ['example.com', '*.example.org:443', IP] }
    expect(reaches(settings, 'http://example.com:81/', '1.1.1.1')).toBe(true)
    expect(reaches(settings, 'https://a.b.example.org/', '1.1.1.1')).toBe(true)
    expect(reaches(settings, 'http://a.example.org/', '1.1.1.1')).toBe(false)
    expect(reaches(settings, 'https://example.org/', '1.1.1.1')).toBe(false)
    expect(reaches(settings, 'https://notexample.org/', '1.1.1.1')).toBe(false)
    expect(reaches(settings, 'https://.example.org/', '1.1.1.1')).toBe(false)
    expect(reaches(settings, 'https://example.com.evil.test/', '1.1.1.1')).toBe(false)
    expect(reaches(settings, `http://${IP}/`)).toBe(true)
    expect(reaches(settings, 'http://1.1.1.1/')).toBe(false)
    expect(reaches(settings, 'http://other.test/', IP)).toBe(true)
    expect(reaches({ allow: [] }, 'http://example.com/', IP)).toBe(false)
  })

  test('a name opens no private address, a range does', ({ expect }) => {
    expect(reaches({ allow: ['localhost'] }, 'http://localhost/', '127.0.0.1')).toBe(false)
    expect(reaches({ allow: ['127.0.0.0/8'] }, 'http://localhost/', '127.0.0.1')).toBe(true)
    expect(reaches({ allow: ['127.0.0.0/8'] }, 'http://localhost/', '::1')).toBe(false)
    expect(reaches({ allow: ['[::1]:80'] }, 'http://[::1]/')).toBe(true)
    expect(reaches({ allow: ['[::1]:80'] }, 'http://[::1]:81/')).toBe(false)
    expect(reaches({ allow: ['127.0.0.1:80'] }, 'http://127.0.0.1:81/')).toBe(false)
    expect(reaches({ allow: ['10.0.0.0/8'] }, 'http://[::ffff:10.1.1.1]/')).toBe(true)
  })

  test('without a range a name that is not listed is not even looked up', ({ expect }) => {
    const target = toTarget(new URL('http://b.test/'))
    expect(new EgressPolicy({ allow: ['a.test'] }).admitsHost(target)).toBe(false)
    expect(new EgressPolicy({ allow: ['a.test', '10.0.0.0/8'] }).admitsHost(target)).toBe(true)
  })
})

describe('deny', () => {
  test('wins over allow and private', ({ expect }) => {
    expect(reaches({ allow: ['example.com'], deny: ['example.com'] }, 'http://example.com/', IP)).toBe(false)
    expect(reaches({ allow: [IP], deny: ['93.0.0.0/8'] }, `http://${IP}/`)).toBe(false)
    expect(reaches({ deny: ['93.0.0.0/8'] }, 'http://example.com/', IP)).toBe(false)
    expect(reaches({ deny: ['example.com:443'] }, 'http://example.com/', IP)).toBe(true)
    expect(reaches({ deny: ['example.com:443'] }, 'https://example.com/', IP)).toBe(false)
    expect(reaches({ deny: ['*.example.com'], private: true }, 'http://a.example.com/', IP)).toBe(false)
  })
})

/** Every address that leads to this machine, as a URL spells it. */
const OWN = [
  '127.0.0.1',
  '127.1.2.3',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:0.0.0.0]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b:1::127.0.0.1]',
  '[2002:7f00:1::]',
  ...Object.values(networkInterfaces()).flatMap((entries = []) =>
    entries.flatMap(({ address, family }) =>
      family === 'IPv6' ? [`[${address}]`] : [address, `[::ffff:${address}]`, `[64:ff9b::${address}]`],
    ),
  ),
]

const OPEN: EgressSettings[] = [
  { private: true },
  { allow: ['0.0.0.0/0', '::/0'] },
  { allow: ['0.0.0.0/0', '::/0', 'localhost', '127.0.0.1:3001'], private: true },
]

describe("the operator's port", () => {
  const machine = { operatorPort: 3001, tenantPort: 3000, allowLoopback: true }

  test.for(OWN)('is not reached at %s under any policy', (host, { expect }) => {
    const ip = host.replaceAll(/[[\]]/g, '')
    for (const settings of OPEN) {
      expect(reaches(settings, `http://${host}:3001/`, undefined, machine)).toBe(false)
      expect(reaches(settings, 'http://localhost:3001/', ip, machine)).toBe(false)
      // what closes it is the port
      expect(reaches(settings, `http://${host}:3002/`, undefined, machine)).toBe(true)
    }
  })

  test('of another machine is nobody here', ({ expect }) => {
    expect(reaches({}, `http://${IP}:3001/`, undefined, machine)).toBe(true)
    expect(reaches({ private: true }, 'http://10.255.254.253:3001/', undefined, machine)).toBe(true)
  })
})

describe("the apps' own port", () => {
  const machine = { tenantPort: 3000 }

  test.for(OWN)('is reached at %s only where that address has been opened', (host, { expect }) => {
    expect(reaches({}, `http://${host}:3000/`, undefined, machine)).toBe(false)
    for (const settings of OPEN)
      expect(reaches(settings, `http://${host}:3000/`, undefined, machine)).toBe(true)
  })

  test('is reached under a name that leads there, where the policy admits the address', ({ expect }) => {
    expect(reaches({}, 'http://a.test:3000/', '127.0.0.1', machine)).toBe(false)
    expect(reaches({ private: true }, 'http://a.test:3000/', '127.0.0.1', machine)).toBe(true)
  })
})

describe("a developer's machine", () => {
  const machine = { allowLoopback: true, operatorPort: 3001 }

  test('has its loopback open, whatever else is', ({ expect }) => {
    for (const settings of [{}, { allow: [] }, { allow: ['example.com'] }]) {
      for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]']) {
        expect(reaches(settings, `http://${host}:9000/`, undefined, machine)).toBe(true)
      }
      expect(reaches(settings, 'http://localhost:9000/', '127.0.0.1', machine)).toBe(true)
      expect(reaches(settings, 'http://localhost:9000/', '::1', machine)).toBe(true)
    }
  })

  test.for([
    '0.0.0.0',
    '10.0.0.1',
    '192.168.1.1',
    '172.17.0.1',
    '169.254.169.254',
    '[fd00::1]',
    '[fe80::1]',
    '[::]',
  ])('does not open %s', (host, { expect }) => {
    expect(reaches({}, `http://${host}/`, undefined, machine)).toBe(false)
    expect(reaches({}, 'http://a.test/', host.replaceAll(/[[\]]/g, ''), machine)).toBe(false)
  })

  test('keeps its lists', ({ expect }) => {
    expect(reaches({ deny: ['127.0.0.1:5432'] }, 'http://127.0.0.1:5432/', undefined, machine)).toBe(false)
    expect(reaches({ deny: ['localhost'] }, 'http://localhost/', '127.0.0.1', machine)).toBe(false)
    expect(reaches({ allow: ['example.com'] }, 'http://a.test/', IP, machine)).toBe(false)
    expect(reaches({ allow: ['example.com'] }, 'http://example.com/', IP, machine)).toBe(true)
  })
})

describe('one spelling', () => {
  test.for(['EXAMPLE.com', 'example.com.', 'exam%70le.com', 'ｅｘａｍｐｌｅ.com', 'example。com'])(
    '%s is example.com',
    (host, { expect }) => expect(reaches({ deny: ['example.COM.'] }, `http://${host}/`, IP)).toBe(false),
  )

  test('punycode and Unicode are one', ({ expect }) => {
    expect(reaches({ allow: ['bücher.example'] }, 'http://xn--bcher-kva.example/', IP)).toBe(true)
    expect(reaches({ allow: ['*.xn--bcher-kva.example'] }, 'http://www.BÜCHER.example/', IP)).toBe(true)
  })

  test('an odd spelling of an address in a list is that address', ({ expect }) => {
    expect(reaches({ allow: ['0x7f.1'] }, 'http://2130706433/')).toBe(true)
  })
})

describe('entries', () => {
  test.for([
    '',
    '*',
    '*.',
    '*.*',
    'a.*',
    '*.127.0.0.1',
    'http://a.test',
    'a.test/x',
    'a@b.test',
    'a b',
    'a.test:',
    'a.test:0',
    'a.test:65536',
    'a.test:80:80',
    '::1:80:x',
    '[::1',
    '10.0.0.0/8:80',
    '1.2.3.4/33',
    '.',
    'a%2fb',
  ])('%s is none', (text, { expect }) => {
    expect(parseRule(text)).toBeUndefined()
    expect(() => new EgressPolicy({ deny: [text] })).toThrow(TypeError)
  })
})
