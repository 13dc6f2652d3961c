/**
 * The body of a message. One that is given whole stays as it is until somebody wants a stream: a response that nobody
 * looks at goes out as it was given.
 *
 *     whole   a text or bytes          --toStream-->  open        whole, lazy, open   --read, sent, handed on-->  taken
 *     lazy    a stream not yet made    --toStream-->  open
 *     open    a stream
 *     taken   it can be read no more
 */

import { isBlob, sizeOf, streamParts, typeOf } from './blob.ts'
import { bytesOf, type Bytes } from './buffer-source.ts'
import { fixedLengthOf, setLength } from './fixed-streams.ts'
import { encode, isForm, isParams, NativeTypeError, paramsToText, test } from './primordials.ts'
import {
  cancel,
  getReader,
  isByteStream,
  isDisturbed,
  isLocked,
  isReadableStream,
  openStream,
  read,
  readAll,
  type ReadableStream,
  streamBytes,
  tee,
} from './streams.ts'
import { structuredClone } from './structured-clone.ts'
import { finishParts, toScalarText } from './web-idl.ts'
import { ignore } from '../turn/pump.ts'
import type { HeaderList } from '../wire/header-list.ts'
import { makeMultipart } from '../wire/multipart.ts'

export const TEXT_TYPE = 'text/plain;charset=UTF-8'
const PARAMS_TYPE = 'application/x-www-form-urlencoded;charset=UTF-8'

const LENGTH = /^\d{1,15}$/

/** What headers say of how many bytes a body has that is on its way. */
export function lengthOf(list: HeaderList): number | undefined {
  const length = list.get('content-length')
  return length !== null && test(LENGTH, length) ? Number(length) : undefined
}

export type Source = string | Bytes | (() => ReadableStream<Uint8Array>)

const EMPTY: Bytes = new Uint8Array(0)

export class Body {
  /** The content type that it brings along. */
  declare readonly type: string
  /** Bytes of a stream, where that is known. */
  declare readonly length: number | undefined
  declare source: Source | undefined
  declare stream: ReadableStream<Uint8Array> | undefined
  declare isTaken: boolean
  /** Others have the same bytes. */
  declare isShared: boolean
  /** Why there is no more of it. */
  declare failure: { readonly reason: unknown } | undefined

  constructor(source: Source | undefined, type: string, length?: number, isShared = false) {
    this.source = source
    this.type = type
    this.length = length
    this.isShared = isShared
  }

  static fromStream(stream: ReadableStream<Uint8Array>): Body {
    const body = new Body(undefined, '', fixedLengthOf(stream))
    body.stream = stream
    return body
  }

  /** Somebody has read of it, or is reading it. */
  get isUsed(): boolean {
    return this.isTaken || (this.stream !== undefined && isDisturbed(this.stream))
  }

  /** It cannot be read by anybody else. */
  get isUnusable(): boolean {
    return this.isUsed || (this.stream !== undefined && isLocked(this.stream))
  }

  /** Whoever sends it has given up: who reads it is told at once. */
  fail(reason: unknown): void {
    this.failure = { reason }
  }

  /** Nobody is going to read it. */
  cancel(reason: unknown): void {
    if (this.stream !== undefined && !isLocked(this.stream)) void ignore(cancel(this.stream, reason))
  }

  toStream(): ReadableStream<Uint8Array> {
    return (this.stream ??= openStreamOf(this))
  }

  /** Its bytes, if it is whole; taken then. */
  takeWhole(): Bytes | undefined {
    const { source } = this
    if (source === undefined || typeof source === 'function') return undefined
    take(this)
    return typeof source === 'string' ? encode(source) : source
  }

  /** Its text as it was given, if that is how it was; taken then. */
  takeText(): string | undefined {
    const { source } = this
    if (typeof source !== 'string') return undefined
    take(this)
    return toScalarText(source)
  }

  /** For whoever reads it to the end. */
  takeStream(): ReadableStream<Uint8Array> {
    const stream = this.toStream()
    this.isTaken = true
    return stream
  }

  /** Throws what is to be said of a body that nobody can read any more. */
  expectUsable(): void {
    if (this.failure !== undefined) throw this.failure.reason
    if (this.isUnusable) throw new NativeTypeError('the body is already used, or somebody is reading it')
  }

