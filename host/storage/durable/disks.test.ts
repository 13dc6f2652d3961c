/** Disks that are full, hang or die under Durable Objects. */

import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'

import { describe, test } from 'vitest'

import { canStop, Disk, StoppableDisk } from '../../../test/harness/disk.ts'
import { StorageClient } from '../client.ts'
import type { StorageData, ToStorageThread } from '../storage-thread.ts'
import { DurableStorage } from './client.ts'
import { fromMessage, toMessage } from './message.ts'
import type { ObjectStorage } from './object-storage.ts'

const IDS = ['a', 'b'].map((digit) => digit.repeat(64))
const TIME_MS = 200

async function withStorage(
  directory: string,
  run: (durable: DurableStorage) => Promise<void>,
): Promise<void> {
  const workerData: StorageData = { directory, settings: {} }
  const thread = new Worker(new URL('../storage-thread.ts', import.meta.url), { workerData })
  const tell = (message: ToStorageThread, ports: MessageChannel['port1'][] = []): void =>
    thread.postMessage(message, ports)
  const client = new StorageClient(() => {
    const { port1, port2 } = new MessageChannel()
    tell({ type: 'connect', port: port2 }, [port2])
    client.attach(port1)
  })
  const durable = new DurableStorage(client, 1500)
  try {
    await run(durable)
  } finally {
    durable[Symbol.dispose]()
    client[Symbol.dispose]()
    const gone = once(thread, 'exit')
    tell({ type: 'stop' })
    await gone
  }
}

const begin = async (durable: DurableStorage, id = IDS[0]!): Promise<ObjectStorage> =>
  (await durable.open({ key: 'app.Room.1', id, maxBytes: 2 ** 30, mostBytes: 2 ** 30 }, []))()

function put(storage: ObjectStorage, key: string, value: Uint8Array): void {
  storage.perform('put', toMessage([[key, value.length]], [value]), TIME_MS)
}

const keys = (storage: ObjectStorage): unknown =>
  (fromMessage(storage.perform('entries', toMessage({}), 10 * TIME_MS)).said as [string[]])[0]

describe.skipIf(!(await canStop()))('a disk (needs root, and loop devices)', () => {
  test('that is full ends the object that finds no room, and loses nothing that was stored', async ({
    expect,
  }) => {
    using disk = new Disk('8m')
    await withStorage(disk.directory, async (durable) => {
      const storage = await begin(durable)
      const stored: string[] = []
      const fill = async (): Promise<void> => {
        for (let i = 0; i < 100; i++) {
          put(storage, `key${String(i).padStart(2, '0')}`, new Uint8Array(2 ** 19))
          storage.turnEnded()
          // oxlint-disable-next-line no-await-in-loop -- a turn after the other
          await storage.stored()
          stored.push(`key${String(i).padStart(2, '0')}`)
        }
      }
      await expect(fill()).rejects.toThrow(/full|no room|begins again/)
      expect([stored.length > 3, storage.gate.isOpen]).toEqual([true, false])
      await storage.end()
      const again = await begin(durable)
      expect(keys(again)).toEqual(stored)
    })
  })

  test('that hangs ends the objects that wait for it, and holds their shard up now and then', async ({
    expect,
  }) => {
    using disk = new StoppableDisk(64)
    await withStorage(disk.directory, async (durable) => {
      const [one, other] = [await begin(durable), await begin(durable, IDS[1])]
      for (const storage of [one, other]) put(storage, 'a', Buffer.from('1'))
      for (const storage of [one, other]) storage.turnEnded()
      await Promise.all([one.stored(), other.stored()])
      const sent: string[] = []
      await disk.stop(async () => {
        put(one, 'b', Buffer.from('2'))
        one.turnEnded()
        one.gate.pass(
          () => sent.push('sent'),
          () => sent.push('dropped'),
        )
        const begun = performance.now()
        let failures = 0
        for (let i = 0; i < 20; i++) {
          try {
            put(other, 'b', Buffer.from('2'))
          } catch {
            failures++
          }
        }
        expect([failures, performance.now() - begun < 8 * TIME_MS]).toEqual([20, true])
        await expect(one.stored()).rejects.toThrow('begins again')
        expect(sent).toEqual(['dropped'])
      })
      await Promise.all([one.end(), other.end()])
      for (const id of IDS) {
        const look = async (): Promise<unknown> => {
          const storage = await begin(durable, id)
          try {
            return keys(storage)
          } finally {
            await storage.end()
          }
        }
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await expect.poll(() => look().catch(() => 'not yet'), { timeout: 20_000 }).toContain('a')
      }
    })
  }, 60_000)
})
