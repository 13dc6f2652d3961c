/**
 * One request and its answer, as the host has them.
 *
 *     waiting  --send, start-->  answering  --all of it is out, or cannot be-->  over
 *        '--fail-->  over, with a 500
 */

import { OutgoingResponse, ResponseOutparam } from 'wasi:http/types'
import { parseLines, toFields, toMessage } from './lines.ts'
import { happen } from './reactor.ts'
import { BodySink } from './sink.ts'
import type { BodySource } from './source.ts'
import { say } from './stdio.ts'

/** Without a body, and without a length. */
const EMPTY_STATUS = new Set([204, 205, 304])
const JSON_TYPE: [string, string] = ['content-type', 'application/json; charset=utf-8']
/** What a failed app's client is told, as NANO tells it. */
const FAILURES = {
  APP_THREW: 'The app threw an error.',
  APP_HUNG: 'The app will never answer: nothing that it waits for can happen any more.',
  APP_BAD_RESPONSE: 'The app did not return a valid Response.',
} as const

export class Exchange {
  readonly id: number
  /** Of the request's body. */
  source: BodySource | undefined
  readonly #method: string
  readonly #out: ResponseOutparam
  #state: 'waiting' | 'answering' | 'over' = 'waiting'
  #sink: BodySink | undefined

  constructor(id: number, method: string, out: ResponseOutparam) {
    this.id = id
    this.#method = method
    this.#out = out
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  send(status: number, head: Uint8Array, body: Uint8Array): void {
    if (!this.#begin(status, head, body.length)) return
    if (this.#method !== 'HEAD') this.#sink?.write(body)
    this.#sink?.finish()
  }

  start(status: number, head: Uint8Array): void {
    this.#begin(status, head, undefined)
  }

  write(bytes: Uint8Array): boolean {
    return this.#sink?.write(bytes) ?? true
  }

  finish(): void {
    this.#sink?.finish()
  }

  fail(code: keyof typeof FAILURES): void {
    if (this.#state === 'answering') return this.#sink?.cut(code)
    if (this.#state === 'over') return
    const text = new TextEncoder().encode(`{"error":{"code":"${code}","message":"${FAILURES[code]}"}}`)
    this.#open(500, [JSON_TYPE], text.length)
    this.#sink?.write(text)
    this.#sink?.finish()
  }

  /** `length`: of the body; undefined: a stream. False: it is over already. */
  #begin(status: number, head: Uint8Array, length: number | undefined): boolean {
    if (this.#state !== 'waiting') return false
    const { headers, others } = parseLines(head).lines
    const own = headers.filter(([name]) => name !== 'content-length')
    const claimed = headers.find(([name]) => name === 'content-length')?.[1]
    // the body that it would have is not known
    const known = this.#method === 'HEAD' ? claimed : length?.toString()
    const told = known ?? others[':length']
    try {
      if (status < 200 || status > 599)
        throw new RangeError(`expected a status from 200 to 599, got ${status}`)
      this.#open(status, own, EMPTY_STATUS.has(status) ? undefined : told)
      return true
    } catch (error) {
      say('error', `APP_BAD_RESPONSE: ${toMessage(error)}`)
      this.fail('APP_BAD_RESPONSE')
      return false
    }
  }

  #open(status: number, headers: [string, string][], length: number | string | undefined): void {
    const all =
      length === undefined ? headers : [...headers, ['content-length', `${length}`] as [string, string]]
    const response = new OutgoingResponse(toFields(all))
    response.setStatusCode(status)
    const body = response.body()
    ResponseOutparam.set(this.#out, { tag: 'ok', val: response })
    this.#state = 'answering'
    // of what has no body by its nature the head may say a length
    const bound = this.#method === 'HEAD' || length === undefined ? undefined : Number(length)
    this.#sink = new BodySink(body, bound, {
      room: () => happen(this.id, { tag: 'response-writable', val: this.id }),
      closed: (failure) => {
        this.#state = 'over'
        if (failure !== undefined) happen(this.id, { tag: 'client-gone', val: this.id })
      },
    })
  }
}

/** Those that are not forgotten. */
export const exchanges = new Map<number, Exchange>()