  /** What `convert` makes of all of it, whose bytes are the reader's own. */
  async read<T>(convert: (bytes: Bytes) => T): Promise<T> {
    this.expectUsable()
    const { isShared } = this
    const whole = this.takeWhole()
    if (whole === undefined) return await readAll(this.takeStream(), convert)
    return convert(isShared ? new Uint8Array(whole) : whole)
  }

  /** The same for another message; this one keeps its own. */
  clone(): Body {
    this.expectUsable()
    const { source } = this
    if (source !== undefined && typeof source !== 'function') {
      this.isShared = true
      return new Body(source, this.type, this.length, true)
    }
    const both = part(this.toStream())
    this.stream = both[0]
    return withLength(both[1], this.length)
  }

  /** The same for another message; this one is taken. */
  handOn(): Body {
    this.expectUsable()
    const { source, stream } = this
    take(this)
    if (stream === undefined) return new Body(source, this.type, this.length, this.isShared)
    return withLength(
      relay(stream, (chunk) => chunk),
      this.length,
    )
  }
}

finishParts(Body, { stream: undefined, isTaken: false, failure: undefined })

/** Of a text that is sent: it can be read no more, and has its type still. */
export const SPENT = new Body(undefined, TEXT_TYPE)
SPENT.isTaken = true

function take(body: Body): void {
  body.source = undefined
  body.isTaken = true
}

function withLength(stream: ReadableStream<Uint8Array>, length: number | undefined): Body {
  if (length !== undefined) setLength(stream, length)
  return Body.fromStream(stream)
}

function openStreamOf(body: Body): ReadableStream<Uint8Array> {
  const { isShared, length, source } = body
  body.source = undefined
  if (source === undefined) {
    const stream = streamBytes(EMPTY)
    getReader(stream)
    return stream
  }
  if (typeof source === 'function') {
    const stream = source()
    if (length !== undefined) setLength(stream, length)
    return stream
  }
  const bytes = typeof source === 'string' ? encode(source) : source
  const stream = streamBytes(isShared ? new Uint8Array(bytes) : bytes)
  setLength(stream, bytes.length)
  return stream
}

/** What is left of a stream, as another one: the first is locked from here on. */
function relay<From, To>(stream: ReadableStream<From>, convert: (chunk: From) => To): ReadableStream<To> {
  const reader = getReader(stream)
  return openStream<To>({
    async pull(controller) {
      const { done, value } = await read(reader)
      if (done) controller.close()
      else controller.enqueue(convert(value))
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

type Stream = ReadableStream<Uint8Array>

/** Two of one, whose chunks have no memory in common: a copy is made before anybody has the first. */
function part(stream: Stream): [Stream, Stream] {
  if (isByteStream(stream)) return tee(stream)
  const both = tee(relay(stream, (own) => ({ own, copy: structuredClone(own) as Uint8Array })))
  return [relay(both[0], ({ own }) => own), relay(both[1], ({ copy }) => copy)]
}

/** What an app gives as a body; a copy of what it may change. */
export function extractBody(given: unknown): Body {
  if (typeof given === 'string') return new Body(given, TEXT_TYPE)
  if (typeof given === 'object' && given !== null) {
    const bytes = bytesOf(given)
    if (bytes !== undefined) return new Body(new Uint8Array(bytes), '')
    if (isReadableStream(given)) {
      if (isLocked(given) || isDisturbed(given)) {
        throw new NativeTypeError('a stream that is read already, or by somebody else, cannot be a body')
      }
      return Body.fromStream(given)
    }
    if (isBlob(given)) return new Body(() => streamParts([given]), typeOf(given), sizeOf(given))
    if (isForm(given)) {
      const { parts, type } = makeMultipart(given)
      let length = 0
      for (let i = 0; i < parts.length; i++) {
        const each = parts[i] as Uint8Array | Blob
        length += isBlob(each) ? sizeOf(each) : each.length
      }
      return new Body(() => streamParts(parts), type, length)
    }
    if (isParams(given)) return new Body(paramsToText(given), PARAMS_TYPE)
  }
  return new Body(toScalarText(given), TEXT_TYPE)
}
