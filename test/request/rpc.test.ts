// Methods of other apps: what is passed by value and by reference, promises of what will come, what is private, and how it ends.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { PLACES, type Placed } from '../harness/places.ts'
import type { AppSpec } from '../harness/serve.ts'

const SOURCES = {
  caller: `
    import { exports as exported, RpcPromise, RpcProperty, RpcTarget, RpcStub, ServiceStub, WorkerEntrypoint } from 'cloudflare:workers'
    export class Named extends WorkerEntrypoint { props() { return this.ctx.props } fetch() { return new Response('named') } }
    const fails = async (work) => {
      try { return ['no error', await work()] }
      catch (error) { return error instanceof Error ? [error.name, error.message, error.code ?? null] : ['not an error', error] }
    }
    class Here extends RpcTarget {
      #count = 0
      own = 'private'
      add(n) { return (this.#count += n) }
      get count() { return this.#count }
      [Symbol.dispose]() { disposed.push('here') }
    }
    const disposed = []
    const ways = {
      add: (env) => env.OTHER.add(1, 2),
      named: (env) => env.NAMED.who(),
      async values(env) {
        const shared = { list: [1, , 3] }
        const value = { nil: null, undef: undefined, big: 10n, nan: NaN, zero: -0, date: new Date(5), re: /a+/gi, map: new Map([[{ k: 1 }, new Set([1])]]), bytes: new Uint16Array([1, 2]).subarray(1), shared, again: shared, error: Object.assign(new RangeError('as a value'), { cause: new Error('why') }), ['__proto__x']: 1 }
        value.self = value
        const back = await env.OTHER.echo(value)
        return [back.self === back, back.again === back.shared, 1 in back.shared.list, back.big === 10n, Object.is(back.zero, -0), Number.isNaN(back.nan), back.date.getTime(), String(back.re), [...back.map.keys()][0].k, [...back.map.values()][0].has(1), back.bytes.constructor.name, back.bytes.length, back.error.name, back.error.message, back.error.cause.message, 'undef' in back, typeof back[Symbol.dispose]]
      },
      async proto(env) {
        const back = await env.OTHER.echo(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}}}'))
        return [Object.hasOwn(back, '__proto__'), back.polluted ?? null, ({}).polluted ?? null]
      },
      async web(env) {
        const response = await env.OTHER.respond(new Request('https://x.example/p', { method: 'POST', body: 'the body', headers: { 'x-a': '1' } }))
        const headers = await env.OTHER.echo(new Headers([['x-b', '2']]))
        return [response instanceof Response, response.status, response.headers.get('x-own'), await response.text(), headers instanceof Headers, headers.get('x-b')]
      },
      async streams(env) {
        let n = 0
        const up = new ReadableStream({ type: 'bytes', pull(c) { if (n++ < 5) c.enqueue(new Uint8Array(70_000).fill(n)); else c.close() } })
        const size = await env.OTHER.size(up)
        let down = 0
        for await (const chunk of await env.OTHER.stream(300_000)) down += chunk.length
        const { readable, writable } = new TransformStream()
        const written = new Response(readable).text()
        await env.OTHER.writeTo(writable)
        return [size, up.locked, down, await written]
      },
      async streamError(env) { const s = await env.OTHER.broken(); return await fails(async () => { for await (const _ of s); }) },
      async callback(env) {
        const seen = []
        const result = await env.OTHER.each([1, 2, 3], (n) => { seen.push(n); return n * 2 })
        return [seen, result]
      },
      async later(env) {
        const { promise, resolve } = Promise.withResolvers()
        await env.OTHER.later(resolve)
        return await promise
      },
      callbackThrows: (env) => fails(() => env.OTHER.each([1], () => { throw new RangeError('from the callback') })),
      async counter(env) {
        using counter = await env.OTHER.newCounter(5)
        const first = await counter.increment(2)
        const second = await counter.increment()
        return [first, second, await counter.value, typeof counter, counter instanceof RpcStub]
      },
      async pipelined(env) {
        using promise = env.OTHER.newCounter(1)
        return [await promise.increment(1), await env.OTHER.nested().a.b.c(4), await env.OTHER.nested().a.list[1], await env.OTHER.newCounter(7).value, await fails(() => env.OTHER.fails('first').member.call())]
      },
      async functions(env) {
        const f = await env.OTHER.adder(10)
        return [await f(5), await f.info, typeof f]
      },
      async target(env) {
        const here = new Here()
        const stub = new RpcStub(here)
        const a = await env.OTHER.useTarget(here)
        const b = await env.OTHER.useTarget(stub)
        const c = await env.OTHER.useTarget(stub.dup())
        stub[Symbol.dispose]()
        await scheduler.wait(10)
        return [a, b, c, here.count, disposed.splice(0)]
      },
      async private(env) {
        using counter = await env.OTHER.newCounter(1)
        const names = ['own', 'secret', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'missing']
        const ofTarget = []
        for (const name of names) ofTarget.push((await fails(() => Reflect.get(counter, name)?.call?.(counter) ?? Reflect.get(counter, name)))[0])
        const ofEntrypoint = []
        for (const name of ['own', 'arrow', 'env', 'ctx', 'missing', 'connect', 'alarm', '#hidden']) ofEntrypoint.push((await fails(() => env.OTHER[name]()))[1])
        return [ofTarget, ofEntrypoint, await fails(() => env.OTHER.own)]
      },
      throws: async (env) => [await fails(() => env.OTHER.fails('TypeError')), await fails(() => env.OTHER.fails('own')), await fails(() => env.OTHER.fails('text'))],
      classes(env) {
        const [stub, property, promise] = [new RpcStub(new RpcTarget()), env.OTHER.some, env.OTHER.greet('a')]
        promise.catch(() => {})
        const kinds = [RpcStub, RpcProperty, RpcPromise, ServiceStub]
        return [stub, property, promise, env.OTHER, {}].map((each) =>
          kinds.map((kind) => Number(each instanceof kind) + 2 * Number(Object.getPrototypeOf(each) === kind.prototype)).join(''))
      },
      async stack(env) { try { await env.OTHER.fails('TypeError') } catch (error) { return [error.stack.includes('fails'), error instanceof TypeError] } },
      refused: async (env) => [await fails(() => env.OTHER.echo(new (class Foo {})())), await fails(() => env.OTHER.echo(Symbol('s'))), await fails(() => env.OTHER.classy())],
      async disposed(env) {
        const counter = await env.OTHER.newCounter(1)
        const copy = counter.dup()
        counter[Symbol.dispose]()
        const after = await fails(() => counter.increment())
        const still = await copy.increment()
        const before = await env.OTHER.disposals()
        copy[Symbol.dispose]()
        await scheduler.wait(20)
        return [after, still, (await env.OTHER.disposals()) - before]
      },
      async list(env) {
        const result = await env.OTHER.counters(3)
        const sum = (await Promise.all(result.map((c) => c.increment()))).reduce((a, b) => a + b)
        const before = await env.OTHER.disposals()
        result[Symbol.dispose]()
        await scheduler.wait(20)
        return [sum, (await env.OTHER.disposals()) - before]
      },
      async kept(env) {
        let calls = 0
        await env.OTHER.keep(() => ++calls)
        return [await fails(() => env.OTHER.callKept()), calls]
      },
      async keptDup(env) {
        let calls = 0
        await env.OTHER.keepDup(() => ++calls)
        const result = await fails(() => env.OTHER.callKept())
        await env.OTHER.dropKept()
        return [result, calls]
      },
      async forwarded(env) {
        using counter = await env.OTHER.newCounter(3)
        return [await env.NAMED.use(counter), await env.NAMED.use(env.OTHER.newCounter(8)), await counter.value]
      },
      async back(env) {
        const here = new Here()
        const same = await env.OTHER.echo(here)
        return [await same.add(3), here.count]
      },
      handlers: async (env) => [await env.HANDLERS.double(4), await fails(() => env.HANDLERS.double(1, 2)), await fails(() => env.HANDLERS.missing(1))],
      hangs: (env) => fails(() => env.OTHER.hangs()),
      missing: (env) => fails(() => env.MISSING.method()),
      unnamed: (env) => fails(() => env.UNNAMED.method()),
      props: (env) => env.NAMED.props(),
      async waits(env) {
        await env.OTHER.background()
        for (;;) {
          const seen = await env.OTHER.seenInBackground()
          if (seen > 0) return seen
          await scheduler.wait(20)
        }
      },
      async sizes(env) {
        const big = await env.OTHER.size8(new Uint8Array(5_000_000).fill(1))
        const back = await env.OTHER.large(5_000_000)
        return [big, back.length, await fails(() => env.OTHER.size8(new Uint8Array(33 * 1024 * 1024)))]
      },
      many: (env) => fails(() => env.OTHER.echo(Array.from({ length: 10_500 }, () => () => {}))),
      async parallel(env) { return Promise.all(Array.from({ length: 30 }, (_, i) => env.OTHER.add(i, i))) },
      kinds: (env) => [typeof env.OTHER, Object.prototype.toString.call(env.OTHER), typeof env.OTHER.fetch, typeof env.OTHER.anything, env.OTHER.then ?? null],
      async await(env) { const service = await env.OTHER; return service === env.OTHER },
      async exports(env, ctx) {
        const { Named } = ctx.exports
        return [await Named.props(), await Named({ props: { own: 1 } }).props(), await ctx.exports.default.fetch('https://x.example/fetchStill').then((r) => r.json()), exported.Named === ctx.exports.Named, Object.keys(ctx.exports).sort()]
      },
      fetchStill: async (env) => (await env.OTHER.fetch('https://x.example/')).text(),
    }
    export default {
      async fetch(request, env, ctx) {
        const way = ways[new URL(request.url).pathname.slice(1)]
        try { return Response.json((await way(env, ctx)) ?? null) } catch (error) { return new Response(error.stack, { status: 500 }) }
      },
    }`,
  other: `
    import { WorkerEntrypoint, RpcTarget } from 'cloudflare:workers'
    let disposals = 0
    let kept
    let seen = 0
    class Counter extends RpcTarget {
      #value
      own = () => 'own'
      secret = 1
      constructor(value) { super(); this.#value = value }
      increment(by = 1) { return (this.#value += by) }
      get value() { return this.#value }
      [Symbol.dispose]() { disposals++ }
    }
    export default class Other extends WorkerEntrypoint {
      own = 'private'
      arrow = () => 'arrow'
      #hidden() {}
      fetch() { return new Response('by fetch') }
      add(a, b) { return a + b }
      echo(value) { return value }
      async respond(request) { return new Response(request.method + ' ' + new URL(request.url).pathname + ' ' + request.headers.get('x-a') + ' ' + await request.text(), { status: 201, headers: { 'x-own': 'yes' } }) }
      async size(stream) { let size = 0; for await (const chunk of stream) size += chunk.length; return size }
      size8(bytes) { return bytes.length }
      large(n) { return new Uint8Array(n) }
      stream(size) { let left = size; return new ReadableStream({ type: 'bytes', pull(c) { const n = Math.min(left, 60_000); left -= n; if (n > 0) c.enqueue(new Uint8Array(n)); else c.close() } }) }
      broken() { let n = 0; return new ReadableStream({ pull(c) { if (n++ < 2) c.enqueue(new Uint8Array(3)); else c.error(new RangeError('broke')) } }) }
      async writeTo(writable) { const writer = writable.getWriter(); await writer.write(new TextEncoder().encode('written ')); await writer.write(new TextEncoder().encode('there')); await writer.close() }
      async each(list, f) { const out = []; for (const each of list) out.push(await f(each)); return out }
      later(f) { const own = f.dup(); setTimeout(async () => { await own('called later'); own[Symbol.dispose]() }, 20) }
      newCounter(value) { return new Counter(value) }
      counters(n) { return Array.from({ length: n }, (_, i) => new Counter(i)) }
      disposals() { return disposals }
      nested() { return { a: { b: { c: (n) => n * n }, list: [1, 2, 3] } } }
      adder(n) { return Object.assign((m) => n + m, { info: 'adds' }) }
      async useTarget(target) { return [await target.add(1), await target.count, await target.own?.then?.(() => 'read', (error) => error.name)] }
      fails(how) {
        if (how === 'TypeError') throw new TypeError('failed on purpose')
        if (how === 'own') { class OwnError extends Error { name = 'OwnError'; extra = 1 } throw new OwnError('own error') }
        if (how === 'text') throw 'just text'
        throw new Error(how)
      }
      classy() { return new Map([[1, new (class Bar {})()]]) }
      keep(f) { kept = f }
      keepDup(f) { kept = f.dup() }
      callKept() { return kept() }
      dropKept() { kept[Symbol.dispose]() }
      hangs() { return new Promise(() => {}) }
      background() { this.ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 30)).then(() => { seen++ })) }
      seenInBackground() { return seen }
    }
    export class Named extends WorkerEntrypoint {
      who() { return this.env.NAME }
      props() { return this.ctx.props }
      async use(counter) { return counter.increment(10) }
    }
    export const handlers = { double: (n, env, ctx) => [n * 2, env.NAME, typeof ctx.waitUntil] }`,
}

