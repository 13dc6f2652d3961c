// Modules that an app imports without installing them: those of Node.js and of Workers, and the globals of Node.js.

import { createHash, createHmac, hkdfSync, pbkdf2Sync, scryptSync } from 'node:crypto'
import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { runCases } from './cipher-cases.ts'
import { runFiles } from './file-cases.ts'
import { runInspect } from './inspect-cases.ts'
import { runModules } from './module-cases.ts'
import { runStreams } from './stream-cases.ts'
import { runUtil } from './util-cases.ts'
import { serve, type Served } from '../harness/serve.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const HASHES = ['md5', 'sha1', 'sha224', 'sha256', 'SHA384', 'sha512', 'sha512-256', 'sha3-256', 'ripemd160']

const NODE = `
import assert from 'node:assert'
import { EventEmitter, once, on } from 'node:events'
import fs from 'fs'
import * as nodeCrypto from 'node:crypto'
import path from 'path'
import { pipeline } from 'node:stream/promises'
import { Readable, Transform } from 'node:stream'
import { createRequire } from 'module'
import { StringDecoder } from 'string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import url from 'node:url'
import util from 'util'
import old from 'old-style'
import mapped from 'browser-field'
import vm from 'node:vm'
import { runCases } from './ciphers.ts'
import { runUtil } from './util-cases.ts'
import { runFiles } from './file-cases.ts'
import { runInspect } from './inspect-cases.ts'
import { runModules } from './module-cases.ts'
import { runStreams } from './stream-cases.ts'

const require = createRequire(import.meta.url)
const BYTES = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
const early = WebAssembly.compile(BYTES).then(WebAssembly.instantiate)

const readDevice = (path: string) => {
  const [fd, bytes] = [fs.openSync(path), new Uint8Array(4)]
  fs.readSync(fd, bytes)
  fs.closeSync(fd)
  return bytes
}
const thrown = (run: () => unknown) => { try { return run() } catch (error) { return String(error) } }

const pages: Record<string, () => unknown> = {
  '/process': () => ({
    text: process.env.TEXT, json: process.env.JSON, own: process.env.NODE_ENV, absent: String(process.env.NOTHING),
    keys: Object.keys(process.env).sort(), node: typeof process.versions.node, cwd: process.cwd(), same: globalThis.process === process,
    type: typeof process, global: global === globalThis, tick: new Promise((resolve) => process.nextTick(resolve, 'ticked')),
  }),
  '/buffer': () => ({
    hex: Buffer.from('hi').toString('hex'), back: Buffer.from('aGk_', 'base64url').toString('latin1'), is: Buffer.isBuffer(Buffer.alloc(1)),
    same: globalThis.Buffer === Buffer, joined: Buffer.concat([Buffer.from([1]), Buffer.from([2])]).readUInt16BE(0),
  }),
  '/crypto': () => ({
    hashes: ${JSON.stringify(HASHES)}.map((name) => nodeCrypto.createHash(name).update('a').update(Buffer.from('b')).digest('hex')),
    hmac: nodeCrypto.createHmac('sha256', nodeCrypto.createSecretKey(Buffer.from('key'))).update('data').digest('base64'),
    pbkdf2: nodeCrypto.pbkdf2Sync('pass', 'salt', 10, 20, 'sha256').toString('hex'),
    scrypt: nodeCrypto.scryptSync('pass', 'salt', 16, { N: 16 }).toString('hex'),
    hkdf: Buffer.from(nodeCrypto.hkdfSync('sha256', 'key', 'salt', 'info', 10)).toString('hex'),
    random: nodeCrypto.randomBytes(70_000).length, uuid: nodeCrypto.randomUUID().length, int: nodeCrypto.randomInt(3, 4),
    equal: [nodeCrypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), nodeCrypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b'))],
    twice: thrown(() => { const hash = nodeCrypto.createHash('md5'); hash.digest(); hash.digest() }),
    unknown: thrown(() => nodeCrypto.createHash('nothing')),
  }),
  '/ciphers': () => ({ cases: runCases() }),
  '/util-cases': () => ({ cases: runUtil() }),
  '/inspect-cases': () => ({ cases: runInspect() }),
  '/file-cases': async () => ({ cases: await runFiles(fs, fs.mkdtempSync('/tmp/cases-')), left: fs.readdirSync('/tmp').length }),
  '/module-cases': async () => ({ cases: await runModules() }),
  '/stream': async () => {
    const parts: string[] = []
    await pipeline(
      Readable.from(['a', 'b']),
      new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) }),
      async (source: AsyncIterable<Buffer>) => { for await (const part of source) parts.push(String(part)) },
    )
    return { parts: parts.join(''), decoded: new StringDecoder('utf8').write(Buffer.from([0xc3, 0xa9])) }
  },
  '/events': async () => {
    const emitter = new EventEmitter()
    setTimeout(() => emitter.emit('ready', 1, 2), 1)
    const first = await once(emitter, 'ready')
    const values: unknown[] = []
    setTimeout(() => { for (const n of [1, 2, 3]) emitter.emit('n', n) }, 1)
    for await (const [n] of on(emitter, 'n')) { values.push(n); if (n === 3) break }
    return { first, values, left: emitter.listenerCount('n'), old: new old.Old().told() }
  },
  '/others': async () => ({
    path: path.posix.join('a', '..', 'b'), url: url.fileURLToPath('file:///a%20b'), format: util.format('%s %d %j', 'a', 1, {}),
    inspect: util.inspect({ a: [1] }), promisedTimer: await util.promisify(setTimeout)(1, 'slept'), promisified: await util.promisify((done: (e: null, v: number) => void) => done(null, 5))(),
    assert: [thrown(() => assert.strictEqual(1, 2)).split(':')[0], thrown(() => assert.deepStrictEqual({ a: new Map([[1, new Set([2])]]) }, { a: new Map([[1, new Set([2])]]) })) ?? 'equal',
      thrown(() => assert.deepStrictEqual({ a: 1 }, { a: '1' })).split(':')[0], thrown(() => assert.throws(() => { throw new TypeError('x') }, /x/)) ?? 'thrown'], slept: await sleep(1, 'slept'), exists: fs.existsSync('/etc/passwd'),
    mapped, immediate: await new Promise((resolve) => setImmediate(resolve, 'immediate')),
  }),
  // as code does that is built for nodejs_compat
  '/builtin': () => ({
    same: globalThis['process'].getBuiltinModule('node:process').nextTick === process.nextTick,
    path: process.getBuiltinModule?.('path').posix.join('a', 'b'), unknown: String(process.getBuiltinModule(String('node:path'))),
  }),
  // as modules do that are made of it, at their top level
  '/wasm': async () => ({
    type: typeof WebAssembly, tag: String(WebAssembly), valid: WebAssembly.validate(BYTES), module: thrown(() => new WebAssembly.Module(BYTES)),
    compiled: await early.then(() => 'made', (error) => [error instanceof WebAssembly.CompileError, String(error)]),
  }),
  '/required': () => ({ there: require('node:path').posix.join('a', 'b'), gone: thrown(() => require('not-there')) }),
  '/files': async () => ({
    read: thrown(() => fs.readFileSync('/etc/passwd')), written: thrown(() => fs.writeFileSync('/x', '')),
    codes: await Promise.all([
      fs.promises.stat('/etc/passwd'), fs.promises.open('/x', 'a'), util.promisify(fs.readFile as any)('/x', 'utf8'),
      once(fs.createReadStream('/x'), 'open'), once(fs.createWriteStream('/x'), 'open'), fs.promises.rm('/x', { force: true }),
      fs.promises.rmdir('/tmp'), fs.promises.rm('/dev/null'),
    ].map((outcome: Promise<unknown>) => outcome.then(() => 'fine', ({ code, path }) => code + ' ' + path))),
    stat: String(fs.statSync('/x', { throwIfNoEntry: false })), root: fs.readdirSync('/'),
    devices: [fs.readFileSync('/dev/null').length, String(readDevice('/dev/zero')), readDevice('/dev/random').length,
      (() => { try { fs.appendFileSync('/dev/full', 'x') } catch (error) { return error.code } })(), fs.statSync('/dev/zero').isCharacterDevice()],
  }),
  '/refused': () => ({ run: thrown(() => vm.runInThisContext('1')) }),
  '/streams': () => runStreams(),
}

export default {
  async fetch(request: Request) {
    const found = Object.entries(await pages[new URL(request.url).pathname]!() as object)
    return Response.json(Object.fromEntries(await Promise.all(found.map(async ([name, value]) => [name, await value]))))
  },
}
`

