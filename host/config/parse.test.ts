/** The parser's answers and complaints, and the published JSON Schema. */

import { readFileSync } from 'node:fs'

import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { toSchema } from '../../nano.schema.ts'
import { CONNECTION_RULES, DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts'
import { toJson } from './env.ts'
import { DEFAULT_LIMITS, LIMIT_RULES } from './limits.ts'
import { toKey } from './number-rule.ts'
import type { NumberRule } from './number-rule.ts'
import { parseSettings } from './parse-settings.ts'
import { parseConfig, readConfig } from './parse.ts'
import { toResource } from './resource.ts'

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
          { "name": "b", "hostname": "[0::1]", "path": "/x/b.wasm", "env": { "K": "", "N": [1, { "a": null }] }, "memory_mb": 512, "cpu_ms": 50, "timeout_ms": 7 },
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
      defaults: { limits: { ...DEFAULT_LIMITS, timeoutMs: 100, recycleRequests: 9 } },
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
          env: {
            K: { type: 'text', value: '' },
            N: { type: 'json', value: '[1,{"a":null}]' },
          },
          limits: { ...DEFAULT_LIMITS, timeoutMs: 7, memoryMb: 512, cpuMs: 50, recycleRequests: 9 },
        },
      ],
    })
  })
})

describe('apps that are deployed', () => {
  it('need none in the file, and have a directory beside it', ({ expect }) => {
    const config = parseConfig('{ "data_dir": "data", "admin": { "tokens_file": "t" } }', '/etc/nano.json')
    expect(config).toMatchObject({
      apps: [],
      dataDirectory: '/etc/data',
      admin: { host: '127.0.0.1', port: 3001, tokensFile: '/etc/t' },
    })
  })

  it('have settings like those of the file, and its defaults', ({ expect }) => {
    const { defaults } = parseConfig(
      '{ "defaults": { "cpu_ms": 50, "egress": { "deny": ["a.test"] } } }',
      '/etc/nano.json',
    )
    const settings = { env: { A: 'b' }, timeout_ms: 7, egress: { private: true } }
    expect(parseSettings({ name: 'a', hostname: 'A.test.', settings }, defaults)).toEqual({
      name: 'a',
      hostname: 'a.test',
      path: '',
      env: { A: { type: 'text', value: 'b' } },
      limits: { ...DEFAULT_LIMITS, cpuMs: 50, timeoutMs: 7 },
      egress: { deny: ['a.test'], private: true },
    })
  })

  it.for([
    ['settings that are none', { settings: [] }, /^expected an object, got a list$/],
    ['a name that is none', { name: '../x' }, /^name: expected letters, .*, got "..\/x"$/],
    [
      'a host name that is none',
      { hostname: 'a:1' },
      /^hostname: expected a host name without port, got "a:1"$/,
    ],
    ['another key', { settings: { path: 'x' } }, /^unknown key "path"/],
    ['a rule that is none', { settings: { egress: { deny: ['*'] } } }, /^egress\.deny\[0\]: expected a host/],
  ] as const)('refused: %s', ([, more, complaint], { expect }) => {
    const given = { name: 'a', hostname: 'a', settings: {}, ...more }
    expect(() => parseSettings(given)).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringMatching(complaint) }),
    )
  })
})

