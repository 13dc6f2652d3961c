import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../test/harness/nats.ts'
import { FleetConnection } from './connection.ts'
import { SharedCounts } from './shared-counts.ts'
import type { Counted } from './shared-counts.ts'

const KEY = Buffer.alloc(16, 7)
const OTHER = Buffer.alloc(16, 8)

describe.skipIf(NO_NATS !== undefined)(`counts of a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  let nats: NatsServer
  beforeAll(async () => {
    nats = await NatsServer.start()
  })
  afterAll(() => nats?.[Symbol.asyncDispose]())

  async function open(host: string): Promise<{ counts: SharedCounts; heard: Counted[] } & AsyncDisposable> {
    const connection = new FleetConnection({ name: 'nano', host, servers: [nats.url] }, () => {})
    await connection.first
    const heard: Counted[] = []
    const counts = new SharedCounts(connection, (counted) => heard.push(counted))
    await connection.client.flush()
    return {
      counts,
      heard,
      async [Symbol.asyncDispose]() {
        counts[Symbol.dispose]()
        await connection[Symbol.asyncDispose]()
      },
    }
  }

  test('are told to one thread of every other host, those of a moment together', async ({ expect }) => {
    await using a = await open('a')
    await using b = await open('b')
    await using another = await open('b')
    for (const key of [KEY, KEY, OTHER]) a.counts.tell({ table: 't', key, periodS: 60, delta: 2 })
    const heard = () => [...b.heard, ...another.heard]
    await expect.poll(() => heard().length).toBe(2)
    expect(heard()).toEqual([
      { table: 't', key: KEY, periodS: 60, delta: 4 },
      { table: 't', key: OTHER, periodS: 60, delta: 2 },
    ])
    expect(a.heard).toEqual([])
  })

  test('are those that can be, whatever is said', async ({ expect }) => {
    await using b = await open('b')
    const client = await connect({ servers: nats.url })
    const key = KEY.toString('base64')
    const counts = [
      [key, 60, 0],
      [key, 60, -1],
      [key, 60, 1e300],
      [key, 61, 1],
      ['x', 60, 1],
      [7, 60, 1],
      null,
      [key, 10, 3],
    ]
    const all = [null, 1, {}, { host: 1, tables: [] }, { host: 'x', tables: [1, [], [[]], ['t', ...counts]] }]
    for (const each of ['', '{', ...all.map((value) => JSON.stringify(value))])
      client.publish('nano.nano.rates', each)
    await client.drain()
    await expect.poll(() => b.heard).toEqual([{ table: 't', key: KEY, periodS: 10, delta: 3 }])
  })
})
