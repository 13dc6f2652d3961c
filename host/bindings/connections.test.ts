/** The binding for connections against a real far side, and what a guest that is forged may say to it. */
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, test, vi } from 'vitest'

import { type FarSide, startFarSide } from '../../test/harness/far-side.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { BOUNDS } from '../engine/bounds.ts'
import { Accounts } from '../limits/accounts.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { type GuestEvent, type Meter, NO_METER } from './binding.ts'
import { ConnectionsBinding } from './connections.ts'
import { type Dialer, openDialer } from './dialer.ts'

const MIB = 1024 * 1024
const NOTHING = new Uint8Array(0)
const OWNER = 7

let far: FarSide
let serve: (socket: Socket) => unknown
let dialer: Dialer
let budget: ByteBudget
let meter: Meter
let accounts: Accounts
let events: { event: GuestEvent; owner: number }[]
let binding: ConnectionsBinding
let denied: (string | undefined)[]

beforeEach(async () => {
  serve = () => undefined
  far = await startFarSide((socket) => serve(socket))
  dialer = openDialer({ allow: ['127.0.0.1'] }, { limits: { ...DEFAULT_LIMITS, tcpConnections: 5 } })
  budget = new ByteBudget(4 * MIB)
  meter = { ...NO_METER }
  events = []
  denied = []
  accounts = new Accounts({ ...DEFAULT_LIMITS, subrequests: 8 }, { onLimit() {}, onClosed() {} })
  for (const id of [OWNER, 8]) accounts.open(id, { id: 'r', headers: '', client: 'c' }, { cpuMs: 0 })
  accounts.begin([OWNER])
  const mailbox = { post: (event: GuestEvent, owner: number) => void events.push({ event, owner }) }
  const services = { dialer, accounts, buffers: budget, onDenied: (text?: string) => denied.push(text) }
  binding = new ConnectionsBinding(mailbox, meter, services)
})

afterEach(async () => {
  binding[Symbol.dispose]()
  dialer[Symbol.dispose]()
  await vi.waitUntil(() => dialer.tcp.open === 0)
  await far[Symbol.asyncDispose]()
})

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const terms = (more: object = {}) => json({ hostname: '127.0.0.1', port: far.port, ...more })

/** The next event, which the guest hears. */
async function hear(): Promise<GuestEvent> {
  await vi.waitUntil(() => events.length > 0, { timeout: 3000 })
  const { event } = events.shift()!
  binding.delivered(event)
  return event
}

async function connect(id = 1): Promise<void> {
  binding.imports.open(id, terms())
  binding.flush()
  const event = await hear()
  if (event.tag !== 'connection-ready') throw new Error(JSON.stringify(event))
}

test('what is asked for within a turn happens after it', async ({ expect }) => {
  binding.imports.open(1, terms())
  binding.imports.write(1, Buffer.from('hello'))
  expect(dialer.tcp.open).toBe(0)
  const heard = new Promise((resolve) => (serve = (socket) => socket.once('data', resolve)))
  binding.flush()
  expect(dialer.tcp.open).toBe(1)
  expect(await hear()).toEqual({ tag: 'connection-ready', val: { id: 1, protocol: '' } })
  expect(String(await heard)).toBe('hello')
  expect(meter).toMatchObject({ tcpConnections: 1, ignored: 0 })
})

test('bytes come when they are pulled, the end by itself, and each when the guest has heard what was before', async ({
  expect,
}) => {
  serve = (socket) => socket.end('abc')
  await connect()
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toEqual([])
  binding.imports.pull(1)
  binding.flush()
  expect(await hear()).toEqual({
    tag: 'connection-data',
    val: { id: 1, bytes: Buffer.from('abc'), last: false },
  })
  expect(await hear()).toEqual({ tag: 'connection-data', val: { id: 1, bytes: NOTHING, last: true } })
  // and it is over, because the guest did not want one half
  await vi.waitUntil(() => dialer.tcp.open === 0)
  expect(budget.held).toBe(0)
  binding.imports.pull(1)
  expect(meter.ignored).toBe(1)
})

