/**
 * WebSockets whose other side is the host's to reach: each has an id, and the host's events about it end up here.
 */

import {
  accept,
  close,
  connect,
  type Event,
  open,
  send,
  type WebSocketEnd,
  type WebSocketMessage,
  type WebSocketOpened,
  type WebSocketSent,
} from 'nano:workers/web-sockets'
import { makeTable } from '../globals/primordials.ts'
import type { GuestBinding } from './binding.ts'

/** Who hears of one. */
export interface HostSocket {
  opened(protocol: string, extensions: string): void
  message(isText: boolean, bytes: Uint8Array): void
  /** So many bytes have gone that waited. */
  sent(bytes: number): void
  /** Nothing more comes for it. */
  closed(code: number, reason: string): void
}

/** By id. */
export const sockets = makeTable<number, HostSocket>()

/** What may be asked of the host. */
export const host = { accept, close, connect, open, send }

export const binding: GuestBinding<Event> = {
  events: {
    'web-socket-opened': ({ id, protocol, extensions }: WebSocketOpened) =>
      sockets.get(id)?.opened(protocol, extensions),
    'web-socket-message': ({ id, isText, bytes }: WebSocketMessage) =>
      sockets.get(id)?.message(isText, bytes),
    'web-socket-sent': ({ id, bytes }: WebSocketSent) => sockets.get(id)?.sent(bytes),
    'web-socket-closed': ({ id, code, reason }: WebSocketEnd) => {
      const socket = sockets.get(id)
      sockets.delete(id)
      socket?.closed(code, reason)
    },
  },
}
