/** Connections with TLS, and those on which nothing happens. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, test } from 'vitest'

import { makeCertificate, NO_OPENSSL } from '../../test/harness/certificate.ts'
import { type FarSide, startFarSide } from '../../test/harness/far-side.ts'
import { TcpLink, type TlsTerms } from './tcp-link.ts'

/** A link, and what it says: each thing is waited for. */
function openLink(farSide: FarSide, tls?: Partial<TlsTerms>, idleMs = 10_000) {
  const said: unknown[] = []
  let heard = (): void => undefined
  const say = (...what: unknown[]): void => {
    said.push(...what)
    heard()
  }
  const socket = connectTcp({ host: '127.0.0.1', port: farSide.port, allowHalfOpen: true })
  const terms = tls && { name: 'db.test', ca: undefined, protocols: [], ...tls }
  const link = new TcpLink(socket, terms, idleMs, {
    onReady: (protocol) => say(`ready ${protocol}`),
    onReadable: () => {
      const bytes = link.read()
      if (bytes !== undefined) say(String(bytes))
    },
    onEnd: () => say('end'),
    onClosed: (error) => say(error === undefined ? 'closed' : error),
  })
  const next = async (): Promise<unknown> => {
    while (said.length === 0) {
      // oxlint-disable-next-line no-await-in-loop -- until something is said
      await new Promise<void>((resolve) => (heard = resolve))
    }
    return said.shift()
  }
  return {
    link,
    next,
    terms: (more: Partial<TlsTerms>) => ({ name: 'db.test', ca: undefined, protocols: [], ...more }),
  }
}

test('a connection on which nothing moves is given up', async ({ expect }) => {
  await using silent = await startFarSide(() => undefined)
  const { next } = openLink(silent, undefined, 50)
  expect(await next()).toBe('ready ')
  expect(await next()).toMatchObject({ code: 'ETIMEDOUT', message: 'nothing was sent or came for 50 ms' })
})

test('what breaks says why', async ({ expect }) => {
  await using rude = await startFarSide((socket) => {
    socket.write('x')
    socket.once('data', () => socket.resetAndDestroy())
  })
  const { link, next } = openLink(rude)
  expect([await next(), await next()]).toEqual(['ready ', 'x'])
  link.write(Buffer.from('y'), () => undefined)
  expect(await next()).toMatchObject({ code: 'ECONNRESET' })
})

describe.skipIf(NO_OPENSSL !== undefined)(`TLS (${NO_OPENSSL ?? 'openssl is there'})`, () => {
  let folder: string
  let ca: string
  let secureContext: ReturnType<typeof createSecureContext>

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nano-link-'))
    const { cert, key } = makeCertificate(folder, 'db', ['db.test'])
    ca = readFileSync(cert, 'utf8')
    secureContext = createSecureContext({ cert: ca, key: readFileSync(key) })
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const upgrade = (socket: Socket): TLSSocket => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['postgresql'] })
    secured.on('error', () => undefined)
    return secured
  }
  const startSecure = () => startFarSide((socket) => upgrade(socket).end('hello'))

  test('from the start, by an authority that was named', async ({ expect }) => {
    await using farSide = await startSecure()
    const { next } = openLink(farSide, { ca, protocols: ['postgresql'] })
    expect(await next()).toBe('ready postgresql')
    expect(await next()).toBe('hello')
    expect(await next()).toBe('end')
  })

  test.for<[why: string, terms: object, code: string]>([
    ['nobody whom the host trusts has signed it', { ca: undefined }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['it is for another name', { name: 'other.test' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['it is for a name, not for an address', { name: '127.0.0.1' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('a certificate is refused when %s', async ([, terms, code], { expect }) => {
    await using farSide = await startSecure()
    const { next } = openLink(farSide, { ca, ...terms })
    expect(await next()).toMatchObject({ code })
  })

  test('authorities that are none are an error of the connection', async ({ expect }) => {
    await using farSide = await startSecure()
    const { next } = openLink(farSide, { ca: '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----' })
    expect(await next()).toBeInstanceOf(Error)
  })

  test('begun later on, on a connection that was read from', async ({ expect }) => {
    await using farSide = await startFarSide((socket) => {
      socket.write('220 ready')
      socket.once('data', () => {
        socket.write('220 go')
        const secured = upgrade(socket)
        secured.on('data', (bytes) => secured.write(`got ${String(bytes)}`))
      })
    })
    const { link, next, terms } = openLink(farSide)
    expect([await next(), await next()]).toEqual(['ready ', '220 ready'])
    link.write(Buffer.from('STARTTLS'), () => undefined)
    expect(await next()).toBe('220 go')
    link.secure(terms({ ca }))
    expect(await next()).toBe('ready ')
    link.write(Buffer.from('secret'), () => undefined)
    expect(await next()).toBe('got secret')
    link.close()
    expect(await next()).toBe('closed')
  })

  test('what was sent before it without TLS is not taken for what comes within', async ({ expect }) => {
    await using farSide = await startFarSide((socket) => socket.write('220 ready'))
    const { link, next, terms } = openLink(farSide)
    expect([await next(), await next()]).toEqual(['ready ', '220 ready'])
    // a man in the middle says something in advance
    farSide.sockets[0]!.write('250 injected\r\n')
    link.secure(terms({ ca }))
    expect(await next()).toMatchObject({ code: expect.stringContaining('SSL') })
  })

  test('a far side that speaks none, or ends, is an error', async ({ expect }) => {
    await using deaf = await startFarSide((socket) => socket.end())
    expect(await openLink(deaf, { ca }).next()).toMatchObject({ code: 'ECONNRESET' })
    await using plain = await startFarSide((socket) => socket.write('HTTP/1.1 400 no\r\n\r\n'))
    expect(await openLink(plain, { ca }).next()).toBeInstanceOf(Error)
  })
})
