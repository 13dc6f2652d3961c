import forge from 'node-forge'
import nacl from 'tweetnacl'
import CryptoJS from 'crypto-js'
import * as OTPAuth from 'otpauth'
export default {
  async fetch() {
    const md = forge.md.sha256.create()
    md.update('hello')
    const cipher = forge.cipher.createCipher('AES-GCM', 'k'.repeat(16))
    cipher.start({ iv: 'i'.repeat(12) })
    cipher.update(forge.util.createBuffer('secret'))
    cipher.finish()
    const kp = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(7))
    const sig = nacl.sign.detached(new TextEncoder().encode('m'), kp.secretKey)
    const totp = new OTPAuth.TOTP({ issuer: 'A', label: 'B', secret: 'NB2W45DFOIZA', digits: 6 })
    return Response.json([
      md.digest().toHex(),
      cipher.output.toHex(),
      cipher.mode.tag.toHex(),
      forge.util.encode64('äö'),
      forge.pki.rsa !== undefined,
      nacl.sign.detached.verify(new TextEncoder().encode('m'), sig, kp.publicKey),
      Buffer.from(sig).toString('hex').slice(0, 32),
      nacl.randomBytes(8).length,
      CryptoJS.SHA3('x').toString(),
      CryptoJS.AES.decrypt(CryptoJS.AES.encrypt('msg', 'pw').toString(), 'pw').toString(CryptoJS.enc.Utf8),
      CryptoJS.PBKDF2('p', 's', { keySize: 4, iterations: 10 }).toString(),
      totp.generate({ timestamp: 1e12 }),
      totp.toString(),
      totp.validate({ token: totp.generate({ timestamp: 1e12 }), timestamp: 1e12 }),
      forge.pem.encode({ type: 'X', body: 'abc' }),
      forge.random.getBytesSync(4).length,
    ])
  },
}
