/**
 * A connection to a server with keep-alive, one request in flight at most, and a response parser that knows no more than the
 * servers of this bench send: a status line, `content-length` or chunks. It has to be much cheaper than what it measures; heads
 * that repeat byte for byte are parsed once.
 */

import { connect } from 'node:net'
import type { Socket } from 'node:net'

interface Head {
  readonly ok: boolean
  readonly closes: boolean
  /** Bytes of the body, -1 when it comes in chunks. */
  readonly length: number
}

export interface ConnectionEvents {
  /** The request was answered, with 200 if `ok`; if `stays`, the connection takes another. */
  onAnswer(ok: boolean, stays: boolean): void
  /** It is gone; `broke`: without an answer to the request in flight. */
  onClose(broke: boolean): void
}

export class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  #isAsked = false
  #rest: Buffer | undefined
  #lastHead = ''
  #head: Head = { ok: false, closes: false, length: 0 }

  constructor(port: number, events: ConnectionEvents) {
    this.#events = events
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (piece: Buffer) => this.#read(piece))
    // it closes then
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => events.onClose(this.#isAsked))
  }

  ask(request: Buffer): void {
    this.#isAsked = true
    this.#socket.write(request)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(piece: Buffer): void {
    const data = this.#rest === undefined ? piece : Buffer.concat([this.#rest, piece])
    this.#rest = data
    const end = data.indexOf('\r\n\r\n')
    if (end < 0) return
    const text = data.toString('latin1', 0, end)
    if (text !== this.#lastHead) {
      this.#head = parseHead(text)
      this.#lastHead = text
    }
    const { ok, closes, length } = this.#head
    if (!isComplete(data, end + 4, length)) return
    this.#rest = undefined
    this.#isAsked = false
    if (closes) this.#socket.end()
    this.#events.onAnswer(ok, !closes)
  }
}

function parseHead(text: string): Head {
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return {
    ok: text.startsWith('200', 9),
    closes: /\r\nconnection: *close/i.test(text),
    length: length === undefined ? -1 : Number(length),
  }
}

function isComplete(data: Buffer, bodyAt: number, length: number): boolean {
  if (length >= 0) return data.length >= bodyAt + length
  for (let at = bodyAt; ;) {
    const lineEnd = data.indexOf('\r\n', at)
    if (lineEnd < 0) return false
    const size = Number.parseInt(data.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2 + size + 2
    if (at > data.length) return false
    if (size === 0) return true
  }
}
