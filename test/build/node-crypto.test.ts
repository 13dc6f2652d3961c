// Keys, signatures and what is derived in `node:crypto`: an app gets what Node gives, and the one understands the other.

import * as crypto from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import { serve, type Served } from '../harness/serve.ts'
import { type CaseKeys, type Outcome, PSS, runCases } from './signature-cases.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const HOST = 'crypto.test'

const APP = `
import * as crypto from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { runCases } from './cases.ts'

const EARLY = crypto.createPrivateKey({ key: KEY, format: 'pem' })
const ETAG = crypto.createHash('sha256').update('top level').digest('hex')
const thrown = (run) => { try { return run() } catch (error) { return [error.name, error.code, error.message] } }
const called = (run) => new Promise((resolve) => run((error, ...values) => resolve(error ? String(error) : values.map(String))))

const pages = {
  '/cases': async (request) => runCases(await request.json()),
  '/early': () => ({ etag: ETAG, kind: EARLY.asymmetricKeyType, signature: crypto.sign(null, Buffer.from('early'), EARLY).toString('hex') }),
  '/later': async () => ({
    rsa: await called((done) => crypto.generateKeyPair('rsa', { modulusLength: 1024, publicKeyEncoding: { type: 'spki', format: 'pem' } }, done)).then(([pem]) => crypto.createPublicKey(pem).asymmetricKeyDetails.modulusLength),
    pbkdf2: await called((done) => crypto.pbkdf2('pass', 'salt', 1000, 16, 'sha256', (error, key) => done(error, key?.toString('hex')))),
    key: await called((done) => crypto.generateKey('aes', { length: 128 }, (error, key) => done(error, key?.symmetricKeySize))),
  }),
  '/certificate': async (request) => {
    const certificate = new crypto.X509Certificate(await request.text())
    const { subject, subjectAltName, fingerprint256, validTo, ca } = certificate
    return { subject, subjectAltName, fingerprint256, validTo, ca, kind: certificate.publicKey.asymmetricKeyType,
      checked: [certificate.checkHost('a.test') ?? null, certificate.checkHost('b.test') ?? null], own: certificate.verify(certificate.publicKey) }
  },
  '/refused': async (request) => {
    const { odd, huge } = await request.json()
    return [
      thrown(() => crypto.createPrivateKey({ key: Buffer.from(odd, 'base64'), format: 'der', type: 'pkcs8', passphrase: 'secret' })),
      thrown(() => crypto.createPublicKey(huge)),
      thrown(() => crypto.pbkdf2Sync('pass', 'salt', 1e9, 64, 'sha512')),
      thrown(() => crypto.scryptSync('pass', 'salt', 64, { N: 2 ** 20 })),
      thrown(() => crypto.generateKeyPairSync('rsa', { modulusLength: 4096 })),
      thrown(() => crypto.generateKeyPairSync('dsa', {})),
    ].map(([name, , message]) => name + ': ' + message.split(/[,(;:]/)[0])
  },
  '/encrypted': async (request) => {
    const { pem, der, older } = await request.json()
    const open = (key, passphrase, more) => thrown(() => crypto.createPrivateKey({ key, passphrase, ...more }).asymmetricKeyType)
    const { privateKey } = await promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'own' } })
    const signature = crypto.sign('sha256', Buffer.from('data'), { key: privateKey, passphrase: 'own' })
    return [
      open(pem, 'secret'), open(Buffer.from(der, 'base64'), Buffer.from('secret'), { format: 'der', type: 'pkcs8' }), open(older, 'secret'),
      open(pem, 'wrong')[1], open(pem)[1], crypto.verify('sha256', Buffer.from('data'), { key: privateKey, passphrase: 'own' }, signature),
    ]
  },
  '/streams': async () => {
    const data = ['a', 'b'.repeat(100_000)]
    const hash = crypto.createHash('sha256')
    await pipeline(Readable.from(data), hash)
    const hmac = crypto.createHmac('sha1', 'key').setEncoding('hex')
    for (const part of data) hmac.write(part)
    hmac.end()
    let text = ''
    for await (const part of hmac) text += part
    const ended = crypto.createHash('md5')
    ended.end('x')
    return [hash.read().toString('hex'), text, ended.digest('hex'), hash instanceof Transform, Object.keys(crypto.createHash('md5')).length]
  },
  '/digests': () => {
    // each of them is long, so that the host has them in parts
    const hashes = Array.from({ length: 300 }, () => crypto.createHash('md5').update(Buffer.alloc(70_000)))
    return [hashes.at(-1).digest('hex'), thrown(() => hashes[0].digest())[2]]
  },
}

export default {
  async fetch(request) {
    return Response.json(await pages[new URL(request.url).pathname](request))
  },
}
`

