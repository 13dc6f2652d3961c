/** Under a service manager: the socket that it hands over, and what it is told. */

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { ServiceManager } from '../../host/cli/service-manager.ts'
import { send } from '../harness/http.ts'
import { listenForNotes, NO_NOTIFY } from '../harness/notify.ts'
import { startNano } from '../harness/process.ts'
import { fixture, waitFor } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-service-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A machine may be busy, and each message is a process. */
const PATIENCE_MS = 20_000

const file = join(folder, 'nano.json')
writeFileSync(
  file,
  JSON.stringify({ shards: 2, apps: [{ name: 'faults', hostname: 'faults.test', path: fixture('faults') }] }),
)

/** A socket as a service manager has it: it listens, and nobody takes connections yet. */
async function openListener(): Promise<{ port: number; listener: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { _handle } = server as Server & { _handle?: { fd: number } }
  return { port: (server.address() as AddressInfo).port, listener: _handle!.fd, server }
}

test('a socket that is handed over is served by every shard, and nobody who waited is lost', async ({
  expect,
}) => {
  const { port, listener, server } = await openListener()
  const starting = startNano(file, { listener })
  // the process has it now
  server.close()
  const early = Array.from({ length: 40 }, () => send(port, { host: 'faults.test', path: '/' }))
  await using nano = await starting
  expect(nano.port).toBe(port)
  expect((await Promise.all(early)).map(({ status }) => status)).toEqual(early.map(() => 200))
  const { text } = await send(nano.adminPort, { host: 'localhost', path: '/metrics' })
  expect(text).toContain('nano_shards_ready 2')
  nano.kill('SIGTERM')
  expect(await nano.exited).toBe(0)
}, 60_000)

test('what is meant for another process is left alone', ({ expect }) => {
  const manager = (environment: NodeJS.ProcessEnv) => new ServiceManager(environment, () => {})
  expect(manager({ LISTEN_FDS: '1', LISTEN_PID: '1' }).listener).toBeUndefined()
  expect(manager({ LISTEN_FDS: '1', LISTEN_PID: String(process.pid) }).listener).toBe(3)
  expect(() => manager({ LISTEN_FDS: '2', LISTEN_PID: String(process.pid) })).toThrow('expected one socket')
  const environment = {
    LISTEN_FDS: '0',
    LISTEN_PID: '1',
    NOTIFY_SOCKET: '/none',
    WATCHDOG_USEC: '9',
    PATH: '/bin',
  }
  manager(environment)
  expect(environment).toEqual({ PATH: '/bin' })
})

test('a service manager that cannot be told is an error in the log, once', async ({ expect }) => {
  const errors: string[] = []
  using manager = new ServiceManager({ NOTIFY_SOCKET: join(folder, 'nobody') }, (text) => errors.push(text))
  await manager.ready(() => true)
  await manager.stopping()
  expect(errors).toEqual([expect.stringContaining('the service manager cannot be told READY=1')])
})

describe.skipIf(NO_NOTIFY)(`notes${NO_NOTIFY === undefined ? '' : `, not run: ${NO_NOTIFY}`}`, () => {
  test('ready, alive, reloading and stopping, in that order', async ({ expect }) => {
    await using notes = await listenForNotes(folder)
    const env = { NOTIFY_SOCKET: notes.path, WATCHDOG_USEC: '800000' }
    await using nano = await startNano(file, { env })
    await waitFor(() => (notes.heard.includes('WATCHDOG=1') ? true : undefined), PATIENCE_MS)
    expect(notes.heard[0]).toBe('READY=1')
    nano.kill('SIGHUP')
    await waitFor(
      () => (notes.heard.filter((note) => note === 'READY=1').length === 2 ? true : undefined),
      PATIENCE_MS,
    )
    nano.kill('SIGTERM')
    expect(await nano.exited).toBe(0)
    await waitFor(() => (notes.heard.includes('STOPPING=1') ? true : undefined), PATIENCE_MS)
    expect(notes.heard.filter((note) => note !== 'WATCHDOG=1')).toEqual([
      'READY=1',
      'RELOADING=1',
      'READY=1',
      'STOPPING=1',
    ])
  }, 60_000)

  test('no sign of life while a shard is missing', async ({ expect }) => {
    rmSync(join(folder, 'notify'), { force: true })
    await using notes = await listenForNotes(folder)
    let isWell = false
    using manager = new ServiceManager({ NOTIFY_SOCKET: notes.path, WATCHDOG_USEC: '80000' }, () => {})
    let asked = 0
    await manager.ready(() => {
      asked++
      return isWell
    })
    await waitFor(() => (asked > 3 ? true : undefined))
    expect(notes.heard).toEqual(['READY=1'])
    isWell = true
    await waitFor(() => (notes.heard.includes('WATCHDOG=1') ? true : undefined))
  })
})
