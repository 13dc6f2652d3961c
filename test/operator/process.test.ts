/** The server as a process: signals, a log that nobody reads, and no file descriptors left. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import type { LogFormat } from '../../host/log/line.ts'
import { open, send } from '../harness/http.ts'
import { startNano } from '../harness/process.ts'
import { fixture, sleep, waitFor } from '../harness/serve.ts'

const toRefused = (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? true : undefined)

const folder = mkdtempSync(join(tmpdir(), 'nano-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

const APPS = [
  { name: 'quiet', hostname: 'quiet.test', path: fixture('memory') },
  { name: 'faulty', hostname: 'faulty.test', path: fixture('faults'), timeout_ms: 60_000 },
  // in one second these log more than pipes and streams hold
  ...Array.from({ length: 24 }, (_, i) => ({
    name: `noisy-${i}`,
    hostname: `noisy-${i}.test`,
    path: fixture('noisy'),
    cpu_ms: 10_000,
  })),
]
const file = join(folder, 'nano.json')
writeFileSync(file, JSON.stringify({ shards: 1, apps: APPS }))
const start = (format?: LogFormat) => startNano(file, format === undefined ? {} : { format })

describe('a signal', () => {
  test('drains, says so at /readyz, closes both ports and ends with status 0', async ({ expect }) => {
    await using nano = await start()
    const { port, adminPort } = nano
    const operator = (path: string) => send(adminPort, { host: 'localhost', path })
    expect((await operator('/readyz')).status).toBe(200)
    const slow = send(port, { host: 'quiet.test', path: '/sleep?ms=3000' })
    slow.catch(() => {})
    await waitFor(async () =>
      (await operator('/metrics')).text.includes('nano_open_requests{tenant="quiet",version="1"} 1')
        ? true
        : undefined,
    )
    nano.kill('SIGTERM')
    await waitFor(async () => ((await operator('/readyz')).status === 503 ? true : undefined))
    expect([(await operator('/readyz')).json(), (await operator('/healthz')).status]).toMatchObject([
      { status: 'stopping' },
      200,
    ])
    // the shard hears of it a moment later; until then a connection may still be taken, or cut while it waits
    const refused = () => send(port, { host: 'quiet.test', path: '/' }).then(() => undefined, toRefused)
    await waitFor(refused)
    expect((await slow).status).toBe(200)
    expect(await nano.exited).toBe(0)
    await expect(operator('/healthz')).rejects.toThrow('ECONNREFUSED')
  }, 60_000)

  test('that comes twice ends at once, whatever is open', async ({ expect }) => {
    await using nano = await start()
    const head = open(nano.port, { host: 'faulty.test', path: '/never-with-interval' }).catch(
      (error: Error) => error,
    )
    const operator = (path: string) => send(nano.adminPort, { host: 'localhost', path })
    await waitFor(
      async () =>
        (await operator('/metrics')).text.includes('nano_open_requests{tenant="faulty",version="2"} 1') ||
        undefined,
    )
    nano.kill('SIGINT')
    await waitFor(async () => (await operator('/readyz')).status === 503 || undefined)
    nano.kill('SIGINT')
    expect(await nano.exited).toBe(1)
    expect(await head).toBeInstanceOf(Error)
  }, 60_000)
})

describe('a log', { timeout: 60_000 }, () => {
  const flood = async (port: number) => {
    const hosts = APPS.filter(({ name }) => name.startsWith('noisy')).map(({ hostname }) => hostname)
    const answers = await Promise.all(hosts.map((host) => send(port, { host, path: '/?lines=16' })))
    return answers.map(({ text }) => text)
  }

  test.for([
    ['text', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info {2}\[noisy/m],
    [
      'json',
      /^\{"time":"\d{4}-[^"]+Z","level":"info","app":"noisy-\d+",(?:"request":"[0-9a-f]{32}",)?"msg":"/m,
    ],
  ] as const)(
    'of %s that nobody reads stops nobody: entries are dropped, and how many is said',
    async ([format, entry], { expect }) => {
      await using nano = await start(format)
      expect(await flood(nano.port)).toEqual(Array.from({ length: 24 }, () => 'said'))
      expect((await send(nano.port, { host: 'quiet.test', path: '/' })).text).toBe('ok')
      // the shard's counts come to the main thread after its lines
      expect((await send(nano.adminPort, { host: 'localhost', path: '/metrics' })).status).toBe(200)
      let log = ''
      nano.stderr.on('data', (part) => (log += String(part)))
      const left = await waitFor(() => /(\d+) log entries were dropped/.exec(log)?.[1], 10_000, log.length)
      expect(Number(left)).toBeGreaterThan(20)
      expect(entry.test(log)).toBe(true)
      if (format === 'json') for (const line of log.split('\n').slice(0, -1)) JSON.parse(line)
      expect(log).not.toMatch(/^(debug|info|warn|error) /m)
      // what the stream and the pipes held
      expect(log.length).toBeLessThan(2_500_000)
      nano.kill('SIGTERM')
      expect(await nano.exited).toBe(0)
    },
  )

  test('whose reader has gone stops nobody', async ({ expect }) => {
    await using nano = await start()
    nano.stderr.destroy()
    for (let i = 0; i < 2; i++) {
      await flood(nano.port)
      expect((await send(nano.adminPort, { host: 'localhost', path: '/metrics' })).status).toBe(200)
    }
    expect((await send(nano.port, { host: 'quiet.test', path: '/' })).text).toBe('ok')
    nano.kill('SIGTERM')
    expect(await nano.exited).toBe(0)
  }, 60_000)
})

test('a process that has no file descriptors left takes connections again as soon as it has', async ({
  expect,
}) => {
  await using nano = await startNano(file, { descriptors: 90 })
  let log = ''
  nano.stderr.on('data', (part) => (log += String(part)))
  const flood = Array.from({ length: 300 }, () => connect(nano.port, '127.0.0.1'))
  for (const socket of flood) socket.on('error', () => {})
  await sleep(1000)
  for (const socket of flood) socket.destroy()
  const ask = (port: number, host: string) => () =>
    send(port, { host, path: '/readyz' }).then(
      ({ status }) => status === 200 || undefined,
      () => undefined,
    )
  await waitFor(ask(nano.port, 'quiet.test'), 10_000)
  await waitFor(ask(nano.adminPort, 'localhost'), 10_000)
  expect(log).not.toContain('died')
}, 60_000)

describe.skipIf(process.platform !== 'linux')(
  'memories of apps (skipped elsewhere than on Linux, which alone maps pages)',
  () => {
    const mapped = async (flags: string) => {
      await using nano = await startNano(file, { env: { NODE_OPTIONS: flags } })
      const answer = await send(nano.port, { host: 'quiet.test', path: '/sleep?ms=1' })
      const maps = readFileSync(`/proc/${nano.pid}/maps`, 'utf8').split('\n')
      let stderr = ''
      nano.stderr.on('data', (part) => (stderr += String(part)))
      nano.kill('SIGTERM')
      await nano.exited
      return {
        status: answer.status,
        files: maps.filter((line) => line.includes('nano-pages')).length,
        stderr,
      }
    }

    test('have pages of one file, and nothing is said of what is experimental in Node', async ({
      expect,
    }) => {
      const { status, files, stderr } = await mapped('')
      expect(status).toBe(200)
      expect(files).toBeGreaterThan(0)
      expect(stderr).not.toContain('ExperimentalWarning')
    })

    test('have copies where Node has no node:ffi', async ({ expect }) => {
      expect(await mapped('--no-experimental-ffi')).toMatchObject({ status: 200, files: 0 })
    })
  },
)
