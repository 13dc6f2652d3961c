/** Types of an app's env: what `types` writes, checked by the compiler beside @cloudflare/workers-types. */

import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeEach, expect, test } from 'vitest'

import { ROOT } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-types-'))
const app = join(folder, 'app')
const FILE = 'worker-configuration.d.ts'
afterAll(() => rmSync(folder, { recursive: true }))

beforeEach(() => {
  rmSync(app, { recursive: true, force: true })
  write('package.json', { name: 'app' })
  write('tsconfig.json', {
    compilerOptions: {
      target: 'esnext',
      module: 'preserve',
      moduleResolution: 'bundler',
      lib: ['esnext'],
      types: ['@cloudflare/workers-types'],
      strict: true,
      noEmit: true,
    },
    include: ['**/*.ts'],
  })
  symlinkSync(join(ROOT, 'node_modules'), join(app, 'node_modules'))
})

function write(path: string, content: string | object): void {
  const file = join(app, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
}

interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

function run(file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, file), ...args], { cwd: app }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

const types = (...args: string[]): Promise<Outcome> => run('host/main.ts', ['types', ...args])
/** What the compiler says. */
const compile = async (): Promise<string> => (await run('node_modules/typescript/bin/tsc', [])).out

const WRANGLER = {
  name: 'shop',
  main: 'src/index.ts',
  vars: { CURRENCY: 'EUR', SIZES: [36, 38], NESTED: { 'a-b': true }, ODD: null, 'not-a-name': 1 },
  kv_namespaces: [{ binding: 'KV', id: 'x' }],
  d1_databases: [{ binding: 'DB', database_name: 'db', database_id: 'y' }],
  r2_buckets: [{ binding: 'FILES', bucket_name: 'files' }],
  ratelimits: [{ name: 'LIMITER', namespace_id: '1', simple: { limit: 5, period: 10 } }],
  hyperdrive: [{ binding: 'PG', id: 'abc', localConnectionString: 'postgres://a:b@c/d' }],
  durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] },
  assets: { directory: 'public', binding: 'ASSETS' },
  rules: [
    { type: 'Text', globs: ['**/*.tpl'] },
    { type: 'Data', globs: ['**/*.dat'] },
  ],
  secrets: { required: ['API_KEY'] },
}
const INDEX = `
import { DurableObject, env as outer } from 'cloudflare:workers'
import page from './page.tpl'
import data from './a.dat'

export class Room extends DurableObject<Env> {
  says(text: string): number {
    return text.length
  }
}

export default {
  async fetch(request, env, ctx) {
    const said: number = await env.ROOM.getByName('lobby').says('hello')
    const currency: 'EUR' = env.CURRENCY
    const database: [string, number] = [env.PG.connectionString, env.PG.port]
    const sizes: [36, 38] = outer.SIZES
    const nested: true = env.NESTED['a-b']
    const odd: null = env.ODD
    const key: string = outer.API_KEY
    const value: string | null = await env.KV.get('key')
    await env.KV.put('key', 'value', { expirationTtl: 60, metadata: { by: 'me' } })
    const row = await env.DB.prepare('SELECT ?').bind(1).first<{ a: number }>()
    const object: R2ObjectBody | null = await env.FILES.get('key')
    ctx.waitUntil(env.FILES.put('key', request.body))
    if (!(await env.LIMITER.limit({ key: request.url })).success) return new Response(null, { status: 429 })
    if (page.length + data.byteLength > 0) return env.ASSETS.fetch(request)
    return Response.json([said, currency, sizes, nested, odd, key, value, row?.a, object?.size, process.env.CURRENCY, env['not-a-name']])
  },
  async scheduled(controller, env) {
    await env.KV.put('at', String(controller.scheduledTime))
  },
} satisfies ExportedHandler<Env>
`

