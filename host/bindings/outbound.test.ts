/** The outbound binding against a real server: bodies at the reader's pace, many at once, ends of all kinds. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, test, vi } from 'vitest'
import { Accounts } from '../limits/accounts.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { NO_STORAGE } from '../storage/client.ts'
import { NO_METER } from './binding.ts'
import type { GuestEvent } from './binding.ts'
import { openDialer } from './dialer.ts'
import { OutboundBinding, type OutboundServices } from './outbound.ts'

const NOTHING = new Uint8Array(0)
const CHUNK = new Uint8Array(256 * 1024).fill(120)
const MIB = 1024 * 1024

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let server: Server
let handler: Handler
let url: string
let events: GuestEvent[]
let outbound: OutboundBinding
let budget: ByteBudget
const dialer = openDialer({ private: true })

beforeEach(async () => {
  server = createServer((request, response) => handler(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  events = []
  budget = new ByteBudget(8 * MIB)
  outbound = open()
})

/** The fetches of an instance that has one request. */
function open(more: Partial<OutboundServices> = {}): OutboundBinding {
  const meter = { ...NO_METER }
  const accounts = new Accounts(
    { cpuMs: 1, scheduledCpuMs: 10, scheduledTurnMs: 10, subrequests: 5000, dataCalls: 1, backgroundMs: 1 },
    { onLimit() {}, onClosed() {} },
  )
  accounts.open(1, { id: 'r', headers: 'cdn-loop\nother;x=1\n', client: 'c' }, { cpuMs: 0 })
  accounts.begin([1])
  const fetchCache = { storage: NO_STORAGE, buffers: budget, mostBytes: MIB, answerMs: 1000 }
  const services = {
    dialer,
    fetchCache,
    accounts,
    buffers: budget,
    maxDialing: 1000,
    onDenied() {},
    adopt: () => undefined,
    ...more,
  }
  return new OutboundBinding({ post: (event) => events.push(event) }, meter, services)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

afterEach(() => {
  outbound[Symbol.dispose]()
  server.closeAllConnections()
  server.close()
})

function start(id: number, head: string, body: Uint8Array = NOTHING, more = false): void {
  outbound.imports.start(id, new TextEncoder().encode(head), body, more, 'follow')
  outbound.flush()
}

/** As the instance does before the turn in which the guest gets it. */
function deliver(event: GuestEvent): void {
  if (event.tag === 'answered' || event.tag === 'answer-body' || event.tag === 'fetch-failed')
    outbound.delivered(event)
}

async function next(): Promise<GuestEvent> {
  for (let waited = 0; waited < 2000; waited++) {
    const event = events.shift()
    if (event !== undefined) {
      deliver(event)
      return event
    }
    await new Promise((later) => setTimeout(later, 1))
  }
  throw new Error('no event came')
}

async function nextOf<Tag extends GuestEvent['tag']>(tag: Tag): Promise<Extract<GuestEvent, { tag: Tag }>> {
  const event = await next()
  if (event.tag !== tag) throw new Error(`wanted ${tag}, got ${JSON.stringify(event)}`)
  return event as Extract<GuestEvent, { tag: Tag }>
}

async function readAll(id: number): Promise<number> {
  for (let bytes = 0; ;) {
    outbound.imports.pull(id)
    outbound.flush()
    const { val } = await nextOf('answer-body')
    bytes += val.bytes.length
    if (val.last) return bytes
  }
}

describe('outbound', () => {
  test('a gzipped answer comes decoded, cookies apart, without headers that are no longer true', async ({
    expect,
  }) => {
    handler = (_, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync('x'.repeat(1000)))
    }
    start(1, `GET\n${url}\n`)
    const { val } = await nextOf('answered')
    expect(val).toMatchObject({ id: 1, status: 200, statusText: 'OK', url, redirected: false, hasBody: true })
    expect(val.headers).toContain('set-cookie\na=1\nset-cookie\nb=2\n')
    expect(val.headers).not.toMatch(/content-(encoding|length)/)
    expect(await readAll(1)).toBe(1000)
    expect(outbound.isPending()).toBe(false)
  })

  test('framing headers of the guest do not go out', async ({ expect }) => {
    handler = (request, response) => response.end(JSON.stringify(request.headers))
    start(1, `POST\n${url}\nHost\nevil.test\ncontent-length\n1\ntransfer-encoding\nx\nx-own\nkept\n`, CHUNK)
    await nextOf('answered')
    outbound.imports.pull(1)
    outbound.flush()
    const { val } = await nextOf('answer-body')
    const sent: unknown = JSON.parse(new TextDecoder().decode(val.bytes))
    expect(sent).toMatchObject({
      'x-own': 'kept',
      'content-length': String(CHUNK.length),
      host: url.slice(7, -1),
    })
  })

  test('an answer that nobody pulls stays at the far side', async ({ expect }) => {
    let written = 0
    handler = (_, response) => {
      const more = (): void => {
        while (written < 64 * MIB) {
          written += CHUNK.length
          if (!response.write(CHUNK)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    }
    start(1, `GET\n${url}\n`)
    await nextOf('answered')
    await new Promise((later) => setTimeout(later, 100))
    expect(written).toBeLessThan(16 * MIB)
    expect(await readAll(1)).toBe(64 * MIB)
  })

  test('an upload stops while the far side does not read, and goes on when it does', async ({ expect }) => {
    let received = 0
    handler = (request, response) => {
      setTimeout(() => {
        request.on('data', (chunk: Buffer) => (received += chunk.length))
        request.on('end', () => response.end())
      }, 100)
    }
    start(1, `PUT\n${url}\n`, NOTHING, true)
    let written = 0
    let waits = 0
    while (written < 32 * MIB) {
      written += CHUNK.length
      const takesMore = outbound.imports.write(1, CHUNK)
      outbound.flush()
      if (takesMore) continue
      if (received === 0) expect(written).toBeLessThan(16 * MIB)
      waits++
      await nextOf('fetch-writable')
    }
    outbound.imports.finish(1)
    outbound.flush()
    await nextOf('answered')
    expect([received, waits > 10]).toEqual([32 * MIB, true])
  })

  test('fifty at once', async ({ expect }) => {
    handler = (_, response) => void setTimeout(() => response.end('x'), 200)
    const started = performance.now()
    for (let id = 1; id <= 50; id++) start(id, `GET\n${url}\n`)
    for (let id = 1; id <= 50; id++) await nextOf('answered')
    expect(performance.now() - started).toBeLessThan(800)
  })

  test('what cannot be fetched fails with a reason', async ({ expect }) => {
    for (const head of [
      'GET\nfile:///etc/passwd\n',
      'GET\nnonsense\n',
      'nothing',
      'GET\nhttp://127.0.0.1:1/\n',
    ]) {
      start(1, head)
      const { val } = await nextOf('fetch-failed')
      expect(val.message).not.toBe('')
    }
    start(2, 'GET\nhttp://127.0.0.1:9999/\nbad name\nvalue\n')
    await nextOf('fetch-failed')
    expect(outbound.isPending()).toBe(false)
  })

  test('an answer that breaks off fails', async () => {
    handler = (_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x')
      setTimeout(() => response.destroy(), 20)
    }
    start(1, `GET\n${url}\n`)
    await nextOf('answered')
    outbound.imports.pull(1)
    outbound.flush()
    await nextOf('answer-body')
    outbound.imports.pull(1)
    outbound.flush()
    await nextOf('fetch-failed')
  })

  test('an upload of chunks without bytes, or of one, costs about its bytes', async ({ expect }) => {
    // takes the head and nothing of the body
    handler = () => undefined
    start(1, `PUT\n${url}\n`, NOTHING, true)
    for (let i = 0; i < 40; i++) outbound.imports.write(1, new Uint8Array(128 * 1024))
    outbound.flush()
    for (let held = -1; held !== budget.held;) {
      held = budget.held
      await new Promise((later) => setTimeout(later, 50))
    }
    const before = budget.held
    for (let i = 0; i < 20_000; i++) {
      outbound.imports.write(1, NOTHING)
      outbound.imports.write(1, new Uint8Array(1))
      if (i % 10 === 0) outbound.flush()
    }
    expect(budget.held - before).toBeGreaterThanOrEqual(20_000)
    expect(budget.held - before).toBeLessThan(30_000)
    outbound.imports.abort(1)
    outbound.flush()
    expect([budget.held, outbound.isPending()]).toEqual([0, false])
  })

  test('the next chunk of an answer is not read before the guest has had the one before', async ({
    expect,
  }) => {
    handler = (_, response) => response.end(CHUNK)
    start(1, `GET\n${url}\n`)
    await nextOf('answered')
    for (let i = 0; i < 20; i++) {
      outbound.imports.pull(1)
      outbound.flush()
      await new Promise((later) => setTimeout(later, 5))
    }
    expect(events.map(({ tag }) => tag)).toEqual(['answer-body'])
  })

  test('a fetch keeps its place until the guest has heard of its head', async ({ expect }) => {
    outbound[Symbol.dispose]()
    outbound = open({ maxDialing: 1 })
    let asked = 0
    handler = (_, response) => (asked++, void response.writeHead(204).end())
    for (let id = 1; id <= 3; id++) start(id, `GET\n${url}\n`)
    for (let id = 1; id <= 3; id++) {
      while (events.length === 0) await new Promise((later) => setTimeout(later, 1))
      await new Promise((later) => setTimeout(later, 20))
      expect([asked, events.length]).toEqual([id, 1])
      await nextOf('answered')
    }
    expect(budget.held).toBe(0)
  })

  test('one that is given up while it waits leaves nothing behind', async ({ expect }) => {
    outbound[Symbol.dispose]()
    outbound = open({ maxDialing: 1 })
    let asked = 0
    const isAsked = new Promise<void>((done) => (handler = () => (asked++, done())))
    start(1, `GET\n${url}\n`)
    await isAsked
    const held = budget.held
    const ids = Array.from({ length: 2000 }, (_, i) => i + 2)
    const bodies = ids.map((id) => {
      const body = new Uint8Array(100)
      start(id, `PUT\n${url}\n`, body)
      outbound.imports.abort(id)
      outbound.flush()
      return new WeakRef(body)
    })
    expect(budget.held).toBe(held)
    // in the turn of the event loop that makes them, weak references hold what they refer to
    await new Promise((later) => setTimeout(later, 1))
    collectGarbage()
    expect(bodies.filter((body) => body.deref() !== undefined).length).toBeLessThan(10)
    outbound.imports.abort(1)
    outbound.flush()
    await new Promise((later) => setTimeout(later, 20))
    expect([asked, events, budget.held]).toEqual([1, [], 0])
  })

  test('of refusals ten a second are put into words, and the others are counted', async ({ expect }) => {
    const told: (string | undefined)[] = []
    outbound[Symbol.dispose]()
    using refusing = openDialer({})
    outbound = open({ dialer: refusing, onDenied: (text) => told.push(text) })
    const now = vi.spyOn(performance, 'now').mockReturnValue(5000)
    for (let id = 1; id <= 100; id++) start(id, 'GET\nhttp://[::1]/\n')
    for (let id = 1; id <= 100; id++) await nextOf('fetch-failed')
    now.mockReturnValue(6000)
    start(101, 'GET\nhttp://[::1]/\n')
    await nextOf('fetch-failed')
    now.mockRestore()
    const lines = told.filter((text) => text !== undefined)
    expect([told.length, lines.length]).toEqual([101, 11])
    expect(lines[0]).toBe('EGRESS_DENIED: the address is not allowed: [::1]:80')
    expect(lines[10]).toBe('EGRESS_DENIED: the address is not allowed: [::1]:80 (and 90 more before)')
  })

  test('the end of the instance is the end of its fetches', async ({ expect }) => {
    const closed = new Promise<void>((done) => (handler = (request) => request.on('close', done)))
    start(1, `GET\n${url}\n`)
    await new Promise((later) => setTimeout(later, 50))
    outbound[Symbol.dispose]()
    await closed
    expect(events).toEqual([])
  })
})
