/** What a guest says of a call to a bucket, as JSON, checked: what is wrong is refused in R2's words. */

import { StorageError } from '../storage/failure.ts'
import { parseEtags } from '../storage/objects/condition.ts'
import type { Condition, Etags } from '../storage/objects/condition.ts'
import { HASH_NAMES } from '../storage/objects/object-store.ts'
import type {
  HashName,
  HttpMetadata,
  ListOptions,
  ObjectMetadata,
  ObjectPut,
  UploadedPart,
} from '../storage/objects/object-store.ts'
import type { Include } from '../storage/objects/open.ts'
import { HASHES, r2Error } from '../storage/objects/r2-error.ts'
import type { R2Operation } from '../storage/objects/r2-error.ts'
import type { RangeAsk } from '../storage/objects/range.ts'

/** 1000 keys of the longest, each byte of which JSON may write in six characters. */
const MOST_JSON_BYTES = 8 * 1024 * 1024
const MOST_KEYS = 1000
const MOST_PARTS = 10_000
const MOST_LISTED = 1000
const MOST_TEXT = 1024
/** Of everything that the app says of an object, as R2 counts it. */
const MOST_METADATA = 2048
const MOST_HTTP_METADATA = 8192
const MS_PER_SECOND = 1000

const STORAGE_CLASSES = ['Standard', 'InfrequentAccess']
const HTTP_TEXTS = [
  'contentType',
  'contentLanguage',
  'contentDisposition',
  'contentEncoding',
  'cacheControl',
] as const
const DIGEST_BYTES: Readonly<Record<HashName, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}
const HEX = /^[0-9a-f]*$/i
/** Beyond what a header may hold; line ends and the like in it. */
const BEYOND_HEADER = /[^\t\x20-\x7e\x80-\xff]/

type Given = Readonly<Record<string, unknown>>

/** `problem`: what JSON that is too long for any call is refused with. */
export function parseJson(
  operation: R2Operation,
  json: Uint8Array,
  problem: 'argument' | 'metadata' = 'argument',
): unknown {
  if (json.length > MOST_JSON_BYTES) throw r2Error(operation, problem)
  try {
    return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString()) as unknown
  } catch {
    throw r2Error(operation, 'argument')
  }
}

export function toRangeAsk(options: unknown): RangeAsk | undefined {
  const { range } = toGiven('get', options)
  if (range === undefined) return undefined
  const given = toGiven('get', range)
  if ('header' in given) return { header: toText('get', given['header']) }
  const { offset, length, suffix } = given
  if (suffix !== undefined) {
    if (offset !== undefined) throw typeError('Suffix is incompatible with offset.')
    if (length !== undefined) throw typeError('Suffix is incompatible with length.')
    return { suffix: toWhole('suffix. Suffix', suffix) }
  }
  return {
    ...(offset !== undefined && { offset: toWhole('range. Starting offset', offset) }),
    ...(length !== undefined && { length: toWhole('range. Length', length) }),
  }
}

function toWhole(what: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  const rule =
    typeof value === 'number' && value < 0
      ? 'must be greater than or equal to 0'
      : 'must be an integer, not floating point'
  throw new StorageError('', `Invalid ${what} (${String(value)}) ${rule}.`, { name: 'RangeError' })
}

export function toCondition(operation: R2Operation, options: unknown): Condition | undefined {
  const { onlyIf } = toGiven(operation, options)
  if (onlyIf === undefined) return undefined
  const given = toGiven(operation, onlyIf)
  if ('headers' in given) return toHeaderCondition(operation, toGiven(operation, given['headers']))
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = given
  return {
    etagMatches: toEtags(operation, etagMatches),
    etagDoesNotMatch: toEtags(operation, etagDoesNotMatch),
    uploadedBefore: toTime(operation, uploadedBefore),
    uploadedAfter: toTime(operation, uploadedAfter),
    hasSeconds: secondsGranularity === true,
  }
}

function toEtags(operation: R2Operation, value: unknown): Etags | undefined {
  if (value === undefined) return undefined
  const etag = toText(operation, value)
  if (etag.startsWith('"') && etag.endsWith('"'))
    throw typeError(`Conditional ETag should not be wrapped in quotes (${etag}).`)
  return etag === '*' ? '*' : [{ value: etag, isWeak: false }]
}

function toHeaderCondition(operation: R2Operation, headers: Given): Condition {
  const toTags = (name: string): Etags | undefined => {
    if (headers[name] === undefined) return undefined
    const etags = parseEtags(toText(operation, headers[name]))
    if (etags === undefined) throw r2Error(operation, 'argument', `${name}: expected a list of quoted etags`)
    return etags
  }
  // a date that is none is as good as no header (RFC 9110, 13.1.3)
  const toDate = (name: string): number | undefined => {
    const date = headers[name] === undefined ? NaN : Date.parse(toText(operation, headers[name]))
    return Number.isNaN(date) ? undefined : date
  }
  const unmodifiedSince = toDate('if-unmodified-since')
  return {
    etagMatches: toTags('if-match'),
    etagDoesNotMatch: toTags('if-none-match'),
    // what was uploaded in that very second was not modified since
    uploadedBefore: unmodifiedSince && unmodifiedSince + MS_PER_SECOND,
    uploadedAfter: toDate('if-modified-since'),
    hasSeconds: true,
  }
}

