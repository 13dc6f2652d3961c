/** Durable Objects: ids and namespaces, one instance of each, what it may do to itself, and how calls of it fail. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { onShards, TWINS } from '../harness/places.ts'
import type { Placed } from '../harness/places.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const FILES = {
  'rooms.js': `
    import { DurableObject } from 'cloudflare:workers'
    const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    let constructed = 0

    export class Room extends DurableObject {
      count = 0
      order = []
      nonce = crypto.randomUUID()
      constructor(ctx, env) {
        super(ctx, env)
        constructed++
        if (ctx.id.name === 'blocked') {
          ctx.blockConcurrencyWhile(async () => {
            await later(20)
            this.order.push('ready')
            return 'ignored'
          })
        }
        if (ctx.id.name === 'refuses') throw new RangeError('not this one')
        if (ctx.id.name === 'unready') ctx.blockConcurrencyWhile(async () => { await later(5); throw new RangeError('never ready') })
      }
      async fetch(request) {
        const { pathname, searchParams } = new URL(request.url)
        if (pathname === '/who') return Response.json([this.ctx.id.toString(), this.ctx.id.name ?? null, this.nonce, constructed, this.env.TEXT, String(this.ctx)])
        if (pathname === '/add') return Response.json(++this.count)
        if (pathname === '/order') { this.order.push(searchParams.get('n')); return Response.json(this.order) }
        if (pathname === '/throws') throw new TypeError('on purpose')
        if (pathname === '/abort') this.ctx.abort(new RangeError('enough'))
        if (pathname === '/waits') { this.isWaiting = true; await later(10_000); return new Response('late') }
        if (pathname === '/waiting') return Response.json(this.isWaiting === true)
        if (pathname === '/meet') return new Promise((resolve) => { this.meet = () => resolve(new Response('met')) })
        if (pathname === '/release') { this.meet?.(); return new Response(this.meet ? 'released' : 'nobody') }
        if (pathname === '/spins') for (;;);
        if (pathname === '/block') {
          this.ctx.blockConcurrencyWhile(async () => { await later(200); this.order.push('unblocked') })
          return new Response('blocking')
        }
        if (pathname === '/keep') {
          const { sql } = this.ctx.storage
          await this.ctx.storage.put('kept', ((await this.ctx.storage.get('kept')) ?? 0) + 1)
          sql.exec('CREATE TABLE IF NOT EXISTS calls (at INTEGER)')
          sql.exec('INSERT INTO calls VALUES (?)', Date.now())
          return Response.json([await this.ctx.storage.get('kept'), sql.exec('SELECT count(*) AS n FROM calls').one().n, this.nonce])
        }
        if (pathname === '/alarm') {
          await this.ctx.storage.setAlarm(Date.now() + Number(searchParams.get('in')))
          return Response.json(await this.ctx.storage.getAlarm() !== null)
        }
        if (pathname === '/rings') return Response.json([await this.ctx.storage.getAlarm(), (await this.ctx.storage.get('rings')) ?? []])
        if (pathname === '/timer') { setTimeout(() => this.order.push('timer'), 100); return new Response('set') }
        if (pathname === '/other') return this.env.ROOM.getByName('next').fetch('https://x/nothing')
        if (pathname === '/loop') return this.env.ROOM.get(this.ctx.id).fetch(request)
        if (pathname === '/echo') return new Response(request.body, { headers: { 'x-method': request.method } })
        return new Response('nothing there', { status: 404 })
      }
    }
    Room.prototype.alarm = async function ({ retryCount, isRetry, scheduledTime }) {
      const { storage } = this.ctx
      const rings = [...((await storage.get('rings')) ?? []), [retryCount, isRetry, scheduledTime <= Date.now(), await storage.getAlarm()]]
      await storage.put('rings', rings)
      if (rings.length === 1) throw new Error('the first one fails')
      if (rings.length === 2) await storage.setAlarm(Date.now() + 30)
    }
    Room.prototype.plus = async function (n, each) { this.count += n; return [this.count, await each?.(n)] }
    Room.prototype.fails = function () { throw new RangeError('by method') }
    export class Bare {
      constructor(state, env) { this.state = state }
      fetch() { return new Response('bare ' + this.state.id.name) }
    }
    export class Silent extends DurableObject {}

    const describe = (error) => ({ name: error.name, message: error.message, ...(error.code && { code: error.code }), ...error })
    const ways = {
      ids(env) {
        const id = env.ROOM.idFromName('lobby')
        const unique = env.ROOM.newUniqueId()
        const foreign = env.BARE.idFromName('lobby')
        const again = env.ROOM.idFromString(id.toString())
        const tries = [() => env.ROOM.idFromString(foreign.toString()), () => env.ROOM.idFromString('xyz'), () => env.ROOM.get(foreign), () => env.ROOM.get(id.toString()), () => env.ROOM.jurisdiction('mars'), () => env.ROOM.idFromName(), () => new id.constructor('x')]
        const eu = env.ROOM.jurisdiction('eu')
        return Response.json({
          text: /^[0-9a-f]{64}$/.test(id) && String(id) === id.toString(),
          same: [id.equals(env.ROOM.idFromName('lobby')), id.equals(again), id.equals(unique), id.equals(foreign), id.equals('x')],
          names: [id.name, again.name ?? null, unique.name ?? null],
          eu: [eu.idFromName('lobby').equals(id), eu.idFromString(eu.newUniqueId().toString()) !== undefined, env.ROOM.idFromString(env.ROOM.newUniqueId({ jurisdiction: 'eu' }).toString()) !== undefined],
          refused: tries.map((each) => { try { each(); return 'taken' } catch (error) { return error.name } }),
          stub: [env.ROOM.get(id).id.equals(id), env.ROOM.get(id).name, env.ROOM.getByName('lobby').id.equals(id), typeof env.ROOM.get(id).fetch],
          shown: [String(env.ROOM), Object.prototype.toString.call(id)],
        })
      },
      async call(env, url, request) {
        const name = url.searchParams.get('name')
        const id = url.searchParams.get('id')
        const stub = id === null ? env[url.searchParams.get('of') ?? 'ROOM'].getByName(name) : env.ROOM.get(env.ROOM.idFromString(id))
        return await stub.fetch(new Request('https://room.example' + url.searchParams.get('path'), request))
      },
      async rpc(env) {
        const stub = env.ROOM.getByName('rpc')
        const attempt = async (act) => { try { return await act() } catch (error) { return describe(error) } }
        return Response.json([
          await stub.plus(2, (n) => 'got ' + n), await stub.plus(3),
          await attempt(() => stub.fails()), await attempt(() => stub.missing()), await attempt(() => stub.nonce), await attempt(() => stub.alarm()),
          await attempt(() => env.BARE.getByName('rpc').plus(1)), await attempt(() => env.ROOM.getByName('unready').plus(1)),
          stub.name, String(stub.id).length,
        ])
      },
      async order(env) {
        const stub = env.ROOM.getByName('blocked')
        const all = await Promise.all([1, 2, 3].map((n) => stub.fetch('https://x/order?n=' + n)))
        return Response.json(await all.at(-1).json())
      },
      async gate(env) {
        const stub = env.ROOM.getByName('gate')
        await stub.fetch('https://x/order?n=0')
        await Promise.all([stub.fetch('https://x/timer'), stub.fetch('https://x/block'), stub.fetch('https://x/order?n=1')])
        await later(50)
        return stub.fetch('https://x/order?n=2')
      },
      async add(env, url) {
        const stub = env.ROOM.getByName(url.searchParams.get('name'))
        return stub.fetch('https://x/add')
      },
    }
    export default {
      async fetch(request, env) {
        const url = new URL(request.url)
        try { return await ways[url.pathname.slice(1)](env, url, request) }
        catch (error) { return Response.json(describe(error), { status: 500 }) }
      },
    }`,
  'guest.js': `
    export default {
      async fetch(request, env) {
        const { searchParams } = new URL(request.url)
        return env.ROOM.getByName(searchParams.get('name')).fetch('https://x' + searchParams.get('path'))
      },
    }`,
}

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir(FILES)
})
afterAll(() => sources[Symbol.dispose]())

const toApps = (): AppSpec[] => [
  {
    name: 'rooms',
    path: sources.at('rooms.js'),
    env: { TEXT: 'text' },
    cpu_ms: 300,
    durable_objects: {
      bindings: [
        { name: 'ROOM', class_name: 'Room' },
        { name: 'BARE', class_name: 'Bare' },
        { name: 'SILENT', class_name: 'Silent' },
        { name: 'MISSING', class_name: 'Missing' },
      ],
    },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Room', 'Bare', 'Silent'] }],
  },
  {
    name: 'guest',
    path: sources.at('guest.js'),
    durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room', script_name: 'rooms' }] },
  },
]

/** Of a class, for tests that call them on one host and have them on another. */
const OBJECTS = {
  ROOM: 'one two meets blocked gate refuses unready fails aborts keeps others alarms spins other rpc next',
  BARE: 'rpc a',
}

