/** Streams of the fleet, each made by the first host that uses it. */

import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream'
import { JetStreamApiError } from '@nats-io/jetstream'

import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'

/** Of JetStream's errors: there is one of this name with other settings, which is how the operator wants it. */
const NAME_IN_USE = 10_058

/** What a stream is made with, unless it is there. */
type StreamOptions = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/** The way to streams and consumers. Throws FLEET_UNAVAILABLE. */
export function toManager(connection: FleetConnection): Promise<JetStreamManager> {
  return connection.jetstream.jetstreamManager(false)
}

/** What `act` gives; rejects as soon as the connection is lost: what was asked before is answered by nobody. Rejects with FLEET_UNAVAILABLE. */
async function whileConnected<T>(connection: FleetConnection, act: () => Promise<T>): Promise<T> {
  // throws unless there is one
  void connection.client
  const lost = Promise.withResolvers<never>()
  using _ = connection.onChange((isConnected) => {
    if (!isConnected) lost.reject(new NanoError('FLEET_UNAVAILABLE', 'the connection to the fleet was lost'))
  })
  return await Promise.race([act(), lost.promise])
}

/** A stream that is there from its first use on. */
export class SharedStream {
  readonly #connection: FleetConnection
  readonly #options: StreamOptions
  #manager: Promise<JetStreamManager> | undefined

  constructor(connection: FleetConnection, options: StreamOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** What `act` gives, as `whileConnected`. The next call tries again to open what could not be. */
  use<T>(act: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return whileConnected(this.#connection, async () => {
      this.#manager ??= this.#open()
      return await act(await this.#manager)
    })
  }

  async #open(): Promise<JetStreamManager> {
    try {
      const manager = await toManager(this.#connection)
      await manager.streams
        .add({ num_replicas: this.#connection.replicas, ...this.#options })
        .catch((error: unknown) => {
          if (!(error instanceof JetStreamApiError && error.code === NAME_IN_USE)) throw error
        })
      return manager
    } catch (error) {
      this.#manager = undefined
      throw error
    }
  }
}

/** A part of a subject, which any text can be. Different texts have different ones. */
export function toToken(text: string | Uint8Array): string {
  return `-${Buffer.from(text as string).toString('base64url')}`
}

/** What a token was made of. */
export function fromToken(token: string): Buffer {
  return Buffer.from(token.slice(1), 'base64url')
}
