/**
 * TCP connections of an app, by `cloudflare:sockets` and by Node's modules over them. What workerd answers to the same is
 * what is expected, but where a word says otherwise.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import { readAll, startFarSide } from '../harness/far-side.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const egress = { allow: ['127.0.0.1', 'localhost'] }
const MIB = 1024 * 1024

let server: Served

beforeAll(async () => {
  const path = fixture('connections')
  server = await serve([
    { name: 'open', hostname: 'open.test', path, egress },
    { name: 'few', hostname: 'few.test', path, egress, tcp_connections: 3 },
    { name: 'poor', hostname: 'poor.test', path, egress, subrequests: 3 },
    { name: 'quick', hostname: 'quick.test', path, egress, idle_ms: 200 },
    { name: 'alone', hostname: 'alone.test', path, egress, isolation: 'request' },
  ])
})

afterAll(() => server.close())

async function ask<T>(path: string, query: Record<string, string | number> = {}, host = 'open'): Promise<T> {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const answer = await server.send(`${host}.test`, `${path}?${parameters.toString()}`)
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return answer.json<T>()
}

const counters = async (app: string) => (await server.tenants()).find(({ name }) => name === app)!.counters

/** Takes all that comes, and ends with the other side. */
const takeAll = (socket: Socket) => socket.resume().on('end', () => socket.end())

const echo = () => startFarSide(async (socket) => socket.end(`you said ${await readAll(socket)}`))