describe('Durable Objects', () => {
  it('are members of env that lead to classes, of other apps where the operator says so', ({ expect }) => {
    const app = {
      name: 'a',
      path: 'a',
      durable_objects: {
        bindings: [
          { name: 'ROOM', class_name: 'Room' },
          { name: 'OTHER', class_name: 'Room', script_name: 'b' },
        ],
      },
      migrations: [{ tag: 'v2', renamed_classes: [{ from: 'Chat', to: 'Room' }] }],
    }
    const toMember = (owner: string, resource: object) => ({
      type: 'binding',
      kind: 'durable',
      settings: '{}',
      resource: { ...resource, callee: { app: owner, entrypoint: 'Room' } },
    })
    const [config] = parseConfig(JSON.stringify({ apps: [app] }), '/etc/nano.json').apps
    expect(config!.env).toEqual({
      ROOM: toMember('a', toResource('durable', 'a', 'Chat')),
      OTHER: toMember('b', { ...toResource('durable', 'b', 'Room'), isShared: true }),
    })
    expect(config!.dataNames).toEqual({ Room: 'Chat', Chat: 'Chat@v2' })
    const settings = { durable_objects: app.durable_objects }
    expect(() => parseSettings({ name: 'a', hostname: 'a', settings })).toThrow('unknown key "script_name"')
    expect(toComplaint(JSON.stringify({ apps: [{ ...app, kv_namespaces: [{ binding: 'ROOM' }] }] }))).toEqual(
      [expect.stringMatching(/name: expected a name that nothing else in the env of the app has/)],
    )
  })
})

