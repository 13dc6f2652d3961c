/** `R2Object` and `R2ObjectBody`: what a bucket says of an object, and its bytes. */

import type { Answer } from '../bindings/data.ts'
import { Body } from '../globals/body.ts'
import { addBodyMembers, type BodyMembers } from '../globals/body-members.ts'
import type { Headers } from '../globals/headers.ts'
import { finishInterface } from '../globals/web-idl.ts'

interface HttpMeta {
  readonly contentType?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly cacheControl?: string
  /** In milliseconds since 1970. */
  readonly cacheExpiry?: number
}

/** An object, as wit/objects.wit says it. */
export interface Meta {
  readonly key: string
  readonly version: string
  readonly size: number
  readonly etag: string
  readonly uploaded: number
  readonly checksums: Readonly<Record<string, string>>
  readonly storageClass: string
  readonly httpMetadata?: HttpMeta
  readonly customMetadata?: Readonly<Record<string, string>>
  readonly range?: { readonly offset: number; readonly length: number }
}

/** Members of an object's HTTP metadata that are texts, and the headers that they are. */
export const HTTP_TEXTS = [
  ['contentType', 'content-type'],
  ['contentLanguage', 'content-language'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['cacheControl', 'cache-control'],
] as const

export class R2Object {
  declare readonly key: string
  declare readonly version: string
  declare readonly size: number
  declare readonly etag: string
  declare readonly httpEtag: string
  declare readonly uploaded: Date
  declare readonly checksums: R2Checksums
  declare readonly storageClass: string
  declare readonly httpMetadata?: Omit<HttpMeta, 'cacheExpiry'> & { readonly cacheExpiry?: Date }
  declare readonly customMetadata?: Readonly<Record<string, string>>
  declare readonly range?: { readonly offset: number; readonly length: number }

  constructor({ uploaded, checksums, httpMetadata, ...meta }: Meta) {
    Object.assign(this, meta, {
      httpEtag: `"${meta.etag}"`,
      uploaded: new Date(uploaded),
      checksums: new R2Checksums(checksums),
    })
    if (httpMetadata === undefined) return
    const { cacheExpiry, ...http } = httpMetadata
    const expiry = cacheExpiry === undefined ? {} : { cacheExpiry: new Date(cacheExpiry) }
    this.httpMetadata = { ...http, ...expiry }
  }

  writeHttpMetadata(headers: Headers): void {
    const { httpMetadata } = this
    if (httpMetadata === undefined) {
      throw new TypeError(
        `HTTP metadata unknown for key \`${this.key}\`. Did you forget to add 'httpMetadata' to \`include\` when listing?`,
      )
    }
    for (const [field, name] of HTTP_TEXTS) {
      const value = httpMetadata[field]
      if (value !== undefined) headers.set(name, value)
    }
    if (httpMetadata.cacheExpiry !== undefined) headers.set('expires', httpMetadata.cacheExpiry.toUTCString())
  }
}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the members come from addBodyMembers
export interface R2ObjectBody extends Omit<BodyMembers, 'formData'> {}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the members come from addBodyMembers
export class R2ObjectBody extends R2Object {
  readonly #body: Body

  static {
    addBodyMembers(R2ObjectBody.prototype, (of) => {
      const object = of as R2ObjectBody
      return { body: object.#body, contentType: object.httpMetadata?.contentType ?? null }
    })
    Reflect.deleteProperty(R2ObjectBody.prototype, 'formData')
  }

  constructor(meta: Meta, answer: Answer) {
    super(meta)
    this.#body = new Body(() => answer.open(), '', meta.range?.length)
  }
}

/** Digests as bytes; JSON has them in hex. */
class R2Checksums {
  readonly #hex: Readonly<Record<string, string>>

  constructor(hex: Readonly<Record<string, string>>) {
    this.#hex = hex
    for (const [name, digits] of Object.entries(hex)) Object.assign(this, { [name]: fromHex(digits) })
  }

  toJSON(): Readonly<Record<string, string>> {
    return { ...this.#hex }
  }
}

function fromHex(digits: string): ArrayBuffer {
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes.buffer
}

finishInterface(R2Object, 'R2Object')
finishInterface(R2ObjectBody, 'R2ObjectBody')
finishInterface(R2Checksums, 'R2Checksums')