const CONTEXT = `
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import inCommonJs from './common.cjs'

const storage = new AsyncLocalStorage<string>()
const AsyncFunction = Object.getPrototypeOf(async function () {}).constructor
const asyncIterator = Object.getPrototypeOf(Object.getPrototypeOf(/* of all */ async function* () {}).prototype)
const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1))

class Base { async who() { await null; return storage.getStore() } }
class Derived extends Base {
  #own = async () => { await tick(); return storage.getStore() }
  async who() { return [await super.who(), await this.#own()].join() }
}
async function* steps() { for (const n of [1, 2]) { await tick(); yield storage.getStore() + n } }

async function walk() {
  const seen: unknown[] = [storage.getStore()]
  await null
  seen.push(storage.getStore())
  await tick()
  seen.push(storage.getStore())
  seen.push(...await Promise.all([1, 2].map(async () => { await tick(); return storage.getStore() })))
  seen.push(await new Derived().who())
  for await (const step of steps()) seen.push(step)
  try { await Promise.reject(new Error('no')) } catch { seen.push(storage.getStore()) }
  seen.push(await new Promise((resolve) => queueMicrotask(() => resolve(storage.getStore()))))
  seen.push(await inCommonJs(() => storage.getStore()))
  seen.push(await new Response('x').text().then(() => storage.getStore()))
  seen.push(storage.run('inner', () => storage.getStore()), storage.exit(() => String(storage.getStore())))
  return seen
}

export default {
  async fetch(request: Request) {
    const { pathname, searchParams } = new URL(request.url)
    const before = String(storage.getStore())
    if (pathname === '/enter') {
      storage.enterWith(searchParams.get('id')!)
      await tick()
      return Response.json({ before, after: storage.getStore() })
    }
    if (pathname === '/natives') {
      const { name } = (async () => {}).constructor
      const nested = () => [inner(), inner]
      async function inner(_a: unknown) {}
      const lowered = [walk, inner, nested()[1], async function (_a: unknown) { await _a }, async () => {}, async (a: unknown) => a]
      return Response.json({
        made: await new AsyncFunction('x', 'return await x')(1), name, iterates: Symbol.asyncIterator in asyncIterator,
        tags: lowered.map((each) => Object.prototype.toString.call(each) + (each as any).constructor.name + each.length),
        names: [walk.name, inner.name, walk instanceof Function],
      })
    }
    const id = searchParams.get('id')!
    const seen = await storage.run(id, walk)
    const bound = storage.run(id, () => AsyncResource.bind(() => storage.getStore()))
    const snapshot = storage.run(id, () => AsyncLocalStorage.snapshot())
    return Response.json({ before, seen, bound: bound(), snapshot: snapshot(() => storage.getStore()), after: String(storage.getStore()) })
  },
}
`

