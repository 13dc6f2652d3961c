/**
 * Small records that the hosts of a fleet agree on, each changed by compare-and-set: of two hosts that change one at the same time, the
 * second sees what the first has made of it. They are the last messages of subjects.
 */

import { JetStreamApiError } from '@nats-io/jetstream'
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'

import type { FleetConnection } from './connection.ts'
import { SharedStream, toToken } from './streams.ts'

/** Of JetStream's errors: somebody else was first. */
const WRONG_SEQUENCE = 10_071
const NS_PER_MS = 1_000_000

/** What a record says. */
export interface Found<T> {
  readonly value: T
  /** Milliseconds since 1970, by the server's clock. */
  readonly writtenAt: number
}

/** What a record is called. */
type RecordName = readonly (string | Uint8Array)[]

export interface RecordsOptions {
  /** In the names of the stream and its subjects. */
  readonly kind: string
  /** A record that nobody writes for so long is gone; undefined: it stays. */
  readonly keptMs?: number
}

export class Records<T> {
  readonly #connection: FleetConnection
  readonly #shared: SharedStream
  readonly #stream: string
  readonly #prefix: string

  constructor(connection: FleetConnection, options: RecordsOptions) {
    const { name } = connection.settings
    this.#connection = connection
    this.#stream = `NANO_${name}_${options.kind}`
    this.#prefix = `nano.${name}.${options.kind}.`
    this.#shared = new SharedStream(connection, {
      name: this.#stream,
      subjects: [`${this.#prefix}>`],
      max_msgs_per_subject: 1,
      max_age: (options.keptMs ?? 0) * NS_PER_MS,
    })
  }

  /** Rejects when the fleet cannot be reached. */
  read(...names: RecordName): Promise<Found<T> | undefined> {
    return this.#shared.use(async (manager) => {
      const message = await this.#find(manager, this.#toSubject(names))
      return message === null ? undefined : toFound<T>(message)
    })
  }

  /**
   * Makes of a record what `change` says, which is asked again when somebody else was first; undefined: it stays. Gives what it was
   * before, and whether it was changed. When it rejects, it may have been changed.
   */
  change(
    names: RecordName,
    change: (before: Found<T> | undefined) => T | undefined,
  ): Promise<{ readonly before: Found<T> | undefined; readonly isChanged: boolean }> {
    return this.#shared.use(async (manager) => {
      const subject = this.#toSubject(names)
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- until nobody comes between
        const message = await this.#find(manager, subject)
        const before = message === null ? undefined : toFound<T>(message)
        const after = change(before)
        if (after === undefined) return { before, isChanged: false }
        try {
          // oxlint-disable-next-line no-await-in-loop -- the same
          await this.#connection.jetstream.publish(subject, JSON.stringify(after), {
            expect: { lastSubjectSequence: message?.seq ?? 0 },
          })
          return { before, isChanged: true }
        } catch (error) {
          if (!(error instanceof JetStreamApiError && error.code === WRONG_SEQUENCE)) throw error
        }
      }
    })
  }

  #find({ streams }: JetStreamManager, subject: string): Promise<StoredMsg | null> {
    return streams.getMessage(this.#stream, { last_by_subj: subject })
  }

  #toSubject(names: RecordName): string {
    return this.#prefix + names.map((name) => toToken(name)).join('.')
  }
}

function toFound<T>(message: StoredMsg): Found<T> {
  return { value: message.json<T>(), writtenAt: message.time.getTime() }
}
