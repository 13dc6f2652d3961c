import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { openWrangler } from './app.ts'
import { findWritten, readWrangler } from './file.ts'
import { WRANGLER_KEYS } from './keys.ts'
import { openSource } from './source.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nano-wrangler-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(json: object, environment?: string) {
  const file = join(folder, 'wrangler.jsonc')
  writeFileSync(file, `// of a test\n${JSON.stringify(json)}`)
  return openWrangler(file, environment)
}

/** What is said, without the folder. */
const said = (lines: readonly string[]): string[] => lines.map((text) => text.slice(folder.length + 1))

const FULL = {
  name: 'shop',
  main: 'src/index.ts',
  compatibility_date: '2026-01-01',
  compatibility_flags: ['nodejs_compat'],
  vars: { CURRENCY: 'EUR', SIZES: [36, 38] },
  kv_namespaces: [{ binding: 'KV', id: 'abc', preview_id: 'def' }],
  d1_databases: [{ binding: 'DB', database_name: 'main', database_id: 'x', remote: true }],
  r2_buckets: [{ binding: 'FILES', bucket_name: 'files' }],
  ratelimits: [{ name: 'LIMITER', namespace_id: '1', simple: { limit: 5, period: 10 }, remote: true }],
  unsafe: {
    bindings: [{ name: 'OLD', type: 'ratelimit', namespace_id: '2', simple: { limit: 5, period: 60 } }],
  },
  hyperdrive: [
    { binding: 'PG', id: 'abc', localConnectionString: 'postgres://a:b@c/d' },
    { binding: 'MY', id: '' },
  ],
  durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] },
  migrations: [{ tag: 'v1', new_sqlite_classes: ['Room'] }],
  services: [
    { binding: 'AUTH', service: 'auth', entrypoint: 'Sessions', props: { a: 1 }, remote: true },
    { binding: 'OLD_AUTH', service: 'auth', environment: 'live' },
    { binding: 'SELF', service: 'shop' },
  ],
  assets: { directory: 'public', binding: 'ASSETS' },
  triggers: { crons: ['*/5 * * * *'] },
  routes: [{ pattern: 'Shop.example.com/*', custom_domain: true }],
  define: { VERSION: '"1"' },
  alias: { react: 'preact/compat' },
  rules: [{ type: 'Text', globs: ['**/*.tpl'] }],
  limits: { cpu_ms: 50 },
}
const toSettings = () => ({
  env: FULL.vars,
  triggers: FULL.triggers,
  kv_namespaces: [{ binding: 'KV', id: 'abc' }],
  d1_databases: [
    { binding: 'DB', database_name: 'main', database_id: 'x', migrations_dir: join(folder, 'migrations') },
  ],
  r2_buckets: FULL.r2_buckets,
  ratelimits: [
    { name: 'LIMITER', namespace_id: '1', simple: { limit: 5, period: 10 } },
    { name: 'OLD', namespace_id: '2', simple: { limit: 5, period: 60 } },
  ],
  hyperdrive: [{ binding: 'PG', id: 'abc', connection_string: 'postgres://a:b@c/d' }, { binding: 'MY' }],
  durable_objects: FULL.durable_objects,
  migrations: FULL.migrations,
  services: [
    { binding: 'AUTH', service: 'auth', entrypoint: 'Sessions', props: { a: 1 } },
    { binding: 'OLD_AUTH', service: 'auth-live' },
    { binding: 'SELF' },
  ],
  assets: { directory: join(folder, 'public'), binding: 'ASSETS' },
})

