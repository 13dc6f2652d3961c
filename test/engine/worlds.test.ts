/**
 * Two versions of the world side by side: an app that was built for an older one answers on the same host, with its own
 * engine and its own codecs, beside one of the present.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { snapshot } from '../../host/build/snapshot.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { parseConfig } from '../../host/config/parse.ts'
import { buildEngine, toEngineDirectory } from '../../host/engine/build-engine.ts'
import { openEngine } from '../../host/engine/engine.ts'
import { readKnownEngines } from '../../host/engine/known.ts'
import { startServer } from '../../host/server.ts'
import { witText } from '../../wit/text.ts'
import { PRESENT } from '../../wit/worlds.ts'
import { buildFixture } from '../harness/component.ts'
import { send } from '../harness/http.ts'

const OLD = '0.1.0'
const COMPONENTS = join(import.meta.dirname, '../../node_modules/.cache/nano-workers/engine-test')

/** A guest of the older world, without a shim: its `env` is one string, and its events lie elsewhere. */
const SOURCE = `
import { log } from 'nano:workers/console@${OLD}'
import { pull } from 'nano:workers/request-body@${OLD}'
import { finish, send, start, write } from 'nano:workers/response@${OLD}'
import { wakeIn } from 'nano:workers/timer@${OLD}'
const encoder = new TextEncoder()
const nothing = new Uint8Array(0)
const asleep = []
const bodies = new Map()
let env
const answer = (id, value) => send(id, 200, encoder.encode('x-world\\n${OLD}\\n'), encoder.encode(JSON.stringify(value)))
export const turn = (source, events) => {
  for (const { tag, val } of events) {
    if (tag === 'startup') env = JSON.parse(val.env)
    else if (tag === 'timer-due') { for (const id of asleep.splice(0)) answer(id, 'awake') }
    else if (tag === 'request-body') {
      const bytes = (bodies.get(val.id) ?? 0) + val.bytes.length
      bodies.set(val.id, bytes)
      if (val.last) answer(val.id, bytes)
      else pull(val.id)
    } else if (tag === 'request') {
      const { id, method, url, headers, hasBody } = val
      log('info', encoder.encode(url))
      if (hasBody) continue
      if (url.endsWith('/sleep')) { asleep.push(id); wakeIn(5, id) }
      else if (url.endsWith('/stream')) { start(id, 200, nothing); write(id, encoder.encode('in parts')); finish(id) }
      else answer(id, { method, path: url.slice(url.indexOf('/', 8)), env, headers: headers.split('\\n').length > 2 })
    }
  }
}`

/** Engines are kept, by their hashes. */
const cache = join(COMPONENTS, 'cache')
const chosen = process.env['NANO_CACHE_DIR']
let server: Awaited<ReturnType<typeof startServer>>
let hash: string

beforeAll(async () => {
  mkdirSync(cache, { recursive: true })
  process.env['NANO_CACHE_DIR'] = cache
  const old = await buildOld()
  hash = splitComponent(old).skeletonHash
  const present = await buildFixture('memory')
  for (const component of [old, present]) await buildEngine(component, cache)
  writeFileSync(join(cache, 'old.wasm'), old)
  writeFileSync(join(cache, 'present.wasm'), present)
  server = await startServer({ config: toConfig(['old', 'present']), log() {} })
}, 120_000)

afterAll(async () => {
  await server?.close()
  if (chosen === undefined) delete process.env['NANO_CACHE_DIR']
  else process.env['NANO_CACHE_DIR'] = chosen
})

async function buildOld(): Promise<Uint8Array> {
  const key = createHash('sha256').update(SOURCE).update(witText(OLD)).digest('hex')
  const file = join(COMPONENTS, `${key}.wasm`)
  if (!existsSync(file)) {
    const { component } = await snapshot(SOURCE, { wit: witText(OLD), timeoutMs: 30_000, memoryMb: 512 })
    mkdirSync(COMPONENTS, { recursive: true })
    writeFileSync(file, component)
  }
  return readFileSync(file)
}

function toConfig(names: readonly string[]) {
  const apps = names.map((name) => ({
    name,
    path: join(cache, `${name}.wasm`),
    env: { KEY: 'ä "value"', EMPTY: '' },
  }))
  return parseConfig(JSON.stringify({ port: 0, shards: 1, engines: [hash], apps }), join(cache, 'nano.json'))
}

describe('an app of the older world', () => {
  test('is told of its env and of requests as its own world has them', async ({ expect }) => {
    const answer = await send(server.port, { host: 'old', path: '/some?where', headers: { a: 'b' } })
    expect(answer.json()).toEqual({
      method: 'GET',
      path: '/some?where',
      env: { KEY: 'ä "value"', EMPTY: '' },
      headers: true,
    })
    expect(answer.headers['x-world']).toBe(OLD)
  })

  test('takes bodies, answers in parts, and wakes', async ({ expect }) => {
    const body = Buffer.alloc(200_000, 'x')
    expect((await send(server.port, { host: 'old', path: '/', method: 'POST', body })).json()).toBe(
      body.length,
    )
    expect((await send(server.port, { host: 'old', path: '/stream' })).text).toBe('in parts')
    expect((await send(server.port, { host: 'old', path: '/sleep' })).json()).toBe('awake')
  })

  test('stands beside one of the present world', async ({ expect }) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(
          server.port,
          i % 2 === 0 ? { host: 'old', path: '/' } : { host: 'present', path: '/note?kept=yes' },
        ),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  })
})

describe('an engine', () => {
  const read = (engine: string) =>
    JSON.parse(readFileSync(join(toEngineDirectory(cache, engine), 'engine.json'), 'utf8'))

  test('knows its world, from what it imports', ({ expect }) => {
    expect(read(hash)).toMatchObject({ world: OLD })
    expect(openEngine(toEngineDirectory(cache, hash)).world).toBe(OLD)
  })

  test('that is not known: the refusal names the worlds that are served', ({ expect }) => {
    expect(() => readKnownEngines().expectKnown('0'.repeat(64))).toThrow(
      `It serves the worlds ${OLD} and ${PRESENT}.`,
    )
  })
})
