/** How long a passphrase is expected to take, of keys as OpenSSL makes them, and of what is none. */
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'vitest'

import { toPassphraseMs } from './key-encryption.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'secret' }
const der = privateKey.export({ type: 'pkcs8', format: 'der', ...encrypted })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted })

test('an encrypted key says how often its passphrase is hashed', ({ expect }) => {
  expect(toPassphraseMs(der, 'der')).toBeCloseTo(2.048)
  expect(toPassphraseMs(Buffer.from(pem), 'pem')).toBeCloseTo(2.048)
  const dear = Buffer.from(der)
  // 02 02 08 00 is the number
  dear.writeUInt16BE(0x7f_ff, der.indexOf(Buffer.from([2, 2, 8, 0])) + 2)
  expect(toPassphraseMs(dear, 'der')).toBeCloseTo(32.767)
})

test('what is no key of that form takes no time, and what is not understood is not said', ({ expect }) => {
  const older = privateKey.export({ type: 'sec1', format: 'pem', ...encrypted })
  expect(toPassphraseMs(Buffer.from(older), 'pem')).toBe(0)
  expect(toPassphraseMs(Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), 'pem')).toBe(0)
  expect(toPassphraseMs(privateKey.export({ type: 'pkcs8', format: 'der' }), 'der')).toBeUndefined()
  for (let length = 0; length < 100; length++) toPassphraseMs(der.subarray(0, length), 'der')
  expect(toPassphraseMs(der.subarray(0, 20), 'der')).toBeUndefined()
  expect(toPassphraseMs(Buffer.alloc(0), 'der')).toBeUndefined()
})