test('what a connection sets off is paid for by the request that last asked something of it', async ({
  expect,
}) => {
  serve = (socket) => socket.on('data', (bytes) => socket.write(bytes))
  await connect()
  for (const owner of [8, OWNER]) {
    accounts.begin([owner])
    binding.imports.write(1, Buffer.from('x'))
    binding.imports.pull(1)
    binding.flush()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await vi.waitUntil(() => events.length > 0)
    expect(events[0]?.owner).toBe(owner)
    // oxlint-disable-next-line no-await-in-loop
    await hear()
  }
})

test('a guest that waits is told when there is room, one that does not is cut off', async ({ expect }) => {
  serve = (socket) => socket.pause()
  await connect()
  let chunks = 0
  while (binding.imports.write(1, new Uint8Array(64 * 1024)) || chunks === 0) chunks++
  binding.flush()
  far.sockets[0]!.resume()
  expect(await hear()).toEqual({ tag: 'connection-writable', val: 1 })
  far.sockets[0]!.pause()
  while (budget.held < 3 * MIB) binding.imports.write(1, new Uint8Array(512 * 1024))
  for (let i = 0; i < 10; i++) binding.imports.write(1, new Uint8Array(512 * 1024))
  binding.flush()
  const last = await hear()
  expect(last).toMatchObject({
    tag: 'connection-failed',
    val: { message: expect.stringContaining('without waiting') },
  })
  expect(budget.held).toBe(0)
})

test('nothing leaves before it may, neither the question for a name nor a byte', async ({ expect }) => {
  const held: (() => void)[] = []
  const gated = { tcp: dialer.tcp, idleMs: 1000, pass: (act: () => void) => void held.push(act) }
  const services = { dialer: gated, accounts, buffers: budget, onDenied: () => undefined }
  const behind = new ConnectionsBinding(
    { post: (event) => void events.push({ event, owner: 0 }) },
    meter,
    services,
  )
  const release = (): void => {
    for (const act of held.splice(0)) act()
  }
  behind.imports.open(1, terms())
  behind.flush()
  expect(dialer.tcp.open).toBe(0)
  release()
  await vi.waitUntil(() => events.length > 0)
  release()
  const heard: string[] = []
  far.sockets[0]!.on('data', (bytes) => heard.push(String(bytes)))
  behind.imports.write(1, Buffer.from('a'))
  behind.flush()
  await new Promise((resolve) => setImmediate(resolve))
  expect([held.length, heard]).toEqual([1, []])
  release()
  await vi.waitUntil(() => heard.length > 0)
  expect(heard).toEqual(['a'])
  behind[Symbol.dispose]()
})

test('a host that can hold no more makes none', async ({ expect }) => {
  budget = new ByteBudget(1024)
  const services = { dialer, accounts, buffers: budget, onDenied: () => undefined }
  const poor = new ConnectionsBinding(
    { post: (event) => void events.push({ event, owner: 0 }) },
    meter,
    services,
  )
  poor.imports.open(1, terms())
  poor.flush()
  expect(await hear()).toMatchObject({ tag: 'connection-failed', val: { id: 1, code: 'EMFILE' } })
  expect(dialer.tcp.open).toBe(0)
})

test('a refusal is the app’s and the log’s to hear', async ({ expect }) => {
  binding.imports.open(1, json({ hostname: '10.0.0.1', port: 80 }))
  binding.flush()
  const message = 'the address is not allowed: 10.0.0.1:80'
  expect(await hear()).toEqual({ tag: 'connection-failed', val: { id: 1, code: 'EGRESS_DENIED', message } })
  expect(denied).toEqual([`EGRESS_DENIED: ${message}`])
})

