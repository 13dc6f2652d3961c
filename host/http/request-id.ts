/**
 * The id of a request: what a trusted proxy called it, or one of our own. Ours are trace ids of W3C Trace Context as well
 * (http/trace-context.ts): 32 hex digits, the first of which name the shard and the others of which are random.
 */

import { randomFillSync } from 'node:crypto'

import { toOnlyValue } from './header-lines.ts'
import { parseTrace } from './trace-context.ts'

/** In lower case. */
export const REQUEST_ID = 'x-request-id'

/** What an id of somebody else's may look like: it stands in headers and in logs. */
const ID = /^[\w.:=+/@-]{1,128}$/

const SHARD_DIGITS = 4
const RANDOM_BYTES = 14
/** Random bytes are had in one go for so many ids. */
const IDS = 256

/** What the ids of a shard begin with. */
export function toIdPrefix(shard: number): string {
  return shard.toString(16).padStart(SHARD_DIGITS, '0').slice(-SHARD_DIGITS)
}

/** Makes the ids of one shard. */
export class RequestIds {
  readonly #prefix: string
  readonly #random = Buffer.alloc(RANDOM_BYTES * IDS)
  #used = this.#random.length

  constructor(shard: number) {
    this.#prefix = toIdPrefix(shard)
  }

  /** The id of a request with these headers; they count when a trusted proxy sent it. */
  take(rawHeaders: readonly string[], isTrusted: boolean): string {
    return (isTrusted ? toGiven(rawHeaders) : undefined) ?? this.make()
  }

  /** One of our own. */
  make(): string {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random)
      this.#used = 0
    }
    const from = this.#used
    this.#used += RANDOM_BYTES
    return this.#prefix + this.#random.toString('hex', from, this.#used)
  }
}

function toGiven(rawHeaders: readonly string[]): string | undefined {
  const id = toOnlyValue(rawHeaders, REQUEST_ID)
  return id !== undefined && ID.test(id) ? id : parseTrace(rawHeaders)?.traceId
}