describe('a connection', () => {
  test('takes bytes both ways, and each way ends by itself', async ({ expect }) => {
    await using far = await echo()
    expect(await ask('/connect/echo', { to: `localhost:${far.port}` })).toEqual({
      // as the app named it: what a name leads to is not told
      opened: { remoteAddress: `localhost:${far.port}` },
      text: 'you said hello',
      closed: 'done',
    })
  })

  test('is over with the end of the far side', async ({ expect }) => {
    await using far = await startFarSide((socket) => socket.end('bye'))
    expect(await ask('/connect/ended', { port: far.port })).toEqual({
      text: 'bye',
      closed: 'done',
      written: 'TypeError: This WritableStream has been closed.',
      end: 'done',
    })
    await waitFor(() => far.sockets[0]?.closed === true || undefined)
  })

  test('goes on one way when the app allows that', async ({ expect }) => {
    let heard: Promise<string> | undefined
    await using far = await startFarSide((socket) => {
      heard = readAll(socket)
      socket.end('bye')
    })
    expect(await ask('/connect/ended', { port: far.port, half: '' })).toEqual({
      text: 'bye',
      // it is not yet
      written: 'done',
      end: 'done',
    })
    expect(await heard).toBe('after')
  })

  test('that is not made rejects with why', async ({ expect }) => {
    const why = expect.stringMatching(/^Error: connect ECONNREFUSED/)
    expect(await ask('/connect/lost', { to: '127.0.0.1:1' })).toEqual([why, 'unwritten', why, why, why])
    const unknown = expect.stringMatching(/^Error: .*(ENOTFOUND|not allowed)/)
    expect((await ask<unknown[]>('/connect/lost', { to: 'nobody.invalid:1' }))[0]).toEqual(unknown)
  })

  test('that breaks tells whoever reads and writes', async ({ expect }) => {
    await using far = await startFarSide((socket) =>
      socket.on('data', (bytes) => {
        if (String(bytes) === 'a') socket.write('x')
        else socket.resetAndDestroy()
      }),
    )
    const to = `127.0.0.1:${far.port}`
    const lost = expect.stringMatching(/^Error: Network connection lost: /)
    expect(await ask('/connect/lost', { to })).toEqual([{ remoteAddress: to }, 'x', lost, lost, 'done'])
  })

  test('sends what was written before it is closed, and is closed once', async ({ expect }) => {
    let heard: Promise<string> | undefined
    await using far = await startFarSide((socket) => {
      heard = readAll(socket)
    })
    const closed = 'TypeError: This socket has been closed.'
    expect(await ask('/connect/closed', { to: `127.0.0.1:${far.port}` })).toEqual({
      close: ['done', 'done'],
      // workerd rejects it, and drivers that read until the end do not expect that
      reading: 'end',
      writing: closed,
      closed: 'done',
    })
    expect(await heard).toBe('hello')
  })

  test('with wrong arguments throws', async ({ expect }) => {
    await using far = await echo()
    const unparsed = 'TypeError: Specified address could not be parsed.'
    const missing = 'TypeError: Specified address is missing port.'
    const unsupported =
      'TypeError: Specified address is empty string, contains unsupported characters or is too long.'
    expect(await ask('/connect/wrong', { port: far.port })).toEqual({
      thrown: [
        missing,
        missing,
        unparsed,
        unparsed,
        unparsed,
        expect.stringMatching(/^TypeError: Specified address/),
        expect.stringMatching(/^TypeError: Specified address/),
        missing,
        expect.stringMatching(/^TypeError: connect: expected an address/),
        expect.stringMatching(/^TypeError: connect: expected a port/),
        expect.stringMatching(/^TypeError: connect: expected a port/),
        unsupported,
        'TypeError: Unsupported value in secureTransport socket option: x',
        expect.stringMatching(/^TypeError: connect: expected a highWaterMark/),
        expect.stringMatching(/^TypeError: connect: expected an object/),
        "TypeError: The `secureTransport` socket option must be set to 'starttls' for startTls to be used.",
        'TypeError: Illegal constructor',
      ],
      secureTransport: 'off',
      upgraded: false,
    })
  })

  test('is one for all requests of an instance, as long as something moves', async ({ expect }) => {
    await using far = await startFarSide((socket) =>
      socket.on('data', (bytes) => socket.write(`<${String(bytes)}>`)),
    )
    const to = `127.0.0.1:${far.port}`
    for (const say of ['a', 'b', 'c']) expect(await ask('/connect/kept', { to, say })).toBe(`<${say}>`)
    expect(far.sockets).toHaveLength(1)
  })

  test('ends with its instance', async ({ expect }) => {
    await using far = await startFarSide(takeAll)
    await ask('/connect/leave', { to: `127.0.0.1:${far.port}` }, 'alone')
    await waitFor(() => far.sockets[0]?.closed === true || undefined)
    expect(far.sockets).toHaveLength(1)
  })

  test('on which nothing moves is given up', async ({ expect }) => {
    await using far = await startFarSide(() => undefined)
    expect(await ask('/connect/leave', { to: `127.0.0.1:${far.port}`, wait: '' }, 'quick')).toBe(
      'Error: Network connection lost: nothing was sent or came for 200 ms',
    )
  })

  test('goes at the pace of a far side that is slow', async ({ expect }) => {
    let bytes = 0
    await using far = await startFarSide((socket) => {
      // a breath after each chunk
      socket.on('data', (chunk) => {
        bytes += chunk.length
        socket.pause()
        setImmediate(() => socket.resume())
      })
    })
    const sent = ask('/connect/send', { to: `127.0.0.1:${far.port}`, chunks: 320 })
    let most = 0
    const state = { isDone: false }
    void sent.finally(() => (state.isDone = true))
    while (!state.isDone) {
      // oxlint-disable-next-line no-await-in-loop -- again and again
      most = Math.max(most, (await counters('open')).heldBytes)
    }
    expect(await sent).toBe('done')
    await waitFor(() => bytes === 20 * MIB || undefined)
    expect(most).toBeLessThan(MIB)
  })

  test('goes at the pace of an app that is slow', async ({ expect }) => {
    await using far = await startFarSide((socket) => socket.end(new Uint8Array(20 * MIB)))
    expect(await ask('/connect/receive', { to: `127.0.0.1:${far.port}` })).toBe(20 * MIB)
  })

  test('is one of so many, and is counted', async ({ expect }) => {
    await using far = await startFarSide(takeAll)
    const to = `127.0.0.1:${far.port}`
    expect(await ask('/connect/many', { to, count: 5 }, 'few')).toEqual({
      opened: 3,
      'Error: the app has 3 TCP connections open, which is as many as it may': 2,
    })
    await server.logged('[few', 'APP_CONNECTION_LIMIT: 3 TCP connections are open')
    expect(await counters('few')).toMatchObject({ openTcpConnections: 3, tcpConnections: 5 })
    const subrequests =
      'Error: the request has made as many fetches and connections as it may, or too many are open'
    expect(await ask('/connect/many', { to, count: 5 }, 'poor')).toEqual({ opened: 3, [subrequests]: 2 })
    await server.logged('[poor', 'APP_SUBREQUEST_LIMIT')
  })

  test('leaves room for others when it is closed', async ({ expect }) => {
    await using far = await startFarSide(takeAll)
    const to = `127.0.0.1:${far.port}`
    expect(await ask('/connect/many', { to, count: 100, close: '' })).toEqual({ opened: 100 })
    await waitFor(async () => (await counters('open')).openTcpConnections <= 1 || undefined)
    expect(far.sockets).toHaveLength(100)
  })
})

describe("Node's sockets", () => {
  test('write before they are connected, and end', async ({ expect }) => {
    await using far = await echo()
    expect(await ask('/net/echo', { port: far.port })).toEqual({
      said: ['connect', 'finish', 'data', 'you said early late', 'end', 'close', false],
      states: ['opening', 'open', 'closed'],
    })
  })

  test('fail with the codes of Node', async ({ expect }) => {
    expect(await ask('/net/refused', { port: 1 })).toEqual(['error', 'ECONNREFUSED', 'close', true])
  })

  test('say when nothing happens', async ({ expect }) => {
    await using far = await startFarSide(() => undefined)
    expect(await ask('/net/idle', { port: far.port })).toEqual(['connect', 'timeout', 'close', false])
  })

  test('say what there is not', async ({ expect }) => {
    expect(await ask('/net/refusals')).toEqual({
      thrown: [
        'a socket of a path is not there in NANO',
        'Port should be >= 0 and < 65536. Received 99999.',
        expect.stringMatching(/^rejectUnauthorized: false is not there/),
        expect.stringMatching(/^certificates of clients/),
      ],
      addresses: [4, 0, 0, 6, 6, 6, 0, 0, 0],
    })
  })
})

