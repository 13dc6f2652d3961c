/**
 * Components from elsewhere, in processes of their own: what they answer, what they may see and reach, and what becomes of them
 * when they go too far, with a neighbour beside them that is always answered.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parse } from '@bytecodealliance/jco'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { parseReference } from '../../host/config/oci-reference.ts'
import { findOwnCache } from '../../host/deploy/open-engines.ts'
import { pushApp } from '../../host/oci/push.ts'
import { RegistryClient } from '../../host/oci/registry-client.ts'
import { TOKEN, toAsk } from '../harness/admin.ts'
import { makeBytes } from '../harness/bytes.ts'
import { open } from '../harness/http.ts'
import { NO_REGISTRY, TestRegistry } from '../harness/registry.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { ROOT, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'
import { GREEDY, toHandler, toModule, TRAPS_IN_DESTRUCTOR } from './foreign-parts.ts'

const HOST = 'foreign.test'
const RUST = join(ROOT, 'test/fixtures/foreign/rust/guest.wasm')

describe('components from elsewhere', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-foreign-'))
  const path = join(directory, 'app.wasm')
  let upstream: Upstream
  let server: Served
  /** Answers with what it got, and two letters; what came of each connection is kept. */
  let far: Server
  const heard: string[] = []

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
    far = createServer((socket) => {
      let text = ''
      socket.on('error', () => undefined)
      socket.on('end', () => void heard.push(text))
      socket.on('data', (bytes) => {
        text += String(bytes)
        if (text === 'ping') socket.write('pong')
      })
    })
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
    const { port } = far.address() as AddressInfo
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
        { ...app, name: 'public', hostname: 'public.test', subrequests: 5, max_response_mb: 1 },
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
        {
          ...app,
          path: RUST,
          name: 'wired',
          hostname: 'wired.test',
          subrequests: 3,
          egress: { private: true },
          foreign: { sockets: [`localhost:${port}`, 'localhost:1', '[::1]:1'] },
        },
        {
          ...app,
          path: RUST,
          name: 'barred',
          hostname: 'barred.test',
          foreign: { sockets: [`localhost:${port}`] },
        },
        // a machine that is busy gives it that much, in the end
        {
          ...app,
          path: RUST,
          name: 'spins',
          hostname: 'spins.test',
          foreign: true,
          cpu_ms: 100,
          timeout_ms: 60_000,
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
    far.close()
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
      expect((await server.send('rust.test', '/exit')).json().error).toMatchObject({ code: 'APP_TRAPPED' })
      await server.logged('rust', 'the component ended itself')
      const late = await server.send('rust.test', '/exit-late')
      expect([late.status, late.text]).toEqual([200, 'answered'])
      expect((await server.send('rust.test', '/')).status).toBe(200)
    },
  )

  test('connections lead to what is named and admitted, and nowhere else', async ({ expect }) => {
    const { port } = far.address() as AddressInfo
    const get = async (host: string, target: string) => (await server.send(host, `/tcp/${target}`)).text
    expect(await get('wired.test', `localhost:${port}`)).toBe('pong')
    await waitFor(() => heard.includes('pingbye') || undefined)
    // cases of error-code: 01 access-denied, 14 connection-refused
    expect(await get('wired.test', 'localhost:1')).toBe('e14')
    expect(await get('wired.test', 'localhost:2')).toBe('e01')
    expect(await get('wired.test', `127.0.0.1:${port}`)).toBe('e01')
    expect(await get('wired.test', `example.com:${port}`)).toBe('e01')
    expect(await get('barred.test', `localhost:${port}`)).toBe('e01')
    await server.logged('barred', 'EGRESS_DENIED')
    expect(await get('blind.test', `localhost:${port}`)).toBe('e01')
  })

  test(
    'requests without number, and headers without end, come to an end',
    { timeout: 60_000 },
    async ({ expect }) => {
      await using neighbour = watchNeighbour(server)
      const before = upstream.total
      const [, authority = ''] = upstream.url.split('//')
      expect((await server.send('wired.test', `/flood/${authority}`)).text).toBe('flooded')
      expect(upstream.total - before).toBeLessThanOrEqual(3)
      await server.logged('wired', 'APP_SUBREQUEST_LIMIT')
      expect((await server.send('rust.test', '/headers')).text).toBe('full')
      // a body without end is cut where the app's responses end
      const cut = await open(server.port, { host: 'public.test', path: '/endless' })
      let bytes = 0
      await new Promise<void>((resolve) => {
        cut.on('data', (part: Buffer) => (bytes += part.length))
        cut.on('error', () => undefined)
        cut.on('close', resolve)
      })
      expect(bytes).toBeLessThanOrEqual(1024 * 1024 + 65_536)
      await neighbour.stop()
    },
  )

  test('without the gate it is refused, and told of it', async ({ expect }) => {
    expect((await server.send('closed.test', '/')).status).toBe(502)
    await server.logged('closed', 'ENGINE_UNKNOWN', '"foreign": true')
  })

  test.for([
    ['spins.test', '/spin', 'APP_CPU_LIMIT'],
    [HOST, '/wait', 'APP_TIMEOUT'],
  ] as const)(
    '%s: one that does %s is ended, alone',
    { timeout: 90_000 },
    async ([host, url, code], { expect }) => {
      await using neighbour = watchNeighbour(server)
      const hostile = server.send(host, url)
      // another process answers meanwhile
      expect((await server.send(host, '/')).status).toBe(200)
      const answer = await hostile
      expect(answer.json().error).toMatchObject({ code })
      expect((await server.send(host, '/')).status).toBe(200)
      expect((await neighbour.stop()).answers).toBeGreaterThan(10)
    },
  )

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
    'work behind a response has its time, and each request an instance of its own, with a memory that goes with it',
    { timeout: 90_000 },
    async ({ expect }) => {
      expect((await server.send(HOST, '/later')).text).toBe('ok')
      const counts = new Set<string>()
      // more than a process is given, in a memory that holds a few instances
      for (let i = 0; i < 120; i++) counts.add((await server.send(HOST, '/count')).text)
      expect([...counts]).toEqual(['1'])
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

  test(
    'one that asks for too much, or spins before it begins, is unavailable by itself',
    { timeout: 120_000 },
    async ({ expect }) => {
      await using neighbour = watchNeighbour(server)
      for (const [index, [what, body]] of Object.entries(GREEDY).entries()) {
        const name = `greedy-${index}`
        const file = join(directory, `${name}.wasm`)
        writeFileSync(file, await toHandler(body))
        await server.put({
          name,
          hostname: `${name}.test`,
          path: file,
          timeout_ms: 90_000,
          foreign: { processes: 1 },
        })
        const answer = await server.send(`${name}.test`, '/')
        expect([what, answer.json().error]).toMatchObject([what, { code: 'APP_UNAVAILABLE' }])
        await server.logged(name, 'the component does not start')
        // told at once, and when to come again
        const again = await server.send(`${name}.test`, '/')
        expect([again.status, Number(again.headers['retry-after'])]).toEqual([502, 1])
      }
      expect((await neighbour.stop()).answers).toBeGreaterThan(10)
    },
  )

  test(
    'a destructor that traps ends its process, and a component of components is served',
    { timeout: 60_000 },
    async ({ expect }) => {
      const file = join(directory, 'destructor.wasm')
      writeFileSync(file, await toHandler(TRAPS_IN_DESTRUCTOR))
      await server.put({ name: 'destructor', hostname: 'destructor.test', path: file, foreign: true })
      expect((await server.send('destructor.test', '/')).json().error).toMatchObject({ code: 'APP_TRAPPED' })
      await server.logged('destructor', 'unreachable')
      const nested = join(directory, 'nested.wasm')
      const inner = `(component $c ${toModule('')}) (instance (instantiate $c))`
      writeFileSync(nested, await toHandler(`${inner} ${toModule('')}`))
      await server.put({ name: 'nested', hostname: 'nested.test', path: nested, foreign: true })
      expect((await server.send('nested.test', '/')).json().error).toMatchObject({ code: 'APP_HUNG' })
    },
  )

  test('what serves it is made again where it is gone', { timeout: 60_000 }, async ({ expect }) => {
    await server.put({ name: 'again', hostname: 'again.test', path: RUST, foreign: true, timeout_ms: 60_000 })
    rmSync(join(findOwnCache(), 'foreign'), { recursive: true })
    expect((await server.send('again.test', '/')).text).toBe('hello from Rust\n')
  })
})

