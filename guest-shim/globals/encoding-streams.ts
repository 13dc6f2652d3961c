/**
 * TextEncoderStream and TextDecoderStream after the Encoding standard.
 */

import { bytesOf } from './buffer-source.ts'
import { encode, NativeTypeError, slice, uncurry, uncurryGetter } from './primordials.ts'
import { type ReadableStream, TransformStream, type WritableStream } from './streams.ts'
import { toMembers, toText } from './web-idl.ts'

type Members = Readonly<Record<string, unknown>> | undefined

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const codeAt = uncurry(String.prototype.charCodeAt)
const isHighSurrogate = (code: number) => code >= 0xd8_00 && code <= 0xdb_ff

export class TextEncoderStream {
  readonly #pair: TransformStream<unknown, Uint8Array>

  constructor() {
    /** A text may end within a character; the next one goes on with it. */
    let rest = ''
    this.#pair = new TransformStream<unknown, Uint8Array>({
      transform(chunk, controller) {
        const text = rest + toText(chunk)
        const isCut = text !== '' && isHighSurrogate(codeAt(text, text.length - 1))
        const end = isCut ? text.length - 1 : text.length
        rest = slice(text, end)
        if (end > 0) controller.enqueue(encode(isCut ? slice(text, 0, end) : text))
      },
      flush(controller) {
        if (rest !== '') controller.enqueue(encode(rest))
      },
    })
  }

  get encoding(): string {
    void this.#pair
    return 'utf-8'
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#pair.readable
  }

  get writable(): WritableStream<unknown> {
    return this.#pair.writable
  }
}

const decode = uncurry(TextDecoder.prototype.decode) as (
  decoder: object,
  bytes?: Uint8Array,
  options?: object,
) => string
const encodingOf = uncurryGetter(TextDecoder.prototype, 'encoding')
const fatalOf = uncurryGetter(TextDecoder.prototype, 'fatal')
const ignoreBomOf = uncurryGetter(TextDecoder.prototype, 'ignoreBOM')
const NativeDecoder = TextDecoder
const MORE = { stream: true }

export class TextDecoderStream {
  readonly #decoder: TextDecoder
  readonly #pair: TransformStream<unknown, string>

  constructor(label: unknown = 'utf-8', options?: unknown) {
    const { fatal, ignoreBOM } = toMembers(options as Members, 'TextDecoderStream')
    const decoder = new NativeDecoder(toText(label), { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) })
    this.#decoder = decoder
    this.#pair = new TransformStream<unknown, string>({
      transform(chunk, controller) {
        const bytes = bytesOf(chunk)
        if (bytes === undefined)
          throw new NativeTypeError(`expected bytes, got a chunk of type ${typeof chunk}`)
        const text = decode(decoder, bytes, MORE)
        if (text !== '') controller.enqueue(text)
      },
      flush(controller) {
        const text = decode(decoder)
        if (text !== '') controller.enqueue(text)
      },
    })
  }

  get encoding(): string {
    return encodingOf(this.#decoder)
  }

  get fatal(): boolean {
    return fatalOf(this.#decoder)
  }

  get ignoreBOM(): boolean {
    return ignoreBomOf(this.#decoder)
  }

  get readable(): ReadableStream<string> {
    return this.#pair.readable
  }

  get writable(): WritableStream<unknown> {
    return this.#pair.writable
  }
}
