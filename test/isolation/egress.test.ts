/**
 * Where an app's fetches may go: nowhere but to public addresses unless its policy says so, however the address is
 * spelt, whatever leads there, and without a word to the app about what a name resolves to. Beside a neighbour under
 * load, which never notices.
 */

import { hostname } from 'node:os'

import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Neighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const DENIED = /^fetch failed: the address is not allowed: /

describe('egress', () => {
  let server: Served
  let upstream: Upstream
  let port: string
  let neighbour: Neighbour
  /** Status of a page that leads to itself. */
  let loops = 302

  /** What became of a fetch by the app of this host. */
  const error = async (host: string, url: string) =>
    (await server.send(host, `/error?url=${encodeURIComponent(url)}`)).text
  const failure = async (host: string, url: string) =>
    JSON.parse(await error(host, url)) as { name: string; message: string }

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => {
      const [, status, location] = /^\/to\/(\d+)\/(.*)$/.exec(request.url ?? '') ?? []
      if (request.url === '/loop') response.writeHead(loops, { location: '/loop' }).end()
      else if (location === undefined) response.end('inside')
      else response.writeHead(Number(status), { location: decodeURIComponent(location) }).end()
    })
    port = new URL(upstream.url).port
    const app = (name: string, egress?: object) => ({
      name,
      hostname: `${name}.test`,
      path: fixture('subrequests'),
      ...(egress && { egress }),
    })
    server = await serve([
      NEIGHBOUR,
      app('closed'),
      app('logged'),
      app('flood'),
      app('open', { private: true }),
      app('listed', { allow: [`127.0.0.1:${port}`] }),
      app('named', { allow: ['localhost'] }),
      app('listing', { allow: ['allowed.test', '*.wild.test:8080', 'Bücher.test.'], private: true }),
      app('denied', { private: true, deny: [`localhost:${port}`, '127.0.0.2'] }),
    ])
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  beforeEach(() => {
    neighbour = watchNeighbour(server)
  })

  afterEach(async () => {
    await neighbour.stop()
  })

  test.for([
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.255.255.254',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[100::1]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    'localhost',
    'LOCALHOST',
  ])('%s is refused by default', async (host, { expect }) => {
    const before = upstream.total
    for (const scheme of ['http', 'https']) {
      expect(await failure('closed.test', `${scheme}://${host}:${port}/`)).toEqual({
        name: 'TypeError',
        message: expect.stringMatching(DENIED),
      })
    }
    expect(upstream.total).toBe(before)
  })

  test.for([
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'blob:x',
    'ws://127.0.0.1/',
    'unix:/x',
    'http://user@example.com/',
    'http://a@b@127.0.0.1/',
    'http://@:@127.0.0.1:x/',
    'http://user:word@127.0.0.1/',
    'http://example.com@127.0.0.1/',
    'http://',
    'http://example.com%00.test/',
    'http://[fe80::1%25lo]/',
    'http://127.0.0.1:99999/',
    '//127.0.0.1/',
  ])('%s is refused whatever the policy', async (url, { expect }) => {
    expect((await failure('open.test', url)).name).toBe('TypeError')
  })

  test.for([
    ['http://example.com\\@127.0.0.1/', 'example.com'],
    ['http://127.0.0.1#@example.com/', '127.0.0.1'],
    ['http:127.0.0.1', '127.0.0.1'],
  ] as const)('%s leads to %s', async ([url, host], { expect }) => {
    expect((await failure('named.test', url)).message).toBe(
      `fetch failed: the address is not allowed: ${host}:80`,
    )
  })

  test('a name that leads inside is refused, and the app does not learn where it leads', async ({
    expect,
  }) => {
    const { message } = await failure('closed.test', `http://localhost:${port}/`)
    expect(message).toBe(`fetch failed: the address is not allowed: localhost:${port}`)
  })

  test('the name of this machine leads nowhere', async ({ expect }) => {
    const before = upstream.total
    for (const name of [
      hostname(),
      `${hostname()}.`,
      'foo.localhost',
      'localhost.localdomain',
      'ip6-localhost',
    ]) {
      expect((await failure('closed.test', `http://${name}:${port}/`)).name).toBe('TypeError')
    }
    expect(upstream.total).toBe(before)
  })

  test.for([0, 1, 22, 25, 110, 143, 587, 6000, 6667, 10080])(
    'port %d is refused whatever the policy',
    async (blocked, { expect }) => {
      for (const scheme of ['http', 'https']) {
        expect((await failure('open.test', `${scheme}://127.0.0.1:${blocked}/`)).message).toMatch(
          /bad port|not allowed/,
        )
      }
    },
  )

  test.for([
    'http://evil-allowed.test/',
    'http://allowed.test.evil.test/',
    'http://sub.allowed.test/',
    'http://allowedtest/',
    'http://allowed.tes/',
    'http://allowed.test@evil.test/',
    'http://evil.test#allowed.test',
    'http://evil.test?allowed.test',
    'http://evil.test\\allowed.test',
    'http://wild.test:8080/',
    'http://.wild.test:8080/',
    'http://a.wild.test/',
    'http://a.wild.test:8081/',
    'http://awild.test:8080/',
    'http://xn--bcher-kva.evil.test/',
    'http://bucher.test/',
    'http://127.0.0.1/',
  ])('%s is on no list', async (url, { expect }) => {
    expect((await failure('listing.test', url)).message).toMatch(/not allowed|user name/)
  })

  test.for([
    'http://ALLOWED.test/',
    'http://allowed.test./',
    'https://allowed.test:8443/',
    'http://a.b.wild.test:8080/',
    'http://bücher.test/',
    'http://xn--bcher-kva.test/',
    'http://BÜCHER.TEST:80/',
  ])('%s is on the list, and fails only for want of such a host', async (url, { expect }) => {
    expect((await failure('listing.test', url)).message).not.toMatch(DENIED)
  })

  test('a trailing dot makes no difference', async ({ expect }) => {
    expect((await failure('closed.test', `http://localhost.:${port}/`)).name).toBe('TypeError')
    expect((await failure('denied.test', `http://localhost.:${port}/`)).message).toMatch(DENIED)
  })

  test('a refused fetch is in the log of its tenant', async ({ expect }) => {
    await failure('logged.test', 'http://169.254.169.254/latest/meta-data')
    const line = await server.logged('EGRESS_DENIED', '[logged]', '169.254.169.254:80')
    expect(line).not.toContain('meta-data')
  })

  test('refused fetches cannot flood the log', async ({ expect }) => {
    const before = server.log.length
    await Promise.all(Array.from({ length: 200 }, () => failure('flood.test', 'http://127.0.0.1/')))
    expect(server.log.length - before).toBeLessThan(100)
  })

  test('private opens what is not public', async ({ expect }) => {
    expect(await error('open.test', `http://127.1:${port}/`)).toBe('answered')
    expect(await error('open.test', `http://localhost:${port}/`)).toBe('answered')
  })

  test('a range or an address of the allow list opens itself, and nothing else is reached', async ({
    expect,
  }) => {
    expect(await error('listed.test', `http://127.0.0.1:${port}/`)).toBe('answered')
    expect(await error('listed.test', `http://[::ffff:127.0.0.1]:${port}/`)).toBe('answered')
    for (const url of [`http://127.0.0.2:${port}/`, 'http://127.0.0.1:81/', 'http://1.1.1.1/']) {
      expect((await failure('listed.test', url)).message).toMatch(DENIED)
    }
  })

  test('a name of the allow list opens no private address', async ({ expect }) => {
    expect((await failure('named.test', `http://localhost:${port}/`)).message).toMatch(DENIED)
    expect((await failure('named.test', 'http://example.com/')).message).toMatch(DENIED)
  })

  test('what is denied is denied', async ({ expect }) => {
    expect(await error('denied.test', `http://127.0.0.1:${port}/`)).toBe('answered')
    for (const host of [
      'localhost',
      'LocalHost.',
      '127.0.0.2',
      '[::ffff:127.0.0.2]',
      '[64:ff9b::127.0.0.2]',
    ]) {
      expect((await failure('denied.test', `http://${host}:${port}/`)).message).toMatch(DENIED)
    }
  })

  test.for([301, 302, 303, 307, 308])(
    'a %d leads no further than the app may go',
    async (status, { expect }) => {
      const to = (location: string) => `http://127.0.0.1:${port}/to/${status}/${encodeURIComponent(location)}`
      expect(await error('listed.test', to('/'))).toBe('answered')
      for (const location of [
        `http://127.0.0.2:${port}/`,
        'http://localhost:81/',
        'http://169.254.169.254/',
      ]) {
        expect((await failure('listed.test', to(location))).message).toMatch(DENIED)
      }
      for (const location of [
        'file:///etc/passwd',
        'ftp://127.0.0.1/',
        'data:,x',
        'http://[',
        `http://a@127.0.0.2/`,
      ]) {
        expect((await failure('listed.test', to(location))).name).toBe('TypeError')
      }
    },
  )

  test.for([301, 302, 303, 307, 308])('a loop of %d ends at the twenty-first', async (status, { expect }) => {
    const before = upstream.total
    loops = status
    const { message } = await failure('listed.test', `http://127.0.0.1:${port}/loop`)
    expect(message).toBe('fetch failed: more than 20 redirects')
    expect(upstream.total - before).toBe(21)
  })

  test('a neighbour with another policy opens no connection for the closed one', async ({ expect }) => {
    const url = `http://127.0.0.1:${port}/`
    expect(await error('open.test', url)).toBe('answered')
    expect((await failure('closed.test', url)).message).toMatch(DENIED)
  })
})
