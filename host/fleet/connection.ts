/**
 * A connection to the fleet's NATS servers that is there for as long as the host is, whatever becomes of them:
 *
 *     connecting   no server was reached yet: every one is tried, again and again
 *     connected    calls are answered
 *     lost         the client tries every server, those included that the cluster told of; calls fail at once
 *     closed       for good
 *
 * Whoever uses it is told of each change between connected and not, and compares what it has with what there is when it is
 * connected again: what happened meanwhile was not seen.
 */

import { jetstream } from '@nats-io/jetstream'
import type { JetStreamClient } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import {
  connect,
  credsAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import type { Authenticator, NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'

import { defined } from '../config/defined.ts'
import type { FleetCredentials, FleetSettings } from '../config/fleet-settings.ts'
import { readSecret } from '../config/secrets.ts'
import { NanoError } from '../errors.ts'
import { pause } from './attempt.ts'

/** For a server to be reached, and to say something. */
const CONNECT_MS = 2000
const PAUSE_MS = 250
/** A server that hangs is noticed after as many pings as MOST_PINGS. */
const PING_MS = 1000
const MOST_PINGS = 2
/** For an answer of JetStream. */
const ANSWER_MS = 5000
/** What a cluster of NATS keeps everything on. */
const CLUSTER_REPLICAS = 3

export class FleetConnection implements AsyncDisposable {
  readonly settings: FleetSettings
  /** The first connection, and all that follow. Never resolves when it is closed before. */
  readonly first: Promise<NatsConnection>
  readonly #log: (text: string) => void
  readonly #listeners = new Set<(isConnected: boolean) => void>()
  readonly #closing = new AbortController()
  #client: NatsConnection | undefined
  #isConnected = false
  #said = ''

  constructor(settings: FleetSettings, log: (text: string) => void) {
    this.settings = settings
    this.#log = log
    const { promise, resolve } = Promise.withResolvers<NatsConnection>()
    this.first = promise
    void this.#connect(resolve)
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Throws FLEET_UNAVAILABLE unless it is connected. */
  get client(): NatsConnection {
    if (this.#client !== undefined && this.#isConnected) return this.#client
    const text = `no NATS server of fleet ${this.settings.name} can be reached${this.#said && ` (${this.#said})`}; try again when one can`
    throw new NanoError('FLEET_UNAVAILABLE', text)
  }

  /** Throws FLEET_UNAVAILABLE. */
  get jetstream(): JetStreamClient {
    return jetstream(this.client, { timeout: ANSWER_MS })
  }

  /** Throws FLEET_UNAVAILABLE. */
  get buckets(): Kvm {
    return new Kvm(this.jetstream)
  }

  /** Throws FLEET_UNAVAILABLE. */
  get objects(): Objm {
    return new Objm(this.jetstream)
  }

  /** On how many NATS nodes something new is kept. Throws FLEET_UNAVAILABLE. */
  get replicas(): number {
    const isCluster = this.client.info?.cluster !== undefined
    return this.settings.replicas ?? (isCluster ? CLUSTER_REPLICAS : 1)
  }

  /** The first connection; undefined: there was none within so many milliseconds, or it is closed before. */
  async firstWithin(ms: number): Promise<NatsConnection | undefined> {
    const isDone = new AbortController()
    const late = pause(ms, AbortSignal.any([isDone.signal, this.#closing.signal])).then(() => undefined)
    try {
      return await Promise.race([this.first, late])
    } finally {
      isDone.abort()
    }
  }

  /** From now on `listener` is told when it is connected, and when it is not any more; at once, if it is. */
  onChange(listener: (isConnected: boolean) => void): Disposable {
    this.#listeners.add(listener)
    if (this.#isConnected) listener(true)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#listeners.clear()
    await this.#client?.close()
  }

  async #connect(done: (client: NatsConnection) => void): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        this.#client = await connect(toOptions(this.settings))
        break
      } catch (error) {
        this.#say((error as Error).message)
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref())
      }
    }
    const client = this.#client
    if (client === undefined) return
    if (signal.aborted) return await client.close()
    void this.#watch(client)
    this.#set(true)
    done(client)
  }

  async #watch(client: NatsConnection): Promise<void> {
    for await (const status of client.status()) {
      if (status.type === 'disconnect') this.#set(false)
      else if (status.type === 'reconnect') this.#set(true)
      else if (status.type === 'error') this.#say(status.error.message)
    }
    this.#set(false)
  }

  #set(isConnected: boolean): void {
    if (this.#isConnected === isConnected || this.#closing.signal.aborted) return
    this.#isConnected = isConnected
    if (isConnected) this.#said = ''
    const { name } = this.settings
    this.#log(
      isConnected
        ? `fleet ${name}: connected to ${this.#client!.getServer()}`
        : `fleet ${name}: the connection is lost`,
    )
    for (const listener of this.#listeners) listener(isConnected)
  }

  /** It is said again with each try. */
  #say(text: string): void {
    if (text !== this.#said) this.#log(`fleet ${this.settings.name}: ${text}`)
    this.#said = text
  }
}

function toOptions({ servers, host, credentials, tls }: FleetSettings): NodeConnectionOptions {
  const isEncrypted = tls !== undefined || servers.some((url) => url.startsWith('tls:'))
  return {
    servers: servers.map((url) => url.replace(/^tls:/, 'nats:')),
    name: host,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: PAUSE_MS,
    pingInterval: PING_MS,
    maxPingOut: MOST_PINGS,
    // credentials may be mended while it serves
    ignoreAuthErrorAbort: true,
    ...defined({ authenticator: credentials && toAuthenticator(credentials) }),
    ...(isEncrypted && { tls: defined({ caFile: tls?.ca, certFile: tls?.cert, keyFile: tls?.key }) }),
  }
}

function toAuthenticator(credentials: FleetCredentials): Authenticator {
  if ('creds' in credentials) return credsAuthenticator(() => readFileSync(credentials.creds))
  if ('token' in credentials) return tokenAuthenticator(() => readSecret(credentials.token))
  return usernamePasswordAuthenticator(credentials.user, () => readSecret(credentials.password))
}
