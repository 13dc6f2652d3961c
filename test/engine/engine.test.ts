/** One engine serves two apps, on components that are made without the guest shim. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { snapshot } from '../../host/build/snapshot.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { parseConfig } from '../../host/config/parse.ts'
import { buildEngine, toEngineDirectory } from '../../host/engine/build-engine.ts'
import { openEngine } from '../../host/engine/engine.ts'
import type { CompiledEngine, Engine, Guest } from '../../host/engine/guest.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { KnownEngines, readKnownEngines } from '../../host/engine/known.ts'
import { splitImage, type Image } from '../../host/image/image.ts'
import { collectGarbage } from '../../host/limits/collect.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { withVersion, witText } from '../../wit/text.ts'
import type { Event } from '../../wit/worlds.ts'

const COMPONENTS = join(import.meta.dirname, '../../node_modules/.cache/nano-workers/engine-test')
const WALL_MS = 1_700_000_000_000

/** Answers a request with `word`; a startup's `env` names what else to do. */
const toSource = (word: string): string => `
import { send } from '${withVersion('nano:workers/response')}'
const encoder = new TextEncoder()
const answer = (id, text) => send(id, 200, encoder.encode('a\\nb'), encoder.encode(text))
const acts = {
  time: () => answer(0, String(Date.now())),
  random: () => answer(0, String(crypto.getRandomValues(new Uint8Array(16)))),
  throw: () => { throw new Error('thrown on purpose') },
  hog: () => { const all = []; for (;;) all.push(new Uint8Array(1024 * 1024).fill(1)) },
}
export const turn = (source, events) => {
  for (const event of events) {
    if (event.tag === 'request') answer(event.val.id, ${JSON.stringify(word)})
    else if (event.tag === 'startup') for (const { name } of event.val.env) acts[name]()
  }
}`

async function toComponent(word: string): Promise<Uint8Array> {
  const source = toSource(word)
  const key = createHash('sha256').update(source).update(witText()).digest('hex')
  const file = join(COMPONENTS, `${key}.wasm`)
  if (!existsSync(file)) {
    const { component: bytes } = await snapshot(source, { wit: witText(), timeoutMs: 30_000, memoryMb: 512 })
    mkdirSync(COMPONENTS, { recursive: true })
    writeFileSync(file, bytes)
  }
  return readFileSync(file)
}

const nothing = (): void => {}
const words = ['hello', `another word${'!'.repeat(100_000)}`] as const
const counters = { generates: 0, compiles: 0 }
const cache = mkdtempSync(join(tmpdir(), 'nano-engine-'))
const epoch = new Epoch()
const hashes: string[] = []
const images: Image[] = []
let component: Uint8Array
let compiled: CompiledEngine
let engine: Engine

beforeAll(async () => {
  for (const word of words) {
    // oxlint-disable-next-line no-await-in-loop -- the tool keeps state between builds
    component = await toComponent(word)
    const { skeletonHash, segments, memoryMinPages } = splitComponent(component)
    hashes.push(skeletonHash)
    images.push(splitImage(segments, memoryMinPages))
  }
  compiled = openEngine(await buildEngine(component, cache, counters), counters)
  engine = loadEngine(compiled)
}, 120_000)

afterAll(() => rmSync(cache, { recursive: true }))

interface Made extends Guest {
  readonly memory: WebAssembly.Memory
  readonly answers: string[]
  readonly printed: string[]
}

function make(image: Image, from = engine, maximum = 2048): Made {
  const { blank } = from.spares.take({ image, maximum, epoch: epoch.memory })
  const answers: string[] = []
  const printed: string[] = []
  const send = (_id: number, _status: number, _headers: Uint8Array, body: Uint8Array): void => {
    answers.push(new TextDecoder().decode(body))
  }
  const bindings = {
    'nano:workers/response': { send, start: nothing, write: () => true, finish: nothing, fail: nothing },
    'nano:workers/request-body': { pull: nothing, cancel: nothing },
    'nano:workers/timer': { wakeIn: nothing },
    'nano:workers/outbound': {
      start: nothing,
      write: () => true,
      finish: nothing,
      pull: nothing,
      abort: nothing,
    },
    'nano:workers/console': { log: nothing, report: nothing, mapPlaces: () => new Uint8Array(0) },
    'nano:workers/assets': { fetch: nothing },
    'nano:workers/calls': { fetch: nothing, converse: nothing, threw: nothing },
    'nano:workers/cache': { match: nothing, put: nothing, delete: nothing },
    'nano:workers/background': { hold: nothing, release: nothing },
    'nano:workers/data': { write: () => true, finish: nothing, pull: nothing, abort: nothing },
    'nano:workers/kv': { get: nothing, getMany: nothing, put: nothing, delete: nothing, list: nothing },
    'nano:workers/objects': {
      head: nothing,
      get: nothing,
      put: nothing,
      delete: nothing,
      list: nothing,
      createUpload: nothing,
      uploadPart: nothing,
      completeUpload: nothing,
      abortUpload: nothing,
    },
    'nano:workers/language': { ask: () => new Uint8Array(0) },
    'nano:workers/scheduled': { noRetry: nothing, finish: nothing, fail: nothing },
    'nano:workers/crypto': {
      text: nothing,
      number: nothing,
      bytes: nothing,
      key: nothing,
      start: nothing,
      make: () => new Uint8Array(0),
      importSecret: () => new Uint8Array(0),
      compute: () => new Uint8Array(0),
      digestWrite: nothing,
      digestFinish: nothing,
    },
    'nano:workers/durable': {
      makeId: () => new Uint8Array(0),
      block: nothing,
      unblock: nothing,
      reset: nothing,
    },
    'nano:workers/sql': { query: nothing },
    'nano:workers/web-sockets': {
      open: () => 0,
      connect: () => 0,
      accept: nothing,
      send: nothing,
      waiting: () => 0,
      close: nothing,
    },
    'nano:workers/connections': {
      open: nothing,
      secure: nothing,
      write: () => true,
      finish: nothing,
      pull: nothing,
      close: nothing,
      abort: nothing,
    },
    'nano:workers/rate-limit': { take: () => true },
    'nano:workers/queues': { send: nothing, backlog: nothing, settle: nothing, settleOthers: nothing },
    'nano:workers/durable-storage': { perform: () => new Uint8Array(0), sync: nothing },
    'nano:workers/hibernation': {
      keep: () => false,
      find: () => new Uint8Array(0),
      tags: () => new Uint8Array(0),
      attach: () => false,
      attachment: () => new Uint8Array(0),
      setAutoResponse: nothing,
      autoResponse: () => new Uint8Array(0),
      answeredAt: () => 0,
      setEventTimeout: nothing,
      eventTimeout: () => 0,
    },
  }
  const clock = { wallNs: () => BigInt(WALL_MS) * 1_000_000n, monotonicNs: () => 1n }
  const guest = blank.admit(bindings, { clock, stderr: (text) => printed.push(text) })
  return { ...guest, memory: blank.memory, answers, printed }
}

