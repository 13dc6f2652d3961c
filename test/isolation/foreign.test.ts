/**
 * Components from elsewhere, in processes of their own: what they answer, what they may see and reach, and what becomes of them
 * when they go too far, with a neighbour beside them that is always answered.
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parse } from '@bytecodealliance/jco'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { makeBytes } from '../harness/bytes.ts'
import { open } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { ROOT, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const HOST = 'foreign.test'
const RUST = join(ROOT, 'test/fixtures/foreign/rust/guest.wasm')

describe('components from elsewhere', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-foreign-'))
  const path = join(directory, 'app.wasm')
  let upstream: Upstream
  let server: Served

  beforeAll(async () => {
    for (const name of ['data', 'own']) mkdirSync(join(directory, name))
    writeFileSync(join(directory, 'data/a.txt'), 'inside')
    writeFileSync(join(directory, 'secret.txt'), 'secret')
    symlinkSync('../secret.txt', join(directory, 'data/link'))
    upstream = await startUpstream(async (request, response) => {
      let size = 0
      for await (const part of request) size += (part as Buffer).length
      response.end(`${request.method} ${request.url} ${size}`)
    })
    await buildApp({ entry: join(ROOT, 'test/fixtures/foreign/app.ts'), target: 'wasi-http', outFile: path })
    const app = {
      path,
      foreign: { processes: 2, requests: 50 },
      cpu_ms: 1500,
      timeout_ms: 8000,
      background_ms: 1000,
    }
    server = await serve(
      [
        NEIGHBOUR,
        {
          ...app,
          name: 'foreign',
          hostname: HOST,
          env: { NAME: 'value', LIST: [1] },
          egress: { private: true },
        },
        { ...app, name: 'public', hostname: 'public.test', subrequests: 5 },
        {
          ...app,
          path: RUST,
          name: 'rust',
          hostname: 'rust.test',
          env: { A: 'B' },
          foreign: {
            directories: {
              '/data': join(directory, 'data'),
              '/own': { path: join(directory, 'own'), writable: true },
            },
          },
        },
        { ...app, path: RUST, name: 'blind', hostname: 'blind.test', foreign: true },
        { ...app, path: RUST, name: 'closed', hostname: 'closed.test', foreign: false },
      ],
      undefined,
      { accessLog: true },
    )
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('what a client sends and gets is what it would be with any app', async ({ expect }) => {
    const hello = await server.send(HOST, '/')
    expect([hello.status, hello.text, hello.headers['content-length']]).toEqual([200, 'hello\n', '6'])
    expect((await server.send(HOST, '/env')).json()).toEqual({ NAME: 'value', LIST: '[1]' })
    expect((await server.send(HOST, '/cookies')).headers['set-cookie']).toEqual(['a=1', 'b=2'])
    const bytes = makeBytes(2_000_000)
    const echo = await server.send(HOST, '/echo', { method: 'PUT', body: bytes })
    expect([echo.headers['x-method'], echo.body.equals(bytes)]).toEqual(['PUT', true])
    expect((await server.send(HOST, '/ticks?count=200')).body).toHaveLength(200 * 16_384)
    await server.logged('foreign', 'GET /env', '200')
  })

  test('its fetches go by way of the host, with bodies both ways', async ({ expect }) => {
    const get = await server.send(HOST, `/fetch?url=${upstream.url}/a`)
    expect(get.text).toBe('GET /a 0')
    const body = makeBytes(500_000)
    expect((await server.send(HOST, `/upload?url=${upstream.url}/b`, { method: 'POST', body })).text).toBe(
      'POST /b 500000',
    )
  })

  test('a private address, or one fetch too many, is refused as to any app', async ({ expect }) => {
    expect((await server.send('public.test', `/fetch?url=${upstream.url}/`)).status).toBe(500)
    await server.logged('public', 'EGRESS_DENIED')
    expect((await server.send('public.test', `/fetches?url=${upstream.url}/`)).text).toBe('0')
    await server.logged('public', 'APP_SUBREQUEST_LIMIT')
  })

  test('one in Rust sees the files, the environment and the sockets that are named, and no others', async ({
    expect,
  }) => {
    const texts = async (host: string, ...paths: string[]) => {
      const answers: string[] = []
      for (const path of paths) answers.push((await server.send(host, path)).text)
      return answers
    }
    expect(await texts('rust.test', '/', '/env', '/read/a.txt')).toEqual(['hello from Rust\n', '1', 'inside'])
    // a link that leads out, an absolute path, a directory that may not be written, a socket, a header that splits
    const refused = await texts(
      'rust.test',
      '/read/link',
      '/read//etc/passwd',
      '/write/b.txt',
      '/socket',
      '/split',
    )
    expect(refused).toEqual(Array(5).fill('refused'))
    expect(await texts('blind.test', '/env', '/read/a.txt', '/socket')).toEqual([
      '0',
      'no directories',
      'refused',
    ])
  })

  test(
    'one in Rust that traps, spins or says nothing fails alone',
    { timeout: 60_000 },
    async ({ expect }) => {
      const trap = await server.send('rust.test', '/trap')
      expect([trap.status, trap.json().error]).toMatchObject([502, { code: 'APP_TRAPPED' }])
      await server.logged('rust', 'unreachable')
      expect((await server.send('rust.test', '/silent')).json().error).toMatchObject({ code: 'APP_HUNG' })
      expect((await server.send('rust.test', '/spin')).json().error).toMatchObject({
        code: expect.stringMatching(/APP_CPU_LIMIT|APP_TIMEOUT/),
      })
      expect((await server.send('rust.test', '/')).status).toBe(200)
    },
  )

  test('without the gate it is refused', async ({ expect }) => {
    expect((await server.send('closed.test', '/')).status).toBe(502)
  })

  test.for([
    // a machine that is busy may not give it enough to spend
    ['/spin', /APP_CPU_LIMIT|APP_TIMEOUT/],
    ['/wait', /APP_TIMEOUT/],
  ] as const)('one that does %s is ended, alone', { timeout: 60_000 }, async ([url, code], { expect }) => {
    await using neighbour = watchNeighbour(server)
    const hostile = server.send(HOST, url)
    // another process answers meanwhile
    expect((await server.send(HOST, '/')).text).toBe('hello\n')
    const answer = await hostile
    expect(answer.json().error).toMatchObject({ code: expect.stringMatching(code) })
    expect((await server.send(HOST, '/')).status).toBe(200)
    expect((await neighbour.stop()).answers).toBeGreaterThan(10)
  })

  test('one that fills its memory fails by itself', { timeout: 60_000 }, async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const answer = await server.send(HOST, '/fill')
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect((await server.send(HOST, '/')).status).toBe(200)
    await neighbour.stop()
  })

  test(
    'a client that leaves a response without end frees its process',
    { timeout: 60_000 },
    async ({ expect }) => {
      const endless = await Promise.all([
        open(server.port, { host: HOST, path: '/endless' }),
        open(server.port, { host: HOST, path: '/endless' }),
      ])
      for (const message of endless) {
        await new Promise((resolve) => message.once('data', resolve))
        message.destroy()
      }
      expect((await server.send(HOST, '/')).text).toBe('hello\n')
    },
  )

  test(
    'work behind a response has its time, and a process so many requests',
    { timeout: 60_000 },
    async ({ expect }) => {
      expect((await server.send(HOST, '/later')).text).toBe('ok')
      const counts = new Set<string>()
      for (let i = 0; i < 120; i++) counts.add((await server.send(HOST, '/count')).text)
      expect(Math.max(...[...counts].map(Number))).toBeLessThanOrEqual(50)
    },
  )

  test('names that are code, and other worlds, never get as far as a generator', async ({ expect }) => {
    const file = join(directory, 'evil.wasm')
    writeFileSync(
      file,
      await parse(`(component (core module (func (export "x'+globalThis.process.exit(3)+'"))))`),
    )
    await server.put({ name: 'evil', hostname: 'evil.test', path: file, foreign: true }).then(
      () => expect.unreachable(),
      (error: { code: string; message: string }) => {
        expect(error.code).toBe('COMPONENT_INVALID')
        expect(error.message).toContain("keep to the component model's grammar")
      },
    )
    await waitFor(async () => (await server.send(HOST, '/')).status === 200)
  })
})
