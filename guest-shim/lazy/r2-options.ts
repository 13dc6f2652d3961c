/** What an app gives to a bucket, as JSON can say it to the host, which checks it. */

import type { Value } from '../bindings/objects.ts'
import { isBlob, sizeOf, streamParts } from '../globals/blob.ts'
import { bytesOf } from '../globals/buffer-source.ts'
import { fixedLengthOf } from '../globals/fixed-streams.ts'
import { isHeaders } from '../globals/headers.ts'
import { encode } from '../globals/primordials.ts'
import { isDisturbed, isLocked, isReadableStream } from '../globals/streams.ts'
import { isObject, toScalarText, toText } from '../globals/web-idl.ts'
import { HTTP_TEXTS } from './r2-object.ts'

type Given = Readonly<Record<string, unknown>>

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const
const HASHES = [
  ['md5', 'MD5', 16],
  ['sha1', 'SHA-1', 20],
  ['sha256', 'SHA-256', 32],
  ['sha384', 'SHA-384', 48],
  ['sha512', 'SHA-512', 64],
] as const

/** Undefined and null: nothing. */
function toGiven(options: unknown, what: string): Given {
  if (options === undefined || options === null) return {}
  if (isObject(options)) return options as Given
  throw new TypeError(`${what}: expected an object, got ${typeof options}`)
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

/** What `convert` makes of each member that is given. */
function pick<Name extends string>(
  given: Given,
  names: readonly Name[],
  convert: (value: unknown) => unknown,
): { [Each in Name]?: unknown } {
  const picked: { [Each in Name]?: unknown } = {}
  for (const name of names) if (isGiven(given[name])) picked[name] = convert(given[name])
  return picked
}

/** What cannot be put there fails as a promise: the caller is a function of one. */
export function toValue(value: unknown): Value {
  if (!isGiven(value)) return toWhole(new Uint8Array(0))
  if (typeof value === 'string') return toWhole(encode(value))
  if (isBlob(value)) return { body: streamParts([value]), size: sizeOf(value) }
  if (isReadableStream(value)) {
    if (isLocked(value) || isDisturbed(value))
      throw new TypeError('a stream that is read already, or by somebody else, cannot be put')
    const size = fixedLengthOf(value)
    if (size !== undefined) return { body: value as ReadableStream<Uint8Array>, size }
    throw new TypeError(
      'Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)',
    )
  }
  const bytes = bytesOf(value)
  if (bytes !== undefined) return toWhole(bytes)
  throw noValue()
}

export const noValue = (): TypeError =>
  new TypeError(
    'expected a ReadableStream, an ArrayBuffer, a view of one, a string or a Blob as the value, or null for put()',
  )

const toWhole = (body: Uint8Array<ArrayBuffer>): Value => ({ body, size: body.length })

export function toGetOptions(options: unknown): object {
  const { range, onlyIf } = toGiven(options, 'get')
  return { range: toRange(range), onlyIf: toCondition(onlyIf) }
}

function toRange(range: unknown): object | undefined {
  if (!isGiven(range)) return undefined
  const given = toGiven(range, 'range')
  if (!isHeaders(given)) return pick(given, ['offset', 'length', 'suffix'], toNumber)
  const header = given.get('range')
  return header === null ? undefined : { header }
}

/** JSON has no words for all numbers. */
function toNumber(value: unknown): unknown {
  const number = Number(value)
  return Number.isFinite(number) ? number : String(number)
}

function toCondition(onlyIf: unknown): object | undefined {
  if (!isGiven(onlyIf)) return undefined
  const given = toGiven(onlyIf, 'onlyIf')
  if (isHeaders(given)) {
    const headers: Record<string, string> = {}
    for (const name of CONDITIONS) {
      const value = given.get(name)
      if (value !== null) headers[name] = value
    }
    return { headers }
  }
  return {
    ...pick(given, ['etagMatches', 'etagDoesNotMatch'], toEtag),
    ...pick(given, ['uploadedBefore', 'uploadedAfter'], Number),
    secondsGranularity: Boolean(given['secondsGranularity']),
  }
}

/** Anything else would be a condition that silently never holds. */
function toEtag(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`onlyIf: expected an etag, a string, got ${typeof value}`)
}

export function toPutOptions(options: unknown): object {
  const given = toGiven(options, 'put')
  return { ...toMetadataOptions(given), hash: toHash(given), onlyIf: toCondition(given['onlyIf']) }
}

export function toMetadataOptions(options: unknown): object {
  const { httpMetadata, customMetadata, storageClass, ssecKey } = toGiven(options, 'options')
  if (isGiven(ssecKey))
    throw new TypeError('expected no ssecKey: objects are not encrypted with keys of the app here')
  return {
    httpMetadata: toHttp(toGiven(httpMetadata, 'httpMetadata')),
    customMetadata: toCustom(toGiven(customMetadata, 'customMetadata')),
    ...(isGiven(storageClass) ? { storageClass: toText(storageClass) } : {}),
  }
}

function toHttp(given: Given): object {
  const http: Record<string, unknown> = {}
  const headers = isHeaders(given) ? given : undefined
  for (const [field, name] of HTTP_TEXTS) {
    const value = headers === undefined ? given[field] : headers.get(name)
    if (isGiven(value)) http[field] = toText(value)
  }
  const expires = headers?.get('expires')
  // one that is no date has passed (RFC 9111, 5.3)
  const expiry = headers === undefined ? given['cacheExpiry'] : expires && (Date.parse(expires) || 0)
  if (isGiven(expiry)) http['cacheExpiry'] = Number(expiry)
  return http
}

function toCustom(given: Given): object {
  const entries = Object.entries(given).map(([name, value]) => [toScalarText(name), toScalarText(value)])
  return Object.fromEntries(entries) as object
}

function toHash(given: Given): readonly string[] | undefined {
  let hash: readonly string[] | undefined
  for (const [name, shown, length] of HASHES) {
    const value = given[name]
    if (!isGiven(value)) continue
    if (hash !== undefined) throw new TypeError('You cannot specify multiple hashing algorithms.')
    const bytes = bytesOf(value)
    if (bytes !== undefined && bytes.length !== length)
      throw new TypeError(`${shown} is ${length} bytes, not ${bytes.length}`)
    hash = [name, bytes === undefined ? toText(value) : toHex(bytes)]
  }
  return hash
}

function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}

export function toListOptions(options: unknown): object {
  const given = toGiven(options, 'list')
  const { include } = given
  return {
    ...pick(given, ['limit'], (limit) => toNumber(Math.trunc(Number(limit)))),
    ...pick(given, ['prefix', 'cursor', 'delimiter', 'startAfter'], toScalarText),
    ...(Array.isArray(include) ? { include: include.map(toText) } : {}),
  }
}
