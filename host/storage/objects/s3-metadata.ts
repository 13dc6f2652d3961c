/**
 * What an app says of an object, as S3 keeps it: in S3's own headers and in user metadata, where other tools find it. For what
 * does not go there (header names are of one case, values of ASCII, times of whole seconds) there is one entry more, JSON that
 * is ASCII too.
 */

import type { ObjectMetadata, ObjectPut, StoredObject } from './object-store.ts'
import { HASH_NAMES } from './object-store.ts'

/** User metadata that is ours. */
const OWN = 'nano'
const PLAIN_NAME = /^[a-z0-9-]+$/
/** What any header may hold and every store gives back as it was. */
const PLAIN_TEXT = /^[!-~]+(?: [!-~]+)*$/
const NOT_ASCII = /[^ -~]/g
const MD5 = /^[0-9a-f]{32}$/
const MS_PER_SECOND = 1000
const STANDARD = 'Standard'

const HTTP = {
  contentType: 'ContentType',
  contentLanguage: 'ContentLanguage',
  contentDisposition: 'ContentDisposition',
  contentEncoding: 'ContentEncoding',
  cacheControl: 'CacheControl',
} as const
type HttpName = keyof typeof HTTP

/** What S3 keeps beside the bytes of an object. */
export interface S3Metadata extends Partial<Record<(typeof HTTP)[HttpName], string>> {
  Expires?: Date
  Metadata?: Record<string, string>
}

/** What S3 says of an object. */
export interface S3Object extends Partial<Record<(typeof HTTP)[HttpName], string | undefined>> {
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly ContentLength?: number | undefined
  readonly ExpiresString?: string | undefined
  readonly Metadata?: Record<string, string> | undefined
  readonly ServerSideEncryption?: string | undefined
}

/** What has no other place. */
interface Own {
  readonly custom?: Readonly<Record<string, string>>
  readonly http?: Readonly<Partial<Record<HttpName, string>>>
  /** S3 has a type for every object; the app said none. */
  readonly untyped?: true
  readonly expires?: number
  readonly class?: string
  readonly hash?: readonly [name: string, hex: string]
}

export function toS3Metadata(
  { http, custom, storageClass }: ObjectMetadata,
  hash?: ObjectPut['hash'],
): S3Metadata {
  const metadata: S3Metadata = {}
  const odd: Partial<Record<HttpName, string>> = {}
  for (const [name, header] of Object.entries(HTTP) as [HttpName, (typeof HTTP)[HttpName]][]) {
    const text = http[name]
    if (text === undefined) continue
    if (PLAIN_TEXT.test(text)) metadata[header] = text
    else odd[name] = text
  }
  if (http.cacheExpiry !== undefined && isDate(http.cacheExpiry))
    metadata.Expires = new Date(http.cacheExpiry)
  const entries = Object.entries(custom)
  const isPlain = ([name, text]: [string, string]): boolean =>
    PLAIN_NAME.test(name) && name !== OWN && PLAIN_TEXT.test(text)
  const others = entries.filter((entry) => !isPlain(entry))
  const own: Own = {
    ...(others.length > 0 && { custom: Object.fromEntries(others) }),
    ...(Object.keys(odd).length > 0 && { http: odd }),
    ...(http.contentType === undefined && { untyped: true }),
    ...(http.cacheExpiry !== undefined && { expires: http.cacheExpiry }),
    ...(storageClass !== STANDARD && { class: storageClass }),
    ...(hash !== undefined && hash.name !== 'md5' && { hash: [hash.name, hash.hex] }),
  }
  metadata.Metadata = Object.fromEntries(entries.filter(isPlain))
  if (Object.keys(own).length > 0) metadata.Metadata[OWN] = toAscii(own)
  return metadata
}

/** What HTTP can say (RFC 9110, 5.6.7): four digits for a year. */
function isDate(time: number): boolean {
  const year = new Date(time).getUTCFullYear()
  return year >= 1 && year <= 9999
}

function toAscii(own: Own): string {
  const toEscape = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(own).replaceAll(NOT_ASCII, toEscape)
}

export function toStored(key: string, found: S3Object): StoredObject {
  const { [OWN]: text, ...plain } = found.Metadata ?? {}
  const own = parseOwn(text)
  const http: Partial<Record<HttpName, string>> = { ...own.http }
  for (const [name, header] of Object.entries(HTTP) as [HttpName, (typeof HTTP)[HttpName]][])
    if (found[header] !== undefined) http[name] ??= found[header]
  if (own.untyped === true) delete http.contentType
  const cacheExpiry = own.expires ?? toTime(found.ExpiresString)
  const etag = toEtag(found.ETag)
  // the etag of what the store encrypts with keys of its own is something else
  const isMd5 = MD5.test(etag) && !found.ServerSideEncryption?.startsWith('aws:')
  return {
    key,
    // S3 has names of versions only where it keeps them all
    version: etag,
    size: found.ContentLength ?? 0,
    etag,
    // times of headers have no more
    uploaded: Math.floor((found.LastModified?.getTime() ?? 0) / MS_PER_SECOND) * MS_PER_SECOND,
    checksums: { ...(isMd5 && { md5: etag }), ...(own.hash && { [own.hash[0]]: own.hash[1] }) },
    http: { ...http, ...(cacheExpiry !== undefined && { cacheExpiry }) },
    custom: { ...plain, ...own.custom },
    storageClass: own.class ?? STANDARD,
  }
}

/** Without its quotes. */
export function toEtag(header = ''): string {
  return header.replace(/^"(.*)"$/, '$1')
}

function toTime(date: string | undefined): number | undefined {
  const time = date === undefined ? NaN : Date.parse(date)
  return Number.isNaN(time) ? undefined : time
}

/** Whatever somebody else has written there says nothing. */
function parseOwn(text: string | undefined): Own {
  if (text === undefined) return {}
  let own: Partial<Record<keyof Own, unknown>>
  try {
    own = Object(JSON.parse(text)) as typeof own
  } catch {
    return {}
  }
  const { custom, http, untyped, expires, class: storageClass, hash } = own
  const [name, hex] = Array.isArray(hash) ? (hash as unknown[]) : []
  return {
    custom: toTexts(custom),
    http: toTexts(http),
    ...(untyped === true && { untyped }),
    ...(typeof expires === 'number' && { expires }),
    ...(typeof storageClass === 'string' && { class: storageClass }),
    ...(HASH_NAMES.some((each) => each === name) &&
      typeof hex === 'string' && { hash: [name as string, hex] }),
  }
}

function toTexts(given: unknown): Record<string, string> {
  const entries = Object.entries(Object(given) as object) as [string, unknown][]
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
