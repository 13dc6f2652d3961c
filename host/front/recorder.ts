/**
 * Takes down a response as an app gives it, as long as it is one to be kept.
 *
 *     begun  --a head that may be kept-->  recording  --the end-->  over: the response
 *            --another head, too many bytes-->  over: not for keeping
 *            any  --failed, nobody is there-->  over: nothing
 */

import type { CacheableResponse } from '../cache/kept-response.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'

export interface RecorderOptions {
  readonly mostBytes: number
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
  #size = 0
  #isOver = false

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** `headers`: UTF-8 of lines, as an app gives them. */
  start(status: number, headers: Uint8Array): void {
    if (this.#isOver) return
    const list = parseHeaderLines(Buffer.from(headers).toString())
    if (list === undefined) return this.#end(false)
    let lines = ''
    let statusText = ''
    for (let i = 0; i + 1 < list.length; i += 2) {
      const [name, value] = [list[i]!, list[i + 1]!]
      if (name === ':reason') statusText = value
      else if (name === ':length') this.#length = Number(value)
      else lines += toHeaderLines(name.toLowerCase(), value)
    }
    const head = { status, statusText, headers: lines }
    if (!this.#options.isKeepable(head)) return this.#end(false)
    this.#head = head
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#size += bytes.length
    if (this.#size > this.#options.mostBytes) return this.#end(false)
    this.#parts.push(Uint8Array.from(bytes))
  }

  finish(): void {
    if (this.#isOver || this.#head === undefined) return
    if (this.#length !== undefined && this.#length !== this.#size) return this.#end(undefined)
    this.#end({ ...this.#head, body: Buffer.concat(this.#parts) })
  }

  fail(): void {
    this.#end(undefined)
  }

  #end(response: CacheableResponse | false | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.length = 0
    this.#options.onDone(response)
  }
}
