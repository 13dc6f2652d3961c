/** What an operator and an app's developer read: a line for each request and each thing said, with the app's own places. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'

import type { LogEntry } from '../../host/log/entry.ts'
import { toLine } from '../../host/log/line.ts'
import { fixture, fixtureSource, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'

const SOURCE = readFileSync(fixtureSource('logger'), 'utf8').split('\n')
const LOGGER = { name: 'logger', hostname: 'logger.test', path: fixture('logger'), egress: { private: true } }
const ID = /^[0-9a-f]{32}$/
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`

/** `logger.ts:12`, where line 12 ends in the comment that marks this path. */
function lineOf(path: string): string {
  return `logger.ts:${SOURCE.findIndex((line) => line.endsWith(`// line of ${path}`)) + 1}:`
}

/** Every entry as it comes, until the test is over. */
function follow(server: Served): LogEntry[] {
  const entries: LogEntry[] = []
  const subscription = server.logs.subscribe({}, (entry) => void entries.push(entry))
  onTestFinished(() => subscription[Symbol.dispose]())
  return entries
}

describe('the log', () => {
  let server: Served
  beforeAll(async () => {
    server = await serve([LOGGER], 1, { accessLog: true })
  })
  afterAll(() => server.close())

  test('has one line for each request, with what it took', async ({ expect }) => {
    const entries = follow(server)
    const answer = await server.send('logger.test', '/work?secret=1', {
      headers: { 'User-Agent': 'test/1', Referer: 'http://a.test/x?secret=2' },
    })
    await server.send('logger.test', '/work')
    await server.send('nobody.test', '/')
    const lines = await waitFor(() => {
      const found = entries.filter(({ facts }) => facts !== undefined)
      return found.length === 3 ? found : undefined
    })
    const [first, second, third] = lines
    expect(first).toMatchObject({
      level: 'info',
      app: 'logger',
      request: answer.headers['x-request-id'],
      text: 'GET /work 200',
      facts: {
        method: 'GET',
        path: '/work',
        status: 200,
        bytes: 4,
        isCold: true,
        client: '127.0.0.1',
        userAgent: 'test/1',
        referer: 'http://a.test/x',
      },
    })
    expect(first!.facts!.cpuMs).toBeGreaterThan(0)
    expect(first!.facts!.ms).toBeGreaterThanOrEqual(first!.facts!.cpuMs)
    expect(second!.facts!.isCold).toBe(false)
    expect(third).toMatchObject({ text: 'GET / 404', app: undefined })
    for (const entry of lines) {
      expect(JSON.stringify(entry)).not.toContain('secret')
      expect(Object.keys(JSON.parse(toLine('json', entry)) as object)).toEqual(
        expect.arrayContaining([
          'time',
          'level',
          'request',
          'method',
          'path',
          'status',
          'duration_ms',
          'start',
        ]),
      )
    }
  })

  test('names the request of what is said', async ({ expect }) => {
    const entries = follow(server)
    const answer = await server.send('logger.test', '/say?text=hello')
    const said = await waitFor(() => entries.find(({ text }) => text === 'hello'))
    expect(said).toMatchObject({ level: 'info', app: 'logger', request: answer.headers['x-request-id'] })
  })

  test('has the places of the sources in every stack, and none of NANO', async ({ expect }) => {
    const entries = follow(server)
    const paths = ['/error', '/within', '/cause', '/members', '/throw-members', '/trace']
    for (const path of paths) {
      // oxlint-disable-next-line no-await-in-loop -- so that each is a turn of its own
      await server.send('logger.test', path)
    }
    const stacks = await waitFor(() => {
      const found = entries.filter(({ facts }) => facts === undefined)
      return found.length === paths.length ? found.map(({ text }) => text) : undefined
    })
    for (const [i, places] of [
      [lineOf('/error')],
      [lineOf('makeError')],
      [lineOf('/cause'), '[cause]: RangeError: cause', lineOf('makeError')],
      ['[errors]: [', 'RangeError: first', 'RangeError: second', lineOf('makeError')],
      [lineOf('/throw-members'), 'RangeError: second', lineOf('makeError')],
      [lineOf('/trace')],
    ].entries()) {
      for (const place of places) expect(stacks[i]).toContain(place)
      expect(stacks[i]).not.toMatch(/app\.js:|initializer\.js|nano:/)
    }
    expect(stacks[1]).toMatch(/behind$/)
  })

  test('an app cannot have a line look like another one, in any format', async ({ expect }) => {
    const entries = follow(server)
    const text = 'a\n2026-01-01T00:00:00.000Z error [other] b\r\u001b[31m\u2028\u202e"}'
    await server.send('logger.test', `/say?text=${encodeURIComponent(text)}`)
    const said = await waitFor(() => entries.find((entry) => entry.text.includes('[other]')))
    for (const format of ['text', 'json', 'apache'] as const) {
      const line = toLine(format, said)
      // oxlint-disable-next-line no-control-regex -- none of them is to be there
      expect(line.slice(0, -1)).not.toMatch(/[\r\u001b\u2028\u202e]/)
      expect(line).not.toMatch(/^2026-01-01/m)
    }
    expect(JSON.parse(toLine('json', said))).toMatchObject({ msg: text, app: 'logger' })
    await server.send('logger.test', '/%22%5c', { headers: { 'User-Agent': 'a" 200 0 "-" "\\' } })
    const request = await waitFor(() => entries.find((entry) => entry.text.includes('%22')))
    const combined = toLine('apache', request)
    expect(combined).toMatch(
      /^127\.0\.0\.1 - logger \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} \+0000\] "GET \/%22%5c HTTP\/1\.1" 200 4 "-" "a\\" 200 0 \\"-\\" \\"\\\\"\n$/,
    )
  })
})

