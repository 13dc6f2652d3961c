/** Apps that call each other in bad faith, or badly: loops, floods, what is kept for ever, whoever dies in the middle. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { serve, type Served } from '../harness/serve.ts'

const HOSTILE = `
  const kept = []
  const say = async (work) => { try { return await work() } catch (error) { return [error.name, error.code ?? null] } }
  const ways = {
    // each calls itself twice, and that again
    async bomb(env, url) {
      const depth = Number(url.searchParams.get('depth'))
      const go = async () => (await env.SELF.fetch('https://x.example/bomb?depth=' + (depth + 1))).text()
      return Promise.allSettled([go(), go()]).then((all) => all.map(({ status }) => status).sort())
    },
    // stubs that nobody disposes of, with functions that the other side could call
    async leak(env) {
      const counter = await env.VICTIM.counter(() => 1)
      kept.push(counter)
      return counter.increment()
    },
    huge: (env) => Promise.all(Array.from({ length: 12 }, () => say(() => env.VICTIM.swallow(new Uint8Array(3_000_000))))),
    async die(env) {
      const counter = await env.VICTIM.counter()
      await counter.increment()
      void env.VICTIM.fetch('https://x.example/wait')
      await scheduler.wait(30)
      for (;;);
    },
    async spin(env) { for (;;) try { await env.VICTIM.echo(1) } catch {} },
    // the same for nobody
    leave(env) { void ways.spin(env); return 'left' },
    hangs: (env) => say(() => env.VICTIM.hang()),
    burn: (env) => say(() => env.VICTIM.burn()),
    async proxied(env) {
      let asked = []
      const trap = new Proxy({}, { get(_, name) { asked.push(String(name)); return 1 }, ownKeys: () => ['a', '__proto__', 'constructor'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) })
      const back = await env.VICTIM.echo({ trap, list: Object.assign([1], { length: 3 }) })
      return [Object.getPrototypeOf(back.trap) === Object.prototype, Object.keys(back.trap), back.list.length]
    },
    deep: (env) => { let value = []; for (let i = 0; i < 100_000; i++) value = [value]; return say(() => env.VICTIM.echo(value)) },
    thenable: (env) => say(() => env.VICTIM.echo({ then: 'not a function' })),
  }
  export default { fetch: async (request, env) => { const url = new URL(request.url); return Response.json(await ways[url.pathname.slice(1)](env, url) ?? null) } }`

const VICTIM = `
  import { WorkerEntrypoint, RpcTarget } from 'cloudflare:workers'
  let aborted = 0
  let disposed = 0
  class Counter extends RpcTarget {
    #value = 0
    increment() { return ++this.#value }
    [Symbol.dispose]() { disposed++ }
  }
  export default class extends WorkerEntrypoint {
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/wait') { request.signal.addEventListener('abort', () => aborted++); await scheduler.wait(60_000) }
      return Response.json({ aborted, disposed })
    }
    counter() { return new Counter() }
    swallow(bytes) { return bytes.length }
    echo(value) { return value }
    hang() { return new Promise(() => {}) }
    burn() { for (;;); }
  }`

let sources: SourceDir
let served: Served
beforeAll(async () => {
  sources = createSourceDir({ 'hostile.js': HOSTILE, 'victim.js': VICTIM })
  const services = [
    { binding: 'VICTIM', service: 'victim' },
    { binding: 'SELF', service: 'hostile' },
  ]
  served = await serve([
    {
      name: 'hostile',
      hostname: 'hostile.test',
      path: sources.at('hostile.js'),
      services,
      cpu_ms: 2000,
      buffer_mb: 32,
    },
    {
      name: 'spinner',
      hostname: 'spinner.test',
      path: sources.at('hostile.js'),
      services,
      cpu_ms: 300,
      subrequests: 20,
      background_ms: 500,
      timeout_ms: 20_000,
    },
    {
      name: 'victim',
      hostname: 'victim.test',
      path: sources.at('victim.js'),
      cpu_ms: 300,
      concurrent_requests: 20,
      queued_requests: 20,
    },
    NEIGHBOUR,
  ])
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

const attack = (way: string) => served.send('hostile.test', `/${way}`)
const victim = async (): Promise<{ aborted: number; disposed: number }> => {
  const answer = await served.send('victim.test', '/')
  expect(answer.status, answer.text).toBe(200)
  return answer.json()
}

test('calls that lead to more of them end, and touch no neighbour', { timeout: 60_000 }, async () => {
  await using neighbour = watchNeighbour(served)
  const { status } = await attack('bomb?depth=0')
  expect([200, 503, 504]).toContain(status)
  await neighbour.stop()
})

test('stubs that are kept for ever hold nothing once their request is over', async () => {
  const before = await victim()
  for (let i = 0; i < 120; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: more than the victim has places for
    const { status, text } = await attack('leak')
    expect([status, text]).toEqual([200, '1'])
  }
  await expect.poll(async () => (await victim()).disposed - before.disposed).toBe(120)
})

test('huge arguments end at the bytes that the host holds for the caller', async () => {
  const outcomes = (await attack('huge')).json<unknown[]>()
  expect(outcomes).toHaveLength(12)
  for (const outcome of outcomes)
    expect([3_000_000, ['Error', 'STORAGE_LIMIT'], ['Error', 'CALL_LIMIT']]).toContainEqual(outcome)
  expect(outcomes).toContainEqual(['Error', 'STORAGE_LIMIT'])
  await victim()
})

test('the prototypes of whoever is called stay as they are', async () => {
  expect((await attack('proxied')).json()).toEqual([true, ['a', '__proto__', 'constructor'], 3])
  expect((await attack('thenable')).text).toBe('{"then":"not a function"}')
  const [name] = (await attack('deep')).json<string[]>()
  expect(['InternalError', 'RangeError', 'DataCloneError']).toContain(name)
  await victim()
})

test('an app that hangs or burns when it is called is known for it at once, and serves its other clients', async () => {
  expect((await attack('hangs')).json()).toEqual(['Error', 'APP_HUNG'])
  const [, code] = (await attack('burn')).json<string[]>()
  expect(['APP_CPU_LIMIT', 'APP_TRAPPED']).toContain(code)
  await victim()
})

test('a caller that dies leaves nothing behind', async () => {
  const before = await victim()
  expect((await attack('die')).status).toBe(503)
  await expect.poll(victim).toEqual({ aborted: before.aborted + 1, disposed: before.disposed + 1 })
})

test('calls without end, that are refused or for nobody, are paid for, and end with the time of the background', async () => {
  const live = async () =>
    (await served.tenants()).find(({ name }) => name === 'spinner')!.counters.liveInstances
  const spinner = (way: string) => served.send('spinner.test', `/${way}`)
  const stopped = await spinner('spin')
  expect([stopped.status, stopped.text]).toEqual([503, expect.stringContaining('APP_CPU_LIMIT')])
  await expect.poll(live, { timeout: 10_000 }).toBe(0)
  expect((await spinner('leave')).text).toBe('"left"')
  await expect.poll(live, { timeout: 10_000 }).toBe(0)
  expect((await spinner('thenable')).text).toBe('{"then":"not a function"}')
})
