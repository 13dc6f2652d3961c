/** Durable Objects on a fleet: one instance for an id, wherever it is called, whatever dies or is cut off. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { keepAlive, send } from '../harness/http.ts'
import { NatsServer, NO_NATS } from '../harness/nats.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { serve, sleep } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { openWebSocket } from '../harness/web-socket.ts'

const CLIENTS = 100
const INCREMENTS = 1500
const KILLS = 3

const FILES = {
  'counter.js': `
    import { DurableObject } from 'cloudflare:workers'
    export class Counter extends DurableObject {
      async fetch(request) {
        const { storage } = this.ctx
        const { pathname, searchParams } = new URL(request.url)
        if (pathname === '/socket') {
          const { 0: client, 1: server } = new WebSocketPair()
          this.ctx.acceptWebSocket(server)
          return new Response(null, { status: 101, webSocket: client })
        }
        if (pathname === '/alarm') { await storage.setAlarm(Date.now() + 50); return new Response('set') }
        if (pathname === '/rung') return Response.json((await storage.get('rung')) ?? 0)
        const index = searchParams.get('index')
        if (index === null) {
          const all = await storage.list({ prefix: 'index:' })
          return Response.json({ count: (await storage.get('count')) ?? 0, all: [...all].map(([key, times]) => [Number(key.slice(6)), times]) })
        }
        const count = ((await storage.get('count')) ?? 0) + 1
        await storage.put({ count, ['index:' + index]: ((await storage.get('index:' + index)) ?? 0) + 1 })
        return new Response(String(count))
      }
      async alarm() { await this.ctx.storage.put('rung', ((await this.ctx.storage.get('rung')) ?? 0) + 1) }
      webSocketMessage(socket, text) { for (const each of this.ctx.getWebSockets()) each.send('heard ' + text) }
    }
    export default {
      async fetch(request, env) {
        const name = new URL(request.url).searchParams.get('name') ?? 'one'
        try { return await env.COUNTER.getByName(name).fetch(request) }
        catch ({ code = null, retryable = false, message }) { return Response.json({ code, retryable, message }, { status: 503 }) }
      },
    }`,
}

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir(FILES)
})
afterAll(() => sources[Symbol.dispose]())

const toApp = (): AppSpec => ({
  name: 'counter',
  path: sources.at('counter.js'),
  timeout_ms: 30_000,
  durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
})

interface Counted {
  readonly count: number
  readonly all: readonly (readonly [index: number, times: number])[]
}

/** Hosts of a fleet, which serve the same. */
class Hosts implements AsyncDisposable {
  readonly nats: NatsServer
  readonly #folder = mkdtempSync(join(tmpdir(), 'nano-objects-'))
  readonly #stack = new AsyncDisposableStack()

  private constructor(nats: NatsServer) {
    this.nats = this.#stack.use(nats)
    this.#stack.defer(() => rmSync(this.#folder, { recursive: true, force: true }))
  }

  static async open(): Promise<Hosts> {
    return new Hosts(await NatsServer.start())
  }

  async serve(host: string, ...others: AppSpec[]): Promise<Served> {
    const served = await serve([toApp(), ...others], 1, {
      fleet: { nats: this.nats.url, host, key: false },
      dataDirectory: this.folderOf(host),
    })
    return this.#stack.use(served)
  }