describe('the id of a request', () => {
  test('is made, whatever a stranger says, and told to app and client', async ({ expect }) => {
    await using server = await serve([LOGGER])
    const headers = { 'X-Request-ID': 'forged', traceparent: PARENT, tracestate: 'a=1' }
    const answer = await server.send('logger.test', '/headers', { headers })
    const seen = answer.json<Record<string, string>>()
    expect(seen['x-request-id']).toMatch(ID)
    expect(seen['x-request-id']).toBe(answer.headers['x-request-id'])
    expect([seen['traceparent'], seen['tracestate']]).toEqual([undefined, undefined])
    const own = await server.send('logger.test', '/own-id')
    expect(own.headers['x-request-id']).toMatch(ID)
    expect(own.headers['x-request-id']).not.toBe(answer.headers['x-request-id'])
    expect((await server.send('nobody.test', '/')).headers['x-request-id']).toMatch(ID)
  })

  test('is what a trusted proxy says, if it is an id', async ({ expect }) => {
    await using server = await serve([LOGGER], 1, { trustedProxies: ['127.0.0.1'] })
    const send = async (headers: Record<string, string>) => {
      const answer = await server.send('logger.test', '/headers', { headers })
      const seen = answer.json<Record<string, string>>()
      expect(answer.headers['x-request-id']).toBe(seen['x-request-id'])
      return seen
    }
    expect((await send({ 'X-Request-ID': 'from/proxy-1' }))['x-request-id']).toBe('from/proxy-1')
    expect(await send({ traceparent: PARENT })).toMatchObject({ 'x-request-id': TRACE, traceparent: PARENT })
    for (const bad of ['a b', '<script>', 'x'.repeat(129)]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await send({ 'X-Request-ID': bad }))['x-request-id']).toMatch(ID)
    }
  })

  test('goes with the fetches of the app as a trace', async ({ expect }) => {
    const heard: Record<string, unknown>[] = []
    await using upstream = await startUpstream(({ headers }, response) => {
      heard.push(headers)
      response.end('fine')
    })
    await using server = await serve([LOGGER], 1, { trustedProxies: ['127.0.0.1'] })
    const url = encodeURIComponent(upstream.url)
    const answer = await server.send('logger.test', `/fetch?url=${url}`)
    await server.send('logger.test', `/fetch?url=${url}`, {
      headers: { traceparent: PARENT, tracestate: 'a=1' },
    })
    const own = '00-11111111111111111111111111111111-2222222222222222-00'
    await server.send('logger.test', `/fetch?url=${url}&traceparent=${own}`, {
      headers: { traceparent: PARENT },
    })
    expect(heard[0]!['traceparent']).toMatch(
      new RegExp(`^00-${String(answer.headers['x-request-id'])}-[0-9a-f]{16}-00$`),
    )
    expect(heard[1]).toMatchObject({ traceparent: PARENT, tracestate: 'a=1' })
    expect(heard[2]).toMatchObject({ traceparent: own, tracestate: 'own=1' })
  })
})

