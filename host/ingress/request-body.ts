/**
 * A request's body, read at the app's pace: nothing is taken from the socket but what was asked for, beyond the one
 * buffer that Node fills ahead. A small body of known size that comes at once is collected whole instead, before the
 * app hears of the request.
 */

import type { IncomingMessage } from 'node:http'

/** Who gets the chunks; part of the tenant's listener. */
export interface BodyListener {
  bodyChunk(bytes: Uint8Array, last: boolean): void
  bodyFailed(message: string): void
}

/** A body up to this size travels with its request. */
export const SMALL_BODY_BYTES = 64 * 1024

/** How long a request waits for its small body before the app hears of it without. */
const PATIENCE_MS = 20

const EMPTY = new Uint8Array(0)

/**
 * Wait for a small body to be here, without taking anything: `then` gets all of it, or `'streamed'` when it takes
 * longer than moments, and is not called when the client breaks off meanwhile.
 */
export function collectBody(
  incoming: IncomingMessage,
  size: number,
  then: (body: Uint8Array | 'streamed') => void,
): void {
  const settle = (): boolean => {
    clearTimeout(patience)
    incoming.off('readable', look)
    return !incoming.destroyed
  }
  const look = (): void => {
    if (incoming.readableLength < size) return
    const isHere = settle()
    const body = incoming.read(size) as Uint8Array | null
    // lets the stream end, which frees the connection
    incoming.resume()
    if (isHere && body !== null) then(body)
  }
  const patience = setTimeout(() => {
    if (settle()) then('streamed')
  }, PATIENCE_MS)
  incoming.on('readable', look)
}

/** What a body tells the request that it belongs to. */
export interface BodyOwner {
  /** A chunk is wanted that has not come yet. */
  bodyAwaited(): void
  bodyTooLarge(): void
}

/**
 * One streamed body. `pull` asks for one chunk; the listener gets it, at once or when it comes.
 *
 *     untouched  --pull-->  open  --last chunk, broken off-->  done
 *     untouched, open  --cancel-->  draining  --too large-->  done
 *     open  --too large-->  too-large  --broken off-->  done
 *
 * - untouched: nothing has been read; a client that expects 100-continue may still be waiting.
 * - open: a chunk is read for each pull, and none without.
 * - draining: the rest is read and dropped, so that the connection stays usable.
 * - too-large: the owner has been told and ends the connection; nothing more is delivered.
 * - done: nothing more is delivered.
 */
export class RequestBody {
  readonly #incoming: IncomingMessage
  readonly #maxBytes: number
  readonly #owner: BodyOwner
  #listener: BodyListener | undefined
  #state: 'untouched' | 'open' | 'draining' | 'too-large' | 'done' = 'untouched'
  #wanted = false
  #received = 0

  constructor(incoming: IncomingMessage, maxBytes: number, owner: BodyOwner) {
    this.#incoming = incoming
    this.#maxBytes = maxBytes
    this.#owner = owner
  }

  /** The app waits for the client. */
  get isAwaited(): boolean {
    return this.#wanted && this.#state === 'open'
  }

  /** Chunks that were asked for before are delivered from here on. */
  attach(listener: BodyListener): void {
    this.#listener = listener
    this.#pump()
  }

  pull(): void {
    if (this.#state !== 'untouched' && this.#state !== 'open') return
    this.#wanted = true
    if (this.#state === 'untouched') this.#open()
    this.#pump()
    if (this.isAwaited) this.#owner.bodyAwaited()
  }

  /** Discard the rest, within the limit. The connection stays usable for the next request. */
  cancel(): void {
    if (this.#state === 'draining') return
    const isOpen = this.#state === 'untouched' || this.#state === 'open'
    this.#state = isOpen ? 'draining' : 'done'
    this.#incoming.off('readable', this.#pump)
    if (isOpen) this.#incoming.on('data', this.#drop)
    this.#incoming.resume()
  }

  #open(): void {
    this.#state = 'open'
    const incoming = this.#incoming
    incoming.on('readable', this.#pump)
    incoming.on('end', this.#pump)
    incoming.on('error', this.fail)
    incoming.on('close', () => {
      if (!incoming.complete) this.fail()
    })
  }

  readonly #pump = (): void => {
    if (this.#state !== 'open' || this.#listener === undefined) return
    if (!this.#wanted) return
    const incoming = this.#incoming
    const chunk = incoming.read() as Uint8Array | null
    if (chunk === null) {
      if (incoming.readableEnded) this.#deliver(EMPTY, true)
      return
    }
    if (this.#isTooLarge(chunk)) return
    const last = incoming.complete && incoming.readableLength === 0
    // the read that finds nothing lets the stream end, which frees the connection
    if (last) incoming.read()
    this.#deliver(chunk, last)
  }

  readonly #drop = (chunk: Uint8Array): void => {
    if (this.#state === 'draining') this.#isTooLarge(chunk)
  }

  #isTooLarge(chunk: Uint8Array): boolean {
    this.#received += chunk.byteLength
    if (this.#received <= this.#maxBytes) return false
    this.#state = this.#state === 'draining' ? 'done' : 'too-large'
    this.#incoming.off('readable', this.#pump)
    this.#incoming.resume()
    this.#owner.bodyTooLarge()
    return true
  }

  #deliver(bytes: Uint8Array, last: boolean): void {
    this.#wanted = false
    if (last) this.#state = 'done'
    this.#listener?.bodyChunk(bytes, last)
  }

  /** The client broke off. */
  readonly fail = (): void => {
    if (this.#state === 'draining' || this.#state === 'done') return
    this.#state = 'done'
    this.#listener?.bodyFailed('the client left before the end of the request body')
  }
}
