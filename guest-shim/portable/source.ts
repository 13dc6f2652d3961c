/** A body that comes in, a chunk for each time that one is asked for. */

import type { IncomingBody } from 'wasi:http/types'
import type { InputStream } from 'wasi:io/streams'
import { toMessage } from './lines.ts'
import { forgetWait, type Wait, waitFor } from './reactor.ts'

const CHUNK_BYTES = 64n * 1024n

export interface SourceListener {
  chunk(bytes: Uint8Array<ArrayBuffer>, last: boolean): void
  failed(message: string): void
}

export class BodySource {
  readonly #body: IncomingBody
  readonly #stream: InputStream
  readonly #listener: SourceListener
  #wait: Wait | undefined
  #isClosed = false

  constructor(body: IncomingBody, listener: SourceListener) {
    this.#body = body
    this.#stream = body.stream()
    this.#listener = listener
  }

  /** Ask for the next chunk. */
  pull(): void {
    if (this.#isClosed || this.#wait !== undefined) return
    this.#wait = waitFor(this.#stream.subscribe(), () => {
      this.#wait = undefined
      this.#read()
    })
  }

  /** Nothing more of it is wanted. */
  cancel(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#wait !== undefined) forgetWait(this.#wait)
    this.#stream[Symbol.dispose]()
    this.#body[Symbol.dispose]()
  }

  #read(): void {
    try {
      const bytes = this.#stream.read(CHUNK_BYTES)
      if (bytes.length > 0) this.#listener.chunk(bytes, false)
      else this.pull()
    } catch (error) {
      const { tag } = ((error as { payload?: unknown }).payload ?? error) as { tag?: string }
      this.cancel()
      if (tag === 'closed') this.#listener.chunk(new Uint8Array(0), true)
      else this.#listener.failed(toMessage(error))
    }
  }
}