describe('a drain', () => {
  test('that is a file gets the lines of its app alone', async ({ expect }) => {
    const directory = mkdtempSync(join(tmpdir(), 'nano-logs-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'one.log')
    await using server = await serve(
      [
        { ...LOGGER, name: 'one', hostname: 'one.test', log_drain: `file:${path}` },
        { ...LOGGER, name: 'two', hostname: 'two.test' },
      ],
      1,
      { accessLog: true },
    )
    await server.send('one.test', '/say?text=of-one')
    await server.send('two.test', '/say?text=of-two')
    await server.close()
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as { level: string })
    expect(entries.filter(({ level }) => level === 'info')).toEqual([
      expect.objectContaining({ app: 'one', msg: 'of-one' }),
      expect.objectContaining({ app: 'one', msg: 'GET /say 200', status: 200 }),
    ])
  })

  test('of all apps leads each to its own, those that are deployed with their version', async ({
    expect,
  }) => {
    const directory = mkdtempSync(join(tmpdir(), 'nano-logs-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    await using server = await serve([LOGGER], 1, {
      accessLog: true,
      logDrain: `file:${join(directory, '{app}.log')}`,
      dataDirectory: join(directory, 'data'),
    })
    const component = readFileSync(LOGGER.path)
    for (const text of ['first', 'second']) {
      const deploy = { app: 'shop', hostname: 'shop.test', settings: { env: { text } }, component }
      // oxlint-disable-next-line no-await-in-loop -- one version after the other
      await server.deployed.deploy(deploy)
      // oxlint-disable-next-line no-await-in-loop
      await server.send('shop.test', `/say?text=${text}`)
    }
    await server.send('logger.test', '/say?text=other')
    await server.close()
    const read = (app: string) =>
      readFileSync(join(directory, `${app}.log`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { level: string; version?: number; msg: string })
        .filter(({ level }) => level === 'info')
        .map(({ version, msg }) => `${version} ${msg}`)
        .toSorted()
    expect(read('shop')).toEqual(['1 GET /say 200', '1 first', '2 GET /say 200', '2 second'])
    expect(read('logger')).toEqual(['undefined GET /say 200', 'undefined other'])
  })

  test('that is an endpoint is tried again, and in the order in which it was said', async ({ expect }) => {
    const bodies: string[] = []
    let asked = 0
    const endpoint = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        if (asked++ > 0) bodies.push(`${request.headers['authorization']} ${body}`)
        response.writeHead(asked === 1 ? 503 : 204).end()
      })
    })
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void endpoint.close())
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/logs`
    await using server = await serve([{ ...LOGGER, log_drain: { url, headers: { Authorization: 'me' } } }])
    for (const text of ['1', '2']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await server.send('logger.test', `/say?text=${text}`)
    }
    await waitFor(() => bodies[0], 10_000)
    expect(bodies[0]).toMatch(/^me \{.*"msg":"1"\}\n\{.*"msg":"2"\}\n$/)
    await server.logged('log_drain', 'status 503')
  })

  test('is not for whoever deploys an app to choose', async ({ expect }) => {
    const directory = mkdtempSync(join(tmpdir(), 'nano-logs-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    await using server = await serve([LOGGER], 1, { dataDirectory: directory })
    const deploy = { app: 'shop', hostname: 'shop.test', component: readFileSync(LOGGER.path) }
    const settings = { log_drain: 'file:/etc/passwd' }
    await expect(server.deployed.deploy({ ...deploy, settings })).rejects.toThrow(/log_drain/)
  })
})