const WORKERS = `
import { connect } from 'cloudflare:sockets'
import { EmailMessage } from 'cloudflare:email'
import { DurableObject, env, exports, RpcTarget, waitUntil, withEnv, withEnvAndExports, WorkerEntrypoint } from 'cloudflare:workers'

const early = env as Record<string, unknown>
export class Room extends DurableObject {}
const thrown = (run: () => unknown) => { try { return run() } catch (error) { return String(error) } }

export default class extends WorkerEntrypoint {
  calls = 0
  async fetch(request: Request) {
    if (new URL(request.url).pathname === '/later') {
      waitUntil(new Promise((resolve) => setTimeout(resolve, 5)).then(() => console.log('done later')))
      return new Response('soon')
    }
    if (new URL(request.url).pathname === '/with') {
      const ask = async () => { await null; await new Promise((resolve) => setTimeout(resolve, 1)); return [(env as any).TEXT, (env as any).JSON, Object.keys(env).join(), 'TEXT' in env] }
      const other = { TEXT: 'other' }
      const [one, two, nested] = await Promise.all([
        withEnv(other, ask), ask(), withEnv({ TEXT: 'a' }, () => withEnvAndExports({ TEXT: 'b' }, { x: 1 } as any, async () => [...(await ask()), (exports as any).x])),
      ])
      withEnv(other, () => { (env as any).ADDED = 1 })
      return Response.json({ one, two, nested, added: (other as any).ADDED, none: (env as any).ADDED ?? null, after: (env as any).TEXT })
    }
    return Response.json({
      calls: ++this.calls, env: (this.env as any).TEXT, imported: (env as any).TEXT, early: early.TEXT, context: typeof (this.ctx as any).waitUntil,
      socket: thrown(() => (connect as any)('x')), mail: thrown(() => new (EmailMessage as any)()), rpc: new RpcTarget() instanceof RpcTarget,
      room: Object.getPrototypeOf(Room) === DurableObject,
    })
  }
}
`

