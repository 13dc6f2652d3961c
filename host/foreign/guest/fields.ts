/** `fields` of wasi:http/types. */

import type { HeaderPair } from '../frame.ts'

const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
/** The host's to decide. */
const FORBIDDEN = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const MOST_BYTES = 128 * 1024

type Entry = [name: string, value: Uint8Array]

export class Fields {
  #entries: Entry[] = []
  #isLocked = false
  #bytes = 0

  static fromList(entries: readonly Entry[]): Fields {
    const fields = new Fields()
    for (const [name, value] of entries) fields.append(name, value)
    return fields
  }

  /** Of a message that came. */
  static ofPairs(pairs: readonly HeaderPair[]): Fields {
    const fields = new Fields()
    fields.#entries = pairs.map(([name, value]) => [name, Buffer.from(value, 'latin1')])
    return fields.lock()
  }

  static pairsOf(fields: Fields): HeaderPair[] {
    return fields.#entries.map(([name, value]) => [name, Buffer.from(value).toString('latin1')])
  }

  get(name: string): Uint8Array[] {
    const lower = name.toLowerCase()
    return this.#entries.filter(([each]) => each.toLowerCase() === lower).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.get(name).length > 0
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.delete(name)
    for (const value of values) this.append(name, value)
  }

  delete(name: string): void {
    this.#check(name)
    const lower = name.toLowerCase()
    this.#entries = this.#entries.filter(([each, value]) => {
      const stays = each.toLowerCase() !== lower
      if (!stays) this.#bytes -= each.length + value.length
      return stays
    })
  }

  append(name: string, value: Uint8Array): void {
    this.#check(name)
    // oxlint-disable-next-line typescript/only-throw-error -- a case of the interface's own error
    if (value.some((byte) => byte === 0 || byte === 10 || byte === 13)) throw { tag: 'invalid-syntax' }
    this.#bytes += name.length + value.length
    // oxlint-disable-next-line typescript/only-throw-error -- as above
    if (this.#bytes > MOST_BYTES) throw { tag: 'forbidden' }
    this.#entries.push([name, value.slice()])
  }

  entries(): Entry[] {
    return this.#entries.map(([name, value]) => [name, value])
  }

  clone(): Fields {
    const fields = new Fields()
    fields.#entries = this.entries()
    fields.#bytes = this.#bytes
    return fields
  }

  lock(): this {
    this.#isLocked = true
    return this
  }

  #check(name: string): void {
    // oxlint-disable typescript/only-throw-error -- cases of the interface's own error
    if (this.#isLocked) throw { tag: 'immutable' }
    if (!NAME.test(name)) throw { tag: 'invalid-syntax' }
    if (FORBIDDEN.has(name.toLowerCase())) throw { tag: 'forbidden' }
    // oxlint-enable typescript/only-throw-error
  }
}
