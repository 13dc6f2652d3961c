/** Fetches that the app itself leaves alone: a body that it does not read, an upload that it does not go on with. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'vitest'

import { DEFAULT_LIMITS } from '../config/limits.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import type { GuestEvent } from './binding.ts'
import { NO_STORAGE } from '../storage/client.ts'
import { openDialer } from './dialer.ts'
import { OutboundCall } from './outbound-call.ts'

const IDLE_MS = 300
const LEFT_ALONE = 'the app left it alone for too long'
const NOTHING = new Uint8Array(0)

let server: Server
let url: string
let handler: (request: IncomingMessage, response: ServerResponse) => void
let events: GuestEvent[]
let buffers: ByteBudget
let cleanUps: (() => unknown)[]

beforeEach(async () => {
  events = []
  cleanUps = []
  buffers = new ByteBudget(2 ** 20)
  server = createServer((request, response) => handler(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterEach(() => {
  for (const cleanUp of cleanUps) cleanUp()
  server.closeAllConnections()
  server.close()
})

/** Begin a fetch; resolves when it is over. */
function start(method: string, more: boolean): { call: OutboundCall; over: Promise<void> } {
  const head = new TextEncoder().encode(`${method}\n${url}\n`)
  const dialer = openDialer({ private: true }, { limits: { ...DEFAULT_LIMITS, idleMs: IDLE_MS } })
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const begun = {
    id: 1,
    owner: 1,
    loop: 'x',
    traceHeaders: [],
    head,
    body: NOTHING,
    more,
    redirect: 'follow' as const,
  }
  const post = (event: GuestEvent): void => {
    events.push(event)
    setImmediate(() => call.delivered(event))
  }
  const port = { onDialed() {}, onOver: resolve, onDenied() {} }
  const call: OutboundCall = OutboundCall.open(begun, { post }, buffers, port)!
  cleanUps.push(() => dialer[Symbol.dispose]())
  const fetchCache = { storage: NO_STORAGE, buffers, mostBytes: 0, answerMs: 1000 }
  void call.run({ dialer, fetchCache, buffers, adopt: () => undefined })
  return { call, over }
}

/** The latest event for the guest. */
function last(): unknown {
  const event = events.at(-1)
  return event !== undefined && 'val' in event ? event.val : undefined
}

describe('a fetch ends when the app', () => {
  test('does not read its answer', async ({ expect }) => {
    handler = (_request, response) => response.end('x'.repeat(100_000))
    const { over } = start('GET', false)
    await over
    expect(events.map(({ tag }) => tag)).toEqual(['answered', 'fetch-failed'])
    expect(last()).toEqual({ id: 1, message: LEFT_ALONE })
    expect(buffers.held).toBe(0)
  })

  test('reads a part of it', async ({ expect }) => {
    handler = (_request, response) => void response.write('x')
    const { call, over } = start('GET', false)
    while (events.length === 0) await new Promise((later) => setTimeout(later, 5))
    await new Promise((later) => setImmediate(later))
    call.pull()
    call.act()
    await over
    expect(events.map(({ tag }) => tag)).toEqual(['answered', 'answer-body', 'fetch-failed'])
  })

  test('does not go on with what it sends', async ({ expect }) => {
    const gone = new Promise((done) => (handler = (request) => request.resume().on('close', done)))
    const { call, over } = start('PUT', true)
    call.write(new Uint8Array(10))
    call.act()
    await over
    expect(last()).toEqual({ id: 1, message: LEFT_ALONE })
    expect(buffers.held).toBe(0)
    await gone
  })
})

test('a fetch goes on while the app sends now and then', async ({ expect }) => {
  handler = (request, response) => void request.resume().on('end', () => response.writeHead(204).end())
  const { call, over } = start('PUT', true)
  for (let i = 0; i < 8; i++) {
    await new Promise((later) => setTimeout(later, IDLE_MS / 4))
    call.write(new Uint8Array(10))
    call.act()
  }
  call.finish()
  call.act()
  await over
  expect(last()).toMatchObject({ status: 204 })
})
