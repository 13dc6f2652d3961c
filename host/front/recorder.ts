/**
 * Takes down a response as an app gives it, as long as it is one to be kept.
 *
 *     begun  --a head that may be kept-->  recording  --the end-->  over: the response
 *            --another head, too many bytes-->  over: not for keeping
 *            any  --failed, nobody is there-->  over: nothing
 */

import type { CacheableResponse } from '../cache/kept-response.ts'
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'

export interface RecorderOptions {
  readonly mostBytes: number
  /** What was taken down is held until the end. */
  readonly buffers: ByteBudget
  isKeepable(head: Omit<CacheableResponse, 'body'>): boolean
  /** Called once. `false`: it is not for keeping; undefined: nothing came, or not all of it. */
  onDone(response: CacheableResponse | false | undefined): void
}

export class Recorder {
  readonly #options: RecorderOptions
  #head: Omit<CacheableResponse, 'body'> | undefined
  /** Bytes that the app has announced. */
  #length: number | undefined
  readonly #parts: Uint8Array[] = []
  readonly #holding: Holding
  #size = 0
  #isOver = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#holding = new Holding(options.buffers)
  }

  /** `headers`: UTF-8 of lines, as an app gives them; `length`: of the body, if it is known. Whether it is one to be kept. */
  start(status: number, headers: Uint8Array, length?: number): boolean {
    if (this.#isOver) return false
    this.#length = length
    const list = parseHeaderLines(Buffer.from(headers).toString())
    if (list === undefined) return this.#refuse()
    let lines = ''
    let statusText = ''
    for (let i = 0; i + 1 < list.length; i += 2) {
      const [name, value] = [list[i]!, list[i + 1]!]
      if (name === ':reason') statusText = value
      else if (name === ':length') this.#length = Number(value)
      else lines += toHeaderLines(name.toLowerCase(), value)
    }
    const head = { status, statusText, headers: lines }
    const isTooLong = this.#length !== undefined && this.#length > this.#options.mostBytes
    if (isTooLong || !this.#options.isKeepable(head)) return this.#refuse()
    this.#head = head
    return true
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#size += bytes.length
    if (this.#size > this.#options.mostBytes) return this.#end(false)
    // for want of memory, and not for good
    if (!this.#holding.add(QUEUED_COST + bytes.length)) return this.#end(undefined)
    this.#parts.push(Uint8Array.from(bytes))
  }

  finish(): void {
    if (this.#isOver || this.#head === undefined) return
    if (this.#length !== undefined && this.#length !== this.#size) return this.#end(undefined)
    const body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#end({ ...this.#head, body })
  }

  fail(): void {
    this.#end(undefined)
  }

  #refuse(): false {
    this.#end(false)
    return false
  }

  #end(response: CacheableResponse | false | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.length = 0
    this.#holding.release()
    this.#options.onDone(response)
  }
}
