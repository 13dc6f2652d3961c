/** `ServerResponse`: what an app's server answers; it becomes a `Response`. */

import type { Body } from './body-sink.ts'
import type { HeaderInput } from './header-map.ts'
import type { IncomingMessage } from './incoming-message.ts'
import { OutgoingMessage } from './outgoing-message.ts'
import { STATUS_CODES } from './status-codes.ts'

/** Whose answers have no body. */
const BODILESS = new Set([101, 204, 205, 304])

export class ServerResponse extends OutgoingMessage {
  statusCode = 200
  statusMessage = ''
  strictContentLength = false
  readonly req: IncomingMessage
  /** Who waits for the answer. */
  #onResponse: ((response: Response) => void) | undefined

  constructor(req: IncomingMessage) {
    super(req.socket)
    this.req = req
    this.once('finish', () => this.destroy())
  }

  /** Looked at by packages that take what is written themselves. */
  get _hasBody(): boolean {
    return this.req.method !== 'HEAD' && !BODILESS.has(this.statusCode)
  }

  /** Settled with the head of the answer; rejects when it is given up before. */
  answered(): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#onResponse = resolve
      this.once('close', () => reject(new Error('the app destroyed its response before it had a head')))
      this.once('error', reject)
    })
  }

  writeHead(statusCode: number, ...rest: unknown[]): this {
    if (this.headersSent) {
      throw Object.assign(new Error('Cannot write headers after they are sent to the client'), {
        code: 'ERR_HTTP_HEADERS_SENT',
      })
    }
    const status = statusCode | 0
    if (status < 100 || status > 999) {
      throw Object.assign(new RangeError(`Invalid status code: ${statusCode}`), {
        code: 'ERR_HTTP_INVALID_STATUS_CODE',
      })
    }
    this.statusCode = status
    if (typeof rest[0] === 'string') this.statusMessage = rest.shift() as string
    else this.statusMessage ||= STATUS_CODES[status] ?? 'unknown'
    const headers = rest.find((each) => each !== undefined && each !== null)
    if (headers !== undefined) this.map.setAll(headers as HeaderInput)
    this.headersSent = true
    return this
  }

  /** What packages that wrap a response call before its first bytes. */
  _implicitHeader(): void {
    this.writeHead(this.statusCode)
  }

  writeContinue(callback?: () => void): void {
    callback?.()
  }

  writeProcessing(callback?: () => void): void {
    callback?.()
  }

  writeEarlyHints(_hints: object, callback?: () => void): void {
    callback?.()
  }

  assignSocket(): void {}
  detachSocket(): void {}

  override flushHeaders(): void {
    // by the method that packages replace
    if (!this.headersSent) this.writeHead(this.statusCode)
    super.flushHeaders()
  }

  override end(...args: unknown[]): this {
    if (!this.headersSent && !this.writableEnded) this.writeHead(this.statusCode)
    return super.end(...args)
  }

  protected override begin(body: Body): void {
    const headers = this.map.toHeaders()
    const status = this.statusCode
    const statusText = this.statusMessage || (STATUS_CODES[status] ?? '')
    const isEmpty = this.req.method === 'HEAD' || BODILESS.has(status)
    // how the bytes travel is the host's to say
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) headers.delete(name)
    if (isEmpty && body instanceof ReadableStream) void body.cancel().catch(() => {})
    const coded = headers.has('content-encoding') ? ({ encodeBody: 'manual' } as const) : {}
    this.#onResponse?.(new Response(isEmpty ? null : body, { status, statusText, headers, ...coded }))
  }
}