test('what a file says of an app, in the spelling of nano.json', () => {
  expect(open(FULL)).toMatchObject({
    name: 'shop',
    hostname: 'shop.example.com',
    settings: toSettings(),
    limits: { cpu_ms: 50 },
    isFilesAlone: false,
    warnings: [],
    routeWarnings: [],
  })
  expect(openSource(join(folder, 'wrangler.jsonc'), undefined)).toEqual({
    folder,
    main: join(folder, 'src/index.ts'),
    define: FULL.define,
    alias: FULL.alias,
    rules: [{ type: 'Text', globs: ['**/*.tpl'] }],
    command: undefined,
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
  expect(findWritten(folder)).toBe(file)
  expect(openSource(file, undefined).main).toBe(join(folder, 'src/index.ts'))
  expect(openWrangler(file, undefined)).toMatchObject({
    name: 'shop',
    hostname: 'shop.example.com',
    settings: { env: FULL.vars, kv_namespaces: toSettings().kv_namespaces, triggers: FULL.triggers },
  })
  const staging = openWrangler(file, 'staging')
  expect(staging.settings).toEqual({ env: { CURRENCY: 'USD' }, triggers: FULL.triggers })
})

test('of several files the one that wrangler takes counts', () => {
  for (const name of ['wrangler.toml', 'wrangler.jsonc', 'wrangler.json']) {
    writeFileSync(join(folder, name), '')
    expect(findWritten(folder)).toBe(join(folder, name))
  }
})

describe('environments', () => {
  const json = {
    ...FULL,
    env: { staging: { vars: { CURRENCY: 'USD' }, route: 'staging.example.com' }, live: { name: 'live' } },
  }

  test('take what may be inherited, and have bindings of their own', () => {
    const { name, hostname, settings } = open({ ...json, routes: undefined }, 'staging')
    expect([name, hostname]).toEqual(['shop-staging', 'staging.example.com'])
    const { assets, migrations, triggers } = toSettings()
    expect(settings).toEqual({ env: { CURRENCY: 'USD' }, triggers, assets, migrations })
    // a host name belongs to one app
    expect(open(json, 'live')).toMatchObject({ name: 'live', hostname: undefined })
  })

  test('that lack what stands at the top level are told of', () => {
    expect(said(open(json, 'staging').warnings)).toEqual(
      [
        'kv_namespaces',
        'd1_databases',
        'r2_buckets',
        'ratelimits',
        'unsafe',
        'hyperdrive',
        'durable_objects',
        'services',
        'define',
      ].map((key) =>
        expect.stringMatching(
          `^wrangler.jsonc:2:\\d+: ${key}: it stands at the top level, .*; say it in env.staging`,
        ),
      ),
    )
  })

  test('that a file without any is asked for are its top level', () => {
    const { name, warnings } = open(FULL, 'staging')
    expect([name, said(warnings)]).toEqual([
      'shop',
      ['wrangler.jsonc:2:1: env: it has no environments, so that "staging" is its top level'],
    ])
  })

  test('have to be there', () => {
    expect(() => open(json, 'test')).toThrow('env: expected an environment "test", got staging, live')
    expect(() => open(json, '__proto__')).toThrow('expected an environment "__proto__"')
  })
})

test('what does not hold is said once, with its key', () => {
  const { warnings, routeWarnings } = open({
    ...FULL,
    queues: {
      producers: [{ binding: 'QUEUE', queue: 'q', remote: true, colour: 'red' }],
      consumers: [
        { queue: 'pulled', type: 'http_pull' },
        { queue: 'q', type: 'worker', max_retries: 1 },
      ],
    },
    services: [],
    routes: ['shop.example.com/*', 'other.example.com', '*.example.com/*'],
    no_bundle: true,
    asets: { directory: 'public' },
    'a\u001b[2Jb': 1,
    assets: { directory: 'public', serve_directly: true },
    compatibility_flags: ['nodejs_compat', 'global_fetch_strictly_public', 'no_fetch'],
    rules: [{ type: 'CompiledWasm', globs: ['**/*.wasm'] }],
  })
  const texts = said(warnings).map((text) => text.replace(/^wrangler\.jsonc:2:\d+: /, ''))
  expect(texts.sort()).toEqual([
    'a?[2Jb: NANO does not know this key',
    'asets: NANO does not know this key; did you mean "assets"?',
    'assets: serve_directly is not taken; known are directory, binding, run_worker_first, html_handling, not_found_handling',
    'compatibility_flags: no_fetch: NANO has one behaviour, which flags do not change',
    'queues: colour is not taken; known are binding, queue, delivery_delay',
    'queues: the consumer of pulled asks by HTTP (http_pull), which is not served',
    'rules: CompiledWasm: an app cannot load WebAssembly, being WebAssembly itself',
  ])
  expect(said(routeWarnings)).toEqual([
    expect.stringMatching(/: routes: expected a host name with all of its paths, got "\*\.example\.com\/\*"/),
    expect.stringMatching(
      /: routes: shop\.example\.com is taken, other\.example\.com not; deploy the app once more/,
    ),
  ])
})

test('what a tool has built says all that it could say, and nothing of it is told', () => {
  const {
    warnings,
    settings,
    folder: own,
  } = open({
    configPath: '/site/wrangler.jsonc',
    userConfigPath: '/site/wrangler.jsonc',
    topLevelName: 'shop',
    definedEnvironments: ['live'],
    targetEnvironment: 'live',
    main: 'index.js',
    no_bundle: true,
    rules: [{ type: 'ESModule', globs: ['**/*.js'] }],
    jsx_factory: 'React.createElement',
    jsx_fragment: 'React.Fragment',
    python_modules: { exclude: ['**/*.pyc'] },
    exports: {},
    queues: { producers: [], consumers: [] },
    k2: [],
    vars: {},
  })
  expect([warnings, settings, own]).toEqual([[], { env: {} }, folder])
  expect(said(open({ jsx_factory: 'h' }).warnings)).toEqual([
    expect.stringMatching(/jsx_factory: say it in tsconfig/),
  ])
})

test('what was built for one environment is not served as another', () => {
  const built = { name: 'shop-live', targetEnvironment: 'live', vars: { A: '1' } }
  expect(open(built, 'live')).toMatchObject({
    name: 'shop-live',
    settings: { env: { A: '1' } },
    warnings: [],
  })
  expect(() => open(built, 'test')).toThrow(
    /wrangler\.jsonc:2:\d+: expected a build for the environment "test", got one for "live"; build .* CLOUDFLARE_ENV=test/,
  )
})

test('an object of another app is not for the file to give', () => {
  const bindings = [
    { name: 'OWN', class_name: 'Room', script_name: 'shop' },
    { name: 'OTHER', class_name: 'Room', script_name: 'bank' },
  ]
  const { settings, warnings } = open({
    name: 'shop',
    durable_objects: { bindings },
    migrations: [{ tag: 'v1', transferred_classes: [{ from: 'Room', from_script: 'bank', to: 'Room' }] }],
  })
  expect(settings).toEqual({
    durable_objects: { bindings: [{ name: 'OWN', class_name: 'Room' }] },
    migrations: [{ tag: 'v1' }],
  })
  expect(said(warnings).map((text) => text.replace(/^wrangler\.jsonc:2:\d+: /, ''))).toEqual([
    'durable_objects: script_name: OTHER is of another app, bank, and is not in env; the operator gives it in nano.json',
    expect.stringMatching(/^migrations: transferred_classes is not honoured: .* script_name in nano\.json$/),
  ])
})

describe('a Pages project', () => {
  const pages = { name: 'site', pages_build_output_dir: 'dist' }
  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
  }
  const directory = () => join(folder, 'dist')

  test('of files alone', () => {
    write({ 'dist/index.html': '', 'functions/api.js': '' })
    const { settings, isFilesAlone, warnings } = open(pages)
    expect(settings).toEqual({
      assets: { directory: directory(), not_found_handling: 'single-page-application' },
    })
    expect([isFilesAlone, said(warnings)]).toEqual([
      true,
      [expect.stringMatching(/functions\/ is not built; npx wrangler pages functions build --outdir dist/)],
    ])
  })

  test.for(['dist/_worker.js', 'dist/_worker.js/index.js'])('with %s', (worker) => {
    write({ [worker]: '', 'dist/404.html': '' })
    const assets = { directory: directory(), not_found_handling: '404-page', binding: 'ASSETS' }
    expect(open(pages).settings).toEqual({ assets: { ...assets, run_worker_first: true } })
    expect(openSource(join(folder, 'wrangler.jsonc'), undefined).main).toBe(join(folder, worker))
    write({ 'dist/_routes.json': '{"version":1,"include":["/api/*"],"exclude":["/api/static/*"]}' })
    expect(open(pages).settings['assets']).toMatchObject({
      run_worker_first: ['/api/*', '!/api/static/*'],
    })
  })

  test('lies in its folder', () => {
    expect(() => open({ ...pages, pages_build_output_dir: '..' })).toThrow(
      /wrangler\.jsonc:2:\d+: pages_build_output_dir: expected a folder of the app, got \.\./,
    )
  })
})

test('an id that a template leaves empty is none', () => {
  const empty = {
    kv_namespaces: [{ binding: 'KV', id: '' }],
    r2_buckets: [{ binding: 'R2', bucket_name: '' }],
  }
  expect(open(empty).settings).toEqual({
    kv_namespaces: [{ binding: 'KV' }],
    r2_buckets: [{ binding: 'R2' }],
  })
})

test('places in TOML', () => {
  const file = join(folder, 'wrangler.toml')
  writeFileSync(
    file,
    [
      'name = "shop"',
      '[vars]',
      'TEXT = """',
      'name = 5',
      '"""',
      '[[kv_namespaces]]',
      'binding = "A"',
      '[[kv_namespaces]]',
      '  "binding" = "B"',
      'id = [',
      '  1 ]',
      '[env.live.assets]',
      'directory = "x"',
    ].join('\n'),
  )
  const { placeOf } = readWrangler(file)
  const places = [
    ['name'],
    ['vars', 'TEXT'],
    ['kv_namespaces'],
    ['kv_namespaces', 0, 'binding'],
    ['kv_namespaces', 1, 'binding'],
    ['kv_namespaces', 1, 'id', 0],
    ['env', 'live', 'assets', 'directory'],
    ['nothing'],
  ].map((path) => placeOf(path).slice(file.length))
  expect(places).toEqual([':1:1', ':3:1', ':6:1', ':7:1', ':9:3', ':10:1', ':13:1', ''])
})

test('a file that cannot be read is told with its place', () => {
  const json = join(folder, 'wrangler.json')
  writeFileSync(json, '{\n  "name": }')
  expect(() => openWrangler(json, undefined)).toThrow(`${json}:2:11: value expected`)
  writeFileSync(json, '['.repeat(1000))
  expect(() => openWrangler(json, undefined)).toThrow(`${json}:1:101: expected at most 100 levels`)
  writeFileSync(json, '[]')
  expect(() => openWrangler(json, undefined)).toThrow(`${json}:1:1: expected an object, got []`)
  writeFileSync(json, ' '.repeat(2 ** 20 + 1))
  expect(() => openWrangler(json, undefined)).toThrow(`${json}: expected at most 1048576 bytes`)
  const toml = join(folder, 'wrangler.toml')
  writeFileSync(toml, 'name = "a"\nname = "b"\n')
  expect(() => openWrangler(toml, undefined)).toThrow(/wrangler\.toml:2:\d+: /)
})

test('the page for whoever migrates has every key', () => {
  const page = readFileSync(new URL('../../docs/tenants/from-wrangler.md', import.meta.url), 'utf8')
  const missing = Object.entries(WRANGLER_KEYS).filter(
    ([key, { text }]) => !page.includes(`\`${key}\``) || !page.includes(text),
  )
  expect(missing.map(([key]) => key)).toEqual([])
})
