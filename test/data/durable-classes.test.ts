/** What becomes of the data of classes of Durable Objects: renamed, deleted, bounded together, and rung by alarms. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { createSourceDir } from '../build/source-dir.ts'
import type { SourceDir } from '../build/source-dir.ts'
import { serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const SOURCE = `
  import { DurableObject } from 'cloudflare:workers'
  class Keeper extends DurableObject {
    async fetch(request) {
      const { storage, id } = this.ctx
      const url = new URL(request.url)
      if (request.method === 'DELETE') { await storage.setAlarm(Date.now() + 1500); await storage.sync(); this.ctx.abort('gone') }
      if (request.method !== 'PUT') return Response.json((await storage.get('value')) ?? null)
      try { await storage.put('value', url.searchParams.get('value').repeat(Number(url.searchParams.get('times')))) } catch (error) { return new Response(error.code ?? String(error)) }
      return new Response('kept')
    }
    async alarm() { await this.ctx.storage.put('value', this.ctx.id.name ?? 'nobody') }
  }
  export class Room extends Keeper {}
  export class Lobby extends Keeper {}
  export class Hall extends Keeper {}
  export default {
    async fetch(request, env) {
      const [, binding, name] = new URL(request.url).pathname.split('/')
      try { return await env[binding].getByName(name).fetch(request) } catch (error) { return new Response(String(error)) }
    },
  }`

const directory = mkdtempSync(join(tmpdir(), 'nano-classes-'))
let sources: SourceDir
let server: Served

const bindings = (...classes: string[]) => ({
  bindings: classes.map((name) => ({ name: name.toUpperCase(), class_name: name })),
})
const toApp = (name: string, classes: string[], more: object = {}): AppSpec => ({
  name,
  path: sources.at('app.js'),
  durable_objects: bindings(...classes),
  ...more,
})

beforeAll(async () => {
  sources = createSourceDir({ 'app.js': SOURCE })
  server = await serve(
    [toApp('app', ['Room', 'Lobby']), toApp('full', ['Room', 'Lobby'], { durable_total_mb: 1 })],
    2,
    {
      storageDirectory: directory,
    },
  )
})

afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
  sources[Symbol.dispose]()
})

const put = async (app: string, path: string, value: string, times = 1) =>
  (await server.send(app, `/${path}?value=${value}&times=${times}`, { method: 'PUT' })).text
const get = async (app: string, path: string) => (await server.send(app, `/${path}`)).text
const folders = (of: string) => readdirSync(join(directory, 'durable')).filter((name) => name.startsWith(of))

test('all objects of an app have their room together, whatever their class', async ({ expect }) => {
  expect(await put('full', 'ROOM/a', 'x', 600_000)).toBe('kept')
  expect(await put('full', 'LOBBY/a', 'x', 600_000)).toBe('STORAGE_LIMIT')
  expect(await put('app', 'LOBBY/a', 'x', 600_000)).toBe('kept')
})

test('an object that an alarm wakes knows what it was called by', async ({ expect }) => {
  expect(await put('app', 'ROOM/ada', 'first')).toBe('kept')
  await server.send('app', '/ROOM/ada', { method: 'DELETE' })
  // nobody asks for it before the alarm does
  await new Promise((resolve) => setTimeout(resolve, 1700))
  await waitFor(async () => (await get('app', 'ROOM/ada')) !== '"first"' || undefined)
  expect(await get('app', 'ROOM/ada')).toBe('"ada"')
})

test(
  'what was a deleted class’s is erased, and nothing else; a renamed one keeps what it had',
  { timeout: 60_000 },
  async ({ expect }) => {
    expect(await put('app', 'ROOM/a', 'room')).toBe('kept')
    expect(await put('app', 'LOBBY/a', 'lobby')).toBe('kept')
    expect(folders('app.room')).toHaveLength(1)
    const steps = [
      { tag: 'v1', new_sqlite_classes: ['Room', 'Lobby'] },
      { tag: 'v2', renamed_classes: [{ from: 'Lobby', to: 'Hall' }], deleted_classes: ['Room'] },
    ]
    await server.put(toApp('app', ['Hall'], { migrations: steps }))
    expect(
      await server.logged(
        'migrations delete classes of Durable Objects: what they have stored is gone (app.room.',
      ),
    ).toBeTruthy()
    expect(folders('app.room')).toEqual([])
    expect(await get('app', 'HALL/a')).toBe('"lobby"')
    // a class that is made again begins with none, and so does one of a version that knows nothing of it
    await server.put(
      toApp('app', ['Room', 'Hall'], { migrations: [...steps, { tag: 'v3', new_sqlite_classes: ['Room'] }] }),
    )
    expect(await get('app', 'ROOM/a')).toBe('null')
    expect(await put('app', 'ROOM/a', 'again')).toBe('kept')
    await server.put(toApp('app', ['Room', 'Lobby']))
    expect(await get('app', 'ROOM/a')).toBe('null')
    expect(await get('app', 'LOBBY/a')).toBe('"lobby"')
    expect(folders('app.room')).toHaveLength(1)
    expect(folders('full.room')).toHaveLength(1)
  },
)
