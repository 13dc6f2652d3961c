/**
 * Durable Objects while shards die and versions change: of each there is one instance at a time in the whole process. An instance has a
 * number that nobody else has, and counts its calls; so what clients heard of two of them may not interleave.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { AppSpec } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'
import { openWebSocket } from '../harness/web-socket.ts'

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

test(
  'WebSockets that an object keeps end with their shard, and their clients find it again',
  { timeout: 240_000 },
  async ({ expect }) => {
    using threads = watchThreads()
    await using server = await serve(
      [
        {
          name: 'rooms',
          hostname: 'rooms.test',
          path: fixture('hibernation'),
          timeout_ms: 30_000,
          recycle_idle_ms: 200,
          durable_objects: {
            bindings: ['Room', 'Silent'].map((class_name) => ({
              name: class_name.toUpperCase(),
              class_name,
            })),
          },
        },
      ],
      SHARDS,
    )
    const enter = (room: number) =>
      openWebSocket(server.port, { host: 'rooms.test', path: `/open?room=${room}&attach=${room}` })
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
