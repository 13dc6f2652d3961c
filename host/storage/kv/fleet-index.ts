/**
 * What a host knows of one KV namespace of the fleet: its keys and what belongs to them, without the values. It reads what there
 * is, and then what changes, whoever changes it.
 *
 *     reading  --all that there was has come-->  ready  --the connection is lost: goes on behind what it has seen-->  ready
 *         any  --nothing comes, closed-->  over: the next call makes another
 *
 * A key is either there or was deleted; that it was is kept until everybody has heard of it (`gone`). An entry that is older than what is
 * known of its key changes nothing, so that a host's own writes can be told before they come back.
 */

import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'

import type { FleetConnection } from '../../fleet/connection.ts'
import { fromToken, toManager } from '../../fleet/streams.ts'
import { ENTRY_BYTES } from './kv-store.ts'

/** What is known of a key. */
export interface Known {
  /** Of the message that says it. */
  readonly seq: number
  /** What the entry takes up; undefined: it was deleted. */
  readonly bytes: number | undefined
  readonly expiration: number | undefined
  readonly metadata: string | undefined
  /** When that came here, by a clock that goes on evenly. */
  readonly at: number
}

/** Headers of a message. */
export const EXPIRES = 'Nano-Expires'
export const METADATA = 'Nano-Metadata'
export const DELETED = 'Nano-Deleted'
/** By the server, where there is no body. */
const SIZE = 'Nats-Msg-Size'

/** The last token of the message that says that all before it is gone. */
export const FORGOTTEN = '_'

const READ_MS = 10_000

export class KvIndex implements Disposable {
  /** Keys as latin1, whose order is that of their bytes. */
  readonly #known = new Map<string, Known>()
  #sorted: readonly string[] | undefined
  #bytes = 0
  #messages: ConsumerMessages | undefined
  #isOver = false
  /** When it was last asked. */
  usedAt = performance.now()

  /** Resolves when it has all that there was. `prefix`: of the subjects of the namespace. */
  static async open(connection: FleetConnection, stream: string, prefix: string): Promise<KvIndex> {
    const index = new KvIndex()
    const { streams } = await toManager(connection)
    const last = await streams.getMessage(stream, { last_by_subj: `${prefix}>` })
    const consumer = await connection.jetstream.consumers.get(stream, {
      filter_subjects: `${prefix}>`,
      headers_only: true,
    })
    const messages = await consumer.consume({ max_messages: 1000 })
    index.#messages = messages
    const ready = Promise.withResolvers<void>()
    if (last === null) ready.resolve()
    const timer = setTimeout(() => ready.reject(new Error('the index of a namespace was not read')), READ_MS)
    void index.#read(messages, prefix.length, (seq, pending) => {
      if (last !== null && (seq >= last.seq || pending === 0)) ready.resolve()
    })
    try {
      await ready.promise
    } catch (error) {
      index[Symbol.dispose]()
      throw error
    } finally {
      clearTimeout(timer)
    }
    return index
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** What all entries take up, those included that have expired and were not taken out. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Known | undefined {
    return this.#known.get(key)
  }

  /** All keys of which something is known, in their order. */
  get keys(): readonly string[] {
    return (this.#sorted ??= [...this.#known.keys()].sort())
  }

  /** This is so from now on, unless something later is known. */
  take(key: string, known: Known): void {
    const before = this.#known.get(key)
    if (before !== undefined && before.seq >= known.seq) return
    if (before === undefined) this.#sorted = undefined
    this.#bytes += (known.bytes ?? 0) - (before?.bytes ?? 0)
    this.#known.set(key, known)
  }

  /** Nothing is left of this key's message, nor needs to be known of it. */
  drop(key: string, seq: number): void {
    const before = this.#known.get(key)
    if (before === undefined || before.seq > seq) return
    this.#bytes -= before.bytes ?? 0
    this.#known.delete(key)
    this.#sorted = undefined
  }

  /** All that was written before this message is gone. */
  forget(seq: number): void {
    for (const [key, known] of this.#known) if (known.seq < seq) this.drop(key, known.seq)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    void this.#messages?.close()
  }

  async #read(
    messages: ConsumerMessages,
    prefix: number,
    seen: (seq: number, pending: number) => void,
  ): Promise<void> {
    try {
      for await (const message of messages) {
        const token = message.subject.slice(prefix)
        if (token === FORGOTTEN) this.forget(message.seq)
        else this.take(fromToken(token).toString('latin1'), toKnown(message, fromToken(token).length))
        seen(message.seq, message.info.pending)
      }
    } catch {
      // another index is read with the next call
    }
    this.#isOver = true
  }
}

function toKnown({ seq, headers }: JsMsg, keyBytes: number): Known {
  const { expiration, metadata, isDeleted } = readHeaders(headers)
  const size = Number(headers?.get(SIZE) ?? 0)
  return {
    seq,
    expiration,
    metadata,
    bytes: isDeleted ? undefined : ENTRY_BYTES + keyBytes + size + (metadata?.length ?? 0),
    at: performance.now(),
  }
}

/** What the headers of an entry say. */
export function readHeaders(headers: MsgHdrs | undefined): {
  expiration: number | undefined
  metadata: string | undefined
  isDeleted: boolean
} {
  const expires = headers?.get(EXPIRES) ?? ''
  const metadata = headers?.get(METADATA) ?? ''
  return {
    expiration: expires === '' ? undefined : Number(expires),
    metadata: metadata === '' ? undefined : Buffer.from(metadata, 'base64url').toString(),
    isDeleted: headers?.has(DELETED) === true,
  }
}
