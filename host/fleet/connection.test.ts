import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, test } from 'vitest'

import type { FleetSettings } from '../config/fleet-settings.ts'
import { NatsCluster, NatsServer, NO_NATS } from '../../test/harness/nats.ts'
import type { FleetConnection } from './connection.ts'
import { openConnection } from './open-connection.ts'

const open = (servers: readonly string[], more: Partial<FleetSettings> = {}, log: string[] = []) =>
  openConnection({ name: 'test', host: 'a', servers, ...more }, (text) => log.push(text))

const becomes = (connection: FleetConnection, wanted: boolean): Promise<void> =>
  new Promise((resolve) => {
    connection.onChange((isConnected) => {
      if (isConnected === wanted) resolve()
    })
    if (connection.isConnected === wanted) resolve()
  })

describe.skipIf(NO_NATS !== undefined)(`a connection${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  test('is refused while there is none, and there when the server is, each time', async ({ expect }) => {
    await using server = await NatsServer.start()
    await server.kill()
    const log: string[] = []
    await using connection = await open([server.url], {}, log)
    expect(() => connection.client).toThrow(expect.objectContaining({ code: 'FLEET_UNAVAILABLE' }))
    await server.start()
    await connection.first
    expect(connection.replicas).toBe(1)
    const bucket = await connection.buckets.create('state')
    await bucket.put('a', 'kept')
    await server.kill()
    await becomes(connection, false)
    await server.start()
    await becomes(connection, true)
    expect((await bucket.get('a'))?.string()).toBe('kept')
    expect(log.filter((line) => line.includes('connected to'))).toHaveLength(2)
  })

  test('to a server that hangs is lost', async ({ expect }) => {
    await using server = await NatsServer.start()
    await using connection = await open([server.url])
    await connection.first
    server.stop()
    await becomes(connection, false)
    server.resume()
    await becomes(connection, true)
    expect(connection.client.isClosed()).toBe(false)
  })

  test(
    'to a cluster goes over to another node, and keeps three replicas',
    { timeout: 60_000 },
    async ({ expect }) => {
      await using cluster = await NatsCluster.start()
      const [first] = cluster.nodes
      await using connection = await open([first!.url])
      await connection.first
      expect(connection.replicas).toBe(3)
      await connection.buckets.create('state', { replicas: connection.replicas })
      await first!.kill()
      await becomes(connection, false)
      await becomes(connection, true)
      await expect
        .poll(
          async () => (await connection.buckets.open('state')).put('a', 'kept').then(() => 'kept', String),
          {
            timeout: 20_000,
          },
        )
        .toBe('kept')
    },
  )

  test('says who it is, by what is there at that time', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'nano-connection-'))
    const file = join(folder, 'password')
    writeFileSync(file, 'wrong\n')
    await using server = await NatsServer.start('authorization { user: "nano", password: "secret" }')
    const log: string[] = []
    await using connection = await open(
      [server.url],
      { credentials: { user: 'nano', password: { file } } },
      log,
    )
    await expect.poll(() => log.join()).toMatch(/authorization/i)
    writeFileSync(file, 'secret\n')
    await connection.first
    expect(log.join()).not.toMatch(/wrong|secret/)
    rmSync(folder, { recursive: true })
  })
})
