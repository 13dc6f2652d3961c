/** Only what was checked is dialled: resolvers that change their mind, redirects, and connections that are kept. */
import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fetch } from 'undici'
import { afterEach, beforeEach, describe, test } from 'vitest'

import { EgressDenied, openCheckedAgent, type Resolve, toCheckedLookup } from './connect.ts'
import { EgressPolicy, type EgressSettings } from './policy.ts'

/** What a name leads to, one list per time that it is asked. */
function resolveTo(...answers: string[][]): Resolve & { asked: number } {
  const resolve = (
    _hostname: string,
    _options: object,
    done: (error: Error | null, addresses: LookupAddress[]) => void,
  ): void => {
    const answer = answers[Math.min(resolve.asked++, answers.length - 1)] ?? []
    done(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  resolve.asked = 0
  return resolve
}

describe('a lookup', () => {
  const target = { hostname: 'rebind.test', port: 80 }
  const look = (resolve: Resolve, all: boolean, settings: EgressSettings = {}) =>
    new Promise((done) => {
      const lookup = toCheckedLookup(new EgressPolicy(settings), target, resolve)
      lookup('rebind.test', { all }, (error, ...found) => done(error ?? found))
    })

  test('answers with public addresses only', async ({ expect }) => {
    const mixed = resolveTo(['127.0.0.1', '93.184.215.14', '::1', '2606:4700::1111', '::ffff:10.0.0.1'])
    expect(await look(mixed, true)).toEqual([
      [
        { address: '93.184.215.14', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
    ])
    expect(await look(mixed, false)).toEqual(['93.184.215.14', 4])
  })

  test('is checked each time: a name that leads inside the second time fails', async ({ expect }) => {
    const rebinding = resolveTo(['93.184.215.14'], ['127.0.0.1'])
    expect(await look(rebinding, false)).toEqual(['93.184.215.14', 4])
    expect(await look(rebinding, false)).toBeInstanceOf(EgressDenied)
  })

  test('says nothing of what the name resolves to', async ({ expect }) => {
    const denied = await look(resolveTo(['10.20.30.40']), true)
    expect(String(denied)).toContain('rebind.test:80')
    expect(String(denied)).not.toContain('10.20')
  })

  test('without addresses is refused, and an error of the resolver is handed on', async ({ expect }) => {
    expect(await look(resolveTo([]), true)).toBeInstanceOf(EgressDenied)
    const error = new Error('ENOTFOUND')
    expect(await look((_hostname, _options, done) => done(error, []), true)).toBe(error)
  })
})

describe('an agent', () => {
  let server: Server
  let port: number
  let handler: (request: IncomingMessage, response: ServerResponse) => void
  let hits: string[]
  const cleanUps: (() => unknown)[] = []

  beforeEach(async () => {
    hits = []
    handler = (_request, response) => response.end('inside')
    server = createServer((request, response) => {
      hits.push(request.url ?? '')
      handler(request, response)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    port = (server.address() as AddressInfo).port
  })

  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp()
    server.closeAllConnections()
    server.close()
  })

  async function get(settings: EgressSettings, resolve: Resolve, url: string): Promise<unknown> {
    const agent = openCheckedAgent(new EgressPolicy(settings), resolve)
    cleanUps.push(() => agent.destroy())
    try {
      return await (await fetch(url, { dispatcher: agent.dispatcher })).text()
    } catch (error) {
      return error instanceof Error ? error.cause : error
    }
  }

  test('connects to what was checked and to nothing else', async ({ expect }) => {
    const open = { allow: ['127.0.0.1'] }
    const resolve = resolveTo(['127.0.0.1', '127.0.0.2'], ['127.0.0.2'])
    expect(await get(open, resolve, `http://a.test:${port}/`)).toBe('inside')
    expect(await get(open, resolve, `http://a.test:${port}/`)).toBeInstanceOf(EgressDenied)
    expect(resolve.asked).toBe(2)
  })

  test('refuses a name that leads inside, over http and https', async ({ expect }) => {
    for (const scheme of ['http', 'https']) {
      expect(await get({}, resolveTo(['127.0.0.1']), `${scheme}://a.test:${port}/`)).toBeInstanceOf(
        EgressDenied,
      )
    }
    expect(hits).toEqual([])
  })

  test('asks for no address of a host that is not admitted', async ({ expect }) => {
    const resolve = resolveTo(['127.0.0.1'])
    const denied = await get({ allow: ['b.test'] }, resolve, `http://a.test:${port}/`)
    expect([denied instanceof EgressDenied, resolve.asked]).toEqual([true, 0])
  })

  test.for([301, 302, 303, 307, 308])('checks where a %d leads', async (status, { expect }) => {
    const settings = { allow: ['127.0.0.1'], deny: ['denied.test'] }
    const resolve = resolveTo(['127.0.0.1'])
    for (const location of [
      `http://denied.test:${port}/2`,
      `http://127.0.0.2:${port}/2`,
      `http://[::1]:${port}/2`,
    ]) {
      handler = (_request, response) => response.writeHead(status, { location }).end()
      expect(await get(settings, resolve, `http://a.test:${port}/1`)).toBeInstanceOf(EgressDenied)
    }
    handler = (_request, response) => response.writeHead(status, { location: 'file:///etc/passwd' }).end()
    expect(await get(settings, resolve, `http://a.test:${port}/1`)).toBeInstanceOf(Error)
    expect(hits).toEqual(['/1', '/1', '/1', '/1'])
  })

  test('ends a loop of redirects', async ({ expect }) => {
    handler = (_request, response) => response.writeHead(302, { location: '/' }).end()
    expect(await get({ private: true }, resolveTo(['127.0.0.1']), `http://a.test:${port}/`)).toBeInstanceOf(
      Error,
    )
    expect(hits.length).toBeLessThan(30)
  })
})