const MISSING = (name: string) => `The RPC receiver does not implement the method "${name}".`
const UNSERIALIZABLE = (name: string) =>
  expect.stringContaining(`Could not serialize object of type "${name}"`)
const COLD = ['Error', 'RPC stub used after being disposed.', null]

/** What each way of the caller gives. */
const EXPECTED: Record<string, unknown> = {
  add: 3,
  named: 'the other',
  values: [
    true,
    true,
    false,
    true,
    true,
    true,
    5,
    '/a+/gi',
    1,
    true,
    'Uint16Array',
    1,
    'RangeError',
    'as a value',
    'why',
    true,
    'function',
  ],
  proto: [true, null, null],
  web: [true, 201, 'yes', 'POST /p 1 the body', true, '2'],
  streams: [350_000, true, 300_000, 'written there'],
  streamError: ['RangeError', 'broke', null],
  callback: [
    [1, 2, 3],
    [2, 4, 6],
  ],
  later: 'called later',
  callbackThrows: ['RangeError', 'from the callback', null],
  counter: [7, 8, 8, 'function', true],
  pipelined: [2, 16, 2, 7, ['Error', 'first', null]],
  functions: [15, 'adds', 'function'],
  target: [[1, 1, 'TypeError'], [2, 2, 'TypeError'], [3, 3, 'TypeError'], 3, ['here']],
  private: [
    ['TypeError', 'TypeError', 'TypeError', 'no error', 'no error', 'no error', 'TypeError'],
    [
      ...['own', 'arrow', 'env', 'ctx', 'missing'].map(MISSING),
      "'connect' is a reserved method and cannot be called over RPC.",
      "'alarm' is a reserved method and cannot be called over RPC.",
      MISSING('#hidden'),
    ],
    ['TypeError', MISSING('own'), null],
  ],
  throws: [
    ['TypeError', 'failed on purpose', null],
    ['OwnError', 'own error', null],
    ['Error', 'just text', null],
  ],
  classes: ['3000', '0300', '0030', '0003', '0000'],
  stack: [false, true],
  refused: [
    ['DataCloneError', UNSERIALIZABLE('Foo'), 25],
    ['DataCloneError', expect.stringContaining('symbol'), 25],
    ['DataCloneError', UNSERIALIZABLE('Bar'), 25],
  ],
  disposed: [COLD, 2, 1],
  list: [6, 3],
  kept: [COLD, 0],
  keptDup: [['no error', 1], 1],
  forwarded: [13, 18, 13],
  back: [3, 3],
  handlers: [
    [8, 'the other', 'function'],
    ['TypeError', expect.stringContaining('wrong number of arguments'), null],
    ['TypeError', MISSING('missing'), null],
  ],
  hangs: ['Error', expect.stringContaining('"other"'), 'APP_HUNG'],
  missing: ['Error', expect.stringContaining('"missing"'), 'CALL_UNKNOWN'],
  unnamed: ['TypeError', expect.stringContaining('no entrypoint "Unnamed"'), null],
  props: { role: 'admin' },
  waits: 1,
  sizes: [5_000_000, 5_000_000, ['Error', expect.stringContaining('ReadableStream'), 'CALL_LIMIT']],
  many: ['Error', expect.stringContaining('at most 10000'), 'CALL_LIMIT'],
  parallel: Array.from({ length: 30 }, (_, i) => 2 * i),
  kinds: ['object', '[object Fetcher]', 'function', 'function', null],
  await: true,
  exports: [{}, { own: 1 }, 'by fetch', true, ['Named', 'default']],
  fetchStill: 'by fetch',
}

