/**
 * Who asks, over which scheme, and how often the request has been here: what a client says about it counts only from a
 * proxy that the operator trusts, and never for the choice of the app.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const LEDGER = { name: 'ledger', hostname: 'ledger.test', path: fixture('ledger') }
const SAID = {
  'x-forwarded-for': '198.51.100.1, 198.51.100.2',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'neighbour.test',
  'x-forwarded-port': '443',
  forwarded: 'for=198.51.100.1;proto=https;host=neighbour.test',
  'x-real-ip': '198.51.100.1',
  'cf-connecting-ip': '198.51.100.1',
  'true-client-ip': '198.51.100.1',
}

async function readHeaders(server: Served, headers = {}): Promise<Record<string, string>> {
  const answer = await server.send('ledger.test', '/headers', { headers })
  return Object.fromEntries(answer.json<[string, string][]>())
}

describe('a server that trusts nobody', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([LEDGER, NEIGHBOUR])
  })

  afterAll(() => server.close())

  test('an app sees the address that the connection comes from, whatever the client says', async ({
    expect,
  }) => {
    await using neighbour = watchNeighbour(server)
    const seen = await readHeaders(server, SAID)
    expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(seen).toMatchObject({ 'x-real-ip': '127.0.0.1', 'cf-connecting-ip': '127.0.0.1' })
    const others = Object.keys(SAID).filter((name) => !/-(for|proto|ip)$/.test(name))
    expect(Object.keys(seen).filter((name) => others.includes(name))).toEqual([])
    expect(Object.values(seen).filter((value) => value.includes('198.51.100'))).toEqual([])
    await neighbour.stop()
  })

  test('the URL of a request is http, whatever the client says', async ({ expect }) => {
    const answer = await server.send('ledger.test', '/url', { headers: SAID })
    expect(answer.text).toBe('http://ledger.test/url')
  })

  test('X-Forwarded-Host and Forwarded choose no app', async ({ expect }) => {
    const answer = await server.send('neighbour.test', '/url', {
      headers: { ...SAID, 'x-forwarded-host': 'ledger.test', forwarded: 'host=ledger.test' },
    })
    expect(answer.text).not.toContain('ledger.test')
  })

  test('a request that has been here 16 times is refused and does not enter the app', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const toLoop = (hops: number) => ({
      'cdn-loop': [Array.from({ length: hops - 1 }, () => 'nano-workers; a="').join(','), 'nano-workers'],
    })
    const before = (await server.send('ledger.test', '/ledger')).json<unknown[]>().length
    const answer = await server.send('ledger.test', '/loops', { headers: toLoop(16) })
    expect([answer.status, answer.json()]).toEqual([
      508,
      { error: { code: 'LOOP_DETECTED', message: expect.any(String) } },
    ])
    await server.logged('[ledger ', 'GET /loops', 'LOOP_DETECTED')
    const after = (await server.send('ledger.test', '/ledger')).json<unknown[]>().length
    expect(after).toBe(before)
    const seen = await readHeaders(server, toLoop(15))
    expect(seen['cdn-loop']?.split('nano-workers')).toHaveLength(16)
    await neighbour.stop()
  })
})

describe('a server behind a proxy', () => {
  test('what a trusted proxy says comes to the app, with the address of the proxy', async ({ expect }) => {
    await using server = await serve([LEDGER, NEIGHBOUR], 1, { trustedProxies: ['127.0.0.0/8'] })
    await using neighbour = watchNeighbour(server)
    expect(await readHeaders(server, SAID)).toMatchObject({
      ...SAID,
      'x-forwarded-for': `${SAID['x-forwarded-for']}, 127.0.0.1`,
      'x-real-ip': '198.51.100.2',
      'cf-connecting-ip': '198.51.100.2',
    })
    const url = async (headers: Record<string, string>) =>
      (await server.send('ledger.test', '/url', { headers })).text
    expect(await url(SAID)).toBe('https://ledger.test/url')
    expect(await url({})).toBe('http://ledger.test/url')
    expect(await url({ 'x-forwarded-proto': 'https, http' })).toBe('http://ledger.test/url')
    await neighbour.stop()
  })

  test('another address than the trusted one is not believed', async ({ expect }) => {
    await using server = await serve([LEDGER], 1, { trustedProxies: ['10.0.0.0/8', '::1'] })
    expect(await readHeaders(server, SAID)).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
  })
})
