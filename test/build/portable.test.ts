/**
 * `build --target wasi-http`: the same app behind a host of wasi:http that has nothing of NANO, and behind NANO, asked the same.
 */

import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { componentWit } from '@bytecodealliance/jco'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { send } from '../harness/http.ts'
import type { Answer, Sent } from '../harness/http.ts'
import { startJco } from '../harness/jco-serve.ts'
import { example, serve } from '../harness/serve.ts'
import { answerTogether, startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const SECRET = 'test-secret'
const HOST = 'app.test'
const JSON_TYPE = { 'content-type': 'application/json' }
/** What wasi:http/proxy has, and the environment. */
const PROXY = [
  'wasi:cli/environment',
  'wasi:cli/stderr',
  'wasi:cli/stdin',
  'wasi:cli/stdout',
  'wasi:clocks/monotonic-clock',
  'wasi:clocks/wall-clock',
  'wasi:http/outgoing-handler',
  'wasi:http/types',
  'wasi:io/error',
  'wasi:io/poll',
  'wasi:io/streams',
  'wasi:random/random',
]

type Asked = Omit<Sent, 'host'>

const directory = mkdtempSync(join(tmpdir(), 'nano-portable-'))

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** The component of an app, and what its build said. */
async function build(entry: string, name: string): Promise<{ file: string; warnings: string[] }> {
  const file = join(directory, `${name}.wasm`)
  const warnings: string[] = []
  await buildApp({ entry, target: 'wasi-http', outFile: file, onWarning: (text) => warnings.push(text) })
  return { file, warnings }
}

describe('an app for any host of wasi:http', () => {
  let upstream: Upstream

  beforeAll(async () => {
    upstream = await startUpstream(
      answerTogether(2, (request, response) => {
        if (request.url === '/away') response.writeHead(302, { location: '/news' }).end()
        else response.end(JSON.stringify({ from: request.url }))
      }),
    )
  })

  afterAll(async () => {
    await upstream.close()
  })

  const env = () => ({
    WEBHOOK_SECRET: SECRET,
    WEATHER_URL: `${upstream.url}/weather`,
    NEWS_URL: `${upstream.url}/news`,
  })

  const asked: Readonly<Record<string, () => Asked[]>> = {
    'rest-api': () => [
      { path: '/' },
      { path: '/notes', method: 'POST', body: '{"title":"milk"}', headers: JSON_TYPE },
      { path: '/notes/1' },
      { path: '/notes?done=false' },
      { path: '/notes', method: 'POST', body: '{', headers: JSON_TYPE },
      { path: '/notes/1', method: 'DELETE' },
      { path: '/elsewhere', method: 'PUT' },
      { path: '/', method: 'HEAD' },
    ],
    webhook: () => {
      const body = '{"event":"push"}'
      const mac = createHmac('sha256', SECRET).update(body).digest('hex')
      const deliver = (signature: string) => ({
        path: '/',
        method: 'POST',
        body,
        headers: { 'x-signature-256': signature },
      })
      return [deliver(`sha256=${mac}`), deliver(`sha256=${mac.replace(/^./, 'g')}`), { path: '/' }]
    },
    aggregator: () => [{ path: '/' }],
    events: () => [{ path: '/ticks?count=3&every=20' }, { path: '/' }],
  }

  test.for(Object.keys(asked))('%s answers as it does on NANO', async (name, { expect }) => {
    const { file } = await build(example(name), name)
    const egress = { private: true }
    await using nano = await serve([{ name, hostname: HOST, path: example(name), env: env(), egress }])
    await using jco = await startJco(file, env())
    for (const request of asked[name]!()) {
      const [here, there] = [
        await nano.send(HOST, request.path, request),
        await send(jco.port, { host: HOST, ...request }),
      ]
      expect(toShown(there), `${request.method} ${request.path}: ${jco.log}`).toEqual(toShown(here))
    }
  })

  test('what fails is told as NANO tells it, and a router of any name has no handlers that it does not have', async ({
    expect,
  }) => {
    const entry = join(directory, 'faults.ts')
    writeFileSync(
      entry,
      `const handlers = {
  fetch(request) {
    if (new URL(request.url).pathname === '/throws') throw new TypeError('on purpose')
    return undefined
  },
}
// as routers do that have a method for each word
export default new Proxy(handlers, { get: (target, name) => target[name] ?? (() => undefined) })
`,
    )
    const { file, warnings } = await build(entry, 'faults')
    expect(warnings).toEqual([])
    await using nano = await serve([{ name: 'faults', hostname: HOST, path: entry }])
    await using jco = await startJco(file, {})
    for (const path of ['/throws', '/none']) {
      const there = await send(jco.port, { host: HOST, path })
      expect(toShown(there), jco.log).toEqual(toShown(await nano.send(HOST, path)))
    }
  })

  test('is a component of wasi:http/proxy, with the environment and nothing more', async ({ expect }) => {
    const { file } = await build(example('hello'), 'hello')
    const wit = await componentWit(readFileSync(file))
    const names = (kind: string) =>
      Array.from(wit.matchAll(new RegExp(`^ {2}${kind} (\\S+)@0\\.2\\.\\d+;$`, 'gm')), ([, name]) => name!)
    expect(names('import').filter((name) => !PROXY.includes(name))).toEqual([])
    expect(names('export')).toEqual(['wasi:http/incoming-handler'])
  })

  test('a build names what the app cannot have there', async ({ expect }) => {
    const entry = join(directory, 'much.ts')
    writeFileSync(
      entry,
      `import { DurableObject } from 'cloudflare:workers'
export class Room extends DurableObject {}
export default {
  fetch: () => new Response(new Intl.NumberFormat('de').format(1) + typeof caches + typeof WebSocketPair),
  scheduled() {},
  queue() {},
}
`,
    )
    const { warnings } = await build(entry, 'much')
    const words = ['WebSocket', 'caches', 'Intl', 'scheduled handler', 'queue handler', 'export Room']
    for (const word of words) expect(warnings.filter((text) => text.startsWith(word))).toHaveLength(1)
  })
})

/** What a client can tell of two hosts that should say the same. */
function toShown({ status, headers, text }: Answer): unknown {
  const { 'content-type': type, 'content-length': length, location } = headers
  return { status, type, length, location, text }
}
