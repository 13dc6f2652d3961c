/**
 * Which app answers: the Host header decides, and nothing else does.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { builtExample, fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

describe('routing', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'hello', hostname: 'hello.localhost', path: builtExample('hello') },
      { name: 'classic', hostname: 'classic.localhost', path: builtExample('classic') },
      { name: 'v6', hostname: '[::1]', path: fixture('mirror') },
    ])
  })

  afterAll(() => server.close())

  test('two apps answer on two host names from one process', async ({ expect }) => {
    const [hello, classic] = await Promise.all([
      server.send('hello.localhost', '/'),
      server.send('classic.localhost', '/path?a=1'),
    ])
    expect([hello.status, hello.text]).toEqual([200, 'Hello from NANO!\n'])
    expect([classic.status, classic.text]).toEqual([200, 'GET /path\na=1\n'])
  })

  test.for(['HELLO.localhost', 'hello.localhost:3000', 'hello.localhost.', 'Hello.LocalHost:80'])(
    'the host %s is hello.localhost',
    async (host, { expect }) => {
      expect((await server.send(host, '/')).text).toBe('Hello from NANO!\n')
    },
  )

  test.for(['[::1]', '[::1]:3000', '[0:0:0:0:0:0:0:1]', '[0000::0001]:8080'])(
    'the host %s is the IPv6 literal [::1]',
    async (host, { expect }) => {
      expect((await server.send(host, '/')).status).toBe(200)
    },
  )

  test('an unknown host gets 404 and JSON', async ({ expect }) => {
    const answer = await server.send('nobody.localhost', '/')
    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.json()).toEqual({ error: { code: 'HOST_UNKNOWN', message: expect.any(String) } })
  })

  test.for(['constructor', '__proto__', 'hello.localhost.evil', 'localhost', 'xhello.localhost'])(
    'the host %s is unknown',
    async (host, { expect }) => {
      expect((await server.send(host, '/')).status).toBe(404)
    },
  )

  test.for([
    ['two Host headers', 'GET / HTTP/1.1\r\nHost: hello.localhost\r\nHost: classic.localhost\r\n\r\n'],
    ['no Host header', 'GET / HTTP/1.1\r\n\r\n'],
    ['an empty Host header', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
    ['user info', 'GET / HTTP/1.1\r\nHost: hello.localhost@classic.localhost\r\n\r\n'],
    ['a path', 'GET / HTTP/1.1\r\nHost: hello.localhost/classic.localhost\r\n\r\n'],
    ['a list', 'GET / HTTP/1.1\r\nHost: hello.localhost, classic.localhost\r\n\r\n'],
  ] as const)('%s is a bad request', async ([, text], { expect }) => {
    const [response, ...more] = parseResponses(await exchange(server.port, text), ['GET'])
    expect(response?.status).toBe(400)
    expect(more).toEqual([])
  })

  test('an absolute-form target does not send a request past its Host header', async ({ expect }) => {
    const text =
      'GET http://classic.localhost/x HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n'
    const [response] = parseResponses(await exchange(server.port, text), ['GET'])
    expect(response?.body).not.toContain('GET /x')
  })

  test('the URL that an app sees is made of the host that chose it', async ({ expect }) => {
    const seen = (await server.send('[::1]:3000', '/a%20b/../c?d=%2F#e')).json<{ url: string }>()
    expect(new URL(seen.url).hostname).toBe('[::1]')
    expect(new URL(seen.url).pathname).toBe('/c')
  })

  test.for([
    ['//evil/p', '//evil/p'],
    ['/\\evil', '//evil'],
    ['/@evil.test/', '/@evil.test/'],
    ['/a/../../..', '/'],
    ['/%2e%2e/%2E%2e', '/'],
    ['/a%2fb', '/a%2fb'],
    ['/%00', '/%00'],
    ['/%zz', '/%zz'],
    ['/#frag', '/'],
    ['/?next=http://evil.test/', '/'],
  ] as const)('the target %s stays with the host, as the path %s', async ([target, path], { expect }) => {
    const text = `GET ${target} HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n`
    const [response] = parseResponses(await exchange(server.port, text), ['GET'])
    const { url } = JSON.parse(response!.body) as { url: string }
    expect([new URL(url).host, new URL(url).pathname]).toEqual(['[::1]', path])
  })

  test('a target with a byte beyond ASCII is a bad request', async ({ expect }) => {
    const text = 'GET /\u00e9 HTTP/1.1\r\nHost: [::1]\r\n\r\n'
    const responses = parseResponses(await exchange(server.port, text), ['GET'])
    expect(responses.map(({ status }) => status)).toEqual([400])
  })
})
