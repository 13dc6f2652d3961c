/** A hostile app with Durable Objects beside a neighbour: as many as it can name, that hang, that fill memory, that never end. */

import { afterAll, beforeAll, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { codeOf } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { serve, waitFor, type AppSpec } from '../harness/serve.ts'

const PATIENCE_MS = 120_000

const FILES = {
  'hostile.js': `
    import { DurableObject } from 'cloudflare:workers'
    const kept = []
    export class Evil extends DurableObject {
      async fetch(request) {
        const { pathname } = new URL(request.url)
        if (pathname === '/spin') for (;;);
        if (pathname === '/grow') { kept.push(new Uint8Array(60 * 2 ** 20).fill(1)); return new Response('grown') }
        if (pathname === '/block') { this.ctx.blockConcurrencyWhile(() => new Promise(() => {})); return new Response('blocked') }
        if (pathname === '/stream') return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)) } }))
        if (pathname === '/recurse') return this.env.EVIL.get(this.env.EVIL.newUniqueId()).fetch(request)
        return new Response('ok')
      }
    }
    const ask = async (stub, path) => {
      try { const response = await stub.fetch('https://x' + path); return path === '/stream' ? 'ok' : await response.text() }
      catch (error) { return error.code ?? error.message }
    }
    export default {
      async fetch(request, env) {
        const { pathname, searchParams } = new URL(request.url)
        const count = Number(searchParams.get('count') ?? 1)
        const outcomes = {}
        const one = async (i) => {
          const name = searchParams.get('name')
          const stub = name === null ? env.EVIL.get(env.EVIL.newUniqueId()) : env.EVIL.getByName(name)
          const outcome = await ask(stub, pathname)
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        }
        await Promise.all(Array.from({ length: count }, (_, i) => one(i)))
        return Response.json(outcomes)
      },
    }`,
}

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir(FILES)
})
afterAll(() => sources[Symbol.dispose]())

const toEvil = (limits: Partial<AppSpec> = {}): AppSpec => ({
  name: 'evil',
  hostname: 'evil.test',
  path: sources.at('hostile.js'),
  cpu_ms: 1000,
  timeout_ms: 60_000,
  durable_objects: { bindings: [{ name: 'EVIL', class_name: 'Evil' }] },
  ...limits,
})

const BESIDE: AppSpec = { ...NEIGHBOUR, timeout_ms: PATIENCE_MS }

test(
  'thousands of objects are no more than may live, and a neighbour is served',
  { timeout: PATIENCE_MS },
  async ({ expect }) => {
    await using server = await serve([toEvil({ live_objects: 20 }), BESIDE])
    const neighbour = watchNeighbour(server)
    let made = 0
    for (let i = 0; i < 4; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const outcomes = (await server.send('evil.test', '/?count=500')).json<Record<string, number>>()
      made += outcomes['ok'] ?? 0
      expect(Object.keys(outcomes).filter((each) => each !== 'ok' && each !== 'APP_BUSY')).toEqual([])
    }
    expect(made).toBeGreaterThan(40)
    const { counters } = (await server.tenants()).find(({ name }) => name === 'evil')!
    // those, and the app itself
    expect(counters.liveInstances).toBeLessThanOrEqual(21)
    expect((await neighbour.stop()).answers).toBeGreaterThan(10)
  },
)

test(
  'objects that hang, block, recurse and keep streams open are bounded',
  { timeout: PATIENCE_MS },
  async ({ expect }) => {
    await using server = await serve([
      toEvil({ cpu_ms: 100, live_objects: 50 }),
      { ...toEvil({ timeout_ms: 1000 }), name: 'brief', hostname: 'brief.test' },
      // each object that it calls is started at its cost
      { ...toEvil({ cpu_ms: 5000 }), name: 'deep', hostname: 'deep.test' },
      BESIDE,
    ])
    const neighbour = watchNeighbour(server)
    const ask = async (path: string, host = 'evil.test') =>
      (await server.send(host, path)).json<Record<string, number>>()
    // each is stopped, and so is the request that pays for them
    expect(codeOf(await server.send('evil.test', '/spin?count=40'))).toBe('APP_CPU_LIMIT')
    await waitFor(async () => ('ok' in (await ask('/?count=1')) ? true : undefined), 60_000)
    expect(await ask('/recurse', 'deep.test')).toHaveProperty(
      'Subrequest depth limit exceeded: expected at most 16 calls from app to app that lead to one another. Does an app call itself?',
    )
    // one that is blocked keeps its callers until their time is over, and nobody else's
    await ask('/block?name=a', 'brief.test')
    const kept = await server.send('brief.test', '/?name=a&count=3')
    // calls and request have the same time: on a busy machine the app hears of its calls before its own is over
    if (kept.status === 200) expect(kept.json()).toEqual({ APP_TIMEOUT: 3 })
    else expect(codeOf(kept)).toBe('APP_TIMEOUT')
    expect(await ask('/?name=b', 'brief.test')).toEqual({ ok: 1 })
    expect((await neighbour.stop()).answers).toBeGreaterThan(10)
  },
)

test('calls that are refused take no room of other objects', { timeout: PATIENCE_MS }, async ({ expect }) => {
  await using server = await serve([toEvil({ cpu_ms: 100, live_objects: 4 })])
  const ask = async (path: string) => (await server.send('evil.test', path)).json<Record<string, number>>()
  await waitFor(async () => {
    await ask('/spin')
    return 'APP_BACKED_OFF' in (await ask('/')) || undefined
  })
  for (let i = 0; i < 8; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, each of another object
    expect(await ask('/')).toEqual({ APP_BACKED_OFF: 1 })
  }
  await waitFor(async () => 'ok' in (await ask('/')) || undefined, 60_000)
})

test('objects that fill memory end, and only they', { timeout: PATIENCE_MS }, async ({ expect }) => {
  await using server = await serve([toEvil({ cpu_ms: 5000, live_objects_mb: 200 }), BESIDE])
  const neighbour = watchNeighbour(server)
  for (let i = 0; i < 8; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.send('evil.test', `/grow?name=${i}`)
  }
  await waitFor(async () => {
    const { counters } = (await server.tenants()).find(({ name }) => name === 'evil')!
    return counters.memoryBytes < 300 * 2 ** 20 || undefined
  })
  expect((await server.send('evil.test', '/?name=last')).json()).toEqual({ ok: 1 })
  expect((await neighbour.stop()).answers).toBeGreaterThan(10)
})
