/** What keys and signatures of `node:crypto` give; the same in an app and in Node. Imports nothing but that. */
import * as crypto from 'node:crypto'

/** Made by the test, as PEM. */
export interface CaseKeys {
  readonly rsa: string
  readonly rsaPublic: string
  readonly ec: string
  readonly ed: string
  readonly secret: string
}

/** Two runs of the cases agree in this. */
export interface Outcome {
  readonly same: Readonly<Record<string, unknown>>
  /** By the name of its case: a signature or a ciphertext that is another one each time. */
  readonly made: Readonly<Record<string, string>>
}

const DATA = Buffer.from('what is signed, with ümläuts')
const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST, RSA_PKCS1_OAEP_PADDING } = crypto.constants

export const PSS = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST } as const

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException
    return [name, code]
  }
}

export function runCases(keys: CaseKeys): Outcome {
  const privateKey = crypto.createPrivateKey(keys.rsa)
  const publicKey = crypto.createPublicKey(privateKey)
  const ecPublic = crypto.createPublicKey(keys.ec)
  const edPublic = crypto.createPublicKey({ key: keys.ed, format: 'pem' })
  const pkcs1 = crypto
    .createSign('RSA-SHA256')
    .update('what is signed, ')
    .update(DATA)
    .sign(keys.rsa, 'base64')
  const ed = crypto.sign(null, DATA, keys.ed)
  const ecSignature = crypto.createSign('SHA256').update(DATA).sign(keys.ec)
  const ieee = crypto.sign('sha256', DATA, { key: keys.ec, dsaEncoding: 'ieee-p1363' })
  const pss = crypto.sign('sha256', DATA, { key: privateKey, ...PSS })
  const oaep = crypto.publicEncrypt(
    { key: keys.rsaPublic, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from('l') },
    DATA,
  )
  const pair = crypto.generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const [alice, bob] = [crypto.createECDH('prime256v1'), crypto.createECDH('prime256v1')]
  alice.generateKeys()
  bob.generateKeys('hex', 'compressed')
  const [one, two] = [crypto.generateKeyPairSync('x25519'), crypto.generateKeyPairSync('x25519')]
  const long = crypto.createHash('sha256')
  for (let i = 0; i < 30; i++) long.update(Buffer.alloc(10_000, i))
  const copied = long.copy()
  return {
    same: {
      pkcs1,
      verified: [
        crypto
          .createVerify('RSA-SHA256')
          .update('what is signed, ')
          .update(DATA)
          .verify(keys.rsaPublic, pkcs1, 'base64'),
        crypto.verify('sha256', DATA, publicKey, Buffer.from(pkcs1, 'base64')),
        crypto.verify(null, DATA, edPublic, ed),
        crypto.verify('sha256', DATA, ecPublic, ecSignature),
        crypto.verify('sha256', DATA, { key: ecPublic, dsaEncoding: 'ieee-p1363' }, ieee),
        crypto.verify('sha256', DATA, { key: publicKey, ...PSS }, pss),
        crypto.verify('sha256', DATA, ecPublic, ieee),
      ],
      ed: ed.toString('hex'),
      types: [privateKey, publicKey, ecPublic, edPublic].map((key) => [
        key.type,
        key.asymmetricKeyType,
        key.asymmetricKeyDetails?.modulusLength,
        key.asymmetricKeyDetails?.namedCurve,
        String(key.asymmetricKeyDetails?.publicExponent),
        key instanceof crypto.KeyObject,
      ]),
      exported: [
        publicKey.export({ type: 'pkcs1', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
        ecPublic.export({ format: 'jwk' }),
        privateKey.export({ format: 'jwk' }),
        crypto.createPrivateKey(keys.ec).export({ type: 'sec1', format: 'pem' }),
      ],
      imported: crypto
        .createPublicKey({ key: ecPublic.export({ format: 'jwk' }), format: 'jwk' })
        .equals(ecPublic),
      encrypted: crypto
        .privateDecrypt(
          { key: keys.rsa, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from('l') },
          oaep,
        )
        .toString(),
      raw: crypto.publicDecrypt(publicKey, crypto.privateEncrypt(privateKey, DATA)).toString(),
      pair: crypto.verify('sha256', DATA, pair.publicKey, crypto.sign('sha256', DATA, pair.privateKey)),
      agreed: [
        alice.computeSecret(bob.getPublicKey()).equals(bob.computeSecret(alice.getPublicKey())),
        crypto
          .diffieHellman({ privateKey: one.privateKey, publicKey: two.publicKey })
          .equals(crypto.diffieHellman({ privateKey: two.privateKey, publicKey: one.publicKey })),
        alice.computeSecret(bob.getPublicKey(null, 'compressed')).length,
      ],
      secret: crypto.createSecretKey(keys.secret, 'utf8').export({ format: 'jwk' }),
      hashes: [
        long.digest('hex'),
        copied.update('more').digest('hex'),
        crypto.createHash('sha512').digest('base64'),
        crypto.createHmac('sha384', keys.secret).update(Buffer.alloc(100_000)).digest('hex'),
      ],
      derived: [
        crypto.pbkdf2Sync('pass', 'salt', 20_000, 64, 'sha512').toString('hex'),
        crypto.scryptSync('pass', 'salt', 64).toString('hex'),
        Buffer.from(crypto.hkdfSync('sha512', 'key', 'salt', 'info', 100)).toString('hex'),
      ],
      refused: [
        thrown(() => crypto.createPrivateKey('no key').asymmetricKeyType),
        thrown(() => crypto.createPublicKey(publicKey)),
        thrown(() => crypto.sign('sha256', DATA, publicKey)),
        thrown(() => crypto.createSign('no-hash').update('a').sign(keys.rsa)),
        thrown(() => crypto.createECDH('no-curve').generateKeys()),
      ],
    },
    made: {
      ec: ecSignature.toString('base64'),
      ieee: ieee.toString('base64'),
      pss: pss.toString('base64'),
      oaep: oaep.toString('base64'),
    },
  }
}
