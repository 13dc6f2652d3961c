/** The apps' port with TLS: real shards, certificates made here, and files that change while it serves. */

import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { askForNames, connectTls, makeCertificate, NO_OPENSSL, sendSecure } from '../harness/certificate.ts'
import { send } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import { talk } from '../harness/socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))

const APP = { name: 'mirror', hostname: 'mirror.test', path: fixture('mirror') }
const WATCH_MS = 20

describe.skipIf(NO_OPENSSL)(`TLS${NO_OPENSSL === undefined ? '' : `, not run: ${NO_OPENSSL}`}`, () => {
  test('an app sees https', async ({ expect }) => {
    const tls = makeCertificate(folder, 'plain', ['mirror.test'])
    await using server = await serve([APP], 1, { tls })
    const { status, text } = await sendSecure(server.port, 'mirror.test', '/a?b=c', tls)
    expect(status).toBe(200)
    const { url, headers } = JSON.parse(text) as { url: string; headers: [string, string][] }
    expect(url).toBe(`https://mirror.test/a?b=c`)
    expect(headers).toContainEqual(['x-forwarded-proto', 'https'])
  })

  test('each client gets the certificate that has its name, else the first', async ({ expect }) => {
    const [one, two] = [
      makeCertificate(folder, 'one', ['one.test']),
      makeCertificate(folder, 'two', ['*.two.test', 'Two.test']),
    ]
    await using server = await serve([APP], 1, { tls: [one, two] })
    const asked = [
      'one.test',
      'a.two.test',
      'A.TWO.TEST',
      'two.test',
      'a.b.two.test',
      'other.test',
      'test',
      undefined,
    ]
    const got = await Promise.all(asked.map((name) => askForNames(server.port, name)))
    const [first, second] = ['DNS:one.test', 'DNS:*.two.test, DNS:Two.test']
    expect(got).toEqual([first, second, second, second, first, first, first, first])
  })

  test('TLS 1.2 at least, with forward secrecy', async ({ expect }) => {
    const tls = makeCertificate(folder, 'versions', ['mirror.test'])
    await using server = await serve([APP], 1, { tls })
    const old = {
      minVersion: 'TLSv1' as const,
      maxVersion: 'TLSv1.1' as const,
      ciphers: 'DEFAULT@SECLEVEL=0',
    }
    await expect(connectTls(server.port, old)).rejects.toThrow(/protocol|alert/i)
    const cbc = { maxVersion: 'TLSv1.2' as const, ciphers: 'ECDHE-ECDSA-AES128-SHA256' }
    await expect(connectTls(server.port, cbc)).rejects.toThrow(/handshake|alert/i)
    const socket = await connectTls(server.port, { maxVersion: 'TLSv1.2' })
    expect([socket.getProtocol(), socket.getCipher().standardName]).toEqual([
      'TLSv1.2',
      expect.stringMatching(/^TLS_ECDHE_ECDSA_WITH_(AES_\d+_GCM|CHACHA20)/),
    ])
    socket.destroy()
  })

  test.for(['TLSv1.2', 'TLSv1.3'] as const)(
    'a client of %s comes back to any shard with its ticket',
    async (version, { expect }) => {
      const [one, two] = [
        makeCertificate(folder, 'ticket', ['one.test']),
        makeCertificate(folder, 'tickets', ['mirror.test']),
      ]
      await using server = await serve([APP], 3, { tls: [one, two] })
      const options = { servername: 'mirror.test', maxVersion: version }
      const first = await connectTls(server.port, options)
      const coming = once(first, 'session')
      first.write('GET / HTTP/1.1\r\nHost: mirror.test\r\nConnection: close\r\n\r\n')
      const session = version === 'TLSv1.2' ? first.getSession()! : ((await coming)[0] as Buffer)
      first.destroy()
      // the system chooses a shard for each
      for (let i = 0; i < 24; i++) {
        const again = await connectTls(server.port, { ...options, session })
        expect(again.isSessionReused()).toBe(true)
        again.destroy()
      }
    },
  )

  test('who talks HTTP is told so, and nobody else is disturbed', async ({ expect }) => {
    const tls = makeCertificate(folder, 'http', ['mirror.test'])
    await using server = await serve([APP], 1, { tls })
    const { received, isClosed } = await talk(server.port, ['GET / HTTP/1.1\r\nHost: mirror.test\r\n\r\n'])
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(received).toContain('"HTTPS_REQUIRED"')
    expect(isClosed).toBe(true)
    expect((await talk(server.port, ['\0\x01\x02 garbage'])).isClosed).toBe(true)
    expect((await sendSecure(server.port, 'mirror.test', '/', tls)).status).toBe(200)
  })

  test('files that change are taken without a restart; open connections stay', async ({ expect }) => {
    const tls = makeCertificate(folder, 'renewed', ['mirror.test'])
    await using server = await serve([APP], 2, { tls, watchMs: WATCH_MS })
    const open = await connectTls(server.port, { servername: 'mirror.test' })
    const next = makeCertificate(folder, 'next', ['mirror.test', 'new.test'])
    copyFileSync(next.key, tls.key)
    copyFileSync(next.cert, tls.cert)
    await server.logged('exchanged')
    for (let i = 0; i < 8; i++)
      expect(await askForNames(server.port, 'mirror.test')).toContain('DNS:new.test')
    // those without a name, too
    expect(await askForNames(server.port)).toContain('DNS:new.test')
    open.write('GET / HTTP/1.1\r\nHost: mirror.test\r\nConnection: close\r\n\r\n')
    expect(String((await once(open, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /)
    open.destroy()
  })

  test.for([
    [
      'a key of another',
      (cert: string, key: string) => copyFileSync(makeCertificate(folder, 'foreign', ['x.test']).key, key),
      'got the key of another certificate',
    ],
    [
      'a broken certificate',
      (cert: string) => writeFileSync(cert, '-----BEGIN CERTIFICATE-----\nAAAA\n'),
      'expected a certificate in PEM',
    ],
    [
      'a broken key',
      (_cert: string, key: string) => writeFileSync(key, 'no key'),
      'expected a private key in PEM',
    ],
    ['no file', (cert: string) => rmSync(cert), 'there is no such file'],
  ] as const)(
    '%s: the pair before serves on, and the log says why',
    async ([name, spoil, reason], { expect }) => {
      const { cert, key } = makeCertificate(folder, `spoilt ${name}`, ['mirror.test'])
      const tls = { cert, key }
      const before = [readFileSync(cert), readFileSync(key)]
      await using server = await serve([APP], 1, { tls, watchMs: WATCH_MS })
      spoil(cert, key)
      await server.logged('tls: ', reason, 'the one before is served on')
      expect(await askForNames(server.port, 'mirror.test')).toBe('DNS:mirror.test')
      // one that is good is taken again
      const next = makeCertificate(folder, `mended ${name}`, ['mirror.test', 'mended.test'])
      expect(before).not.toContainEqual(readFileSync(next.cert))
      copyFileSync(next.cert, cert)
      copyFileSync(next.key, key)
      await waitFor(async () => (await askForNames(server.port)).includes('mended.test'))
    },
  )

  test('a server does not start with a pair that is no good', async ({ expect }) => {
    const { cert } = makeCertificate(folder, 'half', ['mirror.test'])
    const { key } = makeCertificate(folder, 'other half', ['mirror.test'])
    await expect(serve([APP], 1, { tls: { cert, key } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `tls: ${key}: expected the key of ${cert}, got the key of another certificate`,
    })
  })

  test('when a certificate expires stands in the metrics, and in the log in time', async ({ expect }) => {
    const tls = makeCertificate(folder, 'late', ['mirror.test'], 2)
    await using server = await serve([APP], 1, { tls, admin: { port: 0 } })
    await server.logged('tls: ', tls.cert, 'expires at', 'renew it')
    const { text } = await send(Number(new URL(server.adminUrl!).port), {
      host: 'localhost',
      path: '/metrics',
    })
    const [, file, seconds] = /nano_tls_certificate_expiry_timestamp_seconds\{file="(.*)"\} (\d+)/.exec(text)!
    expect(file).toBe(tls.cert)
    const days = (Number(seconds) - Date.now() / 1000) / 86_400
    expect(days).toBeGreaterThan(1.9)
    expect(days).toBeLessThan(2.1)
  })
})
