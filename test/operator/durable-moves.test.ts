/**
 * Durable Objects while shards die and versions change: of each there is one instance at a time in the whole process. An instance has a
 * number that nobody else has, and counts its calls; so what clients heard of two of them may not interleave.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'
import type { ExpectStatic } from 'vitest'

import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { ShardClient } from '../harness/shard-client.ts'
import { watchThreads } from '../harness/threads.ts'
import { openWebSocket } from '../harness/web-socket.ts'
import type { WebSocketClient } from '../harness/web-socket.ts'

const APP = `
  export class Counter {
    nonce = crypto.randomUUID()
    calls = 0
    async fetch() {
      const call = ++this.calls
      // between turns another instance could come
      await new Promise((resolve) => setTimeout(resolve, 1))
      return Response.json({ nonce: this.nonce, call })
    }
  }
  export default {
    async fetch(request, env) {
      try { return await env.COUNTER.getByName(new URL(request.url).pathname).fetch(request) }
      catch (error) { return Response.json({ ...error }, { status: 500 }) }
    },
  }`

const folder = mkdtempSync(join(tmpdir(), 'nano-moves-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'app.js'), APP)

const SHARDS = 3
const OBJECTS = 6
const CLIENTS = 12
const KILLS = 6

interface Heard {
  readonly nonce: string
  readonly call: number
  /** When it was asked, and when it was answered, in steps of one clock. */
  readonly from: number
  readonly to: number
}

/** Pairs of instances of one object of which each was asked after the other had answered. */
function interleaved(heard: readonly Heard[]): string[] {
  const spans = new Map<string, { first: number; last: number }>()
  for (const { nonce, from, to } of heard) {
    // it was there at a moment between the two
    const { first = Infinity, last = -Infinity } = spans.get(nonce) ?? {}
    spans.set(nonce, { first: Math.min(first, to), last: Math.max(last, from) })
  }
  const all = [...spans].toSorted(([, a], [, b]) => a.first - b.first)
  return all.flatMap(([nonce, { first }], i) =>
    all.slice(0, i).flatMap(([before, { last }]) => (last > first ? [`${before} after ${nonce}`] : [])),
  )
}

test(
  'an object is one instance at a time, through deaths of shards and new versions',
  { timeout: 240_000 },
  async ({ expect }) => {
    using threads = watchThreads()
    const app = (version: number): AppSpec => ({
      name: 'counter',
      hostname: 'counter.test',
      path: join(folder, 'app.js'),
      env: { VERSION: String(version) },
      timeout_ms: 30_000,
      durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
    })
    await using server = await serve([app(0)], SHARDS)
    const heard = Array.from({ length: OBJECTS }, (): Heard[] => [])
    const state = { isOn: true, failed: 0 }
    const client = async (_: unknown, at: number): Promise<void> => {
      for (let i = at; state.isOn; i++) {
        const from = performance.now()
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const answer = await server.send('counter.test', `/${i % OBJECTS}`).catch(() => undefined)
        const to = performance.now()
        if (answer?.status === 200)
          heard[i % OBJECTS]!.push({ ...answer.json<{ nonce: string; call: number }>(), from, to })
        else state.failed++
      }
    }
    const clients = Array.from({ length: CLIENTS }, client)
    const total = (): number => heard.reduce((sum, { length }) => sum + length, 0)
    const more = async (): Promise<void> => {
      const before = total()
      await waitFor(() => total() > before + CLIENTS * 5 || undefined, 60_000)
    }
    for (let i = 0; i < KILLS; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await more()
      // oxlint-disable-next-line no-await-in-loop
      if (i % 2 === 0) await threads.find(`shard ${i % SHARDS}`).terminate()
      // oxlint-disable-next-line no-await-in-loop
      else await server.put(app(i))
      // oxlint-disable-next-line no-await-in-loop
      await sleep(300)
    }
    await more()
    state.isOn = false
    await Promise.all(clients)
    for (const of of heard) {
      expect(new Set(of.map(({ nonce, call }) => `${nonce} ${call}`)).size).toBe(of.length)
      expect(interleaved(of)).toEqual([])
    }
    const instances = new Set(heard.flatMap((of) => of.map(({ nonce }) => nonce))).size
    // each version began its own, and each shard that died took some along
    expect(instances).toBeGreaterThanOrEqual(OBJECTS * 2)
    expect(state.failed).toBeLessThan(total())
  },
)

const ROOMS: AppSpec = {
  name: 'rooms',
  hostname: 'rooms.test',
  path: fixture('hibernation'),
  timeout_ms: 30_000,
  recycle_idle_ms: 200,
  durable_objects: {
    bindings: ['Room', 'Silent'].map((class_name) => ({ name: class_name.toUpperCase(), class_name })),
  },
}

const enterRoom = (port: number, room: number): Promise<WebSocketClient> =>
  openWebSocket(port, { host: 'rooms.test', path: `/open?room=${room}&attach=${room}` })