test('code that is written against @cloudflare/workers-types is checked', { timeout: 60_000 }, async () => {
  write('wrangler.jsonc', WRANGLER)
  write('src/index.ts', INDEX)
  expect(await types()).toEqual({ status: 0, out: `${FILE} is written\n`, err: '' })
  expect(await compile()).toBe('')
  write(
    'src/index.ts',
    INDEX.replace("'EUR' = env", "'USD' = env").replace('env.DB', 'env.DC').replace('.says(', '.said('),
  )
  const wrong = await compile()
  for (const text of [
    'Type \'"EUR"\' is not assignable to type \'"USD"\'',
    "Property 'DC' does not exist on type 'Env'",
    "Property 'said' does not exist on type",
  ]) {
    expect(wrong).toContain(text)
  }
})

test('of all environments, what some of them have may be missing; --env is of one', async () => {
  const env = { live: { vars: { CURRENCY: 'USD', MODE: 'live' }, kv_namespaces: WRANGLER.kv_namespaces } }
  write('wrangler.json', { ...WRANGLER, secrets: undefined, env })
  await types()
  const all = readFileSync(join(app, FILE), 'utf8')
  for (const line of ['CURRENCY: "EUR" | "USD"', 'MODE?: "live"', 'KV: KVNamespace', 'DB?: D1Database']) {
    expect(all).toContain(`    ${line}\n`)
  }
  expect((await types('--env', 'live', '-o', 'live.d.ts', '--no-strict-vars')).out).toBe(
    'live.d.ts is written\n',
  )
  const live = readFileSync(join(app, 'live.d.ts'), 'utf8')
  for (const line of ['CURRENCY: string', 'MODE: string', 'KV: KVNamespace'])
    expect(live).toContain(`    ${line}\n`)
  expect(live).not.toContain('DB')
})

test('secrets are texts, by the names that a file of variables has', async () => {
  write('wrangler.toml', 'name = "shop"\n[vars]\nA = "a"\nB = [1, "x"]\n')
  write('.dev.vars', 'A=1\nTOKEN=secret\n')
  await types('--no-strict-vars')
  const text = readFileSync(join(app, FILE), 'utf8')
  for (const line of ['A: string', 'B: (number | string)[]', 'TOKEN: string'])
    expect(text).toContain(`    ${line}\n`)
  expect(text).not.toContain('secret')
})

test('of a nano.json without a wrangler file', async () => {
  write('nano.json', {
    apps: [
      {
        name: 'shop',
        path: 'dist/app.wasm',
        env: { GREETING: 'Hello' },
        secrets: { KEY: { env: 'KEY' } },
        r2_buckets: [{ binding: 'FILES' }],
        durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room', script_name: 'chat' }] },
      },
    ],
  })
  await types()
  const text = readFileSync(join(app, FILE), 'utf8')
  expect(text).toContain('of nano.json.')
  for (const line of ['FILES: R2Bucket', 'GREETING: "Hello"', 'KEY: string', 'ROOM: DurableObjectNamespace'])
    expect(text).toContain(`    ${line}\n`)
})

test('--check is for CI: it writes nothing, and says what is stale', async () => {
  write('wrangler.json', WRANGLER)
  expect(await types('--check')).toMatchObject({
    status: 1,
    err: `${FILE} is not there\nrun: nano-workers types\n`,
  })
  await types()
  expect(await types('--check')).toEqual({ status: 0, out: `${FILE} is as it should be\n`, err: '' })
  // what a formatter does makes it no other one
  write(
    FILE,
    readFileSync(join(app, FILE), 'utf8')
      .replaceAll('\n', '\r\n')
      .replaceAll('"', "'")
      .replaceAll(': KVNamespace', ':KVNamespace;'),
  )
  expect((await types('--check')).status).toBe(0)
  utimesSync(join(app, FILE), 1, 1)
  write('wrangler.json', { ...WRANGLER, kv_namespaces: [{ binding: 'CACHE' }] })
  const { status, err } = await types('--check')
  expect(status).toBe(1)
  expect(err).toMatch(/- KV:KVNamespace;[^]*\+ CACHE: KVNamespace/)
  expect(statSync(join(app, FILE)).mtimeMs).toBe(1000)
  write('wrangler.json', '{')
  expect(await types('--check')).toMatchObject({
    status: 1,
    err: expect.stringContaining('WRANGLER_INVALID'),
  })
})
