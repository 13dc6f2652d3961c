/**
 * The Web globals that the engine has, and nothing more: no Node types, no DOM library. What is absent here is
 * absent there, or is supplied by a file in globals/. Names follow the standards; only members that the shim uses
 * are listed.
 */

type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>
type BodyInit =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>

interface Headers {
  append(name: string, value: string): void
  delete(name: string): void
  get(name: string): string | null
  has(name: string): boolean
  set(name: string, value: string): void
  forEach(each: (value: string, name: string) => void): void
  entries(): Iterator<[string, string]>
}
declare const Headers: { prototype: Headers; new (init?: HeadersInit): Headers }

/** What Request and Response share. */
interface Body {
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
  readonly bodyUsed: boolean
  arrayBuffer(): Promise<ArrayBuffer>
  blob(): Promise<Blob>
  formData(): Promise<FormData>
  json(): Promise<unknown>
  text(): Promise<string>
}

interface RequestInit {
  method?: string | undefined
  headers?: HeadersInit | undefined
  body?: BodyInit | null | undefined
  signal?: AbortSignal | null | undefined
  redirect?: string | undefined
  duplex?: string | undefined
}
interface NativeRequest extends Body {
  readonly method: string
  readonly url: string
  readonly signal: AbortSignal
}
declare const Request: {
  prototype: NativeRequest
  new (input: string | URL | NativeRequest, init?: RequestInit): NativeRequest
}

interface ResponseInit {
  status?: number
  statusText?: string
  headers?: HeadersInit
}
interface NativeResponse extends Body {
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly type: string
  readonly url: string
  readonly redirected: boolean
}
declare const Response: {
  prototype: NativeResponse
  new (body?: BodyInit | null, init?: ResponseInit): NativeResponse
}

interface ReadResult<T> {
  done: boolean
  value: T | undefined
}
interface StreamReader<T> {
  read(): Promise<ReadResult<T>>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface StreamController<T> {
  enqueue(chunk: T): void
  close(): void
  error(reason: unknown): void
}
interface ReadableStream<T = unknown> {
  readonly locked: boolean
  cancel(reason?: unknown): Promise<void>
  getReader(): StreamReader<T>
  tee(): [ReadableStream<T>, ReadableStream<T>]
}
declare const ReadableStream: {
  prototype: ReadableStream
  new <T>(
    source?: {
      start?(controller: StreamController<T>): unknown
      pull?(controller: StreamController<T>): unknown
      cancel?(reason: unknown): unknown
    },
    strategy?: { highWaterMark?: number },
  ): ReadableStream<T>
}

declare const WritableStream: {
  name: string
  prototype: object
  new (sink?: unknown, strategy?: unknown): object
}
declare const TransformStream: { new (transformer?: { start?(controller: object): unknown }): object }

interface Blob {
  readonly size: number
  slice(start?: number, end?: number): Blob
  readonly type: string
  arrayBuffer(): Promise<ArrayBuffer>
}
declare const Blob: { prototype: Blob; new (parts?: unknown[], options?: { type?: string }): Blob }
interface File extends Blob {
  readonly name: string
}
declare const File: { new (parts: unknown[], name: string, options?: { type?: string }): File }
interface FormData {
  append(name: string, value: string | Blob): void
  forEach(each: (value: string | File, name: string) => void): void
}
declare const FormData: { prototype: FormData; new (): FormData }

declare class Event {
  constructor(type: string, init?: { cancelable?: boolean })
  readonly type: string
}
declare class EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: unknown): void
  removeEventListener(type: string, listener: (event: Event) => void): void
}
interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
}
declare const AbortSignal: {
  prototype: AbortSignal
  timeout(delay: number): AbortSignal
  any(signals: AbortSignal[]): AbortSignal
}
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
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
}
declare class URLSearchParams {
  constructor(init?: string)
  toString(): string
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string
}

interface SubtleCrypto {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>
}
declare const SubtleCrypto: { prototype: SubtleCrypto }
interface Crypto {
  readonly subtle: SubtleCrypto
  getRandomValues<T extends ArrayBufferView>(into: T): T
  randomUUID(): string
}
declare const crypto: Crypto
declare const Crypto: { prototype: Crypto }
interface Performance {
  readonly timeOrigin: number
  now(): number
}
declare const performance: Performance
declare const Performance: { prototype: Performance }

declare function addEventListener(type: string, listener: unknown, options?: unknown): void
declare const console: { log(text: string): void }
