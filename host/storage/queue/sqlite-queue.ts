/**
 * Queues in one SQLite database. What is sent and settled is committed many at a time.
 *
 * Who has which message is not written down: for each queue there is the place up to which messages were given, in the order of
 * their times, and whatever is written gets a time behind all that were given. So nobody looks at a message twice that is
 * being worked at, and a store that begins again gives everything again that was not settled.
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { StorageError } from '../failure.ts'
import { GroupCommit } from '../group-commit.ts'
import { guard, openDatabase } from '../sqlite.ts'
import type { StoreOptions } from '../store.ts'
import { MESSAGE_BYTES, MOST_GIVEN_BYTES } from './queue-store.ts'
import type {
  Backlog,
  GivenBatch,
  GivenMessage,
  NewMessage,
  QueueState,
  QueueStore,
  SendLimits,
  Settlement,
  Want,
} from './queue-store.ts'
import { STATEMENTS, SCHEMA } from './queue-tables.ts'
import type { MessageRow, Place, QueueRow, ReadyRow } from './queue-tables.ts'
import { Waiters } from './waiters.ts'
import type { Look } from './waiters.ts'

const SWEEP_MS = 10_000
const ID_BYTES = 16
const NO_BACKLOG: Backlog = { count: 0, bytes: 0 }
const START: Place = { due: -1, seq: -1 }

export async function openSqliteQueues({ directory }: Pick<StoreOptions, 'directory'>): Promise<QueueStore> {
  return new SqliteQueues(openDatabase(join(directory, 'queues.sqlite'), SCHEMA))
}

class SqliteQueues implements QueueStore {
  readonly #database: DatabaseSync
  readonly #changes: GroupCommit
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>
  readonly #sweeper: NodeJS.Timeout
  readonly #waiters = new Waiters((queue, want) => guard(() => this.#look(queue, want)))
  /** Up to where messages were given, by queue. */
  readonly #given = new Map<number, Place>()
  /** The latest time that was read or written. */
  #last = 0

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#changes = new GroupCommit(database)
    const statements = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)])
    this.#statements = Object.fromEntries(statements) as Record<keyof typeof STATEMENTS, StatementSync>
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  async send(queue: string, messages: readonly NewMessage[], limits: SendLimits): Promise<Backlog> {
    await this.#changes.run(() => {
      const { id, bytes } = this.#open(queue)
      const more = messages.reduce((sum, { body }) => sum + body.length + MESSAGE_BYTES, 0)
      if (bytes + more > limits.mostBytes) throw new StorageError('STORAGE_LIMIT', toTooMuch(limits))
      for (const { type, body, delayMs } of messages) {
        const now = this.#tick()
        const name = randomBytes(ID_BYTES).toString('hex')
        const size = body.length + MESSAGE_BYTES
        this.#statements.add.run(
          id,
          now + delayMs,
          now,
          now + delayMs + limits.retentionMs,
          type,
          name,
          size,
          body,
        )
      }
      this.#statements.count.run(messages.length, more, id)
    })
    this.#waiters.look(queue)
    return guard(() => this.#toBacklog(queue))
  }

  receive(queue: string, want: Want, signal: AbortSignal): Promise<GivenBatch> {
    return this.#waiters.add(queue, want, signal)
  }

  takeBack(ticket: number): void {
    this.#waiters.takeBack(ticket)
  }

  async settle(queue: string, { acks, retries, dead }: Settlement): Promise<void> {
    await this.#changes.run(() => {
      const found = this.#find(queue)
      if (found === undefined) return
      const { again } = this.#statements
      for (const seq of acks) this.#remove(found.id, seq)
      for (const { seq, delayMs, attempts } of retries)
        again.run(this.#tick() + delayMs, attempts, seq, found.id)
      if (dead !== undefined) this.#bury(found.id, dead)
    })
    if (retries.length > 0) this.#waiters.look(queue)
    if (dead !== undefined) this.#waiters.look(dead.queue)
  }

  async states(queues: readonly string[]): Promise<readonly QueueState[]> {
    return guard(() =>
      queues.map((queue) => {
        const found = this.#find(queue)
        if (found === undefined) return { ...NO_BACKLOG, isPaused: false }
        const first = this.#statements.first.get(found.id, this.#read()) as { due: number } | undefined
        return { ...this.#toBacklog(queue), isPaused: found.paused === 1, ...(first && { due: first.due }) }
      }),
    )
  }

  async holding(): Promise<readonly string[]> {
    return guard(() =>
      (this.#statements.holding.all() as unknown as { name: string }[]).map(({ name }) => name),
    )
  }

  async peek(queue: string, limit: number): Promise<readonly GivenMessage[]> {
    return guard(() => {
      const id = this.#find(queue)?.id
      if (id === undefined) return []
      return (this.#statements.peek.all(id, this.#read(), limit) as unknown as MessageRow[]).map(toGiven)
    })
  }

  async pause(queue: string, isPaused: boolean): Promise<void> {
    await this.#changes.run(() => void this.#statements.pause.run(isPaused ? 1 : 0, this.#open(queue).id))
    if (!isPaused) this.#waiters.look(queue)
  }

  async purge(queue: string): Promise<void> {
    for (;;) {
      let removed = 0
      // oxlint-disable-next-line no-await-in-loop -- some at a time, for others wait meanwhile
      await this.#changes.run(() => {
        const id = this.#find(queue)?.id
        if (id !== undefined)
          removed = this.#removeAll(this.#statements.some.all(id) as unknown as ReadyRow[], id)
      })
      if (removed === 0) return
    }
  }

  async forget(queue: string): Promise<void> {
    await this.purge(queue)
    const id = this.#find(queue)?.id
    if (id === undefined) return
    this.#given.delete(id)
    await this.#changes.run(() => void this.#statements.drop.run(queue))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper)
    this.#waiters[Symbol.dispose]()
    this.#changes.flush()
    this.#database.close()
  }

  /** What is due, and when to look again. */
  #look(queue: string, { size, timeoutMs }: Want): Look {
    const found = this.#find(queue)
    if (found === undefined || found.paused === 1) return { waitMs: undefined }
    const { id } = found
    const now = this.#read()
    const after = this.#given.get(id) ?? START
    const ready = this.#statements.ready.all(
      id,
      now,
      after.due,
      after.seq,
      now,
      size,
    ) as unknown as ReadyRow[]
    let bytes = 0
    const count = ready.findIndex((row, i) => (bytes += row.bytes) > MOST_GIVEN_BYTES && i > 0)
    const isFull = count >= 0 || ready.length === size
    const rows = count >= 0 ? ready.slice(0, count) : ready
    const last = rows.at(-1)
    const until = rows.length > 0 ? rows[0]!.due + timeoutMs : Infinity
    if (last === undefined || (!isFull && until > now)) {
      const next = this.#statements.next.get(id, now) as { due: number } | undefined
      const at = Math.min(until, next?.due ?? Infinity)
      return { waitMs: at === Infinity ? undefined : at - now }
    }
    const messages = rows.map(({ seq }) => toGiven(this.#statements.read.get(seq) as unknown as MessageRow))
    this.#given.set(id, { due: last.due, seq: last.seq })
    return { batch: { messages, backlog: this.#toBacklog(queue) } }
  }

  #toBacklog(queue: string): Backlog {
    const found = this.#find(queue)
    if (found === undefined) return NO_BACKLOG
    const oldest = this.#statements.oldest.get(found.id) as { sent: number } | undefined
    return { count: found.count, bytes: found.bytes, ...(oldest && { oldest: oldest.sent }) }
  }

  #find(queue: string): QueueRow | undefined {
    return this.#statements.find.get(queue) as QueueRow | undefined
  }

  #open(queue: string): QueueRow {
    return this.#find(queue) ?? (this.#statements.found.get(queue) as unknown as QueueRow)
  }

  #remove(queue: number, seq: number): void {
    const row = this.#statements.delete.get(seq, queue) as { bytes: number } | undefined
    if (row !== undefined) this.#statements.count.run(-1, -row.bytes, queue)
  }

  #bury(queue: number, dead: NonNullable<Settlement['dead']>): void {
    const to = this.#open(dead.queue).id
    for (const seq of dead.seqs) {
      const now = this.#tick()
      const row = this.#statements.bury.get(to, now, now + dead.retentionMs, seq, queue) as
        | { bytes: number }
        | undefined
      if (row === undefined) continue
      this.#statements.count.run(-1, -row.bytes, queue)
      this.#statements.count.run(1, row.bytes, to)
    }
  }

  #removeAll(rows: readonly ReadyRow[], queue: number): number {
    for (const { seq } of rows) this.#remove(queue, seq)
    return rows.length
  }

  #sweep(): void {
    const swept = this.#changes.run(() => {
      const rows = this.#statements.expired.all(this.#read()) as unknown as { seq: number; queue: number }[]
      for (const { seq, queue } of rows) this.#remove(queue, seq)
    })
    // whoever sends next is told
    swept.catch(() => undefined)
  }

  /** The time, for whoever reads. */
  #read(): number {
    return (this.#last = Math.max(this.#last, toNow()))
  }

  /** A time that nobody has read yet. */
  #tick(): number {
    return (this.#last = Math.max(this.#last + 1, toNow()))
  }
}

/** Milliseconds since 1970, which go on evenly if the machine's clock is set. */
function toNow(): number {
  return Math.floor(performance.timeOrigin + performance.now())
}

function toGiven({ attempts, ...message }: MessageRow): GivenMessage {
  return { ...message, attempts: attempts + 1 }
}

function toTooMuch({ mostBytes }: SendLimits): string {
  return `Queue send failed: Storage Limit Exceeded: the queue would hold more than it may: ${mostBytes / 1024 / 1024} MiB (queue_mb)`
}
