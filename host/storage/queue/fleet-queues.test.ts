/** Queues on two hosts of a fleet, beyond what every store of queues does. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../../test/harness/nats.ts'
import type { FleetSettings } from '../../config/fleet-settings.ts'
import { openFleetQueues } from './fleet-queues.ts'
import type { GivenBatch, NewMessage, QueueStore } from './queue-store.ts'
import { openSqliteQueues } from './sqlite-queue.ts'

const LIMITS = { mostBytes: 16 * 1024 * 1024, retentionMs: 3_600_000 }
const CARRY_MS = 100
const never = new AbortController().signal

const toMessage = (text: string, delayMs = 0): NewMessage => ({
  type: 'text',
  body: Buffer.from(text),
  delayMs,
})
const texts = ({ messages }: Pick<GivenBatch, 'messages'>): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString())

describe.skipIf(NO_NATS !== undefined)(`queues of a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-queues-'))
  let nats: NatsServer
  let tickets = 0
  beforeAll(async () => {
    nats = await NatsServer.start()
  })
  afterAll(async () => {
    await nats?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const open = async (host: string, more: Partial<FleetSettings> = {}): Promise<QueueStore> => {
    const local = await openSqliteQueues({ directory: mkdtempSync(join(folder, host)) })
    const settings = { name: 'nano', host, servers: [nats.url], ...more }
    return await openFleetQueues(settings, local, () => {}, CARRY_MS)
  }
  const receive = (store: QueueStore, queue: string, size = 1): Promise<GivenBatch> =>
    store.receive(queue, { ticket: ++tickets, size, timeoutMs: 0 }, never)
  const countOf = async (store: QueueStore, queue: string): Promise<number | undefined> =>
    (await store.states([queue]))[0]?.count

  test('a message lies where it is consumed: here, if it is consumed here', async ({ expect }) => {
    await using a = await open('a')
    await using b = await open('b')
    const given = receive(b, 'q')
    let sent = 0
    await expect
      .poll(async () => {
        await a.send('q', [toMessage('for b')], LIMITS)
        sent++
        return await countOf(b, 'q')
      })
      .toBeGreaterThan(0)
    expect(texts(await given)).toEqual(['for b'])
    // those that were sent before it was known who consumes are carried
    await expect.poll(() => countOf(b, 'q')).toBe(sent)
    const own = receive(a, 'q')
    await a.send('q', [toMessage('for a')], LIMITS)
    expect(texts(await own)).toEqual(['for a'])
    expect(await countOf(b, 'q')).toBe(sent)
  })

  test('what nobody consumed is carried to who does, with its delay, and is gone where it lay', async ({
    expect,
  }) => {
    await using a = await open('a')
    await using b = await open('b')
    const sent = Array.from({ length: 12 }, (_, index) => `m${index}`)
    await a.send(
      'late',
      sent.map((text) => toMessage(text)),
      LIMITS,
    )
    await a.send('late', [toMessage('delayed', 1500)], LIMITS)
    expect(await countOf(a, 'late')).toBe(13)
    const given: string[] = []
    while (given.length < 13) {
      const batch = await receive(b, 'late', 5)
      given.push(...texts(batch))
      await b.settle('late', { acks: batch.messages.map(({ seq }) => seq), retries: [] })
    }
    expect([...given].sort()).toEqual([...sent, 'delayed'].sort())
    expect(given.at(-1)).toBe('delayed')
    await expect.poll(() => countOf(a, 'late')).toBe(0)
    expect(await countOf(b, 'late')).toBe(0)
  })

  test('a queue that is full there is full for who sends, and without NATS messages stay here', async ({
    expect,
  }) => {
    await using a = await open('a')
    const b = await open('b')
    receive(b, 'full', 100).catch(() => undefined)
    const full = { mostBytes: 200, retentionMs: 1000 }
    await expect
      .poll(async () => {
        await a.send('full', [toMessage('x')], LIMITS)
        return await countOf(b, 'full')
      })
      .toBeGreaterThan(0)
    await a.send('full', [toMessage('x')], LIMITS)
    await expect(a.send('full', [toMessage('y')], full)).rejects.toMatchObject({ code: 'STORAGE_LIMIT' })
    await b[Symbol.asyncDispose]()
    // others may lie here, or be on their way
    await a.send('full', [toMessage('z')], LIMITS)
    expect(texts(await receive(a, 'full', 100))).toContain('z')
  })

  test("with the fleet's key NATS sees no message, and takes none that is not sealed", async ({ expect }) => {
    const file = join(folder, 'key')
    writeFileSync(file, 'a key of the fleet, which is long enough')
    await using a = await open('a', { key: { file } })
    await using b = await open('b', { key: { file } })
    await using stranger = await open('c')
    receive(b, 'sealed', 100).catch(() => undefined)
    const client = await connect({ servers: nats.url })
    const seen: string[] = []
    client.subscribe('>', {
      callback: (_error, { data }) => void seen.push(Buffer.from(data).toString('latin1')),
    })
    await client.flush()
    await expect
      .poll(async () => {
        await a.send('sealed', [toMessage('a secret')], LIMITS)
        return await countOf(b, 'sealed')
      })
      .toBeGreaterThan(0)
    const before = await countOf(b, 'sealed')
    const refused = stranger.send('sealed', [toMessage('made up')], LIMITS)
    await expect(refused).rejects.toMatchObject({ code: 'STORAGE_INVALID' })
    expect(await countOf(b, 'sealed')).toBe(before)
    expect(seen.some((text) => text.includes('made up'))).toBe(true)
    expect(seen.some((text) => text.includes('a secret'))).toBe(false)
    await client.close()
  })

  test('what is no messages of a queue is refused', async ({ expect }) => {
    await using b = await open('b')
    receive(b, 'strange').catch(() => undefined)
    const client = await connect({ servers: nats.url })
    const subject = `nano.nano.queue.-${Buffer.from('strange').toString('base64url')}`
    const head = (messages: unknown, limits: unknown = LIMITS): Buffer => {
      const json = Buffer.from(JSON.stringify({ limits, messages }))
      const length = Buffer.alloc(4)
      length.writeUInt32LE(json.length)
      return Buffer.concat([length, json])
    }
    const all = [
      Buffer.alloc(0),
      Buffer.alloc(4, 255),
      head(null),
      head([{ type: 'text', delayMs: 0, length: 7 }]),
      head([{ type: 'text', delayMs: -1, length: 0 }]),
      head([{ type: 'T"', delayMs: 0, length: 0 }]),
      head([], { mostBytes: 1e300, retentionMs: 1 }),
    ]
    for (const bytes of all) {
      const answer = await client.request(subject, bytes)
      expect(answer.json()).toMatchObject({ failure: { code: 'STORAGE_INVALID' } })
    }
    expect(await countOf(b, 'strange')).toBe(0)
    await client.close()
  })
})
