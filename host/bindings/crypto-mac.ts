/** HMAC over few bytes, made at once: that takes less time than a turn for its outcome. Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import type { OpenKey } from './key-vault.ts'

/** What is longer is made off the shard's thread. */
const MOST_BYTES = 16 * 1024

const NOTHING = new Uint8Array(0)
const RIGHT = Uint8Array.of(1)
const WRONG = Uint8Array.of(0)

/** Nothing: it is none of these, or the key may not be used so. */
export function makeMac(
  operation: Wit.Operation,
  open: OpenKey | undefined,
  data: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  if (operation !== 'sign' && operation !== 'verify') return NOTHING
  if (open?.secret === undefined || data.length > MOST_BYTES || !open.key.usages.includes(operation))
    return NOTHING
  const { hash } = open.key.algorithm as webcrypto.HmacKeyAlgorithm
  const mac = createHmac(hash.name, open.secret).update(data).digest()
  if (operation === 'sign') return mac
  return mac.length === signature.length && timingSafeEqual(mac, signature) ? RIGHT : WRONG
}
