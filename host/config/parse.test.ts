/** The parser's answers and complaints, and its agreement with the published JSON Schema. */

import { readFileSync } from 'node:fs'

import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { DEFAULT_ADMIN, RANGES } from './config.ts'
import { CONNECTION_RULES, DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts'
import { DEFAULT_LIMITS, LIMIT_RULES, type LimitRule } from './limits.ts'
import { parseConfig, readConfig } from './parse.ts'

const root = new URL('../../', import.meta.url)

function toComplaint(text: string): string[] {
  try {
    parseConfig(text, '/etc/nano.json')
  } catch (error) {
    if (!(error instanceof NanoError) || error.code !== 'CONFIG_INVALID') throw error
    return error.message.split('\n')
  }
  return []
}

describe('a good configuration', () => {
  it('takes comments and trailing commas, fills in defaults, resolves paths beside the file', ({
    expect,
  }) => {
    const config = parseConfig(
      `{ // the port
        "port": 0, /* any */ "shards": 2, "keep_alive_ms": 75000, "trusted_proxies": ["10.0.0.0/8", "::1"],
        "defaults": { "timeout_ms": 100, "recycle_requests": 9, },
        "apps": [
          { "name": "A.localhost", "path": "./a.ts", "allow_read": ["../shared", "/x"] },
          { "name": "b", "hostname": "[0::1]", "path": "/x/b.wasm", "env": { "K": "" }, "memory_mb": 512, "cpu_ms": 50, "timeout_ms": 7 },
        ],
      }`,
      '/etc/nano.json',
    )
    expect(config).toEqual({
      file: '/etc/nano.json',
      port: 0,
      host: '127.0.0.1',
      shards: 2,
      connectionLimits: { ...DEFAULT_CONNECTION_LIMITS, keepAliveMs: 75_000 },
      trustedProxies: ['10.0.0.0/8', '::1'],
      apps: [
        {
          name: 'A.localhost',
          hostname: 'a.localhost',
          path: '/etc/a.ts',
          allowRead: ['/shared', '/x'],
          env: {},
          limits: { ...DEFAULT_LIMITS, timeoutMs: 100, recycleRequests: 9 },
        },
        {
          name: 'b',
          hostname: '[::1]',
          path: '/x/b.wasm',
          env: { K: { type: 'text', value: '' } },
          limits: { ...DEFAULT_LIMITS, timeoutMs: 7, memoryMb: 512, cpuMs: 50, recycleRequests: 9 },
        },
      ],
    })
  })
})

describe('egress', () => {
  it('comes from the defaults, key by key', ({ expect }) => {
    const { apps } = parseConfig(
      `{
        "defaults": { "egress": { "deny": ["*.example.com:443", "10.0.0.0/8"], "private": true } },
        "apps": [
          { "name": "a", "path": "a" },
          { "name": "b", "path": "b", "egress": { "private": false, "allow": [] } },
          { "name": "c", "path": "c", "egress": { "deny": ["[::1]"] } },
        ],
      }`,
      '/etc/nano.json',
    )
    const deny = ['*.example.com:443', '10.0.0.0/8']
    expect(apps.map((app) => app.egress)).toEqual([
      { deny, private: true },
      { allow: [], deny, private: false },
      { deny: ['[::1]'], private: true },
    ])
  })

  it('is not there when nobody says anything', ({ expect }) => {
    const { apps } = parseConfig('{ "apps": [{ "name": "a", "path": "a" }] }', '/etc/nano.json')
    expect(apps[0]).not.toHaveProperty('egress')
  })
})

describe('admin', () => {
  const read = (text: string) =>
    parseConfig(`{ "admin": ${text}, "apps": [{ "name": "a", "path": "a" }] }`, '/etc/nano.json').admin

  it('is off, or somewhere', ({ expect }) => {
    expect(read('false')).toBe(false)
    expect(read('{}')).toEqual({ host: '127.0.0.1', port: 3001 })
    expect(read('{ "host": "::1", "port": 0 }')).toEqual({ host: '::1', port: 0 })
  })

  it('is nothing else', ({ expect }) => {
    const complain = (text: string) =>
      toComplaint(`{ "admin": ${text}, "apps": [{ "name": "a", "path": "a" }] }`)
    expect(complain('true')[0]).toMatch(/admin: wanted an object, came true/)
    expect(complain('{ "port": 65536, "hots": "a" }').join()).toMatch(
      /admin\.port: .* 65536.*did you mean "host"/,
    )
  })
})

describe('complaints', () => {
  const app = '{ "name": "a", "path": "a.ts" }'
  const cases: [label: string, text: string, complaints: RegExp[]][] = [
    [
      'an unknown key, with a suggestion',
      `{\n  "prot": 1,\n  "apps": [${app}] }`,
      [/^\/etc\/nano\.json:2:3: .*"prot"; did you mean "port"\?/],
    ],
    [
      'an unknown key that is near to none',
      `{ "zzzzzzz": 1, "apps": [${app}] }`,
      [/known are \$schema, port/],
    ],
    [
      'an unknown key of an app',
      '{ "apps": [{ "name": "a", "path": "a", "host_name": "a" }] }',
      [/apps\[0\].*did you mean "hostname"/],
    ],
    [
      'a camel case limit',
      '{ "apps": [{ "name": "a", "path": "a", "timeoutMs": 1 }] }',
      [/did you mean "timeout_ms"/],
    ],
    [
      'wrong types, all at once',
      '{ "port": "80", "host": 1, "defaults": [], "apps": {} }',
      [
        /:1:11: port: wanted a whole number from 0 to 65535, came "80"/,
        /host: wanted a text/,
        /defaults: wanted an object, came a list/,
        /apps: wanted a list/,
      ],
    ],
    ['bad ports', `{ "port": 65536, "apps": [${app}] }`, [/came 65536/]],
    ['a fraction', `{ "port": 1.5, "apps": [${app}] }`, [/came 1.5/]],
    [
      'engines that are no hashes',
      `{ "engines": ["abc", 5, "${'A'.repeat(64)}"], "apps": [${app}] }`,
      [
        /engines\[0\]: wanted a hash .* came "abc"/,
        /engines\[1\]: wanted a text/,
        /engines\[2\]: wanted a hash/,
      ],
    ],
    [
      'proxies that are no addresses',
      `{ "trusted_proxies": ["proxy.example", "10.0.0.0/33", 1], "apps": [${app}] }`,
      [
        /trusted_proxies\[0\]: wanted an address or a range .* came "proxy.example"/,
        /trusted_proxies\[1\]: wanted an address or a range/,
        /trusted_proxies\[2\]: wanted a text/,
      ],
    ],
    ['no apps', '{ }', [/"apps" is missing/]],
    ['empty apps', '{ "apps": [] }', [/at least one app, came none/]],
    ['an app without name and path', '{ "apps": [{}] }', [/"name" is missing/, /"path" is missing/]],
    [
      'little memory, and why',
      '{ "apps": [{ "name": "a", "path": "a", "memory_mb": 64 }] }',
      [/from 128 to 4096, came 64 \(below 128 the engine/],
    ],
    [
      'one host name twice',
      '{ "apps": [{ "name": "a", "path": "a" }, { "name": "b", "hostname": "A.", "path": "b" }] }',
      [/:1:69: apps\[1\]\.hostname: "a" is already taken by apps\[0\]/],
    ],
    [
      'a host name with a port',
      '{ "apps": [{ "name": "a", "hostname": "a:80", "path": "a" }] }',
      [/wanted a host name without port, came "a:80"/],
    ],
    [
      'env that is not text',
      '{ "apps": [{ "name": "a", "path": "a", "env": { "N": 1 } }] }',
      [/env\.N: wanted a text in quotes, came number/],
    ],
    [
      '__proto__',
      '{ "__proto__": {}, "apps": [{ "name": "a", "path": "a", "env": { "__proto__": "x" } }] }',
      [/__proto__/, /env: "__proto__"/],
    ],
    [
      'egress that the policy could not read',
      '{ "defaults": { "egress": true }, "apps": [{ "name": "a", "path": "a", "egress": { "alow": [], "deny": ["http://a", ""], "allow": "a", "private": "no" } }] }',
      [
        /defaults\.egress: wanted an object, came true/,
        /egress: unknown key "alow"; did you mean "allow"\?/,
        /apps\[0\]\.egress\.deny\[0\]: wanted a host name .* came "http:\/\/a"/,
        /egress\.deny\[1\]: wanted a text/,
        /egress\.allow: wanted a list/,
        /egress\.private: wanted true or false, came "no"/,
      ],
    ],
    ['a key twice', '{ "apps": [{ "name": "a", "name": "b", "path": "a" }] }', [/"name" is given twice/]],
    ['a byte order mark', `\uFEFF{ "apps": [${app}] }`, [/:1:1: starts with a byte order mark/]],
    ['an empty file', '', [/:1:1: /]],
    ['not an object', '[]', [/the configuration: wanted an object, came a list/]],
  ]
  for (const [label, text, complaints] of cases) {
    it(label, ({ expect }) => {
      const lines = toComplaint(text)
      expect(lines).toHaveLength(complaints.length)
      for (const [index, complaint] of complaints.entries()) expect(lines[index]).toMatch(complaint)
    })
  }

  it('a syntax error, with its place', ({ expect }) => {
    expect(toComplaint('{\n  "port": 1\n  "apps": [] }')[0]).toMatch(/^\/etc\/nano\.json:3:3: comma expected/)
  })

  it('a missing file and one that is not text', ({ expect }) => {
    expect(() => readConfig('/nowhere/nano.json')).toThrow(/there is no such file/)
    expect(() => readConfig(process.execPath)).toThrow(/not UTF-8/)
  })
})

describe('the published schema', () => {
  const schema = JSON.parse(readFileSync(new URL('nano.schema.json', root), 'utf8'))

  it('knows the keys that the parser knows', ({ expect }) => {
    const toKnown = (complaint: string | undefined) => complaint?.split('known are ')[1]?.split(', ')
    const top = toComplaint('{ "zzzzzzzzz": 1, "apps": [{ "name": "a", "path": "a", "zzzzzzzzz": 1 }] }')
    expect(toKnown(top[0])).toEqual(Object.keys(schema.properties))
    expect(toKnown(top[1])).toEqual(Object.keys(schema.definitions.app.properties))
    const defaults = toComplaint('{ "defaults": { "zzzzzzzzz": 1 }, "apps": [{ "name": "a", "path": "a" }] }')
    expect(toKnown(defaults[0])).toEqual(Object.keys(schema.properties.defaults.properties))
    const admin = toComplaint('{ "admin": { "zzzzzzzzz": 1 }, "apps": [{ "name": "a", "path": "a" }] }')
    expect(toKnown(admin[0])).toEqual(Object.keys(schema.definitions.admin.properties))
    const egress = toComplaint('{ "apps": [{ "name": "a", "path": "a", "egress": { "zzzzzzzzz": 1 } }] }')
    expect(toKnown(egress[0])).toEqual(Object.keys(schema.definitions.egress.properties))
  })

  it('has the ranges that the parser has', ({ expect }) => {
    for (const [key, range] of Object.entries(RANGES)) {
      const rule = schema.definitions[key] ?? schema.properties[key]
      expect([rule.minimum, rule.maximum]).toEqual(range)
    }
    const { host, port } = schema.definitions.admin.properties
    expect([port.minimum, port.maximum]).toEqual(RANGES.port)
    expect({ host: host.default, port: port.default }).toEqual(DEFAULT_ADMIN)
    for (const { key, range, initial } of Object.values<LimitRule>(LIMIT_RULES)) {
      const rule = schema.definitions[key]
      expect([rule.minimum, rule.maximum, rule.default]).toEqual([...range, initial])
    }
    for (const { key, range, initial } of Object.values<LimitRule>(CONNECTION_RULES)) {
      const rule = schema.properties[key]
      expect([rule.minimum, rule.maximum, rule.default]).toEqual([...range, initial])
    }
  })

  it('is named by the example configuration, which the parser takes', ({ expect }) => {
    const file = new URL('apps/nano.json', root)
    expect(readConfig(file.pathname).apps.length).toBeGreaterThan(0)
    expect(readFileSync(file, 'utf8')).toContain('nano.schema.json')
  })
})

describe('docs/limits.md', () => {
  const text = readFileSync(new URL('docs/limits.md', root), 'utf8')

  it('has each limit with its default', ({ expect }) => {
    const rows = Array.from(text.matchAll(/^\| `([a-z_]+)` +\| (\S+)/gm), ([, key, initial]) => [
      key,
      initial,
    ])
    const rules = [...Object.values<LimitRule>(LIMIT_RULES), ...Object.values<LimitRule>(CONNECTION_RULES)]
    expect(rows.map(([key]) => key)).toEqual(rules.map(({ key }) => key))
    for (const [i, { initial }] of rules.entries()) {
      if (initial !== undefined) expect(rows[i]).toEqual([rules[i]!.key, String(initial)])
    }
  })
})
