/**
 * KV namespaces in a stream of the fleet's NATS servers, for all of its hosts.
 *
 *     nano.{fleet}.kv.{namespace}.{key}   the last message is the entry: its body the value, its headers metadata and expiration
 *     nano.{fleet}.kv.{namespace}._       all messages of the namespace before this one are gone
 *
 * With a key of the fleet values and metadata are sealed, each for its namespace and key; names are not.
 *
 * Values are read from the leader of the stream, so that whoever reads sees what was acknowledged before, on whichever host. What only
 * an order or a sum can answer, listings and how much a namespace takes up, is answered by an index in memory (fleet-index.ts), which
 * hears of other hosts' writes some milliseconds later.
 *
 * A stream of NATS keeps the last message of every subject, and has no time for each: what has expired is deleted by whoever has an
 * index of it, unless it was written again; a deletion is a message, too, which goes when everybody has heard of it.
 */

import type { JetStreamManager } from '@nats-io/jetstream'
import { headers as createHeaders } from '@nats-io/transport-node'

import type { FleetSettings } from '../../config/fleet-settings.ts'
import type { FleetConnection } from '../../fleet/connection.ts'
import { openConnection } from '../../fleet/open-connection.ts'
import { type Seal, SEAL_BYTES, toSeal } from '../../fleet/seal.ts'
import { SharedStream, toToken } from '../../fleet/streams.ts'
import { StorageError } from '../failure.ts'
import { toFleetError } from '../fleet-error.ts'
import { toEnd } from '../key-range.ts'
import { DELETED, EXPIRES, FORGOTTEN, KvIndex, METADATA, readHeaders } from './fleet-index.ts'
import type { Known } from './fleet-index.ts'
import { toCost, toTooMuch } from './kv-store.ts'
import type { KvEntry, KvListed, KvListing, KvListOptions, KvPut, KvStore } from './kv-store.ts'

const CONNECT_MS = 2000
const SWEEP_MS = 15_000
/** Everybody has heard of a deletion by then. */
const GONE_MS = 60_000
const MOST_SWEPT = 500
/** An index that nobody asks goes. */
const IDLE_MS = 10 * 60_000
/** Of a message, beside its value: subject and headers. */
const ENVELOPE_BYTES = 8 * 1024 + SEAL_BYTES
const MS_PER_S = 1000
const NOTHING = new Uint8Array(0)

export async function openFleetKv(settings: FleetSettings, log: (text: string) => void): Promise<KvStore> {
  const seal = toSeal(settings, 'kv')
  const connection = await openConnection(settings, (text) => log(`storage of kv: ${text}`))
  // servers that are not there yet are tried again for as long as it takes; calls fail meanwhile
  await connection.firstWithin(CONNECT_MS)
  return new FleetKv(connection, seal)
}

class FleetKv implements KvStore {
  readonly #connection: FleetConnection
  readonly #seal: Seal | undefined
  readonly #stream: string
  readonly #prefix: string
  readonly #shared: SharedStream
  readonly #indexes = new Map<string, Promise<KvIndex>>()
  /** Bytes of puts under way, by namespace. */
  readonly #pending = new Map<string, number>()
  readonly #sweeper: NodeJS.Timeout

