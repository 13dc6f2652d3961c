/**
 * What the bodies of Request and Response have in common, and the engine does not do by itself:
 *
 * - a Blob or FormData as a body: the engine reads these in an event loop that does not turn here, so that the
 *   promise would stay pending for ever. They become byte streams of our own.
 * - a multipart form: the engine corrupts its files.
 */

import { isBlob, streamParts } from './blob.ts'
import { toNative } from './native-stream.ts'
import { makeMultipart } from '../wire/multipart.ts'
import { parseBoundary, parseMultipart } from '../wire/multipart-parse.ts'
import {
  appendHeader,
  isExtensible,
  NativeBlob,
  NativeFormData,
  NativeResponse,
  NativeTypeError,
  uncurryGetter,
} from './primordials.ts'

const decoder = new TextDecoder()
const blobType = uncurryGetter(NativeBlob.prototype, 'type')
const isForm = (value: unknown): value is FormData => value instanceof NativeFormData

export interface PreparedBody {
  body: BodyInit | null | undefined
  /** The content type that the body brings along, when the engine would not know it. */
  type: string
}

/** A body that the engine can read. */
export function prepareBody(body: BodyInit | null | undefined): PreparedBody {
  if (typeof body !== 'object' || body === null) return { body, type: '' }
  // the engine ends the instance when it cannot note on a stream that it is in use
  if (!isExtensible(body)) throw new NativeTypeError('a frozen object cannot be a body')
  if (isBlob(body)) return { body: toNative(streamParts([body])), type: blobType(body) }
  if (isForm(body)) {
    const { parts, type } = makeMultipart(body)
    return { body: toNative(streamParts(parts as never)), type }
  }
  return { body: toNative(body), type: '' }
}

/** Statuses whose messages have no body; the engine refuses to give them one. */
export function isBodyless(status: number | undefined): boolean {
  return status === 204 || status === 205 || status === 304
}

/** Adds the content type of a body to headers that name none. */
export function addType(headers: Headers, type: string): void {
  if (type !== '' && !headers.has('content-type')) appendHeader(headers, 'content-type', type)
}

/** `formData()`: the engine reads forms in an URL's encoding, multipart forms are read here. */
export async function readForm(bytes: Promise<ArrayBuffer>, type: string | null): Promise<FormData> {
  const boundary = parseBoundary(type ?? '')
  if (boundary === undefined) {
    return new NativeResponse(
      await bytes,
      type === null ? {} : { headers: { 'content-type': type } },
    ).formData()
  }
  const form = new NativeFormData()
  for (const field of parseMultipart(new Uint8Array(await bytes), boundary)) {
    const { filename, name, type: fileType } = field
    if (filename === undefined) form.append(name, decoder.decode(field.bytes))
    else form.append(name, new File([field.bytes], filename, { type: fileType }))
  }
  return form
}

export async function readBlob(bytes: Promise<ArrayBuffer>, type: string | null): Promise<Blob> {
  return new NativeBlob([await bytes], { type: type ?? '' })
}

export async function readBytes(bytes: Promise<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await bytes)
}
