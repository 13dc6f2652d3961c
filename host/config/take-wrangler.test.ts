import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { AppConfig } from './config.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { parseConfig } from './parse.ts'
import type { Project } from './take-wrangler.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'nano-folder-'))
})
afterEach(() => rmSync(base, { recursive: true }))

function write(path: string, content: string | object): void {
  const file = join(base, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
}

/** The app of a nano.json whose path is ./shop, a folder with this wrangler file. */
function open(wrangler: object, own: object = {}, project?: Partial<Project>): AppConfig {
  write('shop/wrangler.json', wrangler)
  const json = { apps: [{ name: 'shop', hostname: 'shop.test', path: './shop', ...own }] }
  const toProject = project && (() => ({ folder: join(base, 'shop'), ...project }))
  return parseConfig(JSON.stringify(json), join(base, 'nano.json'), toProject).apps[0]!
}

const WRANGLER = {
  name: 'other',
  main: 'src/index.ts',
  route: 'bank.example.com',
  vars: { CURRENCY: 'EUR', SIZES: [36] },
  kv_namespaces: [{ binding: 'KV', id: 'links' }],
  d1_databases: [{ binding: 'DB', database_name: 'main' }],
  r2_buckets: [{ binding: 'FILES' }],
  assets: { directory: 'public', binding: 'ASSETS' },
  triggers: { crons: ['*/5 * * * *'] },
}

test('what the file says is taken where nano.json says nothing', () => {
  const app = open(WRANGLER)
  expect(app).toMatchObject({
    name: 'shop',
    hostname: 'shop.test',
    path: join(base, 'shop'),
    assets: { directory: join(base, 'shop/public'), binding: 'ASSETS' },
    triggers: { crons: ['*/5 * * * *'] },
    databases: [{ binding: 'DB', name: 'main', migrationsDirectory: join(base, 'shop/migrations') }],
    wrangler: { warnings: [], assetsWithin: [join(base, 'shop')] },
  })
  expect(app.env['CURRENCY']).toEqual({ type: 'text', value: 'EUR' })
  expect(Object.keys(app.env).sort()).toEqual(['ASSETS', 'CURRENCY', 'DB', 'FILES', 'KV', 'SIZES'])
  expect(app.wrangler?.files).toContain(join(base, 'shop/wrangler.toml'))
})

test('its data is that of a binding of nano.json with the same names', () => {
  const { env } = open(WRANGLER)
  const own = open({}, { kv_namespaces: [{ binding: 'KV', id: 'links' }] }).env
  expect(env['KV']).toEqual(own['KV'])
})

test('nano.json comes first: keys one by one, members of env by their names', () => {
  const app = open(WRANGLER, {
    env: { CURRENCY: 'USD', FILES: 'a text' },
    kv_namespaces: [{ binding: 'KV', id: 'mine', shared: true }, { binding: 'SIZES' }],
    assets: { directory: './elsewhere' },
    triggers: { time_zone: 'Europe/Berlin' },
    secrets: { DB: { env: 'DB' } },
  })
  expect(app.env['CURRENCY']).toEqual({ type: 'text', value: 'USD' })
  expect(app.env['FILES']).toEqual({ type: 'text', value: 'a text' })
  expect(app.env['SIZES']).toMatchObject({ kind: 'kv' })
  expect(app.env['KV']).toMatchObject({ resource: { key: expect.stringMatching(/^shared\.mine\./) } })
  expect(app.env).not.toHaveProperty('DB')
  expect(app.assets).toMatchObject({ directory: join(base, 'elsewhere'), binding: 'ASSETS' })
  expect(app.wrangler).not.toHaveProperty('assetsWithin')
  expect(app.triggers).toMatchObject({ crons: ['*/5 * * * *'], timeZone: 'Europe/Berlin' })
})

test('an environment is named by wrangler_env', () => {
  const env = { live: { vars: { CURRENCY: 'CHF' } } }
  expect(open({ ...WRANGLER, env }, { wrangler_env: 'live' }).env['CURRENCY']).toMatchObject({ value: 'CHF' })
  expect(open({ ...WRANGLER, env }, { wrangler_env: 'test' }).wrangler?.fault).toContain(
    'expected an environment "test", got live',
  )
})

test('a folder with files alone has no path to build', () => {
  expect(open({ assets: { directory: 'public' } })).toMatchObject({ path: '', name: 'shop' })
})

test('what a tool has built of the folder counts, with its files beside it', () => {
  write('shop/.wrangler/deploy/config.json', { configPath: '../../dist/server/wrangler.json' })
  write('shop/dist/server/wrangler.json', {
    main: 'index.js',
    assets: { directory: '../client' },
    vars: { CURRENCY: 'CHF' },
  })
  const app = open(WRANGLER)
  const shop = join(base, 'shop')
  expect(app).toMatchObject({
    path: shop,
    env: { CURRENCY: { value: 'CHF' } },
    assets: { directory: join(shop, 'dist/client') },
    wrangler: { assetsWithin: [shop], warnings: [] },
  })
  expect(app.wrangler!.files).toEqual(
    expect.arrayContaining(
      ['wrangler.jsonc', '.wrangler/deploy/config.json', 'dist/server/wrangler.json'].map((name) =>
        join(shop, name),
      ),
    ),
  )
  expect(open(WRANGLER, {}, { isWritten: true }).env['CURRENCY']).toMatchObject({ value: 'EUR' })
  expect(open(WRANGLER, { path: './shop/dist/server' })).toMatchObject({
    path: join(shop, 'dist/server'),
    assets: { directory: join(shop, 'dist/client') },
    wrangler: { assetsWithin: [shop] },
  })
  rmSync(join(shop, 'dist'), { recursive: true })
  expect(open(WRANGLER).wrangler?.fault).toMatch(/configPath: expected a file that is there, got .*; build/)
})

describe('what only the operator gives', () => {
  test('a file cannot share data, nor set what nano.json alone has', () => {
    const app = open({
      kv_namespaces: [{ binding: 'KV', id: 'all', shared: true }],
      egress: { private: true },
      secrets: { KEY: { file: '/etc/passwd' } },
      hostname: 'bank.example.com',
      memory_mb: 4096,
      log_drain: 'file:/tmp/x',
      path: '/etc',
    })
    expect(app.env['KV']).toMatchObject({ resource: { key: expect.stringMatching(/^shop\.all\./) } })
    expect(app).toMatchObject({ hostname: 'shop.test', path: join(base, 'shop'), limits: DEFAULT_LIMITS })
    for (const key of ['egress', 'secrets', 'logDrain']) expect(app).not.toHaveProperty(key)
  })

  test('limits become lower, not higher', () => {
    const { cpuMs, subrequests } = DEFAULT_LIMITS
    expect(open({ limits: { cpu_ms: 50, subrequests: 3 } }).limits).toMatchObject({
      cpuMs: 50,
      subrequests: 3,
    })
    const higher = open({ limits: { cpu_ms: 30_000, subrequests: 5 } })
    expect(higher.limits).toMatchObject({ cpuMs, subrequests: 5 })
    expect(higher.wrangler?.warnings).toEqual([
      expect.stringMatching(
        /wrangler\.json: limits: cpu_ms is 30000, more than the app is given; .*200 holds/,
      ),
    ])
    expect(open({ limits: { cpu_ms: 50 } }, { cpu_ms: 1000 }).limits.cpuMs).toBe(1000)
    expect(open({ limits: { subrequests: 9999 } }).limits.subrequests).toBe(subrequests)
  })

  test('whoever serves a folder of his own has the limits of its file', () => {
    const limits = { cpu_ms: 30_000, subrequests: 1e6 }
    expect(open({ limits }, {}, { isOwn: true }).limits).toMatchObject({
      cpuMs: 30_000,
      subrequests: 100_000,
    })
  })

  test.for(['../migrations', '/etc', 'link'])('migrations are of the folder: %s', (directory) => {
    write('shop/src/index.ts', '')
    symlinkSync(tmpdir(), join(base, 'shop/link'))
    const { fault } = open({ d1_databases: [{ binding: 'DB', migrations_dir: directory }] }).wrangler!
    expect(fault).toContain('expected a migrations_dir in the folder of the app')
    const allowed = open(
      { d1_databases: [{ binding: 'DB', migrations_dir: directory }] },
      { allow_read: ['/'] },
    )
    expect(allowed.wrangler).not.toHaveProperty('fault')
  })
})

describe('a file that is wrong', () => {
  test.for([
    [{ vars: 'x' }, /wrangler\.json:1:9: vars: expected an object, got "x"$/],
    [{ kv_namespaces: [{ id: 'x' }] }, /wrangler\.json:1:\d+: kv_namespaces\[0\]\.binding: expected letters/],
    [{ kv_namespaces: {} }, /kv_namespaces: expected a list in \[ \], got an object/],
    [{ triggers: { crons: ['never'] } }, /triggers\.crons\[0\]: /],
    [
      { assets: { directory: 'x', html_handling: 'odd' } },
      /assets\.html_handling: expected auto-trailing-slash/,
    ],
    [{ limits: { cpu_ms: 'fast' } }, /limits\.cpu_ms: expected a whole number from 1 to 60000, got "fast"/],
    [
      { vars: { A: 1 }, kv_namespaces: [{ binding: 'A' }] },
      /kv_namespaces\[0\]\.binding: expected a name that nothing/,
    ],
  ] as const)('is the fault of its app, and of no other: %j', ([wrangler, fault]) => {
    const app = open(wrangler)
    expect(app.wrangler?.fault).toMatch(fault)
    expect(app).toMatchObject({ name: 'shop', hostname: 'shop.test' })
  })

  test('because it is a link to one of somebody else', () => {
    write('bank/wrangler.json', { vars: { KEY: 'of the bank' } })
    mkdirSync(join(base, 'shop'))
    symlinkSync('../bank/wrangler.json', join(base, 'shop/wrangler.jsonc'))
    const { apps } = parseConfig(
      '{ "apps": [{ "name": "shop", "path": "./shop" }] }',
      join(base, 'nano.json'),
    )
    expect(apps[0]).toMatchObject({
      env: {},
      wrangler: { fault: expect.stringContaining('a link out of it') },
    })
  })

  test('in its syntax', () => {
    write('shop/wrangler.json', '{ "name" }')
    const { apps } = parseConfig(
      '{ "apps": [{ "name": "shop", "path": "./shop" }] }',
      join(base, 'nano.json'),
    )
    expect(apps[0]?.wrangler?.fault).toMatch(/shop\/wrangler\.json:1:10: colon expected/)
  })
})

describe('variables for development', () => {
  const isDevelopment = true

  test('stand in the place of others, and of no binding', () => {
    write('shop/.dev.vars', 'KEY="a # b"\nCURRENCY=XXX\nKV=nothing\nMINE=dev\n')
    write('shop/.env', 'OTHER=1\n')
    const own = { secrets: { MINE: { env: 'NOT_THERE' } } }
    const { env, secrets, wrangler } = open(WRANGLER, own, { isDevelopment })
    expect(env).toMatchObject({
      KEY: { type: 'secret', value: 'a # b' },
      CURRENCY: { type: 'secret', value: 'XXX' },
      MINE: { type: 'secret', value: 'dev' },
      KV: { kind: 'kv' },
    })
    expect(env).not.toHaveProperty('OTHER')
    expect(secrets).toEqual({})
    expect(wrangler?.files).toContain(join(base, 'shop/.dev.vars'))
    expect(open(WRANGLER).env).not.toHaveProperty('KEY')
  })

  test('come from .env files when there is no other, the later ones first', () => {
    write('shop/.env', 'A=1\nB=1\n')
    write('shop/.env.local', 'B=2\n')
    write('shop/.env.live.local', 'C=3\n')
    const { env } = open({ ...WRANGLER, env: { live: {} } }, {}, { isDevelopment, environment: 'live' })
    expect(env).toMatchObject({ A: { value: '1' }, B: { value: '2' }, C: { value: '3' } })
    write('shop/.dev.vars.live', 'D=4\n')
    const only = open({ ...WRANGLER, env: { live: {} } }, {}, { isDevelopment, environment: 'live' }).env
    expect(Object.keys(only).sort()).toEqual(['ASSETS', 'D'])
  })

  test('are those that the file asks for, if it asks', () => {
    write('shop/.dev.vars', 'KEY=1\nCURRENCY=2\nOTHER=3\n')
    const { env, wrangler } = open(
      { ...WRANGLER, secrets: { required: ['KEY', 'GONE'] } },
      {},
      { isDevelopment },
    )
    expect(env).toMatchObject({ KEY: { value: '1' }, CURRENCY: { value: '2' } })
    expect(env).not.toHaveProperty('OTHER')
    expect(wrangler?.warnings).toEqual([
      expect.stringMatching(/there is no GONE; write them into \.dev\.vars/),
    ])
  })
})

test("which other apps an app calls is the operator's to say; itself it may", () => {
  const services = [
    { binding: 'BANK', service: 'bank' },
    { binding: 'GIVEN', service: 'vault' },
    { binding: 'SELF', service: 'other', entrypoint: 'Admin' },
  ]
  const given = { services: [{ binding: 'GIVEN', service: 'mail' }] }
  const called = ({ env }: AppConfig): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        'resource' in value ? value.resource?.callee : undefined,
      ]),
    )
  const app = open({ name: 'other', main: 'src/index.ts', services }, given)
  expect(called(app)).toEqual({
    GIVEN: { app: 'mail', entrypoint: '' },
    SELF: { app: 'shop', entrypoint: 'Admin' },
  })
  expect(app.wrangler?.warnings).toEqual([
    expect.stringContaining('services: BANK calls another app, bank, and is not in env'),
    expect.stringContaining('services: GIVEN calls another app, vault'),
  ])
  const own = open({ name: 'other', main: 'src/index.ts', services }, {}, { isOwn: true })
  expect(called(own)).toMatchObject({ BANK: { app: 'bank' }, GIVEN: { app: 'vault' }, SELF: { app: 'shop' } })
})
