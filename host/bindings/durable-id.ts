/**
 * Ids of Durable Objects: 32 bytes, as hex.
 *
 *     | 16: an HMAC of the name, or random | 16: an HMAC of those before |
 *
 * Both with the key of a namespace, so that an id tells whose it is, without a list of those that were made, and nobody finds the
 * id of a name. A jurisdiction is part of what is signed: the same name has another id in it. Pure.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const HALF = 16
const ID = /^[0-9a-f]{64}$/

/** Where objects can be asked to be. It is part of their ids, and nothing else. */
const JURISDICTIONS: readonly string[] = ['', 'eu', 'fedramp', 'fedramp-high', 'us']

/** The ids of one namespace. */
export class DurableIds {
  readonly #key: Uint8Array

  /** `namespace`: what its data is called. */
  constructor(secret: Uint8Array, namespace: string) {
    this.#key = createHmac('sha256', secret).update(namespace).digest()
  }

  /** Always the same one for a name. */
  named(name: string, jurisdiction: string): string {
    return this.#seal(this.#sign('name', jurisdiction, name), jurisdiction)
  }

  unique(jurisdiction: string): string {
    return this.#seal(randomBytes(HALF), jurisdiction)
  }

  /** Whether it is one. Without a jurisdiction those of all count. */
  accepts(id: string, jurisdiction: string): boolean {
    if (!ID.test(id)) return false
    const bytes = Buffer.from(id, 'hex')
    const own = bytes.subarray(0, HALF)
    const among = jurisdiction === '' ? JURISDICTIONS : [jurisdiction]
    return among.some((each) => timingSafeEqual(this.#sign('id', each, own), bytes.subarray(HALF)))
  }

  /** Whether it is the id of this name, wherever it is to be. */
  isNamed(id: string, name: string): boolean {
    return JURISDICTIONS.some((each) => this.named(name, each) === id)
  }

  #seal(own: Uint8Array, jurisdiction: string): string {
    return Buffer.concat([own, this.#sign('id', jurisdiction, own)]).toString('hex')
  }

  #sign(what: string, jurisdiction: string, value: string | Uint8Array): Uint8Array {
    const hmac = createHmac('sha256', this.#key).update(`${what}\0${jurisdiction}\0`)
    return hmac.update(value).digest().subarray(0, HALF)
  }
}

export function isJurisdiction(given: string): boolean {
  return JURISDICTIONS.includes(given)
}