const request = (id: number): Event => ({
  tag: 'request',
  val: { id, method: 'GET', url: 'http://a.localhost/', headers: '', hasBody: false },
})
const act = (name: string): Event[] => [
  { tag: 'startup', val: { env: [{ name, value: { tag: 'text', val: '' } }], object: '' } },
]

describe('two apps', () => {
  test('have one known skeleton', ({ expect }) => {
    expect(hashes[0]).toBe(hashes[1])
    expect(readKnownEngines().isKnown(hashes[0]!)).toBe(true)
    expect(() => new KnownEngines([]).expectKnown(hashes[0]!)).toThrow('not among')
  })

  test('are served by one engine, generated and compiled once', async ({ expect }) => {
    for (const [index, image] of images.entries()) {
      const guest = make(image)
      guest.turn(0, [request(1), request(2)])
      expect(guest.answers).toEqual([words[index], words[index]])
    }
    expect(await buildEngine(component, cache, counters)).toBe(toEngineDirectory(cache, engine.hash))
    expect(counters).toEqual({ generates: 1, compiles: 1 })
  })

  test('are served by an engine that was posted', async ({ expect }) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage({ compiled, image: images[0] })
    const { message } = receiveMessageOnPort(port2) as {
      message: { compiled: CompiledEngine; image: Image }
    }
    port1.close()
    const [posted, own] = [message.image, images[0]!].map(({ layers }) => layers[0]!.bytes)
    expect(posted!.buffer.byteLength).toBe(own!.length)
    const guest = make(message.image, loadEngine(message.compiled))
    guest.turn(0, [request(1)])
    expect(guest.answers).toEqual([words[0]])
  })
})

describe('a guest', () => {
  test("has the host's time and its own randomness", ({ expect }) => {
    const one = make(images[0]!)
    const two = make(images[0]!)
    one.turn(0, [...act('time'), ...act('random')])
    two.turn(0, act('random'))
    expect(one.answers[0]).toBe(String(WALL_MS))
    expect(one.answers[1]).not.toBe(two.answers[0])
  })

  test('prints what made it trap', ({ expect }) => {
    const guest = make(images[0]!)
    expect(() => guest.turn(0, act('throw'))).toThrow(WebAssembly.RuntimeError)
    expect(guest.printed.join('')).toContain('thrown on purpose')
    const next = make(images[0]!)
    next.turn(0, [request(1)])
    expect(next.answers).toEqual([words[0]])
  })

  test("ends at its memory's maximum", ({ expect }) => {
    const guest = make(images[0]!, engine, 512)
    expect(() => guest.turn(0, act('hog'))).toThrow(WebAssembly.RuntimeError)
    expect(guest.memory.buffer.byteLength).toBeLessThanOrEqual(512 * 65_536)
  })
})

test("an instance has little in V8's heap: code is one for all, and there is no table", ({ expect }) => {
  const used = (): number => {
    collectGarbage()
    return getHeapStatistics().used_heap_size
  }
  const before = used()
  const guests = Array.from({ length: 20 }, () => make(images[0]!))
  expect((used() - before) / guests.length).toBeLessThan(300 * 1024)
})

test('no app may have less memory than its engine needs', ({ expect }) => {
  const parse = (memory_mb: number) =>
    parseConfig(JSON.stringify({ apps: [{ name: 'a', path: 'a.wasm', memory_mb }] }), 'nano.json')
  expect(parse(engine.leastMemoryMb).apps[0]!.limits.memoryMb).toBe(engine.leastMemoryMb)
  expect(() => parse(engine.leastMemoryMb - 1)).toThrow('memory_mb')
})
