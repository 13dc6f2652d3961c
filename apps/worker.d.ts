/**
 * The types of the Workers interface that the examples use, on top of the standard Web types.
 */

/** What a handler may do besides answering. */
interface ExecutionContext {
  /** Keep the instance for this work after the response is sent. */
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}

/** A run that the clock set off. */
interface ScheduledController {
  /** The expression that it is for. */
  readonly cron: string
  /** When it was to begin, in milliseconds since 1970. */
  readonly scheduledTime: number
  noRetry(): void
}

/** A Worker's default export. `Env` names the strings that the configuration gives to the app. */
interface ExportedHandler<Env = Record<string, string | undefined>> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>
  /** What the clock calls. */
  scheduled?(controller: ScheduledController, env: Env, context: ExecutionContext): void | Promise<void>
}

interface SubtleCrypto {
  /** Takes as long for equal bytes as for others. Throws when there are more of one than of the other. */
  timingSafeEqual(a: BufferSource, b: BufferSource): boolean
}

interface Crypto {
  /** A stream whose bytes are digested as they come. */
  readonly DigestStream: new (algorithm: AlgorithmIdentifier) => WritableStream<BufferSource | string> & {
    readonly digest: Promise<ArrayBuffer>
    readonly bytesWritten: bigint
  }
}

/** What the examples use of a bucket. */
interface R2Bucket {
  get(key: string, options?: { range?: Headers; onlyIf?: Headers }): Promise<R2ObjectBody | null>
  put(key: string, value: BodyInit | null, options?: { httpMetadata?: Headers }): Promise<R2Object>
  delete(keys: string | string[]): Promise<void>
  list(options?: {
    limit?: number
    startAfter?: string
  }): Promise<{ objects: R2Object[]; truncated: boolean }>
}

interface R2Object {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly httpEtag: string
  readonly uploaded: Date
  readonly range?: { readonly offset: number; readonly length: number }
  writeHttpMetadata(headers: Headers): void
}

interface R2ObjectBody extends R2Object {
  /** Undefined when a condition does not hold. */
  readonly body?: ReadableStream<Uint8Array>
}

/** Keys and values, as far as the examples use them. */
interface KVNamespace {
  get(key: string): Promise<string | null>
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: { expiration?: number; expirationTtl?: number; metadata?: unknown },
  ): Promise<void>
  delete(key: string): Promise<void>
  list<Metadata = unknown>(options?: {
    prefix?: string | null
    limit?: number
    cursor?: string | null
  }): Promise<KVListing<Metadata>>
}

type KVListing<Metadata> = {
  readonly keys: readonly {
    readonly name: string
    readonly expiration?: number
    readonly metadata?: Metadata
  }[]
} & ({ readonly list_complete: false; readonly cursor: string } | { readonly list_complete: true })

/** An SQL database. */
interface D1Database {
  prepare(sql: string): D1PreparedStatement
  batch(
    statements: readonly D1PreparedStatement[],
  ): Promise<readonly { readonly results: readonly unknown[] }[]>
}

interface D1PreparedStatement {
  bind(...values: readonly unknown[]): D1PreparedStatement
  all(): Promise<{ readonly results: readonly unknown[] }>
  first(): Promise<unknown>
  run(): Promise<unknown>
}

declare module '*.sql' {
  const text: string
  export default text
}

/** A file as text. */
declare module '*?raw' {
  const text: string
  export default text
}

/** Classes whose instances are there once for each id. */
/** Its methods, as promises. */
type Stub<Class> = {
  [Name in keyof Class]: Class[Name] extends (...given: infer Given) => infer Result
    ? (...given: Given) => Promise<Awaited<Result>>
    : never
}

interface DurableObjectNamespace<Class = unknown> {
  getByName(
    name: string,
  ): Stub<Class> & { fetch(input: Request | string, init?: RequestInit): Promise<Response> }
}

interface DurableObjectState {
  readonly id: { readonly name?: string; toString(): string }
  readonly storage: { readonly sql: SqlStorage }
  /** The object keeps it, and need not be in memory for that. */
  acceptWebSocket(socket: WebSocket, tags?: string[]): void
  getWebSockets(tag?: string): WebSocket[]
  setWebSocketAutoResponse(pair?: WebSocketRequestResponsePair): void
}

interface SqlStorage {
  exec(sql: string, ...values: unknown[]): { toArray(): Record<string, unknown>[] }
}

interface WebSocketRequestResponsePair {
  readonly request: string
  readonly response: string
}

declare const WebSocketRequestResponsePair: new (
  request: string,
  response: string,
) => WebSocketRequestResponsePair

declare class WebSocketPair {
  0: WebSocket
  1: WebSocket
}

interface WebSocket {
  accept(): void
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}

interface ResponseInit {
  /** With the status 101: the end that the client gets. */
  webSocket?: WebSocket
}

declare module 'cloudflare:workers' {
  export class DurableObject<Env> {
    constructor(ctx: DurableObjectState, env: Env)
    protected readonly ctx: DurableObjectState
    protected readonly env: Env
  }
  /** The same as a handler's `env`, at the top level, too. */
  export const env: Readonly<Record<string, unknown>>
}

/** TCP connections. */
declare module 'cloudflare:sockets' {
  export interface Socket {
    readonly readable: ReadableStream<Uint8Array>
    readonly writable: WritableStream<BufferSource | string>
    readonly opened: Promise<{ remoteAddress?: string }>
    readonly closed: Promise<void>
    readonly upgraded: boolean
    readonly secureTransport: 'off' | 'on' | 'starttls'
    close(): Promise<void>
    startTls(options?: { expectedServerHostname?: string }): Socket
  }
  export function connect(
    address: string | { hostname: string; port: number },
    options?: { secureTransport?: string; allowHalfOpen?: boolean; highWaterMark?: number },
  ): Socket
}
