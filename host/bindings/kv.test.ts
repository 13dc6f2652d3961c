/** Calls to data by a guest that keeps to nothing: what it says is checked, bounded, and acted on after the turn. */
import { describe, test } from 'vitest'

import { Accounts } from '../limits/accounts.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import type { Storage, StorageListener } from '../storage/client.ts'
import type { StorageRequest } from '../storage/protocol.ts'
import { NO_METER } from './binding.ts'
import type { BindingContext, GuestEvent } from './binding.ts'
import { DataBinding } from './data.ts'
import { bind } from './kv.ts'

const MIB = 1024 * 1024
const NOTHING = new Uint8Array(0)
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const NAME = bytes('KV')
const KEY = bytes('key')

/** A storage that answers when it is told to. */
class Held implements Storage {
  readonly calls: { request: StorageRequest; more: boolean; listener: StorageListener; said: string[] }[] = []

  call(request: StorageRequest, more: boolean, listener: StorageListener) {
    const said: string[] = []
    this.calls.push({ request, more, listener, said })
    return {
      pull: () => void said.push('pull'),
      push: (chunk: Uint8Array, last: boolean) => void said.push(`push ${chunk.length} ${last}`),
      abort: () => void said.push('abort'),
    }
  }
}

function open({
  dataCalls = 1000,
  bufferBytes = 64 * MIB,
  maxRunning = 2,
  pauseMs = 60_000,
  answerMs = 60_000,
} = {}) {
  const events: GuestEvent[] = []
  const storage = new Held()
  const meter = { ...NO_METER }
  const buffers = new ByteBudget(bufferBytes)
  const limits = {
    cpuMs: 1,
    subrequests: 1,
    dataCalls,
    backgroundMs: 1,
    scheduledCpuMs: 1,
    scheduledTurnMs: 1,
  }
  const accounts = new Accounts(limits, { onLimit() {}, onClosed() {} })
  accounts.open(1, { id: 'r', headers: '', client: 'c' }, { cpuMs: 0 })
  accounts.begin([1])
  const resource = { kind: 'kv', key: 'the.data' }
  const data = new DataBinding({
    mailbox: { post: (event) => void events.push(event) },
    meter,
    accounts,
    buffers,
    storage,
    env: {
      KV: { type: 'binding', kind: 'kv', settings: '{}', resource },
      SQL: { type: 'binding', kind: 'd1', settings: '{}', resource: { ...resource, kind: 'd1' } },
      TEXT: { type: 'text', value: 'x' },
    },
    maxRunning,
    maxCalls: maxRunning,
    answerMs,
    pauseMs,
  })
  const { imports } = bind({ data, kvMb: 1 } as BindingContext)
  /** The events go to the guest. */
  const deliver = (): GuestEvent[] => {
    const delivered = events.splice(0)
    for (const event of delivered) data.delivered(event)
    return delivered
  }
  return { ...imports, ...data.imports, data, storage, buffers, meter, deliver }
}

const failureOf = ([event]: readonly GuestEvent[]) =>
  event?.tag === 'data-failed' ? event.val.message : event

