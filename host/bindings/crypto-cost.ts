/**
 * How long a call of `crypto.subtle` is expected to take, in milliseconds: a job that has begun cannot be stopped, and how
 * long the thread takes to hear of its end says little. Figures of one core of a shared AMD EPYC, rounded up. Pure.
 */
import type { CryptoCall } from './crypto-call.ts'
import type { CallKeys } from './crypto-run.ts'

/** Of whatever is not dear. */
const LEAST_MS = 0.25
const MS_PER_BYTE = 5e-6
/** One iteration for one block, and the bits of the block, by the hash. */
const PBKDF2: Readonly<Record<string, { readonly ms: number; readonly bits: number }>> = {
  'SHA-1': { ms: 3e-4, bits: 160 },
  'SHA-256': { ms: 2e-4, bits: 256 },
  'SHA-384': { ms: 4e-4, bits: 384 },
  'SHA-512': { ms: 4e-4, bits: 512 },
}
/** Of every other hash. */
const OTHER_PBKDF2 = { ms: 1e-3, bits: 256 }
/** An RSA key of 2048 bits: made, and used where its private half is. Both grow with the size as the exponents say. */
const RSA_BITS = 2048
const RSA_MAKE_MS = 80
const RSA_MAKE_EXPONENT = 4
const RSA_USE_MS = 1.5
const RSA_USE_EXPONENT = 3
/** Of what is derived when nobody says how much. */
const USUAL_BITS = 512

/** `keys`: when they are known. */
export function toExpectedMs({ operation, said, size }: CryptoCall, keys?: CallKeys): number {
  const { algorithm, product, call } = said
  let ms = LEAST_MS + size * MS_PER_BYTE
  if (operation === 'generate-key')
    ms += grow(RSA_MAKE_MS, Number(algorithm['modulusLength'] ?? 0), RSA_MAKE_EXPONENT)
  const iterations = Number(algorithm['iterations'] ?? 0)
  if (iterations > 0) {
    const bits = Number(call['length'] ?? product['length'] ?? USUAL_BITS)
    const hash = PBKDF2[String(algorithm['hash'])] ?? OTHER_PBKDF2
    ms += iterations * Math.ceil(bits / hash.bits) * hash.ms
  }
  return ms + grow(RSA_USE_MS, toRsaBits(keys), RSA_USE_EXPONENT)
}

function toRsaBits(keys: CallKeys | undefined): number {
  const of = keys?.used?.key.algorithm as { readonly modulusLength?: number } | undefined
  return of?.modulusLength ?? 0
}

const grow = (ms: number, bits: number, exponent: number): number => ms * (bits / RSA_BITS) ** exponent
