/**
 * What a WebSocket is to the Durable Object that keeps it (hibernation), beyond what every WebSocket is. The host has tags, attachments and
 * the WebSockets themselves; here are those that the instance has met.
 */

import { keeping } from '../bindings/hibernation.ts'
import { host, sockets } from '../bindings/web-sockets.ts'
import { bytesOf, toOwn } from '../globals/buffer-source.ts'
import { encode, makeTable, NativeError, NativeTypeError, toJson } from '../globals/primordials.ts'
import { loadSerializer } from '../globals/serialize.ts'
import { requireArguments, toScalarText } from '../globals/web-idl.ts'
import { GivenLink, HostLink, PairLink } from './socket-link.ts'
import { SocketState, STATES } from './socket-state.ts'

const MOST_ATTACHED_BYTES = 16 * 1024
const ACCEPTED = 'Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`'
const PAIR_USED =
  'Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted or used in a Response.'
const TOO_MANY = 'the app has as many WebSockets as it may (web_sockets)'

/** By id. */
const known = makeTable<number, SocketState>()

/** `ctx.acceptWebSocket`. `tags`: checked. */
export function keepSocket(state: SocketState, tags: readonly string[]): void {
  if (state.isAccepted || state.isKept || state.link === undefined) throw new NativeError(ACCEPTED)
  if (state.link instanceof GivenLink) throw new NativeError(PAIR_USED)
  const id = state.link instanceof HostLink ? state.link.id : openPair(state, state.link as PairLink)
  if (!keeping.keep(id, encode(toJson(tags)))) throw new NativeError(ACCEPTED)
  sockets.delete(id)
  known.set(id, state)
  state.isKept = true
  const { attachment } = state
  state.attachment = undefined
  if (attachment !== undefined) attach(id, attachment)
}

/** The host has the pair from here on; its other end is to go out. */
function openPair(state: SocketState, { other }: PairLink): number {
  const owner = other.owner as SocketState
  if (owner.isAccepted || owner.isKept || owner.link !== other) throw new NativeError(PAIR_USED)
  const id = host.open()
  if (id === 0) throw new NativeError(TOO_MANY)
  state.link = new HostLink(id, state)
  owner.link = new GivenLink(id)
  return id
}

/** The one that the host knows by this id. */
export function openKept<Socket>(
  id: number,
  isClosed: boolean,
  make: (state: SocketState) => Socket,
): Socket {
  let state = known.get(id)
  if (state === undefined) {
    state = new SocketState(isClosed ? STATES.CLOSING : STATES.OPEN)
    state.isKept = true
    state.hasClosed = isClosed
    state.link = new HostLink(id, state)
    sockets.delete(id)
    known.set(id, state)
    return make(state)
  }
  return state.socket as Socket
}

/** The other side has closed it, and the object is about to hear of that. */
export function endKept(id: number): void {
  const state = known.get(id)
  if (state !== undefined) state.readyState = state.hasClosed ? STATES.CLOSED : STATES.CLOSING
}

/** It is over, and the object has heard of it. */
export function forgetKept(id: number): void {
  const state = known.get(id)
  known.delete(id)
  if (state !== undefined) state.readyState = STATES.CLOSED
}

/** The host's name for one that is kept; 0: it is not. */
export function idOf(state: SocketState): number {
  return state.isKept && known.get((state.link as HostLink).id) === state ? (state.link as HostLink).id : 0
}

export function serializeAttachment(state: SocketState, value: unknown): void {
  const { serialize } = loadSerializer()
  const bytes = bytesOf(serialize(value)) as Uint8Array
  if (bytes.length > MOST_ATTACHED_BYTES) {
    throw new NativeError(
      `A WebSocket 'attachment' cannot be larger than ${MOST_ATTACHED_BYTES} bytes.'attachment' was ${bytes.length} bytes.`,
    )
  }
  const id = idOf(state)
  if (id === 0) state.attachment = bytes
  else attach(id, bytes)
}

function attach(id: number, bytes: Uint8Array): void {
  if (!keeping.attach(id, bytes)) {
    throw new NativeError('the host holds as much for the app as buffer_mb allows; attach less')
  }
}

export function deserializeAttachment(state: SocketState): unknown {
  const id = idOf(state)
  const bytes = id === 0 ? state.attachment : keeping.attachment(id)
  if (bytes === undefined || bytes.length === 0) return null
  return loadSerializer().deserialize(toOwn(bytes))
}

/** A message that the host answers by itself. */
export class WebSocketRequestResponsePair {
  readonly #request: string
  readonly #response: string

  constructor(request: unknown, response: unknown) {
    requireArguments(arguments.length, 2, 'WebSocketRequestResponsePair')
    this.#request = toScalarText(request)
    this.#response = toScalarText(response)
  }

  static textsOf(value: unknown): readonly [request: string, response: string] {
    if (typeof value !== 'object' || value === null || !(#request in value)) {
      throw new NativeTypeError(
        "Failed to execute 'setWebSocketAutoResponse' on 'DurableObjectState': parameter 1 is not of type 'WebSocketRequestResponsePair'.",
      )
    }
    return [value.#request, value.#response]
  }

  get request(): string {
    return this.#request
  }

  get response(): string {
    return this.#response
  }
}
