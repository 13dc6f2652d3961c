/**
 * What is behind a WebSocket: the other end of a pair in this guest, or a side of the host's.
 *
 *     pair: PairLink <-> PairLink  --the app hands one end out in a Response-->  HostLink, and the other end is gone
 *     connection: HostLink
 *     pair of which a Durable Object keeps one end: HostLink, and GivenLink for the end that is to go out
 *
 * A link brings its owner what the other end says once it is accepted, and nothing after the end.
 */

import { type HostSocket, host, sockets } from '../bindings/web-sockets.ts'
import { startTimer } from '../bindings/timer.ts'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode, NativeTypeError } from '../globals/primordials.ts'

/** Whose link it is. */
export interface LinkOwner extends HostSocket {}

export interface Link {
  accept(): void
  /** `bytes`: nobody changes them. */
  send(isText: boolean, bytes: Bytes): void
  /** Bytes that the other side has not taken. */
  readonly waiting: number
  close(code: number, reason: string): void
}

export const NO_CODE = 1005

/** By way of the host. */
export class HostLink implements Link {
  readonly id: number

  constructor(id: number, owner: LinkOwner) {
    this.id = id
    sockets.set(id, owner)
  }

  accept(): void {
    host.accept(this.id)
  }

  send(isText: boolean, bytes: Bytes): void {
    host.send(this.id, isText, bytes)
  }

  get waiting(): number {
    return host.waiting(this.id)
  }

  close(code: number, reason: string): void {
    host.close(this.id, code, encode(reason))
  }
}

/** The other end of one that a Durable Object keeps, until it goes out. */
export class GivenLink implements Link {
  readonly id: number
  readonly waiting = 0

  constructor(id: number) {
    this.id = id
  }

  accept(): never {
    throw new NativeTypeError(
      'accept: the other end was given to acceptWebSocket(); this one is for a Response: new Response(null, { status: 101, webSocket })',
    )
  }

  send(): never {
    return this.accept()
  }

  close(): never {
    return this.accept()
  }
}

type Said =
  | { readonly isText: boolean; readonly bytes: Bytes }
  | { readonly code: number; readonly reason: string }

/** One end of a pair. Each thing that is said is heard in a task of its own. */
export class PairLink implements Link {
  readonly owner: LinkOwner
  other!: PairLink
  isAccepted = false
  /** The other end is in this guest, too. */
  readonly waiting = 0
  #said: Said[] = []
  #hasClosed = false

  constructor(owner: LinkOwner) {
    this.owner = owner
  }

  accept(): void {
    this.isAccepted = true
    for (let i = 0; i < this.#said.length; i++) this.#schedule()
  }

  send(isText: boolean, bytes: Bytes): void {
    // whoever hears it may change it
    this.other.#hear({ isText, bytes: isText ? bytes : new Uint8Array(bytes) })
  }

  close(code: number, reason: string): void {
    if (this.#hasClosed) return
    this.#hasClosed = true
    this.other.#hear({ code, reason })
  }

  /** What the other end has said to this one goes elsewhere. */
  moveTo(link: Link): void {
    const said = this.#said
    this.#said = []
    for (let i = 0; i < said.length; i++) {
      const each = said[i] as Said
      if ('bytes' in each) link.send(each.isText, each.bytes)
      else link.close(each.code, each.reason)
    }
  }

  #hear(said: Said): void {
    this.#said[this.#said.length] = said
    if (this.isAccepted) this.#schedule()
  }

  #schedule(): void {
    startTimer(() => this.#tell(), 0, false, [])
  }

  #tell(): void {
    const said = this.#said.shift()
    if (said === undefined) return
    if ('bytes' in said) return this.owner.message(said.isText, said.bytes)
    // as the host does it for a client
    this.close(said.code, said.reason)
    this.owner.closed(said.code, said.reason)
  }
}