describe('node:crypto', () => {
  const keys = makeKeys()
  let sources: SourceDir
  let server: Served

  beforeAll(async () => {
    sources = createSourceDir({
      'package.json': '{ "name": "app" }',
      'app.ts': APP.replace('KEY', JSON.stringify(keys.ed)),
      'cases.ts': readFileSync(new URL('./signature-cases.ts', import.meta.url), 'utf8'),
    })
    const path = join(sources.path, 'app.wasm')
    await buildApp({ entry: sources.at('app.ts'), outFile: path })
    server = await serve([{ name: 'crypto', hostname: HOST, path, memory_mb: 256 }])
  })

  afterAll(async () => {
    await server.close()
    sources[Symbol.dispose]()
  })

  async function ask<T>(page: string, body?: string): Promise<T> {
    const answer = await server.send(HOST, page, body === undefined ? {} : { method: 'POST', body })
    expect(answer.status, answer.text + server.log.join('\n')).toBe(200)
    return answer.json<T>()
  }

  test('gives what Node gives', async () => {
    const { same } = await ask<Outcome>('/cases', JSON.stringify(keys))
    expect(same).toEqual(JSON.parse(JSON.stringify(runCases(keys).same)))
  })

  test('makes signatures and ciphertexts that Node takes', async () => {
    const { made } = await ask<Outcome>('/cases', JSON.stringify(keys))
    const data = Buffer.from('what is signed, with ümläuts')
    const [ec, ieee, pss, oaep] = [made['ec'], made['ieee'], made['pss'], made['oaep']].map((text) =>
      Buffer.from(text!, 'base64'),
    )
    expect([
      crypto.verify('sha256', data, crypto.createPublicKey(keys.ec), ec!),
      crypto.verify(
        'sha256',
        data,
        { key: crypto.createPublicKey(keys.ec), dsaEncoding: 'ieee-p1363' },
        ieee!,
      ),
      crypto.verify('sha256', data, { key: keys.rsaPublic, ...PSS }, pss!),
      crypto
        .privateDecrypt({ key: keys.rsa, oaepHash: 'sha256', oaepLabel: Buffer.from('l') }, oaep!)
        .equals(data),
    ]).toEqual([true, true, true, true])
  })

  test('takes keys and hashes of the top level, where there is no host', async () => {
    const signature = crypto.sign(null, Buffer.from('early'), keys.ed).toString('hex')
    const etag = crypto.createHash('sha256').update('top level').digest('hex')
    expect(await ask('/early')).toEqual({ etag, kind: 'ed25519', signature })
  })

  test('makes what takes long later, for a callback', async () => {
    const pbkdf2 = crypto.pbkdf2Sync('pass', 'salt', 1000, 16, 'sha256').toString('hex')
    expect(await ask('/later')).toEqual({ rsa: 1024, pbkdf2: [pbkdf2], key: ['16'] })
  })

  test.skipIf(NO_OPENSSL)(`reads certificates ${NO_OPENSSL ?? ''}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nano-certificate-'))
    const text = readFileSync(makeCertificate(folder, 'a.test', ['a.test']).cert, 'utf8')
    rmSync(folder, { recursive: true })
    const { subject, subjectAltName, fingerprint256, validTo, ca } = new crypto.X509Certificate(text)
    const seen = { subject, subjectAltName, fingerprint256, validTo, ca, kind: 'ec' }
    expect(await ask('/certificate', text)).toEqual({ ...seen, checked: ['a.test', null], own: true })
  })

  test('opens private keys with their passphrases', async () => {
    const key = crypto.createPrivateKey(keys.ec)
    const secret = { cipher: 'aes-256-cbc', passphrase: 'secret' }
    const pem = key.export({ type: 'pkcs8', format: 'pem', ...secret })
    const der = key.export({ type: 'pkcs8', format: 'der', ...secret }).toString('base64')
    const older = key.export({ type: 'sec1', format: 'pem', ...secret })
    expect(await ask('/encrypted', JSON.stringify({ pem, der, older }))).toEqual([
      'ec',
      'ec',
      'ec',
      // of 256 wrong keys one ends in a padding that is right, and in what is no key
      expect.stringMatching(/^ERR_OSSL_(BAD_DECRYPT|UNSUPPORTED)$/),
      'ERR_MISSING_PASSPHRASE',
      true,
    ])
  })

  test('has hashes that are streams, and cost nothing for that where they are none', async () => {
    const data = `a${'b'.repeat(100_000)}`
    expect(await ask('/streams')).toEqual([
      crypto.createHash('sha256').update(data).digest('hex'),
      crypto.createHmac('sha1', 'key').update(data).digest('hex'),
      crypto.createHash('md5').update('x').digest('hex'),
      true,
      expect.any(Number),
    ])
  })

  test('refuses what would hold up the shard, and says what to do', async () => {
    const odd = crypto
      .createPrivateKey(keys.ec)
      .export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'secret' })
    // it does not say in a way that is known how long its passphrase takes: no more PBKDF2
    odd.writeUInt8(0x0d, odd.indexOf(Buffer.from('2a864886f70d01050c', 'hex')) + 8)
    // one of 16,384 bits, which nobody has to find the factors of
    const n = Buffer.alloc(2048, 0xff).toString('base64url')
    const huge = crypto.createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
    const pem = huge.export({ type: 'spki', format: 'pem' })
    expect(await ask('/refused', JSON.stringify({ odd: odd.toString('base64'), huge: pem }))).toEqual([
      'RangeError: expected an encrypted key whose passphrase is hashed with PBKDF2 at most 100000 times',
      'TypeError: expected a key of RSA of at most 4096 bits',
      'RangeError: expected pbkdf2 to take at most 100 ms at once',
      'RangeError: expected scrypt to take at most 100 ms at once',
      'TypeError: expected a kind of key that is made at once ',
      'TypeError: expected a kind of key that is made at once ',
    ])
  })

  test('keeps so many digests in parts, and gives up the oldest beyond them', async () => {
    const digest = crypto.createHash('md5').update(Buffer.alloc(70_000)).digest('hex')
    expect(await ask('/digests')).toEqual([digest, 'the digest was given up, as too many others were begun'])
  })
})

function makeKeys(): CaseKeys {
  const spki = { type: 'spki', format: 'pem' } as const
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const
  const encodings = { publicKeyEncoding: spki, privateKeyEncoding: pkcs8 }
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, ...encodings })
  return {
    rsa: rsa.privateKey,
    rsaPublic: rsa.publicKey,
    ec: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256', ...encodings }).privateKey,
    ed: crypto.generateKeyPairSync('ed25519', encodings).privateKey,
    secret: 'a secret text',
  }
}