const SERVICES = [
  { binding: 'OTHER', service: 'other' },
  { binding: 'NAMED', service: 'other', entrypoint: 'Named', props: { role: 'admin' } },
  { binding: 'HANDLERS', service: 'other', entrypoint: 'handlers' },
  { binding: 'MISSING', service: 'missing' },
  { binding: 'UNNAMED', service: 'other', entrypoint: 'Unnamed' },
]

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir({ 'caller.js': SOURCES.caller, 'other.js': SOURCES.other })
})
afterAll(() => sources[Symbol.dispose]())

const toApps = (): AppSpec[] => [
  { name: 'caller', path: sources.at('caller.js'), services: SERVICES, memory_mb: 512 },
  { name: 'other', path: sources.at('other.js'), env: { NAME: 'the other' }, timeout_ms: 3000 },
]

describe.each(PLACES)('$name', ({ missing, open }) => {
  if (missing !== undefined) return test.skip('is not run')
  let placed: Placed
  beforeAll(async () => {
    placed = await open(toApps())
  })
  afterAll(() => placed[Symbol.asyncDispose]())
  const ask = async (way: string): Promise<unknown> => {
    const { status, text } = await placed.caller.send('caller', `/${way}`)
    expect(status, text).toBe(200)
    return JSON.parse(text)
  }

  // on several shards the other app spreads somewhere in this list, by what its calls have cost (home/placement.ts), and what its module
  // has kept is each instance's own
  test.each(Object.entries(EXPECTED))('%s', { retry: 2 }, async (way, expected) => {
    expect(await ask(way)).toEqual(expected)
  })
})
