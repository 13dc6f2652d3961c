/** The ingress behind TLS: bounds of handshakes, and that ends and slow clients are as without it. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { connectTls, makeCertificate, NO_OPENSSL } from '../../test/harness/certificate.ts'
import { startIngress, toBytes, toHeaders } from '../../test/harness/ingress.ts'
import type { Handler } from '../../test/harness/ingress.ts'
import { waitFor } from '../../test/harness/serve.ts'
import type { Exchange } from '../tenant/exchange.ts'
import { readKeyPair } from '../tls/key-pair.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-ingress-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const MB = 1024 * 1024

async function start(handler: Handler, settings: Parameters<typeof startIngress>[1] = {}) {
  const pair = await readKeyPair(makeCertificate(folder, 'a', ['a']))
  return startIngress(handler, { ...settings, tls: { pairs: [pair], ticketKeys: new Uint8Array(48) } })
}

/** Writes all of it before it reads; what goes wrong is a part of what it hears. */
async function talk(port: number, text: string): Promise<string> {
  const socket = await connectTls(port)
  let heard = ''
  socket.pause().setEncoding('latin1')
  socket.on('error', (error) => (heard += error.message))
  await new Promise((resolve) => socket.write(text, 'latin1', resolve))
  socket.on('data', (data: string) => (heard += data)).resume()
  await new Promise((resolve) => socket.once('close', resolve))
  return heard
}

describe.skipIf(NO_OPENSSL)(`TLS${NO_OPENSSL === undefined ? '' : `, not run: ${NO_OPENSSL}`}`, () => {
  test('a request knows how its connection is encrypted', async ({ expect }) => {
    let seen: Exchange | undefined
    const { port } = await start((exchange) => {
      seen = exchange
      exchange.send(200, toHeaders(), toBytes('ok'))
    })
    const socket = await connectTls(port)
    socket.write(GET)
    await once(socket, 'data')
    socket.destroy()
    expect(seen?.tls).toEqual({
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_AES_|^TLS_CHACHA20_/),
    })
    expect(seen?.url).toBe('https://a/')
  })

  test('malformed requests are answered, and their connection ends', async ({ expect }) => {
    const { port } = await start((exchange) => exchange.send(200, toHeaders(), toBytes('ok')))
    expect(await talk(port, 'no request\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*REQUEST_INVALID/)
    expect(await talk(port, GET + 'GET / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nabcde')).toMatch(
      /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 404 [^]*HOST_UNKNOWN/,
    )
    // all of it before the answer is read
    const large = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${200 * MB}\r\n\r\n${'x'.repeat(12 * MB)}`
    expect(await talk(port, large)).toMatch(/^HTTP\/1\.1 413 [^]*BODY_TOO_LARGE[^]*\}$/)
  })

  test('an upload comes at the pace of the app, and the connection stays', async () => {
    const { port } = await start((exchange) =>
      exchange.hasBody ? exchange.pullBody() : exchange.send(200, toHeaders(), toBytes('next')),
    )
    const socket = await connectTls(port)
    let heard = ''
    socket.setEncoding('latin1').on('data', (data: string) => (heard += data))
    for (let i = 1; i <= 3; i++) {
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${8 * MB}\r\n\r\n${'x'.repeat(8 * MB)}`)
      await waitFor(() => (heard.split(String(8 * MB)).length > i ? true : undefined), 8000)
    }
    socket.write(GET)
    await waitFor(() => (heard.endsWith('next') ? true : undefined))
    socket.destroy()
  }, 30_000)

  test('a client that reads slowly makes the app wait, and its bytes are counted', async ({ expect }) => {
    const started = await start((exchange) => {
      exchange.start(200, toHeaders())
      exchange.write(new Uint8Array(32 * MB))
    })
    const { port, events } = started
    const socket = await connectTls(port)
    socket.pause()
    socket.write(GET)
    await waitFor(() => (started.held() > 0 ? true : undefined))
    expect(events).toEqual([])
    socket.resume()
    await waitFor(() => (events.includes('writable') && started.held() === 0 ? true : undefined))
    socket.destroy()
    await waitFor(() => (events.includes('gone') ? true : undefined))
  })

  test('a client that takes nothing is cut', async ({ expect }) => {
    const started = await start(
      (exchange) => {
        exchange.start(200, toHeaders())
        exchange.write(new Uint8Array(32 * MB))
      },
      { limits: { idleMs: 300 } },
    )
    const { port, refused } = started
    const socket = await connectTls(port)
    socket.on('error', () => {})
    socket.pause()
    socket.write(GET)
    await waitFor(() => refused[0], 5000)
    expect(refused[0]).toContain('CLIENT_IDLE')
    await waitFor(() => (started.held() === 0 ? true : undefined))
    socket.destroy()
  })

  test('a client that reads on, slowly, is not', async ({ expect }) => {
    const { port, refused } = await start(
      (exchange) => {
        exchange.start(200, toHeaders())
        exchange.write(new Uint8Array(12 * MB))
        exchange.finish()
      },
      { limits: { idleMs: 1500 } },
    )
    const socket = await connectTls(port)
    let bytes = 0
    socket.on('data', (part: Buffer) => {
      bytes += part.length
      socket.pause()
      setTimeout(() => socket.resume(), 2)
    })
    socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    await once(socket, 'close')
    expect(bytes).toBeGreaterThan(12 * MB)
    expect(refused).toEqual([])
  }, 20_000)

  test('a handshake that never ends is given up, and holds no server that closes', async ({ expect }) => {
    const { port } = await start(() => {}, { connectionLimits: { headersMs: 1000 } })
    const silent = connect(port, '127.0.0.1')
    silent.on('error', () => {})
    await once(silent, 'close')
    const { port: other, ingress } = await start(() => {})
    const waiting = connect(other, '127.0.0.1')
    waiting.on('error', () => {})
    const connected = once(ingress.server, 'connection')
    await connected
    await ingress.close(50)
    expect(ingress.server.listening).toBe(false)
  })
})