describe('a guest', () => {
  test('reaches the data of its own bindings alone, each by its kind', ({ expect }) => {
    const guest = open()
    const names = ['', 'KW', 'SQL', 'TEXT', 'the.data', '__proto__', 'constructor', 'KV\0', '\ud800']
    for (const [id, name] of names.entries()) guest.get(id, bytes(name), KEY)
    guest.get(100, new Uint8Array([0xff]), KEY)
    guest.data.flush()
    const events = guest.deliver()
    expect(events.map((event) => failureOf([event]))).toEqual(
      [...names, ''].map(() => 'the app has no binding of this name for kv'),
    )
    expect(guest.storage.calls).toEqual([])
  })

  test.for([
    ['no UTF-8', new Uint8Array([0x61, 0xff]), /UTF-8/],
    ['half a character', new Uint8Array([0xed, 0xa0, 0x80]), /UTF-8/],
    ['nothing', NOTHING, /empty/],
    ['much', new Uint8Array(16_000).fill(97), /16000 exceeds/],
  ] as const)('cannot have a key of %s', ([, key, message], { expect }) => {
    const guest = open()
    guest.get(1, NAME, key)
    guest.put(2, NAME, key, Infinity, Infinity, NOTHING, NOTHING, false)
    guest.delete(3, NAME, key)
    guest.getMany(4, NAME, Buffer.concat([bytes(`[3,${key.length}]\nabc`), key]))
    guest.data.flush()
    for (const event of guest.deliver()) expect(failureOf([event])).toMatch(message)
    expect(guest.storage.calls).toEqual([])
  })

  test.for([
    '',
    '\n',
    '{}\n',
    '[-1]\nab',
    '[1.5]\nab',
    '["1"]\na',
    '[1e999]\na',
    '[[',
    '[99]\nab',
    '[1,1]\na',
  ])('cannot say %j for several keys', (text, { expect }) => {
    const guest = open()
    guest.getMany(1, NAME, bytes(text))
    guest.data.flush()
    for (const { request } of guest.storage.calls) {
      // what there is of a key is that key
      expect((request.args as { keys: Uint8Array[] }).keys.map((key) => key.length)).toEqual([2])
    }
    expect(guest.storage.calls.length + guest.deliver().length).toBe(1)
  })

  test('cannot store what cannot be read again, nor for a time that is none', ({ expect }) => {
    const guest = open()
    const put = (id: number, expiration: number, ttl: number, metadata: Uint8Array = NOTHING) =>
      guest.put(id, NAME, KEY, expiration, ttl, metadata, KEY, false)
    for (const [id, wrong] of [NaN, -1, 0, 1.5, -Infinity, 1e300].entries()) {
      put(id, Infinity, wrong)
      put(100 + id, wrong, Infinity)
    }
    put(200, Infinity, Infinity, bytes('{'))
    put(201, Infinity, Infinity, new Uint8Array([0x22, 0xff, 0x22]))
    guest.data.flush()
    expect(guest.storage.calls).toEqual([])
    expect(guest.deliver()).toHaveLength(14)
  })

  test('has one call for each id', ({ expect }) => {
    const guest = open()
    guest.get(1, NAME, KEY)
    guest.get(1, NAME, KEY)
    guest.pull(1)
    guest.pull(77)
    guest.write(77, KEY)
    guest.finish(77)
    guest.abort(77)
    guest.data.flush()
    expect([guest.storage.calls.length, guest.meter.ignored]).toEqual([1, 5])
  })
})

