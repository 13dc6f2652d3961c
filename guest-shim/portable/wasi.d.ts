/** What is used of WASI: names as the engine gives them, resources as classes. */

declare module 'wasi:io/poll' {
  export interface Pollable {
    [Symbol.dispose](): void
  }
  export function poll(list: readonly Pollable[]): Uint32Array
}

declare module 'wasi:io/streams' {
  import type { Pollable } from 'wasi:io/poll'
  export interface InputStream {
    /** Throws `StreamFailure`. */
    read(length: bigint): Uint8Array<ArrayBuffer>
    subscribe(): Pollable
    [Symbol.dispose](): void
  }
  export interface OutputStream {
    /** Throws `StreamFailure`, as all of these. */
    checkWrite(): bigint
    write(bytes: Uint8Array): void
    flush(): void
    blockingWriteAndFlush(bytes: Uint8Array): void
    subscribe(): Pollable
    [Symbol.dispose](): void
  }
}

declare module 'wasi:clocks/monotonic-clock' {
  import type { Pollable } from 'wasi:io/poll'
  export function subscribeDuration(nanoseconds: bigint): Pollable
}

declare module 'wasi:cli/environment' {
  export function getEnvironment(): [name: string, value: string][]
}

declare module 'wasi:cli/stdout' {
  import type { OutputStream } from 'wasi:io/streams'
  export function getStdout(): OutputStream
}

declare module 'wasi:cli/stderr' {
  import type { OutputStream } from 'wasi:io/streams'
  export function getStderr(): OutputStream
}

declare module 'wasi:http/types' {
  import type { Pollable } from 'wasi:io/poll'
  import type { InputStream, OutputStream } from 'wasi:io/streams'
  export type Tagged = { tag: string; val?: unknown }
  export type Result<Value> = { tag: 'ok'; val: Value } | { tag: 'err'; val: unknown }
  export class Fields {
    static fromList(entries: [name: string, value: Uint8Array][]): Fields
    entries(): [name: string, value: Uint8Array][]
    [Symbol.dispose](): void
  }
  export interface IncomingRequest {
    method(): Tagged
    pathWithQuery(): string | undefined
    scheme(): Tagged | undefined
    authority(): string | undefined
    headers(): Fields
    consume(): IncomingBody
    [Symbol.dispose](): void
  }
  export interface IncomingResponse {
    status(): number
    headers(): Fields
    consume(): IncomingBody
    [Symbol.dispose](): void
  }
  export interface IncomingBody {
    stream(): InputStream
    [Symbol.dispose](): void
  }
  export interface FutureIncomingResponse {
    subscribe(): Pollable
    get(): Result<Result<IncomingResponse>> | undefined
    [Symbol.dispose](): void
  }
  export class OutgoingBody {
    write(): OutputStream
    static finish(body: OutgoingBody, trailers: undefined): void
    [Symbol.dispose](): void
  }
  export class OutgoingRequest {
    constructor(headers: Fields)
    body(): OutgoingBody
    setMethod(method: Tagged): void
    setScheme(scheme: Tagged): void
    setAuthority(authority: string): void
    setPathWithQuery(path: string): void
  }
  export class OutgoingResponse {
    constructor(headers: Fields)
    setStatusCode(status: number): void
    body(): OutgoingBody
  }
  export class ResponseOutparam {
    static set(out: ResponseOutparam, response: Result<OutgoingResponse>): void
    [Symbol.dispose](): void
  }
}

declare module 'wasi:http/outgoing-handler' {
  import type { FutureIncomingResponse, OutgoingRequest } from 'wasi:http/types'
  export function handle(request: OutgoingRequest, options: undefined): FutureIncomingResponse
}