test(
  'WebSockets that an object keeps end with their shard, and their clients find it again',
  { timeout: 240_000 },
  async ({ expect }) => {
    using threads = watchThreads()
    await using server = await serve([ROOMS], SHARDS)
    const enter = (room: number) => enterRoom(server.port, room)
    const rooms = await Promise.all(
      Array.from({ length: 30 }, async (_, room) => ({ room, client: await enter(room) })),
    )
    await threads.find('shard 0').terminate()
    for (const { room, client } of rooms) {
      // its shard, or its object's, may be the one that has ended
      client.socket.send('tags', () => undefined)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const said = await Promise.race([client.next(), client.over])
      if (typeof said === 'string') expect(said).toBe(`[[],"${room}"]`)
      else expect([1001, 1006, 1011]).toContain(said[0])
      // oxlint-disable-next-line no-await-in-loop
      using next = await waitFor(() => enter(room).catch(() => undefined), 30_000)
      next.socket.send('count')
      // oxlint-disable-next-line no-await-in-loop
      expect(Number(await next.next())).toBeGreaterThan(0)
      client.socket.terminate()
    }
    // some were on it
    const ended = await Promise.all(rooms.map(({ client }) => client.over))
    expect(ended.filter(([code]) => code === 1011).length).toBeGreaterThan(0)
  },
)

describe('while a shard listens that nobody knows of yet', () => {
  const NUMBERS = Array.from({ length: 24 }, (_, room) => room)
  const TIMES = [1, 2, 3, 4, 5, 6]

  /** Each is called through connections to whichever shard, and the WebSockets are still there. */
  async function expectKept(
    expect: ExpectStatic,
    server: Pick<Served, 'send'>,
    clients: readonly WebSocketClient[],
  ): Promise<void> {
    const called = NUMBERS.flatMap((room) => TIMES.map(() => server.send('rooms.test', `/who?room=${room}`)))
    expect((await Promise.all(called)).map(({ status }) => status)).toEqual(called.map(() => 200))
    const said = clients.map(async (client) => {
      client.socket.send('tags')
      return await Promise.race([client.next(), client.over])
    })
    expect(await Promise.all(said)).toEqual(NUMBERS.map((room) => `[[],"${room}"]`))
    for (const client of clients) client.socket.terminate()
  }

  test('as the server starts: an object begins where it stays', { timeout: 60_000 }, async ({ expect }) => {
    using threads = watchThreads()
    const held = threads.holdReady('shard 1')
    const starting = serve([ROOMS], 2)
    const port = await held.listens
    const opening = NUMBERS.map((room) => enterRoom(port, room))
    // those that are at home where they are asked for
    await Promise.any(opening)
    await sleep(500)
    held.release()
    await using server = await starting
    await expectKept(expect, server, await Promise.all(opening))
  })

  test(
    'as one comes back: its objects wait for it, and it takes none from others',
    { timeout: 60_000 },
    async ({ expect }) => {
      using threads = watchThreads()
      await using server = await serve([ROOMS], SHARDS)
      const before = await Promise.all(NUMBERS.map((room) => enterRoom(server.port, room)))
      const held = threads.holdReady('shard 0')
      await threads.find('shard 0').terminate()
      // an object that was on it, or a connection
      const opening = await Promise.all(
        NUMBERS.map(async (room) => {
          const client = before[room]!
          client.socket.send('tags', () => undefined)
          const said = await Promise.race([client.next(), client.over])
          return typeof said === 'string' ? { client } : { next: reenter(server.port, room) }
        }),
      )
      await held.listens
      using newcomer = await ShardClient.to(server, SHARDS + 1)
      const called = NUMBERS.map((room) => newcomer.send('rooms.test', `/who?room=${room}`))
      await sleep(500)
      held.release()
      const clients = await Promise.all(opening.map(async ({ client, next }) => client ?? (await next)))
      await Promise.all(called)
      await expectKept(expect, server, clients)
    },
  )

  test(
    'as one does not come back: others begin its objects, until it does',
    { timeout: 60_000 },
    async ({ expect }) => {
      using threads = watchThreads()
      await using server = await serve([{ ...ROOMS, recycle_idle_ms: 60_000 }], SHARDS)
      using client = await ShardClient.to(server, SHARDS)
      /** Which instance each object is. */
      const ask = async (): Promise<string[]> => {
        const asked = NUMBERS.map((room) => client.send('rooms.test', `/number?room=${room}`))
        return (await Promise.all(asked)).map((answer) => answer.json<string>())
      }
      const moved = (before: readonly string[], now: readonly string[]): number[] =>
        NUMBERS.filter((room) => before[room] !== now[room])
      const first = await ask()
      const held = threads.holdReady('shard 0')
      await threads.find('shard 0').terminate()
      // the successor listens, and is not heard of
      const meanwhile = await waitFor(() => ask().catch(() => undefined))
      const its = moved(first, meanwhile)
      expect(its.length).toBeGreaterThan(0)
      expect(its.length).toBeLessThan(NUMBERS.length)
      await server.logged('shard 0 is missing')
      expect(moved(meanwhile, await ask())).toEqual([])
      await held.listens
      held.release()
      const back = await waitFor(async () => {
        const now = await ask()
        return moved(meanwhile, now).length === its.length ? now : undefined
      })
      expect(moved(meanwhile, back)).toEqual(its)
    },
  )
})

/** A connection may be with the shard that has just ended. */
const reenter = (port: number, room: number): Promise<WebSocketClient> =>
  waitFor(() => enterRoom(port, room).catch(() => undefined), 30_000)
