import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { openWrangler } from './app.ts'
import { findWrangler } from './file.ts'
import { WRANGLER_KEYS } from './keys.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nano-wrangler-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const ALL = new Set(['kv_namespaces', 'd1_databases', 'r2_buckets', 'assets'])

function open(json: object, environment?: string, known: ReadonlySet<string> = ALL) {
  const file = join(folder, 'wrangler.jsonc')
  writeFileSync(file, `// of a test\n${JSON.stringify(json)}`)
  return openWrangler(file, { environment, known })
}

const FULL = {
  name: 'shop',
  main: 'src/index.ts',
  compatibility_date: '2026-01-01',
  compatibility_flags: ['nodejs_compat'],
  vars: { CURRENCY: 'EUR', SIZES: [36, 38] },
  kv_namespaces: [{ binding: 'KV', id: 'abc', preview_id: 'def' }],
  d1_databases: [{ binding: 'DB', database_name: 'main', database_id: 'x', remote: true }],
  r2_buckets: [{ binding: 'FILES', bucket_name: 'files' }],
  assets: { directory: 'public', binding: 'ASSETS' },
  triggers: { crons: ['*/5 * * * *'] },
  routes: [{ pattern: 'Shop.example.com/*', custom_domain: true }],
  define: { VERSION: '"1"' },
  alias: { react: 'preact/compat' },
}
const SETTINGS = {
  env: FULL.vars,
  triggers: FULL.triggers,
  kv_namespaces: [{ binding: 'KV', id: 'abc' }],
  d1_databases: [{ binding: 'DB', database_name: 'main', database_id: 'x' }],
  r2_buckets: FULL.r2_buckets,
  assets: FULL.assets,
}

test('what a file says of an app, in the spelling of nano.json', () => {
  expect(open(FULL)).toMatchObject({
    name: 'shop',
    main: join(folder, 'src/index.ts'),
    hostname: 'shop.example.com',
    settings: SETTINGS,
    define: FULL.define,
    alias: FULL.alias,
    warnings: [],
  })
})

test('TOML says the same', () => {
  const file = join(folder, 'wrangler.toml')
  writeFileSync(
    file,
    `name = "shop"
main = "src/index.ts"
route = "shop.example.com/*"
[vars]
CURRENCY = "EUR"
SIZES = [36, 38]
[[kv_namespaces]]
binding = "KV"
id = "abc"
[triggers]
crons = ["*/5 * * * *"]
[env.staging.vars]
CURRENCY = "USD"
`,
  )
  expect(findWrangler(folder)).toBe(file)
  expect(openWrangler(file, { known: ALL })).toMatchObject({
    name: 'shop',
    main: join(folder, 'src/index.ts'),
    hostname: 'shop.example.com',
    settings: { env: FULL.vars, kv_namespaces: SETTINGS.kv_namespaces, triggers: FULL.triggers },
  })
  const staging = openWrangler(file, { environment: 'staging', known: ALL })
  expect(staging.settings).toEqual({ env: { CURRENCY: 'USD' }, triggers: FULL.triggers })
})

describe('environments', () => {
  const json = {
    ...FULL,
    env: { staging: { vars: { CURRENCY: 'USD' }, route: 'staging.example.com' }, live: { name: 'live' } },
  }

  test('take what may be inherited, and have bindings of their own', () => {
    const { name, hostname, settings } = open({ ...json, routes: undefined }, 'staging')
    expect([name, hostname]).toEqual(['shop-staging', 'staging.example.com'])
    expect(settings).toEqual({ env: { CURRENCY: 'USD' }, triggers: FULL.triggers, assets: FULL.assets })
    expect(open(json, 'live').name).toBe('live')
  })

  test('have to be there', () => {
    expect(() => open(json, 'test')).toThrow('env: expected an environment "test", got staging, live')
    expect(() => open(json, '__proto__')).toThrow('expected an environment "__proto__"')
  })
})

test('what does not hold is said once, with its key', () => {
  const { warnings } = open({
    ...FULL,
    queues: { producers: [{ binding: 'QUEUE', queue: 'q' }] },
    services: [],
    routes: ['shop.example.com/*', 'other.example.com', '*.example.com/*'],
    no_bundle: true,
    whatever: 1,
  })
  expect(warnings.map((text) => text.slice(folder.length + 1))).toEqual([
    'wrangler.jsonc: queues: NANO has no queues: env does not have these members',
    'wrangler.jsonc: no_bundle: the app is bundled',
    'wrangler.jsonc: whatever: NANO does not know this key',
    'wrangler.jsonc: routes: expected a host name, got "*.example.com/*"; the app has all paths of one host name',
    'wrangler.jsonc: routes: shop.example.com is taken; for other.example.com deploy the app once more',
  ])
})

test('bindings that this version does not have are left out, and said', () => {
  const { settings, warnings } = open(FULL, undefined, new Set(['kv_namespaces']))
  expect(Object.keys(settings).sort()).toEqual(['env', 'kv_namespaces', 'triggers'])
  expect(warnings.length).toBe(3)
})

test.for([
  [{ durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] } }, 'durable_objects: NANO has no'],
  [{ workflows: [{ binding: 'FLOW' }] }, 'workflows: NANO has no'],
  [{ pages_build_output_dir: 'dist' }, 'pages_build_output_dir: of Pages'],
] as const)('an app that could not work is refused: %j', ([json, reason]) => {
  expect(() => open(json)).toThrow(reason)
})

test('a file that cannot be read is told with its place', () => {
  const json = join(folder, 'wrangler.json')
  writeFileSync(json, '{\n  "name": }')
  expect(() => openWrangler(json, { known: ALL })).toThrow(`${json}:2:11: ValueExpected`)
  const toml = join(folder, 'wrangler.toml')
  writeFileSync(toml, 'name = "a"\nname = "b"\n')
  expect(() => openWrangler(toml, { known: ALL })).toThrow(/wrangler\.toml:2:\d+: /)
})

test('the page for whoever migrates has every key', () => {
  const page = readFileSync(new URL('../../docs/tenants/from-wrangler.md', import.meta.url), 'utf8')
  const missing = Object.entries(WRANGLER_KEYS).filter(
    ([key, { text }]) => !page.includes(`\`${key}\``) || !page.includes(text),
  )
  expect(missing.map(([key]) => key)).toEqual([])
})