describe('a component from elsewhere that is deployed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-foreign-'))
  const component = readFileSync(RUST)
  const tokens = join(directory, 'tokens')
  writeFileSync(tokens, 'ci a-token-for-the-shop deploy:shop\n')
  const start = () =>
    serve([], 1, {
      admin: { port: 0, tokens_file: tokens },
      adminToken: TOKEN,
      dataDirectory: join(directory, 'data'),
    })

  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test(
    'is served where the operator opens the gate, version after version, and after a restart',
    { timeout: 60_000 },
    async ({ expect }) => {
      const opened = JSON.stringify({ hostname: 'shop.test', env: { A: 'B' }, foreign: { processes: 1 } })
      const put = (settings: string | undefined, token = TOKEN, query = '') =>
        toAsk(server)('PUT', `/admin/apps/shop${query}`, {
          token,
          form: { component, ...(settings === undefined ? {} : { settings }) },
        })
      let server = await start()
      try {
        const closed = await put('{"hostname":"shop.test"}')
        expect(closed.json().error).toMatchObject({
          code: 'ENGINE_UNKNOWN',
          message: expect.stringContaining('"foreign": true'),
        })
        // the gate is the operator's
        expect((await put(opened, 'a-token-for-the-shop')).json().error).toMatchObject({ code: 'FORBIDDEN' })
        const directories = await put('{"foreign":{"directories":{"/etc":"/etc"}}}')
        expect(directories.json().error).toMatchObject({ code: 'SETTINGS_INVALID' })
        expect((await put(opened)).json()).toMatchObject({ version: 1, serves: true, engine: 'none' })
        expect((await server.send('shop.test', '/env')).text).toBe('1')
        // once it is open, whoever may deploy the app may change what is served
        expect((await put(undefined, 'a-token-for-the-shop')).json()).toMatchObject({ version: 1 })
        const more = JSON.stringify({ env: { A: 'B', C: 'D' } })
        expect((await put(more, 'a-token-for-the-shop', '?keep=true')).json()).toMatchObject({ version: 2 })
        expect((await server.send('shop.test', '/env')).text).toBe('2')
        const shut = await put(more, 'a-token-for-the-shop')
        expect(shut.json().error).toMatchObject({
          code: 'FORBIDDEN',
          message: expect.stringContaining('foreign'),
        })
      } finally {
        await server.close()
      }
      server = await start()
      try {
        expect((await server.send('shop.test', '/env')).text).toBe('2')
        await toAsk(server)('POST', '/admin/apps/shop/rollback', { json: {} })
        expect((await server.send('shop.test', '/env')).text).toBe('1')
        const stored = await toAsk(server)('GET', '/admin/apps/shop/versions/1/component')
        expect(stored.body.equals(component)).toBe(true)
        expect((await toAsk(server)('DELETE', '/admin/apps/shop')).status).toBe(200)
        expect((await server.send('shop.test', '/')).status).toBe(404)
      } finally {
        await server.close()
      }
    },
  )

  test.skipIf(NO_REGISTRY)(
    `comes from a registry, too${NO_REGISTRY === undefined ? '' : ` (skipped: ${NO_REGISTRY})`}`,
    { timeout: 60_000 },
    async ({ expect }) => {
      await using registry = await TestRegistry.start({ asks: false })
      const reference = parseReference(`oci://${registry.name}/team/rust:1`)!
      const signal = AbortSignal.timeout(30_000)
      await using client = new RegistryClient({ reference, actions: 'pull,push', signal })
      const nothing = { sourceMap: undefined, settings: undefined, assets: undefined, created: 0 }
      const artifact = { component, ...nothing, readFile: () => component }
      await pushApp(client, { ...reference, tag: '1' }, artifact, () => {})
      const path = `oci://${registry.name}/team/rust:1`
      await using server = await serve(
        [
          { name: 'open', hostname: 'open.test', path, foreign: true },
          { name: 'closed', hostname: 'closed.test', path },
        ],
        1,
        { admin: { port: 0 }, adminToken: TOKEN, dataDirectory: join(directory, 'pulled') },
      )
      expect((await server.send('open.test', '/')).text).toBe('hello from Rust\n')
      await server.logged('closed', 'ENGINE_UNKNOWN', '"foreign": true')
      const settings = JSON.stringify({ hostname: 'pulled.test', foreign: true })
      const query = `from=${encodeURIComponent(path)}`
      const pulled = await toAsk(server)('PUT', `/admin/apps/pulled?${query}`, { form: { settings } })
      expect(pulled.json()).toMatchObject({ version: 1, source: expect.stringContaining('@sha256:') })
      expect((await server.send('pulled.test', '/')).text).toBe('hello from Rust\n')
    },
  )
})
