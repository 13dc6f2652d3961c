/**
 * A request that an app is asked for while its answer is taken down: as the app knows it, it is its client's; what the client
 * gets says what the cache did. `Refreshing` has no client.
 */

import type { ErrorCode } from '../errors.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Forwarding } from './forwarding.ts'
import { Recorder } from './recorder.ts'
import type { RecorderOptions } from './recorder.ts'

/** What a request has that is for one copy of a response, and not for all. */
const OF_ONE: ReadonlySet<string> = new Set([
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
])

/** Whether a request is for a part of a response, or for one that its client does not have. */
export function isPartial(headers: string): boolean {
  return (parseHeaderLines(headers) ?? []).some((name, i) => i % 2 === 0 && OF_ONE.has(name))
}

export class Filling extends Forwarding implements Exchange {
  readonly id: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly tls: Exchange['tls']
  readonly trace: Exchange['trace']
  readonly #exchange: Exchange
  readonly #status: Uint8Array
  readonly #recorder: Recorder | undefined

  /** `status`: of the cache, for the client. */
  constructor(exchange: Exchange, status: string, options?: RecorderOptions) {
    super()
    const { id, client, method, url, headers, hasBody, tls, trace } = exchange
    this.id = id
    this.client = client
    this.method = method
    this.url = url
    this.headers = headers
    this.hasBody = hasBody
    this.tls = tls
    this.trace = trace
    this.#exchange = exchange
    this.#status = Buffer.from(toHeaderLines('cf-cache-status', status))
    this.#recorder = options && new Recorder(options)
  }

  /** Ask the app. */
  ask(ask: (exchange: Exchange) => ExchangeListener): ExchangeListener {
    this.listener = ask(this)
    return this
  }

  // the app's side

  pullBody(): void {
    this.#exchange.pullBody()
  }

  cancelBody(): void {
    this.#exchange.cancelBody()
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    this.#recorder?.start(status, headers)
    this.#recorder?.write(body)
    this.#exchange.send(status, this.#withStatus(headers), body)
    this.#recorder?.finish()
  }

  start(status: number, headers: Uint8Array): void {
    this.#recorder?.start(status, headers)
    this.#exchange.start(status, this.#withStatus(headers))
  }

  write(bytes: Uint8Array): boolean {
    this.#recorder?.write(bytes)
    return this.#exchange.write(bytes)
  }

  finish(): void {
    this.#exchange.finish()
    this.#recorder?.finish()
  }

  fail(code: ErrorCode, retryMs?: number): void {
    this.#exchange.fail(code, retryMs)
    this.#recorder?.fail()
  }

  // the client's side

  override clientGone(): void {
    super.clientGone()
    this.#recorder?.fail()
  }

  #withStatus(headers: Uint8Array): Uint8Array {
    const isOpen = headers.length > 0 && headers.at(-1) !== 0x0a
    return Buffer.concat(isOpen ? [headers, Buffer.from('\n'), this.#status] : [headers, this.#status])
  }
}

/** The same without a client: nobody waits for the answer. */
export class Refreshing implements Exchange {
  readonly id: string
  readonly client: string
  readonly method = 'GET'
  readonly url: string
  readonly headers: string
  readonly hasBody = false
  readonly #recorder: Recorder

  constructor({ id, client, url, headers }: Exchange, options: RecorderOptions) {
    this.id = id
    this.client = client
    this.url = url
    this.headers = withoutConditions(headers)
    this.#recorder = new Recorder(options)
  }

  pullBody(): void {}
  cancelBody(): void {}

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    this.start(status, headers)
    this.write(body)
    this.finish()
  }

  start(status: number, headers: Uint8Array): void {
    this.#recorder.start(status, headers)
  }

  write(bytes: Uint8Array): boolean {
    this.#recorder.write(bytes)
    return true
  }

  finish(): void {
    this.#recorder.finish()
  }

  fail(): void {
    this.#recorder.fail()
  }
}

function withoutConditions(headers: string): string {
  const list = parseHeaderLines(headers) ?? []
  let lines = ''
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (!OF_ONE.has(list[i]!)) lines += toHeaderLines(list[i]!, list[i + 1]!)
  }
  return lines
}