describe('a guest that is forged', () => {
  test.for<[what: string, given: Uint8Array]>([
    ['no JSON', Buffer.from('{')],
    ['no object', json(5)],
    ['null', json(null)],
    ['nothing', NOTHING],
    ['no port', json({ hostname: 'a' })],
    ['a port that is none', json({ hostname: 'a', port: 70_000 })],
    ['a host that is none', json({ hostname: { toString: 1 }, port: 1 })],
    ['a host with more in it', json({ hostname: 'a@b/c', port: 1 })],
    ['protocols that are none', json({ hostname: '127.0.0.1', port: 1, tls: { protocols: [5] } })],
    [
      'protocols without end',
      json({ hostname: '127.0.0.1', port: 1, tls: { protocols: Array(999).fill('x') } }),
    ],
    ['a long protocol', json({ hostname: '127.0.0.1', port: 1, tls: { protocols: ['x'.repeat(256)] } })],
    ['a name that is none', json({ hostname: '127.0.0.1', port: 1, tls: { name: 'a b' } })],
    ['more than it may say', Buffer.alloc(BOUNDS.terms, 32)],
  ])('that gives %s gets an error', async ([, given], { expect }) => {
    binding.imports.open(1, given)
    binding.flush()
    expect(await hear()).toMatchObject({
      tag: 'connection-failed',
      val: { id: 1, message: expect.stringMatching(/^expected /) },
    })
    expect(dialer.tcp.open).toBe(0)
  })

  test('gains nothing by ids that it does not have, or has', async ({ expect }) => {
    const { open, secure, write, finish, pull, close, abort } = binding.imports
    for (const say of [pull, finish, close, abort]) say(9)
    secure(9, json({}))
    expect(write(9, new Uint8Array(MIB))).toBe(true)
    expect(meter.ignored).toBe(6)
    open(1, terms())
    open(1, terms())
    binding.flush()
    expect(meter).toMatchObject({ ignored: 7, tcpConnections: 1 })
    expect(dialer.tcp.open).toBe(1)
  })

  test('that closes and goes on is not heard', async ({ expect }) => {
    await connect()
    binding.imports.close(1)
    binding.imports.pull(1)
    expect(binding.imports.write(1, new Uint8Array(MIB))).toBe(true)
    binding.imports.secure(1, json({}))
    binding.flush()
    await vi.waitUntil(() => dialer.tcp.open === 0)
    expect(events).toEqual([])
    expect(meter.ignored).toBe(3)
  })

  test('that wants TLS twice, or on what is not there yet, gets an error at most', async ({ expect }) => {
    serve = (socket) => socket.once('data', () => socket.end('no TLS'))
    binding.imports.open(1, terms())
    binding.imports.secure(1, json({ ca: 'none' }))
    binding.imports.secure(1, json({ ca: 'none' }))
    binding.imports.write(1, Buffer.from('x'))
    binding.flush()
    expect(await hear()).toMatchObject({ tag: 'connection-ready' })
    expect(await hear()).toMatchObject({ tag: 'connection-failed' })
    await vi.waitUntil(() => dialer.tcp.open === 0)
  })

  test('has no more than it may, and gets them back', async ({ expect }) => {
    for (let id = 1; id <= 7; id++) binding.imports.open(id, terms())
    binding.flush()
    const heard = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let i = 0; i < 7; i++) heard.push((await hear()).tag)
    expect(heard.filter((tag) => tag === 'connection-failed')).toHaveLength(2)
    for (let id = 1; id <= 7; id++) binding.imports.abort(id)
    binding.flush()
    await vi.waitUntil(() => dialer.tcp.open === 0)
    expect(budget.held).toBe(0)
    // the request has one more to make
    binding.imports.open(8, terms())
    binding.imports.open(9, terms())
    binding.flush()
    expect([await hear(), await hear()].map(({ tag }) => tag).sort()).toEqual([
      'connection-failed',
      'connection-ready',
    ])
  })
})
