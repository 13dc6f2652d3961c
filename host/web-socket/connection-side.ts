/**
 * The side of a line that is a connection, a client's or one to a server: `ws` has the protocol, this has what it costs.
 *
 *     frames > ws > message > the other side        paused while more than a window of them is not taken
 *     message > its turn (writes.ts) > the kernel > taken
 *
 * Holds: what has come of a message that is not complete is on the app's byte budget; a connection that says nothing is
 * given up (heartbeat.ts); what breaks the protocol ends it, with the code that the standard has for that.
 */

import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

import { WebSocket } from 'ws'

import { Holding } from '../limits/byte-budget.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { isCloseCode } from './codes.ts'
import type { Beating, Heartbeat } from './heartbeat.ts'
import { BROKEN, NO_CODE, NO_SIDE, toCost, WINDOW } from './line.ts'
import type { LineEnd, Message, Side } from './line.ts'
import { toFrame } from './frame.ts'
import type { Writes, Writing } from './writes.ts'

/** How long the far side has to answer a close frame. */
export const CLOSE_MS = 5000

/** What a frame of a client has before its payload, at the least. */
const FRAME_BYTES = 6

const TRY_AGAIN_LATER = 1013

export interface ConnectionOptions {
  readonly heartbeat: Heartbeat
  readonly writes: Writes
  /** The app. */
  readonly owner: object
  /** The far side is a client. */
  readonly isServer: boolean
  /** How long it may say nothing. */
  readonly idleMs: number
  /** The app's. */
  readonly buffers: ByteBudget
  /** Called once. */
  onOver?(side: ConnectionSide): void
}

export class ConnectionSide implements Side, Beating, Writing {
  readonly idleMs: number
  readonly owner: object
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #held: Holding
  #other: Side = NO_SIDE
  #heardAt = performance.now()
  /** Of what came, what the other side has not taken. */
  #ahead = 0
  #unwritten: Message[] = []
  /** What the socket had brought when the last frame was known to be complete. */
  #mark: number
  #fault = ''
  #isOver = false

  /** `socket`: what `ws` reads and writes. */
  constructor(ws: WebSocket, socket: Socket, options: ConnectionOptions) {
    this.#ws = ws
    this.#socket = socket
    this.#options = options
    this.idleMs = options.idleMs
    this.owner = options.owner
    this.#held = new Holding(options.buffers)
    this.#mark = socket.bytesRead
    ws.on('message', (bytes, isBinary) => this.#receive({ isText: !isBinary, bytes: bytes as Buffer }))
    ws.on('ping', (data: Buffer) => this.#heardControl(data))
    ws.on('pong', (data: Buffer) => this.#heardControl(data))
    ws.on('error', (error) => (this.#fault = error.message))
    ws.on('close', (code, reason) =>
      this.#end({ code, reason: code === BROKEN.code ? this.#fault : String(reason) }),
    )
    // behind the listener of `ws`, which has made messages of it
    socket.on('data', this.#onData)
    options.heartbeat.add(this)
  }

  get heardAt(): number | undefined {
    return this.#ws.isPaused ? undefined : this.#heardAt
  }

  ping(): void {
    this.#ws.ping()
  }

  givenUp(): void {
    this.#fault = `nothing came for ${this.idleMs} ms`
    this.#ws.terminate()
  }

  // the other side

  attach(other: Side): void {
    if (this.#isOver) return other.closed(BROKEN)
    this.#other = other
  }

  message(message: Message): void {
    if (this.#isOver) return
    this.#unwritten.push(message)
    this.#options.writes.add(this)
  }

  taken(bytes: number): void {
    this.#ahead -= bytes
    if (this.#ws.isPaused && this.#ahead < WINDOW / 2) {
      this.#heardAt = performance.now()
      this.#ws.resume()
    }
  }

  closed({ code, reason }: LineEnd): void {
    if (this.#isOver) return
    this.write()
    // the answer to the frame has to be read
    this.#ws.resume()
    if (code === NO_CODE) this.#ws.close()
    else if (isCloseCode(code)) this.#ws.close(code, reason)
    else this.#ws.terminate()
  }

  // its turn

  write(): void {
    const messages = this.#unwritten
    if (messages.length === 0) return
    this.#unwritten = []
    const cost = messages.reduce((sum, message) => sum + toCost(message), 0)
    const onWritten = (): void => this.#other.taken(cost)
    // behind a close frame there is nothing
    if (this.#ws.readyState !== WebSocket.OPEN) onWritten()
    else if (this.#options.isServer) this.#writeFrames(messages, onWritten)
    else
      for (const [i, { bytes, isText }] of messages.entries())
        this.#ws.send(bytes, { binary: !isText }, i === messages.length - 1 ? onWritten : undefined)
  }

  /** `ws` has nothing waiting that these could overtake: it compresses nothing. */
  #writeFrames(messages: readonly Message[], onWritten: () => void): void {
    const parts = messages.flatMap(toFrame)
    const last = parts.pop()!
    if (parts.length === 0) return void this.#socket.write(last, onWritten)
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.write(last, onWritten)
    this.#socket.uncork()
  }

  /** At once. */
  cut(): void {
    this.#ws.terminate()
  }

  #receive(message: Message): void {
    this.#heardAt = performance.now()
    this.#mark = this.#socket.bytesRead
    this.#held.release()
    this.#ahead += toCost(message)
    if (this.#ahead >= WINDOW) this.#ws.pause()
    this.#other.message(message)
  }

  #heardControl({ length }: Buffer): void {
    this.#heardAt = performance.now()
    this.#mark += FRAME_BYTES + length
  }

  readonly #onData = (): void => {
    const part = Math.max(0, this.#socket.bytesRead - this.#mark)
    if (this.#held.set(part)) return
    this.#fault = 'buffer_mb of the app has no room for the message'
    this.#ws.close(TRY_AGAIN_LATER)
  }

  #end(end: LineEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.heartbeat.delete(this)
    this.#options.writes.delete(this)
    this.#unwritten = []
    this.#held.release()
    this.#other.closed(end)
    this.#other = NO_SIDE
    this.#options.onOver?.(this)
  }
}
