/**
 * The machine that the apps run on: its ports are closed to them, the apps' own port included; the operator's is closed
 * whatever the policy; and `allow_loopback` opens loopback and nothing else.
 */

import { networkInterfaces } from 'node:os'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const DENIED = 'fetch failed: the address is not allowed: '

/** Every address that leads to this machine, as a URL spells it. */
const OWN = [
  '127.0.0.1',
  '127.1.2.3',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  ...Object.values(networkInterfaces()).flatMap((entries = []) =>
    entries.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  ),
]

const app = (name: string, egress?: object) => ({
  name,
  hostname: `${name}.test`,
  path: fixture('subrequests'),
  ...(egress && { egress }),
})

/** What became of a fetch by the app of this host: `answered`, or the message of its error. */
async function outcome(server: Served, host: string, url: string): Promise<string> {
  const answer = await server.send(host, `/error?url=${encodeURIComponent(url)}`)
  return answer.text.startsWith('{') ? answer.json<{ message: string }>().message : answer.text
}

describe("the apps' own port", () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      NEIGHBOUR,
      app('closed'),
      app('open', { private: true }),
      app('listed', { allow: ['127.0.0.0/8'] }),
    ])
  })

  afterAll(() => server.close())

  test('is closed at every address of the machine', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    for (const host of OWN) {
      expect(await outcome(server, 'closed.test', `http://${host}:${server.port}/`)).toMatch(DENIED)
    }
    expect((await neighbour.stop()).answers).toBeGreaterThan(0)
  })

  test('is open where the policy opens the address', async ({ expect }) => {
    expect(await outcome(server, 'open.test', `http://127.0.0.1:${server.port}/`)).toBe('answered')
    expect(await outcome(server, 'open.test', `http://localhost:${server.port}/`)).toBe('answered')
    expect(await outcome(server, 'listed.test', `http://127.0.0.1:${server.port}/`)).toBe('answered')
    expect(await outcome(server, 'listed.test', `http://[::1]:${server.port}/`)).toMatch(DENIED)
  })
})

describe("the operator's port", () => {
  const HOSTS = ['open.test', 'listed.test', 'plain.test']
  let server: Served
  let upstream: Upstream
  let port: string

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => {
      const host = decodeURIComponent(request.url?.slice(1) ?? '')
      response.writeHead(302, { location: `http://${host}:${port}/metrics` }).end()
    })
    const everything = ['0.0.0.0/0', '::/0', 'localhost', '127.0.0.1']
    const apps = [
      NEIGHBOUR,
      app('plain'),
      app('open', { private: true }),
      app('listed', { allow: everything, private: true }),
    ]
    // reachable from everywhere and open to development: as exposed as it can be
    server = await serve(apps, 2, { admin: { host: '0.0.0.0', port: 0 }, allowLoopback: true })
    port = new URL(server.adminUrl!).port
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  test('is there', async ({ expect }) => {
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  })

  test('is reached by no app at any address of the machine', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    for (const host of [...OWN, 'localhost', '2130706433', '0x7f.1', '[::ffff:7f00:1]']) {
      for (const name of HOSTS) {
        expect(await outcome(server, name, `http://${host}:${port}/metrics`)).toMatch(DENIED)
      }
    }
    expect((await neighbour.stop()).answers).toBeGreaterThan(0)
  })

  test('is reached by no redirect', async ({ expect }) => {
    for (const host of OWN) {
      const url = `${upstream.url}/${encodeURIComponent(host)}`
      for (const name of HOSTS) expect(await outcome(server, name, url)).toMatch(DENIED)
    }
  })

  test('counts the attempts, those included that the log leaves out', async ({ expect }) => {
    const count = async () => {
      const plain = (await server.tenants()).find(({ name }) => name === 'plain')
      return new Map(plain?.failures).get('EGRESS_DENIED') ?? 0
    }
    const before = await count()
    const url = `http://127.0.0.1:${port}/`
    await Promise.all(Array.from({ length: 100 }, () => outcome(server, 'plain.test', url)))
    expect((await count()) - before).toBe(100)
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(metrics).toMatch(/tenant="plain",version="2",code="EGRESS_DENIED"\} \d+/)
  })
})

describe('allow_loopback', () => {
  let server: Served
  let upstream: Upstream
  let port: string

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => response.end('beside'))
    port = new URL(upstream.url).port
    const apps = [
      NEIGHBOUR,
      app('plain'),
      app('listed', { allow: ['example.com'] }),
      app('denied', { deny: ['127.0.0.1', 'localhost'] }),
    ]
    server = await serve(apps, 1, { allowLoopback: true })
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  test('is said aloud when the server starts', async ({ expect }) => {
    expect(await server.logged('--allow-loopback')).toMatch(/apps may reach this machine's own ports/)
  })

  test('opens loopback to every app that does not deny it', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    for (const host of ['127.0.0.1', 'localhost', '127.1', '[::ffff:127.0.0.1]']) {
      expect(await outcome(server, 'plain.test', `http://${host}:${port}/`)).toBe('answered')
      expect(await outcome(server, 'listed.test', `http://${host}:${port}/`)).toBe('answered')
      expect(await outcome(server, 'denied.test', `http://${host}:${port}/`)).toMatch(DENIED)
    }
    expect((await neighbour.stop()).answers).toBeGreaterThan(0)
  })

  test('opens nothing else', async ({ expect }) => {
    const others = [
      '0.0.0.0',
      '[::]',
      '10.0.0.1',
      '192.168.0.1',
      '172.17.0.1',
      '169.254.169.254',
      '[fd00:ec2::254]',
      '[fe80::1]',
    ]
    const own = OWN.filter((host) => !/^(127\.|\[::1\]|\[::ffff:)/.test(host))
    for (const host of [...others, ...own]) {
      expect(await outcome(server, 'plain.test', `http://${host}:${port}/`)).toMatch(DENIED)
    }
    expect(await outcome(server, 'listed.test', 'http://192.0.2.1/')).toMatch(DENIED)
  })
})
