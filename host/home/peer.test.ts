/** Two shards that talk through a real port: what crosses, what waits, and what becomes of it when one of them goes. */

import { setImmediate } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { describe, it } from 'vitest'

import type { ErrorCode } from '../errors.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { Taker } from './handed-over.ts'
import { WINDOW } from './hand-over.ts'
import { Peer } from './peer.ts'

const KB = 1024
const HEADERS = Buffer.from('content-type\ntext/plain\n')

/** What a tenant was given, and the way to answer it. */
class App implements Taker {
  readonly buffers: ByteBudget
  readonly refusals: string[] = []
  readonly given: { exchange: Exchange; heard: string[]; bytes: number }[] = []
  /** What it does with each request. */
  onRequest: (exchange: Exchange) => void = () => {}

  constructor(bufferBytes = 1024 * KB) {
    this.buffers = new ByteBudget(bufferBytes)
  }

  handle(exchange: Exchange): ExchangeListener {
    const heard: string[] = []
    const given = { exchange, heard, bytes: 0 }
    this.given.push(given)
    this.onRequest(exchange)
    return {
      cpuMs: 7,
      isCold: true,
      bodyChunk(bytes, isLast) {
        given.bytes += bytes.byteLength
        heard.push(isLast ? 'last' : 'chunk')
      },
      bodyFailed: (text) => void heard.push(text),
      writable: () => void heard.push('writable'),
      clientGone: () => void heard.push('gone'),
    }
  }

  refused(code: ErrorCode): void {
    this.refusals.push(code)
  }
}

/** A client, as its shard's ingress has it. */
class Client implements Exchange {
  readonly id = 'id'
  readonly client = '203.0.113.7'
  readonly method = 'POST'
  readonly url = 'http://app.test/path?query'
  readonly headers = 'host\napp.test\n'
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array
  readonly said: string[] = []
  bytes = 0
  /** It takes what is written. */
  isReading = true

  constructor(body?: Uint8Array | 'streamed') {
    this.hasBody = body !== undefined
    if (body instanceof Uint8Array) this.smallBody = body
  }

  pullBody = () => void this.said.push('pull')
  cancelBody = () => void this.said.push('cancel')
  noRetry = () => void this.said.push('no retry')
  start = (status: number) => void this.said.push(`start ${status}`)
  finish = () => void this.said.push('finish')
  fail = (code: ErrorCode, retryMs?: number) => void this.said.push(`fail ${code} ${retryMs}`)

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    this.bytes += body.byteLength
    this.said.push(`send ${status} ${Buffer.from(headers).toString()}`)
  }

  write(bytes: Uint8Array): boolean {
    this.bytes += bytes.byteLength
    return this.isReading
  }
}

function toShard(port: MessagePort, app: App | undefined) {
  const events: string[] = []
  const peer = new Peer(port, {
    take: (deployment) => (deployment === 1 ? app : undefined),
    join: () => undefined,
    onLeaving: () => void events.push('leaving'),
    onLeft: () => void events.push('left'),
  })
  return { peer, events }
}

/** Where requests arrive, and where their home is. */
function open(app = new App()) {
  const { port1, port2 } = new MessageChannel()
  const here = toShard(port1, undefined)
  const home = toShard(port2, app)
  const over: number[] = []
  const lost: Exchange[] = []
  return {
    app,
    here,
    home,
    over,
    lost,
    handOver: (client: Client, deployment = 1) =>
      here.peer.handOver(client, {
        deployment,
        onOver: (cpuMs) => void over.push(cpuMs),
        onLost: (exchange) => void lost.push(exchange),
      }),
    [Symbol.dispose]() {
      here.peer.close()
      home.peer.close()
    },
  }
}

/** Until everything that was said has been heard. */
async function settle(): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one turn of the event loop after the other
  for (let i = 0; i < 20; i++) await setImmediate()
}

