/** KV, the clock and places of objects on a NATS cluster of three whose nodes are killed one after the other, the leader among them. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import type { FleetSettings } from '../../host/config/fleet-settings.ts'
import { CronClaims } from '../../host/fleet/cron-claims.ts'
import { ObjectPlaces, FOUNDING, openDirectory } from '../../host/fleet/object-places.ts'
import type { Founding } from '../../host/fleet/object-places.ts'
import { openConnection } from '../../host/fleet/open-connection.ts'
import { openFleetKv } from '../../host/storage/kv/fleet-kv.ts'
import type { KvStore } from '../../host/storage/kv/kv-store.ts'
import { NatsCluster, NO_NATS } from '../harness/nats.ts'
import { sleep } from '../harness/serve.ts'

const HOSTS = ['a', 'b'] as const
const WRITERS = 4
/** Of each writer, while a node is down and when it is back. */
const PUTS = 40
const KEY = { app: 'shop', cron: '* * * * *', timeZone: 'UTC' }

/** Until it does not reject. */
async function until<T>(act: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 60_000; ;) {
    try {
      return await act()
    } catch (error) {
      if (Date.now() > end) throw error
    }
    await sleep(100)
  }
}

describe.skipIf(NO_NATS !== undefined)(
  `a cluster that loses a node${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`,
  { timeout: 240_000 },
  () => {
    let cluster: NatsCluster
    beforeAll(async () => {
      cluster = await NatsCluster.start()
    })
    afterAll(() => cluster?.[Symbol.asyncDispose]())
    const toSettings = (host: string): FleetSettings => ({ name: 'nano', host, servers: cluster.urls })
    const connect = async (host: string) => {
      const connection = await openConnection(toSettings(host), () => undefined)
      await connection.first
      return connection
    }

    /** Each node goes and comes back, while `act` is asked for. */
    async function losing(act: () => Promise<void>): Promise<void> {
      for (const node of cluster.nodes) {
        await node.kill()
        await act()
        await node.start()
        await act()
      }
    }

    test('keeps every value that was acknowledged, for all hosts', async ({ expect }) => {
      await using one = await openFleetKv(toSettings('a'), () => undefined)
      await using two = await openFleetKv(toSettings('b'), () => undefined)
      const bytes = (text: string) => Buffer.from(text)
      const options = { metadata: undefined, expiration: undefined, mostBytes: 1_000_000 }
      const kept: string[] = []
      let next = 0
      const write = async (store: KvStore): Promise<void> => {
        for (let count = 0; count < PUTS;) {
          const key = `k${next++}`
          const isKept = await store.put('ns', bytes(key), { value: bytes(key), ...options }).then(
            () => true,
            () => sleep(100),
          )
          if (isKept !== true) continue
          kept.push(key)
          count++
        }
      }
      await losing(async () => {
        await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index % 2 === 0 ? one : two)))
      })
      for (const store of [one, two]) {
        const entries = await until(() => store.get('ns', kept.map(bytes)))
        const missing = kept.filter((key, at) => Buffer.from(entries[at]?.value ?? []).toString() !== key)
        expect(missing).toEqual([])
      }
      expect(kept.length).toBe(WRITERS * PUTS * 6)
    })

    test('begins each run of the clock once, and goes on', async ({ expect }) => {
      const connections = await Promise.all(HOSTS.map(connect))
      const claims = connections.map((connection) => new CronClaims(connection))
      const begun: number[] = []
      let time = Date.now()
      await losing(async () => {
        for (let count = 0; count < 10; count++) {
          time += 60_000
          const at = time
          const outcomes = await Promise.all(claims.map((each) => until(() => each.claim(KEY, at, true))))
          const ours = outcomes.filter(({ outcome }) => outcome === 'ours')
          expect(ours.length).toBe(1)
          begun.push(at)
        }
      })
      expect(begun.length).toBe(60)
      for (const each of claims) each[Symbol.dispose]()
      await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
    })

    test('gives each object one host', async ({ expect }) => {
      const connections = await Promise.all(HOSTS.map(connect))
      const founding: Founding = { id: 'f', secret: '' }
      await until(() => openDirectory<Founding>(connections[0]!).change([FOUNDING], () => founding))
      const places = connections.map(
        (connection, at) => new ObjectPlaces(connection, { data: HOSTS[at]!, host: HOSTS[at]! }, 'f'),
      )
      let next = 0
      const had = new Map<string, string>()
      await losing(async () => {
        for (let count = 0; count < 10; count++) {
          const id = (next++).toString(16).padStart(64, '0')
          const homes = await Promise.all(places.map((each) => until(() => each.ask('rooms', id))))
          expect(homes[0]!.data).toBe(homes[1]!.data)
          had.set(id, homes[0]!.data)
        }
      })
      const fresh = new ObjectPlaces(connections[0]!, { data: 'c', host: 'c' }, 'f')
      for (const [id, data] of had) expect((await until(() => fresh.ask('rooms', id))).data).toBe(data)
      await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
    })
  },
)
