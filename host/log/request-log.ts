/**
 * A shard's records of requests on their way to the main thread: many in one message, one message at a time.
 *
 *     idle  --a record-->  filling  --full, some time-->  sent  --taken-->  idle, filling
 *                                                         '- further records wait, and beyond a bound are dropped
 *
 * So a main thread that is slow is owed a bounded number of records, whatever the shard does meanwhile; how many were
 * dropped goes with the next message.
 */

import { countRecords, packRecord } from './request-facts.ts'
import type { PackedRecords, RequestRecord } from './request-facts.ts'

/** One message. */
export interface RecordBatch {
  readonly packed: PackedRecords
  /** Records that were dropped before these. */
  readonly dropped: number
}

/** Records of one message: as many are sent at once. */
const FULL = 256
/** Records that wait at the most. */
const MOST_RECORDS = 8192
/** How long a record waits at the most, if the main thread keeps up. */
const WAIT_MS = 100

export class RequestLog implements Disposable {
  readonly #send: (batch: RecordBatch) => void
  #packed: PackedRecords = []
  #dropped = 0
  #isOwed = false
  #timer: NodeJS.Timeout | undefined

  constructor(send: (batch: RecordBatch) => void) {
    this.#send = send
  }

  write(record: RequestRecord): void {
    if (countRecords(this.#packed) >= MOST_RECORDS) {
      this.#dropped++
      return
    }
    packRecord(this.#packed, record)
    this.#goOn()
  }

  /** The last message has been taken. */
  taken(): void {
    this.#isOwed = false
    this.#goOn()
  }

  /** What waits goes now. */
  [Symbol.dispose](): void {
    if (this.#packed.length > 0 || this.#dropped > 0) this.#flush()
  }

  #goOn(): void {
    if (this.#isOwed || this.#packed.length === 0) return
    if (countRecords(this.#packed) >= FULL) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), WAIT_MS).unref()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = { packed: this.#packed, dropped: this.#dropped }
    this.#packed = []
    this.#dropped = 0
    this.#isOwed = true
    this.#send(batch)
  }
}
