/**
 * A link between threads of two hosts of a fleet, over NATS: what a message port is between threads of one host. Messages come in
 * order, all of them or none any more.
 *
 *     open  --a message is missing, nothing is heard for DEAD_MS, the connection is lost, the other side closes-->  closed, for good
 *
 *     a frame:  | number, 4 bytes | what it is, 1 byte | a part of a message, sealed if the fleet has a key |
 *
 * NATS gives a message at most once, and says nothing of one that it has dropped; so frames are numbered. A message that is larger than a
 * frame goes in several. What is sealed is so for its place: nobody without the key says anything, or says it again.
 */

import { EventEmitter } from 'node:events'

import type { Subscription } from '@nats-io/transport-node'

import type { FleetConnection } from './connection.ts'
import type { Seal } from './seal.ts'

export interface LinkOptions<Message> {
  readonly connection: FleetConnection
  readonly seal: Seal | undefined
  /** Subjects: what is said to this side, and to the other. */
  readonly from: string
  readonly to: string
  readonly encode: (message: Message) => Uint8Array
  /** Throws for what cannot be. */
  readonly decode: (bytes: Uint8Array) => Message
}

const HEAD_BYTES = 5
const PART_BYTES = 256 * 1024
/** The most that one side has the other put together: what the largest call begins with. */
const MOST_BYTES = 40 * 1024 * 1024
const BEAT_MS = 2000
const DEAD_MS = 10_000

const LAST = 0
const MORE = 1
const BEAT = 2
const BYE = 3
const NOTHING = new Uint8Array(0)

export class Link<Message> extends EventEmitter<{ message: [Message]; close: [] }> {
  readonly #options: LinkOptions<Message>
  readonly #subscription: Subscription
  readonly #watch: Disposable
  readonly #beat: NodeJS.Timeout
  #sent = 0
  #heard = 0
  #heardAt = performance.now()
  #parts: Uint8Array[] = []
  #bytes = 0
  #isClosed = false

  /** Throws FLEET_UNAVAILABLE. */
  constructor(options: LinkOptions<Message>) {
    super()
    this.#options = options
    const { connection, from } = options
    this.#subscription = connection.client.subscribe(from, {
      callback: (error, message) => (error === null ? this.#hear(message.data) : this.#end()),
    })
    this.#watch = connection.onChange((isConnected) => {
      if (!isConnected) this.#end()
    })
    this.#beat = setInterval(() => this.#tick(), BEAT_MS).unref()
  }

  postMessage(message: Message): void {
    const bytes = this.#options.encode(message)
    let at = 0
    do {
      const part = bytes.subarray(at, (at += PART_BYTES))
      this.#send(at < bytes.length ? MORE : LAST, part)
    } while (at < bytes.length)
  }

  /** It keeps no thread. */
  unref(): void {}

  /** The other side is told. */
  close(): void {
    this.#send(BYE, NOTHING)
    this.#end()
  }

  #send(kind: number, part: Uint8Array): void {
    if (this.#isClosed) return
    const { connection, seal, to } = this.#options
    const number = this.#sent++ % 2 ** 32
    const said = seal === undefined ? part : seal.sealBytes(part, toPlace(to, number, kind))
    const frame = Buffer.allocUnsafe(HEAD_BYTES + said.length)
    frame.writeUInt32LE(number, 0)
    frame[HEAD_BYTES - 1] = kind
    frame.set(said, HEAD_BYTES)
    try {
      connection.client.publish(to, frame)
    } catch {
      this.#end()
    }
  }

  #hear(frame: Uint8Array): void {
    if (this.#isClosed) return
    const head = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
    const number = this.#heard++ % 2 ** 32
    if (head.length < HEAD_BYTES || head.readUInt32LE(0) !== number) return this.#end()
    const kind = head[HEAD_BYTES - 1]!
    const part = this.#open(frame.subarray(HEAD_BYTES), number, kind)
    if (part === undefined) return this.#end()
    this.#heardAt = performance.now()
    if (kind === BYE) return this.#end()
    if (kind === LAST || kind === MORE) this.#take(part, kind === LAST)
  }

  /** Undefined: no host of the fleet has said it here. */
  #open(said: Uint8Array, number: number, kind: number): Uint8Array | undefined {
    const { from, seal } = this.#options
    try {
      return seal === undefined ? said : seal.openBytes(said, toPlace(from, number, kind))
    } catch {
      return undefined
    }
  }

  #take(part: Uint8Array, isLast: boolean): void {
    this.#bytes += part.length
    if (this.#bytes > MOST_BYTES) return this.#end()
    this.#parts.push(part)
    if (!isLast) return
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    let message: Message
    try {
      message = this.#options.decode(bytes)
    } catch {
      return this.#end()
    }
    this.emit('message', message)
  }

  #tick(): void {
    if (performance.now() - this.#heardAt > DEAD_MS) this.#end()
    else this.#send(BEAT, NOTHING)
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#beat)
    this.#watch[Symbol.dispose]()
    this.#subscription.unsubscribe()
    // whoever has opened it listens by then
    queueMicrotask(() => this.emit('close'))
  }
}

function toPlace(subject: string, number: number, kind: number): string {
  return `${subject} ${number} ${kind}`
}