const FILES = {
  'package.json': '{ "name": "app" }',
  'node.ts': NODE,
  'ciphers.ts': readFileSync(new URL('./cipher-cases.ts', import.meta.url), 'utf8'),
  'util-cases.ts': readFileSync(new URL('./util-cases.ts', import.meta.url), 'utf8'),
  'file-cases.ts': readFileSync(new URL('./file-cases.ts', import.meta.url), 'utf8'),
  'inspect-cases.ts': readFileSync(new URL('./inspect-cases.ts', import.meta.url), 'utf8'),
  'module-cases.ts': readFileSync(new URL('./module-cases.ts', import.meta.url), 'utf8'),
  'stream-cases.ts': readFileSync(new URL('./stream-cases.ts', import.meta.url), 'utf8'),
  'context.ts': CONTEXT,
  'common.cjs': `require('node:path'); module.exports = async (look) => { await null; return look() }`,
  'workers.ts': WORKERS,
  // as packages were written before there were classes
  'node_modules/old-style/index.js': `
const EventEmitter = require('events')
const { inherits } = require('node:util')
function Old() { EventEmitter.call(this) }
inherits(Old, EventEmitter)
Old.prototype.told = function () { let told; this.on('x', (value) => (told = value)); this.emit('x', 'told'); return told }
exports.Old = Old
`,
  'node_modules/browser-field/package.json':
    '{ "main": "index.js", "browser": { "fs": false, "os": "./os.js" } }',
  'node_modules/browser-field/index.js':
    'module.exports = [Object.keys(require("fs")).length, require("os")]',
  'node_modules/browser-field/os.js': 'module.exports = "its own"',
  // only called like a module of Node.js
  'node_modules/crypto/package.json': '{ "main": "index.js" }',
  'node_modules/crypto/index.js': 'throw new Error("a package of that name")',
  'node_modules/path/index.js': 'throw new Error("a package of that name")',
}

let sources: SourceDir
let served: Served