  constructor(connection: FleetConnection, seal: Seal | undefined) {
    const { name } = connection.settings
    this.#connection = connection
    this.#seal = seal
    this.#stream = `NANO_${name}_kv`
    this.#prefix = `nano.${name}.kv.`
    this.#shared = new SharedStream(connection, {
      name: this.#stream,
      subjects: [`${this.#prefix}>`],
      max_msgs_per_subject: 1,
      discard: 'new',
    })
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS).unref()
  }

  get(namespace: string, keys: readonly Uint8Array[]): Promise<readonly (KvEntry | undefined)[]> {
    return this.#guard(async ({ streams }) => {
      const now = toSeconds()
      return await Promise.all(
        keys.map(async (key) => {
          const found = await streams.getMessage(this.#stream, {
            last_by_subj: this.#toSubject(namespace, key),
          })
          if (found === null) return undefined
          const { metadata, expiration = Infinity, isDeleted } = readHeaders(found.header)
          if (isDeleted || expiration <= now) return undefined
          const value = this.#open(namespace, key, found.data)
          return { value, metadata: this.#openMetadata(namespace, key, metadata) }
        }),
      )
    })
  }

  put(namespace: string, key: Uint8Array, put: KvPut): Promise<void> {
    const { value, expiration } = put
    return this.#guard(async () => {
      const most = (this.#connection.client.info?.max_payload ?? 0) - ENVELOPE_BYTES
      if (value.length > most) throw tooLarge(value.length, most)
      const sealed = this.#close(namespace, key, value)
      const metadata = this.#closeMetadata(namespace, key, put.metadata)
      const index = await this.#index(namespace)
      const name = toText(key)
      const cost = toCost(key, put)
      const more = Math.max(0, cost - (index.get(name)?.bytes ?? 0))
      this.#reserve(namespace, index, more, put.mostBytes)
      try {
        const headers = createHeaders()
        if (expiration !== undefined) headers.set(EXPIRES, String(expiration))
        if (metadata !== undefined) headers.set(METADATA, Buffer.from(metadata).toString('base64url'))
        const subject = this.#toSubject(namespace, key)
        const { seq } = await this.#connection.jetstream.publish(subject, sealed, { headers })
        index.take(name, { seq, bytes: cost, expiration, metadata, at: performance.now() })
      } finally {
        this.#pending.set(namespace, this.#pending.get(namespace)! - more)
      }
    })
  }

  delete(namespace: string, key: Uint8Array): Promise<void> {
    return this.#guard(async () => this.#delete(namespace, await this.#index(namespace), toText(key)))
  }

  list(namespace: string, { prefix, limit, after }: KvListOptions): Promise<KvListing> {
    return this.#guard(async () => {
      const index = await this.#index(namespace)
      const [from, end, behind] = [toText(prefix), toText(toEnd(prefix)), after && toText(after)]
      const now = toSeconds()
      const { keys } = index
      const found: KvListed[] = []
      for (let at = toFirst(keys, from); at < keys.length && keys[at]! < end; at++) {
        const known = index.get(keys[at]!)!
        if ((behind !== undefined && keys[at]! <= behind) || !isThere(known, now)) continue
        if (found.length === limit) return { keys: found, next: found.at(-1)!.name }
        const name = Buffer.from(keys[at]!, 'latin1')
        const metadata = this.#openMetadata(namespace, name, known.metadata)
        found.push({ name, expiration: known.expiration, metadata })
      }
      return { keys: found, next: undefined }
    })
  }

  forget(namespace: string): Promise<void> {
    return this.#guard(async ({ streams }) => {
      const prefix = this.#toPrefix(namespace)
      const { seq } = await this.#connection.jetstream.publish(`${prefix}${FORGOTTEN}`)
      await streams.purge(this.#stream, { filter: `${prefix}>`, seq })
      ;(await this.#indexes.get(namespace))?.forget(seq)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper)
    for (const index of this.#indexes.values())
      void index.then(
        (each) => each[Symbol.dispose](),
        () => undefined,
      )
    await this.#connection[Symbol.asyncDispose]()
  }

  async #guard<T>(act: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await this.#shared.use(act)
    } catch (error) {
      throw toFleetError(error)
    }
  }

  #close(namespace: string, key: Uint8Array, value: Uint8Array): Uint8Array {
    return this.#seal === undefined ? value : this.#seal.sealBytes(value, toOwner(namespace, key))
  }

  /** Throws STORAGE_BROKEN for what was not sealed, or for another entry. */
  #open(namespace: string, key: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (this.#seal === undefined) return sealed
    try {
      return this.#seal.openBytes(sealed, toOwner(namespace, key))
    } catch {
      throw new StorageError(
        'STORAGE_BROKEN',
        "KV GET failed: the value was not sealed with this fleet's key",
      )
    }
  }

  #closeMetadata(namespace: string, key: Uint8Array, text: string | undefined): string | undefined {
    if (this.#seal === undefined || text === undefined) return text
    return this.#seal.seal(text, `metadata ${toOwner(namespace, key)}`)
  }

  #openMetadata(namespace: string, key: Uint8Array, sealed: string | undefined): string | undefined {
    if (this.#seal === undefined || sealed === undefined) return sealed
    try {
      return this.#seal.open(sealed, `metadata ${toOwner(namespace, key)}`)
    } catch {
      throw new StorageError(
        'STORAGE_BROKEN',
        "KV LIST failed: metadata was not sealed with this fleet's key",
      )
    }
  }

  #index(namespace: string): Promise<KvIndex> {
    const known = this.#indexes.get(namespace)
    const index = (known ?? KvIndex.open(this.#connection, this.#stream, this.#toPrefix(namespace))).then(
      (each) => {
        each.usedAt = performance.now()
        if (!each.isOver) return each
        this.#indexes.delete(namespace)
        return this.#index(namespace)
      },
      (error: unknown) => {
        this.#indexes.delete(namespace)
        throw error
      },
    )
    if (known === undefined) this.#indexes.set(namespace, index)
    return index
  }

  /** Room for a put under way. */
  #reserve(namespace: string, index: KvIndex, more: number, most: number): void {
    const pending = this.#pending.get(namespace) ?? 0
    if (more > 0 && index.bytes + pending + more > most && toLiving(index) + pending + more > most)
      throw toTooMuch(most)
    this.#pending.set(namespace, pending + more)
  }

  /** `seq`: only what this message says. */
  async #delete(namespace: string, index: KvIndex, key: string, seq?: number): Promise<void> {
    const headers = createHeaders()
    headers.set(DELETED, '1')
    const subject = this.#toSubject(namespace, Buffer.from(key, 'latin1'))
    const expect = seq === undefined ? {} : { expect: { lastSubjectSequence: seq } }
    const done = await this.#connection.jetstream.publish(subject, NOTHING, { headers, ...expect })
    const at = performance.now()
    index.take(key, { seq: done.seq, bytes: undefined, expiration: undefined, metadata: undefined, at })
  }

  /** What has expired goes, and what was deleted; who does it is all one. */
  async #sweep(): Promise<void> {
    const [now, at] = [toSeconds(), performance.now()]
    for (const [namespace, opening] of this.#indexes) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const index = await opening.catch(() => undefined)
      if (index === undefined) continue
      if (at - index.usedAt > IDLE_MS) {
        this.#indexes.delete(namespace)
        index[Symbol.dispose]()
        continue
      }
      // what fails is tried again
      // oxlint-disable-next-line no-await-in-loop -- the same
      await this.#guard((manager) => this.#sweepOne(manager, namespace, index, { now, at })).catch(
        () => undefined,
      )
    }
  }

  async #sweepOne(
    { streams }: JetStreamManager,
    namespace: string,
    index: KvIndex,
    { now, at }: { now: number; at: number },
  ): Promise<void> {
    let swept = 0
    for (const key of index.keys) {
      const known = index.get(key)!
      const isGone = known.bytes === undefined && at - known.at > GONE_MS
      const isExpired = known.bytes !== undefined && !isThere(known, now)
      if (!isGone && !isExpired) continue
      if (isGone) {
        const filter = this.#toSubject(namespace, Buffer.from(key, 'latin1'))
        // oxlint-disable-next-line no-await-in-loop -- in the background
        await streams.purge(this.#stream, { filter, seq: known.seq + 1 })
        index.drop(key, known.seq)
      } else {
        // whoever has written it again keeps it
        // oxlint-disable-next-line no-await-in-loop -- the same
        await this.#delete(namespace, index, key, known.seq).catch(() => undefined)
      }
      if (++swept === MOST_SWEPT) return
    }
  }

  #toPrefix(namespace: string): string {
    return `${this.#prefix}${toToken(namespace)}.`
  }

  #toSubject(namespace: string, key: Uint8Array): string {
    return `${this.#toPrefix(namespace)}${toToken(key)}`
  }
}

function isThere({ bytes, expiration = Infinity }: Known, now: number): boolean {
  return bytes !== undefined && expiration > now
}

/** What entries take up that have not expired. */
function toLiving(index: KvIndex): number {
  const now = toSeconds()
  return index.keys.reduce((sum, key) => {
    const known = index.get(key)!
    return isThere(known, now) ? sum + known.bytes! : sum
  }, 0)
}

/** A key whose order as a text is that of its bytes. */
function toText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}

/** The place of the first one that is not before this. */
function toFirst(keys: readonly string[], from: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < from) low = middle + 1
    else high = middle
  }
  return low
}

/** What a sealed value belongs to. */
function toOwner(namespace: string, key: Uint8Array): string {
  return `${toToken(namespace)}.${toToken(key)}`
}

function toSeconds(): number {
  return Math.floor(Date.now() / MS_PER_S)
}

function tooLarge(length: number, most: number): StorageError {
  const message = `KV PUT failed: 413 Value length of ${length} exceeds what the fleet's NATS servers take, ${most} bytes; the operator can raise max_payload there`
  return new StorageError('STORAGE_LIMIT', message)
}
