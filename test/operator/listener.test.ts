/** The operator's listener: what it says, to whom, and that the server needs no free port 3001. */

import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { parseConfig } from '../../host/config/parse.ts'
import { startServer } from '../../host/server.ts'
import { send } from '../harness/http.ts'
import type { Answer, Sent } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

const APPS = [
  { name: 'shop', hostname: 'shop.test', path: fixture('faults'), cpu_ms: 300 },
  { name: 'quiet', hostname: 'quiet.test', path: fixture('memory') },
]

const toStatus = ({ status }: Answer) => status

function toPort(url: string | undefined): number {
  return Number(new URL(url!).port)
}

describe('the listener', () => {
  let server: Served
  let port: number
  const ask = (path: string, sent: Partial<Sent> = {}) => send(port, { host: 'localhost', ...sent, path })

  beforeAll(async () => {
    server = await serve(APPS, 2, { admin: { port: 0 } })
    port = toPort(server.adminUrl)
  })
  afterAll(() => server.close())

  test('says that the process lives and that every shard listens', async ({ expect }) => {
    expect((await ask('/healthz')).json()).toEqual({ status: 'alive' })
    const ready = await ask('/readyz')
    expect([ready.status, ready.json()]).toEqual([
      200,
      { status: 'ready', shards: { wanted: 2, listening: 2, missing: 0 } },
    ])
    expect(ready.headers['access-control-allow-origin']).toBeUndefined()
    expect(ready.headers['cache-control']).toBe('no-store')
  })

  test('has a page that loads what comes from here alone, under its own names alone', async ({ expect }) => {
    const page = await ask('/')
    expect([page.status, page.headers]).toMatchObject([
      200,
      {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'/,
        ),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      },
    ])
    expect(page.text).not.toMatch(/<script(?![^>]*src)|<style| style=| on[a-z]+=|https?:/)
    const files = Array.from(page.text.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g), ([, file = '']) => file)
    const seen = new Set(files)
    // a set that grows is walked to its end
    for (const file of seen) {
      // oxlint-disable-next-line no-await-in-loop -- one leads to the next
      const { status, headers, text } = await ask(file)
      expect([file, status, headers['content-type']]).toEqual([
        file,
        200,
        expect.stringMatching(/^(text\/(javascript|css)|image\/svg\+xml)/),
      ])
      for (const [, name] of text.matchAll(/^import .*'\.\/(.+)'$/gm)) seen.add(`/page/${name}`)
    }
    expect(seen).toContain('/page/eventsource-parser.js')
    for (const path of [
      '/page/',
      '/page/..%2fpackage.json',
      '/page/tsconfig.json',
      '/page/samples.test.js',
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      expect([path, (await ask(path)).status]).toEqual([path, 404])
    }
    for (const path of ['/', '/page/main.js']) {
      // oxlint-disable-next-line no-await-in-loop
      expect([path, (await ask(path, { host: 'evil.test' })).status]).toEqual([path, 421])
      // oxlint-disable-next-line no-await-in-loop
      expect([path, (await ask(path, { method: 'POST' })).status]).toEqual([path, 405])
      // oxlint-disable-next-line no-await-in-loop
      expect([path, (await server.send('shop.test', path)).headers['content-security-policy']]).toEqual([
        path,
        undefined,
      ])
    }
  })

  test('counts requests, failures and instances of each app over all shards', async ({ expect }) => {
    for (let i = 0; i < 12; i++) await server.send('quiet.test', '/')
    for (let i = 0; i < 5; i++) await server.send('shop.test', '/throw')
    await server.send('shop.test', '/spin')
    const answer = await ask('/metrics')
    expect(answer.headers['content-type']).toContain('text/plain')
    const lines = answer.text.split('\n')
    // the one version of each is the first or second that was opened
    const at = { quiet: 'tenant="quiet",version="2"', shop: 'tenant="shop",version="1"' }
    for (const line of [
      `nano_requests_total{${at.quiet},class="2xx"} 12`,
      `nano_requests_total{${at.shop},class="5xx"} 6`,
      `nano_request_seconds_count{${at.quiet}} 12`,
      `nano_request_seconds_bucket{${at.quiet},le="+Inf"} 12`,
      `nano_instance_requests_total{${at.quiet}} 12`,
      `nano_errors_total{${at.shop},code="APP_THREW"} 5`,
      `nano_errors_total{${at.shop},code="APP_CPU_LIMIT"} 1`,
      `nano_stops_total{${at.shop},reason="cpu"} 1`,
      `nano_stops_total{${at.shop},reason="memory"} 0`,
      `nano_traps_total{${at.shop}} 1`,
      `nano_open_requests{${at.quiet}} 0`,
      `nano_queued_requests{${at.quiet}} 0`,
      `nano_subrequests_total{${at.quiet}} 0`,
      `nano_traps_total{${at.quiet}} 0`,
      `nano_backed_off_total{${at.shop}} 0`,
      'nano_shards 2',
      'nano_shards_ready 2',
      'nano_shard_restarts_total 0',
      'nano_apps{state="serving"} 2',
      'nano_engines 1',
      'nano_deploys_total{result="served"} 2',
      'nano_deploys_total{result="failed"} 0',
      'nano_unrouted_requests_total 0',
    ]) {
      expect(lines).toContain(line)
    }
    const read = (name: string) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1])
    expect(read(`nano_live_instances{${at.quiet}}`)).toBeGreaterThanOrEqual(1)
    expect(read(`nano_memory_bytes{${at.quiet}}`)).toBeGreaterThan(1_000_000)
    expect(read(`nano_cold_start_seconds_count{${at.quiet}}`)).toBe(
      read(`nano_instances_created_total{${at.quiet}}`),
    )
    expect(read(`nano_cpu_seconds_total{${at.shop}}`)).toBeGreaterThan(0.2)
    expect(read('nano_request_latency_ms_max')).toBeGreaterThan(200)
    expect(read('nano_request_latency_ms_min')).toBeLessThan(read('nano_request_latency_ms_avg'))
    expect(read('nano_uptime_seconds')).toBeGreaterThan(0)
    for (const quantile of ['0.5', '0.99', '1']) {
      for (const shard of [0, 1]) {
        const name = `nano_shard_event_loop_delay_seconds{shard="${shard}",quantile="${quantile}"}`
        expect(read(name)).toBeGreaterThanOrEqual(0)
      }
    }
    expect(read('nano_turn_seconds_count')).toBeGreaterThanOrEqual(17)
    expect(read('nano_turn_seconds_bucket{le="+Inf"}')).toBe(read('nano_turn_seconds_count'))
    expect(read('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
    expect(read('nano_process_memory_bytes')).toBeGreaterThan(10_000_000)
    expect(read('nano_process_memory_bytes')).toBeLessThan(read('process_resident_memory_bytes'))
  })

  test('is read, and nothing else', async ({ expect }) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
      const answer = await ask('/healthz', { method })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
    }
    const head = await ask('/readyz', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    for (const path of ['/page', '/metrics/', '/metrics/x', '//healthz', '/healthz%00', '/Healthz']) {
      const answer = await ask(path)
      expect([path, answer.status, answer.json<{ error: { code: string } }>().error.code]).toEqual([
        path,
        404,
        'NOT_FOUND',
      ])
    }
  })

  test('answers under its own names only, so that no web page can be led to it', async ({ expect }) => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', `localhost:${port}`]) {
      expect((await ask('/healthz', { host })).status).toBe(200)
    }
    for (const host of ['evil.test', 'localhost.evil.test', 'shop.test', '10.0.0.1']) {
      expect([host, (await ask('/metrics', { host })).status]).toEqual([host, 421])
    }
    const twice = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\nConnection: close\r\n\r\n'
    const [answer] = parseResponses(await exchange(port, twice), ['GET'])
    expect(answer!.status).toBe(400)
  })

  test('is not kept from answering by clients that say nothing', async ({ expect }) => {
    const idle = Array.from({ length: 80 }, () => connect(port, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => {})
    const heard = await waitFor(() => ask('/healthz').then(toStatus, () => undefined), 15_000)
    expect(heard).toBe(200)
    for (const socket of idle) socket.destroy()
  })

  test('is not on the port of the apps, whatever the host name', async ({ expect }) => {
    for (const host of ['localhost', '127.0.0.1', 'admin', 'shop.test']) {
      const answer = await server.send(host, '/metrics')
      expect(answer.text).not.toContain('nano_')
    }
  })
})