describe('a call', () => {
  test('is made after the turn, so many at once', async ({ expect }) => {
    const guest = open({ maxRunning: 2 })
    for (const id of [1, 2, 3]) guest.get(id, NAME, KEY)
    expect(guest.storage.calls).toHaveLength(0)
    guest.data.flush()
    expect(guest.storage.calls).toHaveLength(2)
    guest.storage.calls[0]!.listener.onAnswer('null', NOTHING, false)
    await Promise.resolve()
    expect(guest.storage.calls).toHaveLength(3)
    expect(guest.deliver()).toMatchObject([
      { tag: 'data-answered', val: { id: 1, meta: 'null', hasMore: false } },
    ])
    expect(guest.data.isPending()).toBe(true)
  })

  test('gives the body chunk by chunk, when it is asked', ({ expect }) => {
    const guest = open()
    guest.get(1, NAME, KEY)
    guest.data.flush()
    const { listener, said } = guest.storage.calls[0]!
    listener.onAnswer('{}', KEY, true)
    guest.pull(1)
    expect(guest.data.isPending()).toBe(false)
    guest.deliver()
    guest.data.flush()
    expect(said).toEqual([])
    guest.pull(1)
    guest.pull(1)
    guest.data.flush()
    expect([said, guest.data.isPending()]).toEqual([['pull'], true])
    listener.onChunk(KEY, true)
    expect(guest.deliver()).toMatchObject([{ tag: 'data-body', val: { id: 1, last: true } }])
    expect([guest.buffers.held, guest.data.isPending()]).toEqual([0, false])
  })

  test('gathers a value that comes in parts, and no more of one than may be', ({ expect }) => {
    const guest = open()
    guest.put(1, NAME, KEY, Infinity, Infinity, NOTHING, bytes('a'), true)
    guest.write(1, bytes('b'))
    guest.data.flush()
    expect(guest.storage.calls).toHaveLength(0)
    guest.write(1, bytes('c'))
    guest.finish(1)
    guest.data.flush()
    expect(Buffer.from(guest.storage.calls[0]!.request.body).toString()).toBe('abc')
    expect(guest.storage.calls[0]!.more).toBe(false)
    guest.put(2, NAME, KEY, Infinity, Infinity, NOTHING, new Uint8Array(20 * MIB), true)
    guest.write(2, new Uint8Array(6 * MIB))
    guest.data.flush()
    expect(failureOf(guest.deliver())).toMatch(/413 Value length of 27262976/)
    expect(guest.buffers.held).toBeLessThan(MIB)
  })

  test('holds no more than the app may have held', ({ expect }) => {
    const guest = open({ bufferBytes: MIB })
    guest.put(1, NAME, KEY, Infinity, Infinity, NOTHING, new Uint8Array(2 * MIB), false)
    guest.get(2, NAME, KEY)
    guest.put(3, NAME, KEY, Infinity, Infinity, NOTHING, NOTHING, true)
    guest.write(3, new Uint8Array(2 * MIB))
    guest.data.flush()
    guest.storage.calls[0]!.listener.onAnswer('null', new Uint8Array(2 * MIB), false)
    const events = guest.deliver()
    expect(events.map((event) => failureOf([event]))).toEqual(
      events.map(() => expect.stringMatching(/buffer_mb/) as unknown),
    )
    expect([events.length, guest.buffers.held]).toEqual([3, 0])
  })

  test('that nobody waits for costs nothing', ({ expect }) => {
    const guest = open()
    guest.get(1, NAME, KEY)
    guest.get(2, NAME, KEY)
    guest.get(3, NAME, KEY)
    guest.data.flush()
    guest.abort(1)
    guest.abort(3)
    guest.data.flush()
    const [first] = guest.storage.calls
    expect(first!.said).toEqual(['abort'])
    first!.listener.onAnswer('null', KEY, false)
    expect(guest.deliver()).toEqual([])
    guest.data[Symbol.dispose]()
    expect([guest.storage.calls[1]!.said, guest.buffers.held, guest.data.isPending()]).toEqual([
      ['abort'],
      0,
      false,
    ])
  })

  test('fails when the storage says nothing for too long, or the app leaves the answer alone', async ({
    expect,
  }) => {
    const guest = open({ answerMs: 20, pauseMs: 20 })
    guest.get(1, NAME, KEY)
    guest.get(2, NAME, KEY)
    guest.data.flush()
    guest.storage.calls[1]!.listener.onAnswer('{}', KEY, true)
    guest.deliver()
    const failures: GuestEvent[] = []
    await expect.poll(() => failures.push(...guest.deliver())).toBe(2)
    const codes = failures.map((event) => event.tag === 'data-failed' && event.val.code)
    expect(new Set(codes)).toEqual(new Set(['STORAGE_LIMIT', 'STORAGE_UNAVAILABLE']))
    expect(guest.storage.calls.map(({ said }) => said)).toEqual([['abort'], ['abort']])
  })

  test('is one of so many that a request may make', ({ expect }) => {
    const guest = open({ dataCalls: 2 })
    for (const id of [1, 2, 3]) guest.get(id, NAME, KEY)
    expect(failureOf(guest.deliver())).toMatch(/data_calls/)
    expect([guest.meter.kvCalls, guest.meter.kvErrors]).toEqual([3, 1])
  })
})