describe.for([onShards(1), onShards(2), TWINS])('$name', ({ missing, open }) => {
  let placed: Placed
  let served: Served
  beforeAll(async () => {
    if (missing !== undefined) return
    placed = await open(toApps())
    served = placed.caller
    const { others } = placed
    if (others === served) return
    // they are where they are called first
    const names = Object.entries(OBJECTS).flatMap(([of, all]) => all.split(' ').map((name) => [of, name]))
    await Promise.all(
      names.map(([of, name]) => others.send('rooms', `/call?of=${of}&name=${name}&path=/nothing`)),
    )
  })
  afterAll(() => placed?.[Symbol.asyncDispose]())
  beforeEach(({ skip }) => skip(missing !== undefined, missing))
  const get = async (path: string, app = 'rooms'): Promise<unknown> =>
    JSON.parse((await served.send(app, path)).text) as unknown
  const call = (name: string, path: string): Promise<unknown> =>
    get(`/call?name=${name}&path=${encodeURIComponent(path)}`)

  test('ids are those of their namespace', async () => {
    expect(await get('/ids')).toEqual({
      text: true,
      same: [true, true, false, false, false],
      names: ['lobby', null, null],
      eu: [false, true, true],
      refused: Array.from({ length: 7 }, () => 'TypeError'),
      stub: [true, 'lobby', true, 'function'],
      shown: ['[object DurableObjectNamespace]', '[object DurableObjectId]'],
    })
  })

  test('an object is one instance for all who call it, by name, by id or from another app', async () => {
    const [id, name, nonce, , text, shown] = (await call('one', '/who')) as string[]
    expect([name, text, shown]).toEqual(['one', 'text', '[object DurableObjectState]'])
    const same = [id, 'one', nonce]
    expect(((await get(`/call?id=${id}&path=/who`)) as string[]).slice(0, 3)).toEqual(same)
    expect(((await get('/?name=one&path=/who', 'guest')) as string[]).slice(0, 3)).toEqual(same)
    expect(((await call('two', '/who')) as string[])[0]).not.toBe(id)
    const counts = await Promise.all(Array.from({ length: 40 }, () => get('/add?name=one')))
    expect(new Set(counts).size).toBe(40)
    expect(Math.max(...(counts as number[]))).toBe(40)
  })

  test('bodies go both ways, and one object calls another', async () => {
    const sent = await served.send('rooms', '/call?name=one&path=/echo', {
      method: 'POST',
      body: 'x'.repeat(200_000),
    })
    expect([sent.text.length, sent.headers['x-method']]).toEqual([200_000, 'POST'])
    expect((await served.send('rooms', '/call?name=one&path=/other')).text).toBe('nothing there')
  })

  test('methods are called as those of other apps', async () => {
    const missing = (name: string) => ({
      name: 'TypeError',
      message: `The RPC receiver does not implement the method "${name}".`,
      remote: true,
    })
    expect(await get('/rpc')).toEqual([
      [2, 'got 2'],
      [5, null],
      { name: 'RangeError', message: 'by method', remote: true },
      missing('missing'),
      missing('nonce'),
      expect.objectContaining({ message: expect.stringContaining('reserved method') }),
      expect.objectContaining({ message: expect.stringContaining('does not support RPC') }),
      expect.objectContaining({ message: 'never ready', durableObjectReset: true }),
      'rpc',
      64,
    ])
  })

  test('a call may wait for another one', async () => {
    const open = served.send('rooms', '/call?name=meets&path=/meet')
    const release = async () => (await served.send('rooms', '/call?name=meets&path=/release')).text
    await expect.poll(release).toBe('released')
    expect((await open).text).toBe('met')
  })

  test('blockConcurrencyWhile keeps calls out until it is done', async () => {
    expect(await get('/order')).toEqual(['ready', '1', '2', '3'])
    // a timer that another call has set waits as well
    expect(await get('/gate')).toEqual(['0', 'unblocked', '1', 'timer', '2'])
  })

  test('a constructor, or a callback of its, that throws is told to who waits, and tried again', async () => {
    for (let i = 0; i < 2; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await call('refuses', '/who')).toEqual({
        name: 'RangeError',
        message: 'not this one',
        remote: true,
      })
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await call('unready', '/who')).toMatchObject({
        name: 'RangeError',
        message: 'never ready',
        remote: true,
      })
    }
  })

  test('what fails says how', async () => {
    expect(await call('fails', '/throws')).toEqual({ name: 'TypeError', message: 'on purpose', remote: true })
    expect(await call('fails', '/loop')).toMatchObject({ message: expect.stringContaining('depth limit') })
    expect(await get('/call?of=MISSING&name=a&path=/')).toMatchObject({
      message: 'the app exports no class "Missing": export class Missing extends DurableObject',
      remote: true,
    })
    expect(await get('/call?of=SILENT&name=a&path=/')).toMatchObject({ name: 'TypeError', remote: true })
    expect((await served.send('rooms', '/call?of=BARE&name=a&path=/')).text).toBe('bare a')
  })

  test('abort ends the object and all of its calls, and the next call begins another', async () => {
    const [, , nonce] = (await call('aborts', '/who')) as string[]
    const open = call('aborts', '/waits')
    await expect.poll(() => call('aborts', '/waiting')).toBe(true)
    const aborted = {
      name: 'RangeError',
      message: 'enough',
      code: 'OBJECT_RESET',
      remote: true,
      durableObjectReset: true,
    }
    expect(await call('aborts', '/abort')).toEqual(aborted)
    expect(await open).toEqual(aborted)
    const [, name, next] = (await call('aborts', '/who')) as string[]
    expect(name).toBe('aborts')
    expect(next).not.toBe(nonce)
    await placed.others.logged('[rooms', 'the object was reset: RangeError: enough')
  })

  test('what it stores is there for its next instance', async () => {
    const keep = async () => (await call('keeps', '/keep')) as [number, number, string]
    const [, , nonce] = await keep()
    expect((await keep()).slice(0, 2)).toEqual([2, 2])
    await call('keeps', '/abort')
    const [kept, rows, next] = await keep()
    expect([kept, rows, next === nonce]).toEqual([3, 3, false])
    expect(await call('others', '/keep')).toEqual([1, 1, expect.any(String)])
  })

  test('an alarm rings, is tried again when it fails, and may be set anew', { timeout: 60_000 }, async () => {
    expect(await call('alarms', '/alarm?in=30')).toBe(true)
    await expect
      .poll(() => call('alarms', '/rings'), { timeout: 30_000, interval: 200 })
      .toEqual([
        null,
        [
          [0, false, true, null],
          [1, true, true, null],
          [0, false, true, null],
        ],
      ])
    await placed.others.logged('[rooms', 'alarm: Error: the first one fails')
  })

  test('one that burns the processor is stopped and kept out by itself', async () => {
    expect(await call('spins', '/spins')).toMatchObject({ code: 'APP_CPU_LIMIT', durableObjectReset: true })
    expect(await call('other', '/add')).toBe(1)
  })
})
