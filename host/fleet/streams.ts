/** Streams of the fleet, each made by the first host that asks for it. */

import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream'
import { JetStreamApiError } from '@nats-io/jetstream'

import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'

/** Of JetStream's errors: there is one of this name with other settings, which is how the operator wants it. */
const NAME_IN_USE = 10_058

/** What a stream is made with, unless it is there. */
export type StreamOptions = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/** The way to streams and consumers. Throws FLEET_UNAVAILABLE. */
export function toManager(connection: FleetConnection): Promise<JetStreamManager> {
  return connection.jetstream.jetstreamManager(false)
}

/** Resolves when it is there. */
export async function openStream(connection: FleetConnection, options: StreamOptions): Promise<void> {
  const { streams } = await toManager(connection)
  await streams.add({ num_replicas: connection.replicas, ...options }).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError && error.code === NAME_IN_USE)) throw error
  })
}

/** What `act` gives; rejects as soon as the connection is lost: what was asked before is answered by nobody. Rejects with FLEET_UNAVAILABLE. */
export async function whileConnected<T>(connection: FleetConnection, act: () => Promise<T>): Promise<T> {
  // throws unless there is one
  void connection.client
  const lost = Promise.withResolvers<never>()
  using _ = connection.onChange((isConnected) => {
    if (!isConnected) lost.reject(new NanoError('FLEET_UNAVAILABLE', 'the connection to the fleet was lost'))
  })
  return await Promise.race([act(), lost.promise])
}

/** A part of a subject, which any text can be. Different texts have different ones. */
export function toToken(text: string | Uint8Array): string {
  return `-${Buffer.from(text as string).toString('base64url')}`
}

/** What a token was made of. */
export function fromToken(token: string): Buffer {
  return Buffer.from(token.slice(1), 'base64url')
}
