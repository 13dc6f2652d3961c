/**
 * TCP connections: each has an id, and the host's events about it end up here. Who opens one is `cloudflare:sockets` or
 * `node:net` (guest-modules/), which hear of it through a port and do everything else.
 */

import {
  abort,
  close,
  type ConnectionFailure,
  type ConnectionReady,
  type Event,
  finish,
  open,
  pull,
  secure,
  write,
} from 'nano:workers/connections'
import type { BodyChunk } from 'nano:workers/wire'
import { encode, makeTable, toJson } from '../globals/primordials.ts'
import loadHyperdrive from '../lazy/hyperdrive.ts?lazy'
import type { Hyperdrive, HyperdriveSettings } from '../lazy/hyperdrive.ts'
import { context } from '../turn/context.ts'
import { requireLive } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

/** Who hears of a connection. Nothing comes after `failed`, and no bytes after `ended`. */
export interface ConnectionPort {
  /** It is there, with its TLS. `protocol`: what ALPN came to. */
  ready(protocol: string): void
  /** What `pull` asked for. */
  data(bytes: Uint8Array): void
  /** The far side sends no more. */
  ended(): void
  /** There is room again after `write` gave false. */
  writable(): void
  failed(message: string, code: string): void
}

const connections = makeTable<number, Connection>()
let lastId = 0

export class Connection {
  readonly #id = ++lastId
  readonly #port: ConnectionPort
  readonly #context = context.current
  #isFinished = false
  #isEnded = false

  /** `terms`: those of `connections.open` (wit/connections.wit). */
  constructor(terms: object, port: ConnectionPort) {
    requireLive('a connection')
    this.#port = port
    connections.set(this.#id, this)
    open(this.#id, encode(toJson(terms)))
  }

  secure(terms: object): void {
    secure(this.#id, encode(toJson(terms)))
  }

  write(bytes: Uint8Array): boolean {
    return write(this.#id, bytes)
  }

  finish(): void {
    finish(this.#id)
    this.#isFinished = true
    if (this.#isEnded) connections.delete(this.#id)
  }

  pull(): void {
    pull(this.#id)
  }

  /** What was written goes out; the port hears nothing more. */
  close(): void {
    if (connections.delete(this.#id)) close(this.#id)
  }

  /** Cut it; the port hears nothing more. */
  abort(): void {
    if (connections.delete(this.#id)) abort(this.#id)
  }

  static end(id: number): void {
    Connection.hear(id, (port, connection) => {
      connection.#isEnded = true
      if (connection.#isFinished) connections.delete(id)
      port.ended()
    })
  }

  static hear(id: number, say: (port: ConnectionPort, connection: Connection) => void): void {
    const connection = connections.get(id)
    if (connection === undefined) return
    context.current = connection.#context
    say(connection.#port, connection)
  }

  static lose({ id, code, message }: ConnectionFailure): void {
    Connection.hear(id, (port) => {
      connections.delete(id)
      port.failed(message, code)
    })
  }
}

type Part = () => { readonly Hyperdrive: typeof Hyperdrive }

export const binding: GuestBinding<Event> = {
  events: {
    'connection-ready': ({ id, protocol }: ConnectionReady) =>
      Connection.hear(id, (port) => port.ready(protocol)),
    'connection-data': ({ id, bytes, last }: BodyChunk) =>
      last ? Connection.end(id) : Connection.hear(id, (port) => port.data(bytes)),
    'connection-failed': (failure: ConnectionFailure) => Connection.lose(failure),
    'connection-writable': (id: number) => Connection.hear(id, (port) => port.writable()),
  },
  kinds: {
    hyperdrive: (settings, name, env) =>
      new ((loadHyperdrive as Part)().Hyperdrive)(name, settings as HyperdriveSettings, env),
  },
}
