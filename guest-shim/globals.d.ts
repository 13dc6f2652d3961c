/**
 * The Web globals that the engine has, and nothing more: no Node types, no DOM library. What is absent here is
 * absent there, or is supplied by a file in globals/. Names follow the standards; only members that the shim uses
 * are listed.
 */

type AbortSignal = import('./globals/abort-signal.ts').AbortSignal
type ReadableStream<T = unknown> = import('web-streams-polyfill').ReadableStream<T>

type HeadersInit = Iterable<readonly [string, string]> | Record<string, string>

interface RequestInit {
  method?: unknown
  headers?: HeadersInit | undefined
  body?: unknown
  signal?: AbortSignal | null | undefined
  redirect?: unknown
  duplex?: unknown
  priority?: unknown
  window?: unknown
  cache?: unknown
  credentials?: unknown
  integrity?: unknown
  keepalive?: unknown
  mode?: unknown
  referrer?: unknown
  referrerPolicy?: unknown
  cf?: unknown
}
interface ResponseInit {
  encodeBody?: unknown
  status?: unknown
  statusText?: unknown
  headers?: HeadersInit | undefined
  webSocket?: unknown
}

interface Blob {
  readonly size: number
  slice(start?: number, end?: number): Blob
  readonly type: string
  arrayBuffer(): Promise<ArrayBuffer>
}
declare const Blob: { prototype: Blob; new (parts?: unknown[], options?: { type?: string }): Blob }
interface File extends Blob {
  readonly lastModified: number
  readonly name: string
}
declare const File: {
  prototype: File
  new (parts: unknown[], name: string, options?: { type?: string; lastModified?: number }): File
}
interface FormData {
  append(name: string, value: string | Blob): void
  forEach(each: (value: string | File, name: string) => void): void
}
declare const FormData: { prototype: FormData; new (): FormData }

interface ErrorConstructor {
  captureStackTrace(target: object, below: () => void): void
}
declare class DOMException extends Error {
  constructor(message?: string, name?: string)
}

declare class URL {
  constructor(url: string, base?: string)
  readonly href: string
  readonly username: string
  readonly password: string
  readonly protocol: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly pathname: string
  readonly search: string
  readonly origin: string
  readonly searchParams: URLSearchParams
}
declare class URLSearchParams {
  [Symbol.iterator](): IterableIterator<[string, string]>
  constructor(init?: string)
  toString(): string
}

declare function structuredClone<T>(value: T): T
declare function atob(text: string): string

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, into: Uint8Array): { read: number; written: number }
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  readonly encoding: string
  readonly fatal: boolean
  readonly ignoreBOM: boolean
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}

interface SubtleCrypto {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>
}
interface Crypto {
  readonly subtle: SubtleCrypto
  getRandomValues<T extends ArrayBufferView>(into: T): T
  randomUUID(): string
}
declare const crypto: Crypto
interface Performance {
  readonly timeOrigin: number
  now(): number
}
declare const performance: Performance
declare const Performance: { prototype: Performance }

declare const console: { log(text: string): void }

/** A part of the shim that is evaluated when it is first asked for. */
declare module '*?lazy' {
  const load: () => Readonly<Record<string, unknown>>
  export default load
}