describe('env', () => {
  it('comes to the guest as the values that the file has', ({ expect }) => {
    const env = { TEXT: '"', LIST: [1, 'a', null], NESTED: { a: { b: false } }, constructor: 'x', '': 0 }
    const text = JSON.stringify({ apps: [{ name: 'a', path: 'a', env }] })
    expect(JSON.parse(toJson(parseConfig(text, '/etc/nano.json').apps[0]!.env))).toEqual(env)
  })

  it('has room for ninety levels', ({ expect }) => {
    const value = '['.repeat(90) + ']'.repeat(90)
    const text = `{ "apps": [{ "name": "a", "path": "a", "env": { "A": ${value} } }] }`
    expect(parseConfig(text, '/etc/nano.json').apps[0]!.env).toEqual({ A: { type: 'json', value } })
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

describe('tls', () => {
  const parse = (text: string) => parseConfig(`{ "tls": ${text} }`, '/etc/nano.json').tls

  it('is one pair of files or several, relative to the file', ({ expect }) => {
    const pair = { cert: '/etc/a.pem', key: '/keys/a' }
    expect(parse('{ "cert": "a.pem", "key": "/keys/a" }')).toEqual([pair])
    expect(parse('[{ "cert": "a.pem", "key": "/keys/a" }, { "cert": "b", "key": "c" }]')).toEqual([
      pair,
      { cert: '/etc/b', key: '/etc/c' },
    ])
  })

  it.for([
    ['true', /tls: expected an object/],
    ['[]', /tls: expected /],
    ['{ "cert": "a" }', /"key" is missing/],
    ['[{ "cert": "a" }]', /tls\[0\]: "key" is missing/],
    ['[1]', /tls\[0\]: expected an object, got 1/],
    ['{ "cert": "a", "key": "b", "ca": "c" }', /unknown key "ca"/],
  ] as const)('%s is refused', ([text, reason], { expect }) => {
    expect(() => parse(text)).toThrow(reason)
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
    expect(complain('true')[0]).toMatch(/admin: expected an object, got true/)
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
        /:1:11: port: expected a whole number from 0 to 65535, got "80"/,
        /host: expected a text/,
        /defaults: expected an object, got a list/,
        /apps: expected a list/,
      ],
    ],
    ['bad ports', `{ "port": 65536, "apps": [${app}] }`, [/got 65536/]],
    ['a fraction', `{ "port": 1.5, "apps": [${app}] }`, [/got 1.5/]],
    [
      'engines that are no hashes',
      `{ "engines": ["abc", 5, "${'A'.repeat(64)}"], "apps": [${app}] }`,
      [
        /engines\[0\]: expected a hash .* got "abc"/,
        /engines\[1\]: expected a hash .* got 5/,
        /engines\[2\]: expected a hash/,
      ],
    ],
    [
      'proxies that are no addresses',
      `{ "trusted_proxies": ["proxy.example", "10.0.0.0/33", 1], "apps": [${app}] }`,
      [
        /trusted_proxies\[0\]: expected an address or a range .* got "proxy.example"/,
        /trusted_proxies\[1\]: expected an address or a range/,
        /trusted_proxies\[2\]: expected an address .* got 1/,
      ],
    ],
    ['an app without name and path', '{ "apps": [{}] }', [/"name" is missing/, /"path" is missing/]],
    [
      'little memory, and why',
      '{ "apps": [{ "name": "a", "path": "a", "memory_mb": 64 }] }',
      [/from 128 to 4096, got 64 \(below 128 the engine/],
    ],
    [
      'one host name twice',
      '{ "apps": [{ "name": "a", "path": "a" }, { "name": "b", "hostname": "A.", "path": "b" }] }',
      [/:1:69: apps\[1\]\.hostname: "a" is already taken by apps\[0\]/],
    ],
    [
      'a host name with a port',
      '{ "apps": [{ "name": "a", "hostname": "a:80", "path": "a" }] }',
      [/expected a host name without port, got "a:80"/],
    ],
    [
      'env that is no object',
      '{ "apps": [{ "name": "a", "path": "a", "env": "N=1" }, { "name": "b", "path": "b", "env": [] }] }',
      [/apps\[0\]\.env: expected an object, got "N=1"/, /apps\[1\]\.env: expected an object, got a list/],
    ],
    [
      'a key twice within a value of env, and a number that is too large',
      '{ "apps": [{ "name": "a", "path": "a", "env": { "A": { "k": 1, "k": 2 }, "B": [1e999], "A": 1 } }] }',
      [
        /:1:64: apps\[0\]\.env\.A: the key "k" is given twice/,
        /apps\[0\]\.env\.B\[0\]: expected a number of at most/,
        /apps\[0\]\.env: the key "A" is given twice/,
      ],
    ],
    [
      'the name of an earlier release',
      `{ "dev": true, "apps": [${app}] }`,
      [/:1:3: the configuration: "dev" is called "allow_loopback" now/],
    ],
    [
      'keys that every object of JavaScript has',
      `{ "constructor": 1, "toString": 2, "apps": [${app}] }`,
      [/unknown key "constructor"/, /unknown key "toString"/],
    ],
    [
      'several unknown keys, and what is wrong beside them',
      '{ "prot": 1, "zzzzzzz": 1, "apps": [{ "name": "a" }, { "name": "A", "path": "b", "memory_mb": "x" }] }',
      [
        /"prot"/,
        /"zzzzzzz"/,
        /:1:37: apps\[0\]: "path" is missing/,
        /apps\[1\]\.name: "a" is already taken by apps\[0\]/,
        /"a" is already taken by apps\[0\]/,
        /apps\[1\]\.memory_mb: expected a whole number .* got "x"/,
      ],
    ],
    [
      'a name that is no host name, without one beside it',
      '{ "apps": [{ "name": "a..b", "path": "a" }, { "name": "c..d", "hostname": "c", "path": "c" }] }',
      [/:1:22: apps\[0\]\.name: expected a "hostname" beside it/],
    ],
    [
      'more levels than anything needs',
      `{ "apps": [{ "name": "a", "path": "a", "env": { "A": ${'['.repeat(100_000)}${']'.repeat(100_000)} } }] }`,
      [/:1:\d+: expected at most 100 levels of \{ \} and \[ \], got more/],
    ],
    [
      '__proto__',
      '{ "__proto__": {}, "apps": [{ "name": "a", "path": "a", "env": { "__proto__": "x", "A": { "__proto__": 1 } } }] }',
      [/__proto__/, /env: "__proto__" is not allowed/, /env\.A: "__proto__" is not allowed/],
    ],
    [
      'egress that the policy could not read',
      '{ "defaults": { "egress": true }, "apps": [{ "name": "a", "path": "a", "egress": { "alow": [], "deny": ["http://a", ""], "allow": "a", "private": "no" } }] }',
      [
        /defaults\.egress: expected an object, got true/,
        /egress: unknown key "alow"; did you mean "allow"\?/,
        /apps\[0\]\.egress\.deny\[0\]: expected a host name .* got "http:\/\/a"/,
        /egress\.deny\[1\]: expected a host name .* got ""/,
        /egress\.allow: expected a list/,
        /egress\.private: expected true or false, got "no"/,
      ],
    ],
    [
      'bindings that have one name, or a name that none may have',
      '{ "apps": [{ "name": "a", "path": "a", "env": { "A": 1 }, "kv_namespaces": [{ "binding": "A" }, { "binding": "B" }, { "binding": "B" }, { "binding": "1" }, { "id": "x" }, { "binding": "C", "id": "\\u0000" }] }] }',
      [
        /kv_namespaces\[3\]\.binding: expected letters, digits, "_" and "\$", not first a digit, got "1"/,
        /kv_namespaces\[4\]: "binding" is missing/,
        /kv_namespaces\[5\]\.id: expected at most 128 characters/,
      ],
    ],
    [
      'bindings that have one name',
      '{ "apps": [{ "name": "a", "path": "a", "env": { "A": 1 }, "kv_namespaces": [{ "binding": "A" }, { "binding": "B" }, { "binding": "B" }] }] }',
      [
        /kv_namespaces\[0\]\.binding: expected a name that nothing else in the env of the app has, got "A"/,
        /kv_namespaces\[2\]\.binding: expected a name that nothing else in the env of the app has, got "B"/,
      ],
    ],
    [
      'a database that cannot be, without its password',
      '{ "apps": [{ "name": "a", "path": "a", "hyperdrive": [{ "binding": "A", "connection_string": "redis://u:secret@a/b" }] }] }',
      [
        /hyperdrive\[0\]\.connection_string: expected a URL with the user, host and name of a database .*, got another text$/,
      ],
    ],
    [
      'a store that cannot be',
      '{ "apps": [], "storage": { "kv": { "redis": "redis://:secret@a" }, "kw": {} } }',
      [
        /storage\.kv\.redis: expected a redis:, rediss: or unix: URL without a password, which goes into "password_file"$/,
        /storage: unknown key "kw"; did you mean "kv"\?/,
      ],
    ],
    [
      'a store of a fleet that there is not',
      '{ "apps": [], "storage": { "kv": "fleet" } }',
      [/storage\.kv: expected "fleet" beside "storage", which says where the NATS servers are, got none$/],
    ],
    [
      'a store of objects that cannot be',
      '{ "apps": [], "storage": { "r2": { "s3": "https://key:secret@s3.example/x", "bucket": "A", "access_key_id": "AK" } } }',
      [
        /storage\.r2: "secret_access_key" is missing/,
        /storage\.r2\.s3: expected an http: or https: URL without a path, such as https:\/\/s3\.example$/,
        /storage\.r2\.bucket: expected the name of a bucket, got "A"/,
        /storage\.r2\.access_key_id: expected an object with "file", "env" or "credential" that says where it is, not the secret itself$/,
      ],
    ],
    [
      'secrets that stand there themselves, without showing them',
      `{ "apps": [{ "name": "a", "path": "a", "secrets": { "K": "hunter2" } }, { "name": "b", "path": "b", "secrets": "hunter2" }] }`,
      [
        /apps\[0\]\.secrets\.K: expected an object with "file", "env" or "credential" that says where it is, not the secret itself$/,
        /apps\[1\]\.secrets: expected an object with the name of each secret$/,
      ],
    ],
    ['a key twice', '{ "apps": [{ "name": "a", "name": "b", "path": "a" }] }', [/"name" is given twice/]],
    ['a byte order mark', `\uFEFF{ "apps": [${app}] }`, [/:1:1: starts with a byte order mark/]],
    ['an empty file', '', [/:1:1: /]],
    ['not an object', '[]', [/the configuration: expected an object, got a list/]],
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

  it('is made from the description that the parser reads by', ({ expect }) => {
    expect(schema, 'npm run schema').toEqual(toSchema())
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
    const rules = Object.entries<NumberRule>({ ...LIMIT_RULES, ...CONNECTION_RULES })
    expect(rows.map(([key]) => key)).toEqual(rules.map(([name]) => toKey(name)))
    for (const [i, [name, { initial }]] of rules.entries()) {
      if (initial !== undefined) expect(rows[i]).toEqual([toKey(name), String(initial)])
    }
  })
})
