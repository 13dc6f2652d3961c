/**
 * WebSockets whose other side is the host's to reach: each has an id, and the host's events about it end up here.
 *
 * The same message for many of them crosses once: what is sent waits for another message, for whatever else is said of WebSockets, and
 * for the end of the job at the longest.
 */

import {
  accept,
  close,
  connect,
  type Event,
  open,
  send as sendNow,
  waiting,
  type WebSocketEnd,
  type WebSocketMessage,
  type WebSocketOpened,
} from 'nano:workers/web-sockets'
import { makeTable, NativePromise } from '../globals/primordials.ts'
import type { GuestBinding } from './binding.ts'

/** Who hears of one. */
export interface HostSocket {
  opened(protocol: string, extensions: string): void
  message(isText: boolean, bytes: Uint8Array): void
  /** Nothing more comes for it. */
  closed(code: number, reason: string): void
}

/** By id. */
export const sockets = makeTable<number, HostSocket>()

/** How many have a message in one crossing. */
const MOST_AT_ONCE = 4096
const NOTHING = new Uint8Array(0)
const NativeWords = Uint32Array
const tick = NativePromise.resolve()

/** Who is to have the message that was sent last. */
let ids: number[] = []
let message = { isText: false, bytes: NOTHING }
let isDue = false

/** `bytes`: nobody changes them. The same ones as before: the same message. */
function send(id: number, isText: boolean, bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes !== message.bytes || isText !== message.isText || ids.length === MOST_AT_ONCE) flush()
  if (ids.length === 0) {
    message = { isText, bytes }
    if (!isDue) void flushLater()
  }
  ids[ids.length] = id
}

function flush(): void {
  if (ids.length === 0) return
  const all = new NativeWords(ids)
  const { isText, bytes } = message
  ids = []
  message = { isText: false, bytes: NOTHING }
  sendNow(all, isText, bytes)
}

async function flushLater(): Promise<void> {
  isDue = true
  await tick
  isDue = false
  flush()
}

/** What may be asked of the host. */
export const host = {
  accept,
  connect,
  open,
  send,
  close(id: number, code: number, reason: Uint8Array): void {
    flush()
    close(id, code, reason)
  },
  waiting(id: number): number {
    flush()
    return waiting(id)
  },
}

export const binding: GuestBinding<Event> = {
  events: {
    'web-socket-opened': ({ id, protocol, extensions }: WebSocketOpened) =>
      sockets.get(id)?.opened(protocol, extensions),
    'web-socket-message': ({ id, isText, bytes }: WebSocketMessage) =>
      sockets.get(id)?.message(isText, bytes),
    'web-socket-closed': ({ id, code, reason }: WebSocketEnd) => {
      const socket = sockets.get(id)
      sockets.delete(id)
      socket?.closed(code, reason)
    },
  },
}