describe('a request that is handed over', () => {
  it('is the same at its home, and its answer at its client', async ({ expect }) => {
    using shards = open()
    const { app } = shards
    const client = new Client(new Uint8Array(10).fill(1))
    const listener = shards.handOver(client)
    await settle()
    const { exchange } = app.given[0]!
    const { id, method, url, headers, hasBody, smallBody } = exchange
    expect({ id, method, url, headers, hasBody, client: exchange.client }).toEqual({
      id: 'id',
      method: 'POST',
      url: 'http://app.test/path?query',
      headers: 'host\napp.test\n',
      hasBody: true,
      client: '203.0.113.7',
    })
    expect(Buffer.from(smallBody!)).toEqual(Buffer.alloc(10, 1))
    exchange.noRetry?.()
    exchange.send(201, HEADERS, new Uint8Array(5))
    exchange.send(500, HEADERS, new Uint8Array(5))
    await settle()
    expect(client.said).toEqual(['no retry', `send 201 ${HEADERS.toString()}`])
    expect([client.bytes, listener.cpuMs, listener.isCold]).toEqual([5, 7, true])
    expect(shards.over).toEqual([7])
    expect([shards.here.peer.open, shards.home.peer.open]).toEqual([0, 0])
  })

  it('leaves alone what its bytes are only a part of', async ({ expect }) => {
    using shards = open()
    const all = new Uint8Array(64 * KB).fill(3)
    shards.handOver(new Client(all.subarray(KB, 9 * KB)))
    shards.handOver(new Client(Buffer.from('pooled')))
    await settle()
    expect(shards.app.given[0]!.exchange.smallBody).toEqual(new Uint8Array(8 * KB).fill(3))
    expect(Buffer.from(shards.app.given[1]!.exchange.smallBody!).toString()).toBe('pooled')
    expect([all.byteLength, all[0]]).toEqual([64 * KB, 3])
  })

  it('is moved and not copied when it is large', async ({ expect }) => {
    using shards = open()
    const body = new Uint8Array(32 * KB)
    shards.handOver(new Client(body))
    await settle()
    expect(body.buffer.detached).toBe(true)
    const answer = new Uint8Array(512 * KB)
    shards.app.given[0]!.exchange.send(200, HEADERS, answer)
    expect(shards.app.buffers.held).toBeGreaterThan(512 * KB)
    await settle()
    expect([answer.buffer.detached, shards.app.buffers.held]).toEqual([true, 0])
    expect(shards.home.peer.open).toBe(0)
  })

  it('has its body piece by piece, as the app asks for it', async ({ expect }) => {
    using shards = open()
    const client = new Client('streamed')
    const listener = shards.handOver(client)
    await settle()
    const given = shards.app.given[0]!
    for (let i = 0; i < 3; i++) {
      given.exchange.pullBody()
      await settle()
      expect(client.said).toHaveLength(i + 1)
      listener.bodyChunk(new Uint8Array(16 * KB), i === 2)
      await settle()
    }
    expect([given.heard, given.bytes]).toEqual([['chunk', 'chunk', 'last'], 48 * KB])
    given.exchange.cancelBody()
    listener.bodyFailed('broken off')
    await settle()
    expect([client.said.at(-1), given.heard.at(-1)]).toEqual(['cancel', 'broken off'])
  })

  it('has no more than a window on its way to a client that does not read', async ({ expect }) => {
    using shards = open()
    const client = new Client()
    client.isReading = false
    const listener = shards.handOver(client)
    await settle()
    const { exchange, heard } = shards.app.given[0]!
    exchange.start(200, HEADERS)
    let written = 0
    const write = (): void => {
      do written += 16 * KB
      while (exchange.write(new Uint8Array(16 * KB)))
    }
    write()
    expect(written).toBeLessThanOrEqual(WINDOW)
    await settle()
    expect([client.bytes, heard]).toEqual([written, []])
    expect(shards.app.buffers.held).toBeGreaterThan(written)
    // it has taken what was there
    listener.writable()
    await settle()
    expect([heard, shards.app.buffers.held]).toEqual([['writable'], 0])
    // and goes on
    client.isReading = true
    for (let i = 0; i < 50; i++) {
      write()
      await settle()
    }
    expect(client.bytes).toBe(written)
    exchange.finish()
    await settle()
    expect([client.said.at(-1), shards.app.buffers.held]).toEqual(['finish', 0])
  })

  it('is refused when more waits than the app may have waiting', async ({ expect }) => {
    using shards = open(new App(40 * KB))
    const clients = [new Client(), new Client()]
    for (const client of clients) shards.handOver(client)
    await settle()
    const [streamed, whole] = shards.app.given
    streamed!.exchange.start(200, HEADERS)
    for (let i = 0; i < 3; i++) streamed!.exchange.write(new Uint8Array(16 * KB))
    whole!.exchange.send(200, HEADERS, new Uint8Array(100 * KB))
    await settle()
    expect(clients.map(({ said }) => said)).toEqual([
      ['start 200', 'fail APP_BUFFER_LIMIT undefined'],
      ['fail APP_BUFFER_LIMIT undefined'],
    ])
    expect([streamed!.heard, whole!.heard]).toEqual([['gone'], ['gone']])
    expect([shards.app.refusals.length, shards.app.buffers.held]).toEqual([2, 0])
  })

  it('is over for its app when its client leaves', async ({ expect }) => {
    using shards = open()
    const client = new Client()
    const listener = shards.handOver(client)
    await settle()
    const { exchange, heard } = shards.app.given[0]!
    exchange.start(200, HEADERS)
    exchange.write(new Uint8Array(16 * KB))
    await settle()
    listener.clientGone()
    await settle()
    expect([heard, shards.app.buffers.held, shards.home.peer.open]).toEqual([['gone'], 0, 0])
    exchange.write(new Uint8Array(1))
    exchange.finish()
    await settle()
    expect([client.said, shards.over]).toEqual([['start 200'], [7]])
  })

  it('for a version that is gone is told so', async ({ expect }) => {
    using shards = open()
    const client = new Client()
    shards.handOver(client, 2)
    await settle()
    expect(client.said).toEqual(['fail APP_REPLACED undefined'])
  })

  it('that was said before another thread hears of something is there when that looks', ({ expect }) => {
    using shards = open()
    shards.handOver(new Client())
    shards.here.peer.flush()
    shards.home.peer.receive()
    expect(shards.app.given).toHaveLength(1)
  })
})

