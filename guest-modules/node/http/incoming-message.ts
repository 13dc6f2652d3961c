/** `IncomingMessage`: a request that came to an app's server, or the response to one of its own. */

import { Buffer } from '../buffer.ts'
import { Readable } from '../stream.ts'
import { adopting } from './called.ts'
import { toReceived } from './header-map.ts'
import { MessageSocket } from './message-socket.ts'

export class IncomingMessage extends adopting(Readable) {
  httpVersion = '1.1'
  httpVersionMajor = 1
  httpVersionMinor = 1
  complete = false
  aborted = false
  method: string | null = null
  url = ''
  statusCode: number | null = null
  statusMessage: string | null = null
  socket: MessageSocket
  rawHeaders: string[] = []
  headers: Record<string, string | string[]> = {}
  headersDistinct: Record<string, string[]> = {}
  rawTrailers: string[] = []
  trailers: Record<string, string> = {}
  trailersDistinct: Record<string, string[]> = {}
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(socket = new MessageSocket()) {
    super()
    this.socket = socket
  }

  get connection(): MessageSocket {
    return this.socket
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.socket.setTimeout(ms, callback)
    return this
  }

  override _read(): void {
    if (this.#reader === undefined) this.#end()
    else void this.#pull(this.#reader)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.complete) {
      this.aborted = true
      void this.#reader?.cancel(error).catch(() => {})
      if (this.listenerCount('aborted') > 0) this.emit('aborted')
    }
    callback(error)
  }

  /** Its headers and its body. */
  receive(headers: Headers, body: ReadableStream<Uint8Array> | null): void {
    const received = toReceived(headers)
    this.headers = received.headers
    this.headersDistinct = received.distinct
    this.rawHeaders = received.raw
    this.#reader = body?.getReader()
  }

  async #pull(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await reader.read()
      if (done) this.#end()
      else this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #end(): void {
    this.complete = true
    this.push(null)
  }
}
