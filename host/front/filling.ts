/**
 * A request that an app is asked for while its answer is taken down: as the app knows it, it is its client's; what the client
 * gets says what the cache did. `Refreshing` has no client.
 */

import type { ErrorCode } from '../errors.ts'
import { OF_ONE } from '../http/conditional.ts'
import { parseHeaderLines, toHeaderLines, toValues } from '../http/header-lines.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Forwarding } from './forwarding.ts'
import { Recorder } from './recorder.ts'
import type { RecorderOptions } from './recorder.ts'

/** Whether a request is for a part of a response, or for one that its client does not have. */
export function isPartial(headers: string): boolean {
  return (parseHeaderLines(headers) ?? []).some((name, i) => i % 2 === 0 && OF_ONE.has(name))
}

export interface FillingOptions extends RecorderOptions {
  /** Its head is there; whether it is one to be kept. */
  onHead(isKept: boolean): void
}

const STATUS = 'cf-cache-status'

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
  readonly #options: FillingOptions | undefined
  readonly #recorder: Recorder | undefined

  /** Without options nothing is kept of it. */
  constructor(exchange: Exchange, options?: FillingOptions) {
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
    this.#options = options
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
    const own = this.#begin(status, headers, body.length)
    this.#recorder?.write(body)
    this.#exchange.send(status, own, body)
    this.#recorder?.finish()
  }

  start(status: number, headers: Uint8Array): void {
    this.#exchange.start(status, this.#begin(status, headers))
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

  /** Gives the head for the client. */
  #begin(status: number, headers: Uint8Array, length?: number): Uint8Array {
    const isKept = this.#recorder?.start(status, headers, length) ?? false
    this.#options?.onHead(isKept)
    const lines = Buffer.from(toHeaderLines(STATUS, isKept ? 'MISS' : 'BYPASS'))
    const given = parseHeaderLines(Buffer.from(headers).toString())
    if (given === undefined || toValues(given, STATUS).length === 0) {
      const isOpen = headers.length > 0 && headers.at(-1) !== 0x0a
      return Buffer.concat(isOpen ? [headers, Buffer.from('\n'), lines] : [headers, lines])
    }
    // what another cache has done is not what this one does
    const others = given.filter((_, i) => given[i - (i % 2)]!.toLowerCase() !== STATUS)
    return Buffer.concat([Buffer.from(`${others.join('\n')}\n`), lines])
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