describe.skipIf(NO_OPENSSL !== undefined)(`with TLS (${NO_OPENSSL ?? 'openssl is there'})`, () => {
  let folder: string
  let ca: string
  let secureContext: ReturnType<typeof createSecureContext>

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nano-connections-'))
    const { cert, key } = makeCertificate(folder, 'db', ['db.test', 'localhost'])
    ca = readFileSync(cert, 'utf8')
    secureContext = createSecureContext({ cert: ca, key: readFileSync(key) })
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const upgrade = (socket: Socket): void => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext })
    secured.on('error', () => undefined)
    secured.on('data', (bytes) => secured.write(`got ${String(bytes)}`))
  }
  const startSecure = () => startFarSide(upgrade)
  /** A line protocol, as mail has it. */
  const startLines = () =>
    startFarSide((socket) => {
      socket.once('data', () => {
        socket.write('220 go')
        upgrade(socket)
      })
    })

  test('a certificate that nobody has signed whom the host trusts is refused', async ({ expect }) => {
    await using far = await startSecure()
    const opened = expect.stringMatching(/^Error: self-signed certificate/)
    expect(await ask('/connect/tls', { to: `localhost:${far.port}` })).toEqual({ opened, closed: opened })
  })

  test('the same on a connection that was there', async ({ expect }) => {
    await using far = await startLines()
    expect(await ask('/connect/start-tls', { to: `localhost:${far.port}` })).toEqual({
      plain: '220 go',
      opened: expect.stringMatching(/^Error: self-signed certificate/),
      old: [true, 'done', expect.stringMatching(/^TypeError: /)],
      again: 'TypeError: The connection was closed before startTls could be started.',
      transport: ['starttls', 'on'],
    })
  })

  test('one by an authority that the app names is taken, from the start and later on', async ({ expect }) => {
    await using far = await startSecure()
    expect(await ask('/net/tls', { port: far.port, ca })).toEqual([
      'connect',
      'secureConnect',
      'close',
      false,
    ])
    await using lines = await startLines()
    const said =
      'below connect, below data, 220 go, secureConnect, data, got secret, close, false, below close, false'
    expect((await ask<unknown[]>('/net/tls', { port: lines.port, ca, upgrade: '' })).join(', ')).toBe(said)
  })

  test('and fails where it is not', async ({ expect }) => {
    await using lines = await startLines()
    const said =
      'below connect, below data, 220 go, error, DEPTH_ZERO_SELF_SIGNED_CERT, close, true, below close, false'
    expect((await ask<unknown[]>('/net/tls', { port: lines.port, upgrade: '' })).join(', ')).toBe(said)
  })
})

test('Hyperdrive says where a database is', async ({ expect }) => {
  await using own = await serve([
    {
      name: 'data',
      hostname: 'data.test',
      path: fixture('connections'),
      env: {
        DATABASE: 'mysql://a%40b:c%2Fd@[::1]/shop%20one?ssl=1',
        CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_LOCAL: 'postgresql://local@localhost:6543/own',
      },
      hyperdrive: [
        { binding: 'BY_SECRET', secret: 'DATABASE' },
        { binding: 'GIVEN', id: 'abc', connection_string: 'postgres://u:p@db.example/name' },
        { binding: 'LOCAL', connection_string: 'postgres://u:p@db.example/name' },
        { binding: 'NOWHERE', id: 'abc' },
        { binding: 'WRONG', secret: 'BY_SECRET' },
      ],
    },
  ])
  const { text } = await own.send('data.test', '/hyperdrive')
  const named = { user: 'u', password: 'p', host: 'db.example', port: 5432, database: 'name' }
  const other = { user: 'a@b', password: 'c/d', host: '::1', port: 3306, database: 'shop one' }
  const local = { user: 'local', password: '', host: 'localhost', port: 6543, database: 'own' }
  const string = '[object Hyperdrive]'
  const isMissing = expect.stringMatching(/expected a connection string, got none/) as unknown
  expect(JSON.parse(text)).toEqual([
    {
      name: 'BY_SECRET',
      connectionString: 'mysql://a%40b:c%2Fd@[::1]/shop%20one?ssl=1',
      ...other,
      text: string,
    },
    'CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_LOCAL',
    'DATABASE',
    { name: 'GIVEN', connectionString: 'postgres://u:p@db.example/name', ...named, text: string },
    { name: 'LOCAL', connectionString: 'postgresql://local@localhost:6543/own', ...local, text: string },
    isMissing,
    isMissing,
  ])
})