  /** As a process. */
  async start(host: string): Promise<ServerProcess> {
    const folder = this.folderOf(host)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'nano.json')
    const app = { hostname: 'counter', cpu_ms: 10_000, ...toApp() }
    writeFileSync(
      file,
      JSON.stringify({ shards: 2, fleet: { nats: this.nats.url, host, key: false }, apps: [app] }),
    )
    const started = await startNano(file)
    started.stderr.resume()
    return started
  }

  folderOf(host: string): string {
    return join(this.#folder, host)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

const ask = async (host: Served, path: string): Promise<unknown> =>
  JSON.parse((await host.send('counter', path)).text) as unknown

describe.skipIf(NO_NATS !== undefined)(
  `Durable Objects of a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`,
  () => {
    test('WebSockets, alarms: wherever a client is, the object is the same', async ({ expect }) => {
      await using hosts = await Hosts.open()
      const [a, b] = [await hosts.serve('a'), await hosts.serve('b')]
      await ask(b, '/?index=1')
      expect(await ask(a, '/?index=2')).toBe(2)
      using there = await openWebSocket(b.port, { host: 'counter', path: '/socket' })
      using here = await openWebSocket(a.port, { host: 'counter', path: '/socket' })
      here.socket.send('a')
      expect([await here.next(), await there.next()]).toEqual(['heard a', 'heard a'])
      await a.send('counter', '/alarm')
      await expect.poll(() => ask(a, '/rung'), { timeout: 10_000 }).toBe(1)
      expect(await ask(b, '/rung')).toBe(1)
    })

    test(
      'without NATS a host serves the objects that it has, begins no others, and both go on afterwards',
      { timeout: 60_000 },
      async ({ expect }) => {
        await using hosts = await Hosts.open()
        const [a, b] = [await hosts.serve('a'), await hosts.serve('b')]
        await ask(b, '/?index=1')
        await ask(a, '/?index=2')
        await hosts.nats.kill()
        expect(await ask(b, '/?index=3')).toBe(3)
        // as soon as it knows
        const lost = {
          code: expect.stringMatching(/OBJECT_UNREACHABLE|SHUTTING_DOWN/) as string,
          retryable: true,
        }
        expect(await ask(a, '/?index=4')).toMatchObject(lost)
        const unreachable = { code: 'OBJECT_UNREACHABLE', retryable: true }
        expect(await ask(a, '/?index=5')).toMatchObject(unreachable)
        expect(await ask(b, '/?name=new&index=6')).toMatchObject(unreachable)
        await hosts.nats.start()
        await expect.poll(() => ask(a, '/?index=7'), { timeout: 20_000 }).toBe(4)
        expect(await ask(b, '/')).toEqual({ count: 4, all: [1, 2, 3, 7].map((index) => [index, 1]) })
      },
    )

    test('a host that becomes the first of a fleet keeps the objects that it has', async ({ expect }) => {
      await using hosts = await Hosts.open()
      const alone = await serve([toApp()], 1, { dataDirectory: hosts.folderOf('a') })
      await ask(alone, '/?index=1')
      await alone.close()
      const [a, b] = [await hosts.serve('a'), await hosts.serve('b')]
      expect(await ask(b, '/?index=2')).toBe(2)
      expect(await ask(a, '/')).toEqual({
        count: 2,
        all: [
          [1, 1],
          [2, 1],
        ],
      })
    })

    test('only who has a binding to a class calls its objects on another host', async ({ expect }) => {
      await using hosts = await Hosts.open()
      const guest = (...bindings: { name: string; class_name: string; script_name: string }[]): AppSpec => ({
        name: 'guest',
        path: sources.at('counter.js'),
        durable_objects: { bindings },
      })
      const bound = guest({ name: 'COUNTER', class_name: 'Counter', script_name: 'counter' })
      const [a, b] = [await hosts.serve('a', bound), await hosts.serve('b', guest())]
      const call = async (): Promise<unknown> => JSON.parse((await a.send('guest', '/?index=1')).text)
      await ask(b, '/?index=0')
      expect(await call()).toMatchObject({ code: 'CALL_UNKNOWN' })
      await b.put(bound)
      expect(await call()).toBe(2)
      expect(await ask(b, '/')).toMatchObject({ count: 2 })
    })

    test('nothing is begun by a directory that was emptied', { timeout: 60_000 }, async ({ expect }) => {
      await using hosts = await Hosts.open()
      const a = await hosts.serve('a')
      expect(await ask(a, '/?index=1')).toBe(1)
      await a.close()
      await hosts.nats.kill()
      rmSync(join(hosts.nats.folder, 'jetstream'), { recursive: true })
      await hosts.nats.start()
      const again = await hosts.serve('a')
      expect(await ask(again, '/?index=2')).toMatchObject({ code: 'OBJECT_UNREACHABLE' })
      await again.logged('is another one than the one that host a knew')
    })

    test(
      'every increment that was acknowledged is there, and none twice, although the host that has the object is killed',
      { timeout: 300_000 },
      async ({ expect }) => {
        await using hosts = await Hosts.open()
        let owner = await hosts.start('b')
        await using other = await hosts.start('a')
        const agent = keepAlive(CLIENTS)
        const get = ({ port }: ServerProcess, path: string) => send(port, { host: 'counter', path, agent })
        expect((await get(owner, '/?index=0')).text).toBe('1')
        const kept = [0]
        const told = new Map<string, number>([['1', 1]])
        const failures: { code: string; retryable: boolean }[] = []
        let next = 1
        const over = new AbortController()
        const client = async (_: unknown, place: number): Promise<void> => {
          while (!over.signal.aborted) {
            const index = next++
            // half of them at each host; an owner that is down is not asked
            const answer = await get(place % 2 === 0 ? owner : other, `/?index=${index}`).catch(
              () => undefined,
            )
            if (answer?.status === 200) {
              kept.push(index)
              told.set(answer.text, (told.get(answer.text) ?? 0) + 1)
            } else {
              if (answer !== undefined && place % 2 === 1)
                failures.push(JSON.parse(answer.text) as (typeof failures)[number])
              await sleep(50)
            }
          }
        }
        const clients = Array.from({ length: CLIENTS }, client)
        for (let round = 1; round <= KILLS; round++) {
          await expect
            .poll(() => kept.length, { timeout: 90_000 })
            .toBeGreaterThan((INCREMENTS * round) / KILLS)
          const failed = failures.length
          owner.kill('SIGKILL')
          await owner.exited
          await expect.poll(() => failures.length, { timeout: 20_000 }).toBeGreaterThan(failed)
          owner = await hosts.start('b')
        }
        await using last = owner
        const before = kept.length
        await expect.poll(() => kept.length, { timeout: 60_000 }).toBeGreaterThan(before + 100)
        over.abort()
        await Promise.all(clients)
        const { count, all } = JSON.parse((await get(other, '/')).text) as Counted
        expect(JSON.parse((await get(last, '/')).text)).toEqual({ count, all })
        agent.destroy()
        const times = new Map(all)
        expect(kept.filter((index) => times.get(index) !== 1)).toEqual([])
        expect(all.filter(([, each]) => each !== 1)).toEqual([])
        expect(count).toBe(all.length)
        // what is told once is not told again
        expect([...told.values()].filter((each) => each > 1)).toEqual([])
        // and clients elsewhere were told to try again
        expect(failures.filter(({ retryable }) => !retryable)).toEqual([])
      },
    )
  },
)