describe('a shard that goes', () => {
  it('fails what was handed over to it, and ends what it has handed over', async ({ expect }) => {
    using shards = open()
    const clients = [new Client(), new Client()]
    shards.app.onRequest = (exchange) => exchange.start(200, HEADERS)
    for (const client of clients) shards.handOver(client)
    await settle()
    shards.home.peer.close()
    await settle()
    expect(clients.map(({ said }) => said)).toEqual([
      ['start 200', 'fail SHUTTING_DOWN undefined'],
      ['start 200', 'fail SHUTTING_DOWN undefined'],
    ])
    expect(shards.lost).toEqual(clients)
    expect(shards.app.given.map(({ heard }) => heard)).toEqual([['gone'], ['gone']])
    expect([shards.here.peer.open, shards.home.peer.open, shards.over]).toEqual([0, 0, []])
    expect(shards.here.events).toEqual(['leaving', 'left'])
  })

  it('says bye, is told bye, and finishes what there is', async ({ expect }) => {
    using shards = open()
    const client = new Client()
    shards.handOver(client)
    shards.home.peer.leave()
    shards.home.peer.leave()
    await settle()
    expect([shards.here.events, shards.home.events]).toEqual([
      ['leaving', 'left'],
      ['leaving', 'left'],
    ])
    shards.app.given[0]!.exchange.send(200, HEADERS, new Uint8Array(0))
    await settle()
    expect(client.said).toHaveLength(1)
  })
})
