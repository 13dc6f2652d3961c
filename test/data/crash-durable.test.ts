/** A Durable Object that counts, under 100 clients and `kill -9`: every increment that was acknowledged is there, and none twice. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { killWhileWriting } from '../harness/crash.ts'
import type { Writer } from '../harness/crash.ts'

const APP = `
  import { DurableObject } from 'cloudflare:workers'
  export class Counter extends DurableObject {
    async fetch(request) {
      const { storage } = this.ctx
      const index = new URL(request.url).searchParams.get('index')
      if (index === null) {
        const all = await storage.list({ prefix: 'index:' })
        return Response.json({ count: await storage.get('count'), all: [...all].map(([key, times]) => [Number(key.slice(6)), times]) })
      }
      const count = ((await storage.get('count')) ?? 0) + 1
      await storage.put({ count, ['index:' + index]: ((await storage.get('index:' + index)) ?? 0) + 1 })
      return new Response(String(count))
    }
  }
  export default { fetch: (request, env) => env.COUNTER.getByName('one').fetch(request) }`

const folder = mkdtempSync(join(tmpdir(), 'nano-durable-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'app.js')
writeFileSync(path, APP)

const seen = new Map<string, number>()

const COUNTER: Writer = {
  app: {
    path,
    timeout_ms: 30_000,
    durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
  },
  async write(ask, index) {
    const { status, text } = await ask({ path: `/?index=${index}` })
    if (status !== 200) return false
    // what is told once is not told again
    seen.set(text, (seen.get(text) ?? 0) + 1)
    return true
  },
  async missing(ask, indices) {
    const { count, all } = (await ask({ path: '/' })).json<{ count: number; all: [number, number][] }>()
    const times = new Map(all)
    if (count !== all.length) throw new Error(`${count} increments of ${all.length} clients' requests`)
    if (all.some(([, each]) => each !== 1)) throw new Error('one was made twice')
    return indices.filter((index) => !times.has(index))
  },
}

test('keeps what it acknowledged, once', { timeout: 300_000 }, async ({ expect }) => {
  const { kept, lost } = await killWhileWriting(COUNTER, 4000, 4, 100)
  expect(kept).toBeGreaterThanOrEqual(4000)
  expect(lost).toEqual([])
  expect([...seen.values()].filter((times) => times > 1)).toEqual([])
})