export function toPut(options: unknown): Omit<ObjectPut, 'size' | 'limits'> {
  const { hash } = toGiven('put', options)
  return {
    ...toMetadata('put', options),
    hash: hash === undefined ? undefined : toHash(hash),
    onlyIf: toCondition('put', options),
  }
}

function toHash(given: unknown): ObjectPut['hash'] {
  const [algorithm, hex] = Array.isArray(given) ? (given as unknown[]) : []
  const name = HASH_NAMES.find((each) => each === algorithm)
  if (name === undefined) throw r2Error('put', 'argument')
  const text = toText('put', hex)
  const shown = HASHES[name]
  const digits = 2 * DIGEST_BYTES[name]
  if (text.length !== digits) throw typeError(`${shown} is ${digits} hex characters, not ${text.length}`)
  if (!HEX.test(text)) throw typeError(`Provided ${shown} wasn't a valid hex string`)
  return { name, hex: text.toLowerCase() }
}

export function toMetadata(operation: R2Operation, options: unknown): ObjectMetadata {
  const {
    httpMetadata = {},
    customMetadata = {},
    storageClass = STORAGE_CLASSES[0],
  } = toGiven(operation, options)
  const name = STORAGE_CLASSES.find((each) => each === storageClass)
  if (name === undefined) {
    const says = `expected a storageClass of ${STORAGE_CLASSES.join(' or ')}`
    throw r2Error(operation, 'argument', says)
  }
  return {
    http: toHttp(operation, toGiven(operation, httpMetadata)),
    custom: toCustom(operation, toGiven(operation, customMetadata)),
    storageClass: name,
  }
}

function toHttp(operation: R2Operation, given: Given): HttpMetadata {
  const texts: [string, string][] = []
  let length = 0
  for (const name of HTTP_TEXTS) {
    const value = given[name]
    if (value === undefined) continue
    const text = toText(operation, value)
    if (BEYOND_HEADER.test(text))
      throw r2Error(operation, 'argument', `${name}: expected what a header may hold`)
    length += text.length
    texts.push([name, text])
  }
  if (length > MOST_HTTP_METADATA) throw r2Error(operation, 'metadata')
  const cacheExpiry = toTime(operation, given['cacheExpiry'])
  return { ...Object.fromEntries(texts), ...(cacheExpiry !== undefined && { cacheExpiry }) }
}

function toCustom(operation: R2Operation, given: Given): Readonly<Record<string, string>> {
  let length = 0
  const entries = Object.entries(given).map(([name, value]): [string, string] => {
    const text = toText(operation, value)
    length += toCost(name) + toCost(text)
    return [name, text]
  })
  if (length > MOST_METADATA) throw r2Error(operation, 'metadata')
  return Object.fromEntries(entries)
}

/** As R2 counts: two bytes for each character of a text that one byte for each does not do for. */
function toCost(text: string): number {
  // oxlint-disable-next-line no-control-regex -- every character that one byte does for
  return /^[\0-\xff]*$/.test(text) ? text.length : 2 * text.length
}

export function toKeys(given: unknown): readonly string[] {
  const keys: unknown[] = Array.isArray(given) ? given : []
  if (keys.length > MOST_KEYS)
    throw r2Error('delete', 'argument', `expected at most ${MOST_KEYS} keys, got ${keys.length}`)
  return keys.map((key) => toText('delete', key))
}

export function toParts(given: unknown): readonly UploadedPart[] {
  const operation = 'completeMultipartUpload'
  const parts: unknown[] = Array.isArray(given) ? given : []
  if (parts.length > MOST_PARTS) throw r2Error(operation, 'parts')
  return parts.map((each) => {
    const { partNumber, etag } = toGiven(operation, each)
    if (!Number.isInteger(partNumber)) throw r2Error(operation, 'part')
    return { partNumber: partNumber as number, etag: toText(operation, etag) }
  })
}

export function toListing(given: unknown): {
  readonly options: Omit<ListOptions, 'hasMetadata'>
  readonly include: Include
} {
  const {
    limit = MOST_LISTED,
    prefix = '',
    cursor,
    delimiter = '',
    startAfter,
    include,
  } = toGiven('list', given)
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > MOST_LISTED)
    throw r2Error('list', 'limit')
  const included: unknown[] = Array.isArray(include) ? include : []
  for (const each of included) {
    if (each !== 'httpMetadata' && each !== 'customMetadata')
      throw new StorageError('', `Unsupported include value ${String(each)}`, { name: 'RangeError' })
  }
  return {
    options: {
      prefix: toBounded(prefix),
      limit: limit as number,
      cursor: cursor === undefined ? undefined : toText('list', cursor).slice(0, 2 * MOST_TEXT),
      delimiter: toBounded(delimiter),
      startAfter: startAfter === undefined ? undefined : toBounded(startAfter),
    },
    include: { http: included.includes('httpMetadata'), custom: included.includes('customMetadata') },
  }
}

function toBounded(value: unknown): string {
  const text = toText('list', value)
  if (Buffer.byteLength(text) > MOST_TEXT) throw r2Error('list', 'name')
  return text
}

function toGiven(operation: R2Operation, value: unknown): Given {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Given
  throw r2Error(operation, 'argument')
}

function toText(operation: R2Operation, value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed()
  throw r2Error(operation, 'argument')
}

function toTime(operation: R2Operation, value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw r2Error(operation, 'argument')
}

function typeError(message: string): StorageError {
  return new StorageError('', message, { name: 'TypeError' })
}