beforeAll(async () => {
  sources = createSourceDir(FILES)
  const env = { TEXT: 'text', JSON: { a: [1] } }
  served = await serve([
    { name: 'node', path: sources.at('node.ts'), env, cpu_ms: 5000 },
    { name: 'context', path: sources.at('context.ts') },
    { name: 'workers', path: sources.at('workers.ts'), env },
  ])
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

const get = async (app: string, path: string): Promise<Record<string, unknown>> =>
  JSON.parse((await served.send(app, path)).text) as Record<string, unknown>

describe('Node.js', () => {
  test("process has the app's env, and global is the global object", async () => {
    expect(await get('node', '/process')).toEqual({
      text: 'text',
      json: '{"a":[1]}',
      own: 'production',
      absent: 'undefined',
      keys: ['JSON', 'NODE_ENV', 'TEXT'],
      node: 'string',
      cwd: '/',
      same: true,
      type: 'object',
      global: true,
      tick: 'ticked',
    })
  })

  test('Buffer', async () => {
    expect(await get('node', '/buffer')).toEqual({
      hex: '6869',
      back: 'hi?',
      is: true,
      same: true,
      joined: 258,
    })
  })

  test('crypto computes what Node.js does', async () => {
    expect(await get('node', '/crypto')).toEqual({
      hashes: HASHES.map((name) => createHash(name).update('ab').digest('hex')),
      hmac: createHmac('sha256', 'key').update('data').digest('base64'),
      pbkdf2: pbkdf2Sync('pass', 'salt', 10, 20, 'sha256').toString('hex'),
      scrypt: scryptSync('pass', 'salt', 16, { N: 16 }).toString('hex'),
      hkdf: Buffer.from(hkdfSync('sha256', 'key', 'salt', 'info', 10)).toString('hex'),
      random: 70_000,
      uuid: 36,
      int: 3,
      equal: [true, false],
      twice: 'Error: Digest already called',
      unknown: 'Error: Digest method not supported: nothing',
    })
  })

  test('ciphers are those of Node.js', async () => {
    expect(await get('node', '/ciphers')).toEqual({
      cases: JSON.parse(JSON.stringify(runCases())) as unknown,
    })
  })

  test('what util has is what Node.js has', async () => {
    expect(await get('node', '/util-cases')).toEqual({
      cases: JSON.parse(JSON.stringify(runUtil())) as unknown,
    })
  })

  test('util.inspect and util.format take the options of Node.js', async () => {
    expect(await get('node', '/inspect-cases')).toEqual({ cases: runInspect() })
  })

  test('smaller parts of modules are those of Node.js', async () => {
    expect(await get('node', '/module-cases')).toEqual({ cases: await runModules() })
  })

  test('createRequire finds what is there when the app is built', async () => {
    expect(await get('node', '/required')).toEqual({
      there: 'a/b',
      gone: expect.stringContaining("Cannot find module 'not-there'") as unknown,
    })
  })

  test('getBuiltinModule gives what is named in the code, from any spelling of the global', async () => {
    expect(await get('node', '/builtin')).toEqual({ same: true, path: 'a/b', unknown: 'undefined' })
  })

  test('WebAssembly is there and makes no code, as in Workers', async () => {
    const refused = (name: string) =>
      `CompileError: WebAssembly.${name}(): Wasm code generation disallowed by embedder`
    expect(await get('node', '/wasm')).toEqual({
      type: 'object',
      tag: '[object WebAssembly]',
      valid: false,
      module: refused('Module'),
      compiled: [true, refused('compile')],
    })
  })

  test('streams, events and those of packages that are older than classes', async () => {
    expect(await get('node', '/stream')).toEqual({ parts: 'AB', decoded: 'é' })
    expect(await get('node', '/events')).toEqual({ first: [1, 2], values: [1, 2, 3], left: 0, old: 'told' })
  })

  test('path, url, util, assert, timers; what a package maps for browsers is its own', async () => {
    expect(await get('node', '/others')).toEqual({
      path: 'b',
      url: '/a b',
      format: 'a 1 {}',
      inspect: '{ a: [ 1 ] }',
      promisedTimer: 'slept',
      promisified: 5,
      assert: ['AssertionError', 'equal', 'AssertionError', 'thrown'],
      slept: 'slept',
      exists: false,
      mapped: [0, 'its own'],
      immediate: 'immediate',
    })
  })

  test('what is not there throws when it is called', async () => {
    expect(await get('node', '/refused')).toEqual({
      run: 'Error: vm.runInThisContext of Node.js is not there in NANO; use the Web API',
    })
  })

  test('files in /tmp are what they are on a disk of Node', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nano-files-'))
    try {
      expect(await get('node', '/file-cases')).toEqual({ cases: await runFiles(fs, folder), left: 1 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('files elsewhere are those of a disk that cannot be written to, but for devices', async () => {
    expect(await get('node', '/files')).toEqual({
      read: "Error: ENOENT: no such file or directory, open '/etc/passwd'",
      written:
        "Error: EROFS: read-only file system: an app has /tmp, for as long as its instance lives; keep data in a binding, open '/x'",
      codes: [
        'ENOENT /etc/passwd',
        'EROFS /x',
        'ENOENT /x',
        'ENOENT /x',
        'EROFS /x',
        'fine',
        'EROFS /tmp',
        'EROFS /dev/null',
      ],
      stat: 'undefined',
      root: ['dev', 'tmp'],
      devices: [0, '0,0,0,0', 4, 'ENOSPC', true],
    })
  })

  test('streams become those of the Web API and come back, as in Node', async () => {
    expect(await get('node', '/streams')).toEqual(await runStreams())
  })

  test('what Node.js has and NANO has not is undefined, with a warning', async () => {
    using app = createSourceDir({
      'index.js':
        "import { enroll } from 'node:timers'\nexport default { fetch: () => new Response(typeof enroll) }\n",
      'own.js':
        "import { nothing } from './index.js'\nexport default { fetch: () => new Response(nothing) }\n",
    })
    const warnings: string[] = []
    await buildApp({ entry: app.path, onWarning: (text) => void warnings.push(text) })
    expect(warnings).toEqual(['node:timers: enroll is not there in NANO, it is undefined'])
    await expect(buildApp({ entry: app.at('own.js') })).rejects.toThrow(/"nothing" is not exported/)
  })

  test('an app that uses none of it has none of it', async () => {
    using app = createSourceDir({
      'index.js': 'export default { fetch: () => new Response(typeof Buffer2) }\nconst Buffer2 = 1\n',
    })
    expect((await buildApp({ entry: app.path })).bundleBytes).toBeLessThan(200)
  })
})

describe('AsyncLocalStorage', () => {
  const toSeen = (id: string) => [
    id,
    id,
    id,
    id,
    id,
    `${id},${id}`,
    `${id}1`,
    `${id}2`,
    id,
    id,
    id,
    id,
    'inner',
    'undefined',
  ]

  test('follows a request through await, timers, promises, generators and classes', async () => {
    expect(await get('context', '/?id=a')).toEqual({
      before: 'undefined',
      seen: toSeen('a'),
      bound: 'a',
      snapshot: 'a',
      after: 'undefined',
    })
  })

  test("the engine's own async functions are found by what packages ask for", async () => {
    const tag = '[object AsyncFunction]AsyncFunction'
    expect(await get('context', '/natives')).toEqual({
      made: 1,
      name: 'AsyncFunction',
      iterates: true,
      tags: [0, 1, 1, 1, 0, 1].map((length) => tag + length),
      names: ['walk', 'inner', true],
    })
  })

  test('does not mix requests of one instance', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `id${i}`)
    const answers = await Promise.all(
      ids.map(async (id, i) => get('context', `/${i % 2 === 0 ? '' : 'enter'}?id=${id}`)),
    )
    const expected = ids.map((id, i) =>
      i % 2 === 0
        ? { before: 'undefined', seen: toSeen(id), bound: id, snapshot: id, after: 'undefined' }
        : { before: 'undefined', after: id },
    )
    expect(answers).toEqual(expected)
  })
})

describe('Workers', () => {
  test('an app may be a class, and env is there without a handler', async () => {
    const expected = {
      calls: 1,
      env: 'text',
      imported: 'text',
      early: 'text',
      context: 'function',
      socket: 'TypeError: Specified address is missing port.',
      mail: expect.stringContaining('cloudflare:email') as unknown,
      rpc: true,
      room: true,
    }
    const answer = await get('workers', '/')
    expect({ ...answer, mail: '' }).toEqual({ ...expected, mail: '' })
    expect(answer['mail']).toContain('cloudflare:email')
    // each request has an instance of its own
    expect(await get('workers', '/')).toMatchObject({ calls: 1 })
  })

  test('withEnv gives code another env, through every await', async () => {
    expect(await get('workers', '/with')).toEqual({
      one: ['other', null, 'TEXT', true],
      two: ['text', { a: [1] }, 'TEXT,JSON', true],
      nested: ['b', null, 'TEXT', true, 1],
      added: 1,
      none: null,
      after: 'text',
    })
  })

  test('waitUntil goes on behind the response', async () => {
    expect((await served.send('workers', '/later')).text).toBe('soon')
    await served.logged('done later')
  })
})