describe('the port', () => {
  const config = (more: object) =>
    parseConfig(JSON.stringify({ port: 0, shards: 1, apps: [APPS[1]], ...more }), '/nano.json')

  test('that was asked for and is taken is said, and nothing starts', async ({ expect }) => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const started = startServer({ config: config({ admin: { port } }), log() {} })
    await expect(started).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`port ${port}`) }),
    )
    await new Promise((resolve) => other.close(resolve))
  })

  test('of the apps is not for the operator', async ({ expect }) => {
    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    await expect(startServer({ config: config({ port, admin: { port } }), log() {} })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('of its own') }),
    )
  })

  test('that nobody asked for is another one when it is taken', async ({ expect }) => {
    const log: string[] = []
    const start = () => startServer({ config: config({}), log: ({ text }) => log.push(text) })
    const first = await start()
    const second = await start()
    expect(toPort(first.adminUrl)).not.toBe(toPort(second.adminUrl))
    expect(log.join()).toMatch(/port 3001 is taken; the operator's listener is on port \d+/)
    await Promise.all([first.close(), second.close()])
  })

  test('is closed with the server, and so is all else', async ({ expect }) => {
    const held = () =>
      process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
    const before = held()
    // what an earlier test left may have gone meanwhile
    const more = () => {
      const after = held()
      for (const name of before) if (after.includes(name)) after.splice(after.indexOf(name), 1)
      return after
    }
    const server = await serve([APPS[1]!], 2, { admin: { port: 0 } })
    const admin = toPort(server.adminUrl)
    await server.send('quiet.test', '/')
    await send(admin, { host: 'localhost', path: '/metrics' })
    await server.close()
    for (const port of [server.port, admin]) {
      await expect(send(port, { host: 'localhost', path: '/' })).rejects.toThrow('ECONNREFUSED')
    }
    // the kernel may take its time to say that it is closed
    await expect.poll(more, { timeout: 10_000 }).toEqual([])
  })
})

test('a server that closes lets background work come to its end, within its budget', async ({ expect }) => {
  const noisy = (name: string, background_ms: number) => {
    return { name, hostname: `${name}.test`, path: fixture('noisy'), background_ms }
  }
  const server = await serve([noisy('patient', 5000), noisy('hasty', 500)])
  await server.send('patient.test', '/?later=1000')
  await server.send('hasty.test', '/?later=60000')
  const started = performance.now()
  await server.close()
  expect(performance.now() - started).toBeLessThan(8000)
  const done = server.log.filter((entry) => entry.includes('done behind the response'))
  expect(done.map((entry) => /\[(\w+)/.exec(entry)?.[1])).toEqual(['patient'])
})
