/** nano:workers@0.2.0: from wit/worlds/0.2.0.wit. Written by wit/generate.ts; to change it, change what it is written from. */
import type { GuestReader } from '../../host/engine/guest-reader.ts'
import type { GuestWriter } from '../../host/engine/guest-writer.ts'

export const version = '0.2.0'
/** Changes with whatever lies otherwise in memory or has another name. */
export const structure = 'c98a9b39a3052452'

export interface EventsBinding {
  readonly kind: string
  readonly settings: string
}

export type EventsValue =
  | { readonly tag: 'text'; readonly val: string }
  | { readonly tag: 'json'; readonly val: string }
  | { readonly tag: 'secret'; readonly val: string }
  | { readonly tag: 'binding'; readonly val: EventsBinding }

export interface EventsMember {
  readonly name: string
  readonly value: EventsValue
}

export interface EventsStartup {
  readonly env: readonly EventsMember[]
  readonly object: string
}

export interface EventsRequest {
  readonly id: number
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
}

export interface CallsCall {
  readonly id: number
  readonly entrypoint: string
  readonly props: string
  readonly isRpc: boolean
  readonly message: Uint8Array
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
}

export interface ConnectionsConnectionReady {
  readonly id: number
  readonly protocol: string
}

export interface WireBodyChunk {
  readonly id: number
  readonly bytes: Uint8Array
  readonly last: boolean
}

export interface ConnectionsConnectionFailure {
  readonly id: number
  readonly code: string
  readonly message: string
}

export interface CryptoCryptoKey {
  readonly sealed: Uint8Array
  readonly description: string
}

export interface CryptoCryptoPair {
  readonly publicKey: CryptoCryptoKey
  readonly privateKey: CryptoCryptoKey
}

export type CryptoCryptoValue =
  | { readonly tag: 'bytes'; readonly val: Uint8Array }
  | { readonly tag: 'verdict'; readonly val: boolean }
  | { readonly tag: 'jwk'; readonly val: string }
  | { readonly tag: 'key'; readonly val: CryptoCryptoKey }
  | { readonly tag: 'pair'; readonly val: CryptoCryptoPair }
  | { readonly tag: 'failed'; readonly val: string }

export interface CryptoCryptoOutcome {
  readonly id: number
  readonly value: CryptoCryptoValue
}

export interface DataDataAnswer {
  readonly id: number
  readonly meta: string
  readonly body: Uint8Array
  readonly hasMore: boolean
}

export interface DataDataFailure {
  readonly id: number
  readonly name: string
  readonly code: string
  readonly message: string
}

export interface DurableAlarm {
  readonly id: number
  readonly scheduledTime: number
  readonly retryCount: number
}

export interface HibernationKeptMessage {
  readonly id: number
  readonly webSocket: number
  readonly isText: boolean
  readonly bytes: Uint8Array
}

export interface HibernationKeptEnd {
  readonly id: number
  readonly webSocket: number
  readonly code: number
  readonly reason: string
}

export interface OutboundAnswer {
  readonly id: number
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: string
  readonly hasBody: boolean
}

export interface WireFailure {
  readonly id: number
  readonly message: string
}

export interface QueuesMessage {
  readonly id: string
  readonly timestamp: number
  readonly attempts: number
  readonly contentType: string
  readonly body: Uint8Array
}

export interface QueuesBatch {
  readonly id: number
  readonly queue: string
  readonly backlog: string
  readonly messages: readonly QueuesMessage[]
}

export interface ScheduledRun {
  readonly id: number
  readonly cron: string
  readonly scheduledTime: number
}

export interface WebSocketsWebSocketOpened {
  readonly id: number
  readonly protocol: string
  readonly extensions: string
}

export interface WebSocketsWebSocketMessage {
  readonly id: number
  readonly isText: boolean
  readonly bytes: Uint8Array
}

export interface WebSocketsWebSocketEnd {
  readonly id: number
  readonly code: number
  readonly reason: string
}

export type EventsEvent =
  | { readonly tag: 'startup'; readonly val: EventsStartup }
  | { readonly tag: 'request'; readonly val: EventsRequest }
  | { readonly tag: 'client-gone'; readonly val: number }
  | { readonly tag: 'called'; readonly val: CallsCall }
  | { readonly tag: 'connection-ready'; readonly val: ConnectionsConnectionReady }
  | { readonly tag: 'connection-data'; readonly val: WireBodyChunk }
  | { readonly tag: 'connection-failed'; readonly val: ConnectionsConnectionFailure }
  | { readonly tag: 'connection-writable'; readonly val: number }
  | { readonly tag: 'crypto-done'; readonly val: CryptoCryptoOutcome }
  | { readonly tag: 'data-answered'; readonly val: DataDataAnswer }
  | { readonly tag: 'data-body'; readonly val: WireBodyChunk }
  | { readonly tag: 'data-failed'; readonly val: DataDataFailure }
  | { readonly tag: 'data-writable'; readonly val: number }
  | { readonly tag: 'durable-stored'; readonly val: number }
  | { readonly tag: 'alarm'; readonly val: DurableAlarm }
  | { readonly tag: 'kept-message'; readonly val: HibernationKeptMessage }
  | { readonly tag: 'kept-closed'; readonly val: HibernationKeptEnd }
  | { readonly tag: 'answered'; readonly val: OutboundAnswer }
  | { readonly tag: 'answer-body'; readonly val: WireBodyChunk }
  | { readonly tag: 'fetch-failed'; readonly val: WireFailure }
  | { readonly tag: 'fetch-writable'; readonly val: number }
  | { readonly tag: 'queue-batch'; readonly val: QueuesBatch }
  | { readonly tag: 'request-body'; readonly val: WireBodyChunk }
  | { readonly tag: 'request-body-failed'; readonly val: WireFailure }
  | { readonly tag: 'response-writable'; readonly val: number }
  | { readonly tag: 'scheduled'; readonly val: ScheduledRun }
  | { readonly tag: 'timer-due' }
  | { readonly tag: 'web-socket-opened'; readonly val: WebSocketsWebSocketOpened }
  | { readonly tag: 'web-socket-message'; readonly val: WebSocketsWebSocketMessage }
  | { readonly tag: 'web-socket-closed'; readonly val: WebSocketsWebSocketEnd }

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'
const consoleLevelCases: readonly ConsoleLevel[] = ['debug', 'info', 'warn', 'error']

export type CryptoSubject = 'call' | 'algorithm' | 'product' | 'jwk'
const cryptoSubjectCases: readonly CryptoSubject[] = ['call', 'algorithm', 'product', 'jwk']

export type CryptoField = 'additional-data' | 'alg' | 'context' | 'counter' | 'crv' | 'd' | 'data' | 'dp' | 'dq' | 'e' | 'ext' | 'extractable' | 'format' | 'hash' | 'info' | 'iterations' | 'iv' | 'k' | 'key-ops' | 'key-usages' | 'kty' | 'label' | 'length' | 'modulus-length' | 'n' | 'name' | 'named-curve' | 'p' | 'pub' | 'public' | 'public-exponent' | 'q' | 'qi' | 'salt' | 'salt-length' | 'signature' | 'tag-length' | 'usage' | 'wrapped-key' | 'x' | 'y'
const cryptoFieldCases: readonly CryptoField[] = ['additional-data', 'alg', 'context', 'counter', 'crv', 'd', 'data', 'dp', 'dq', 'e', 'ext', 'extractable', 'format', 'hash', 'info', 'iterations', 'iv', 'k', 'key-ops', 'key-usages', 'kty', 'label', 'length', 'modulus-length', 'n', 'name', 'named-curve', 'p', 'pub', 'public', 'public-exponent', 'q', 'qi', 'salt', 'salt-length', 'signature', 'tag-length', 'usage', 'wrapped-key', 'x', 'y']

export type CryptoOperation = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'digest' | 'generate-key' | 'derive-key' | 'derive-bits' | 'import-key' | 'export-key' | 'wrap-key' | 'unwrap-key'
const cryptoOperationCases: readonly CryptoOperation[] = ['encrypt', 'decrypt', 'sign', 'verify', 'digest', 'generate-key', 'derive-key', 'derive-bits', 'import-key', 'export-key', 'wrap-key', 'unwrap-key']

export type DurableStorageOperation = 'get' | 'entries' | 'put' | 'delete' | 'delete-all' | 'query' | 'get-alarm' | 'set-alarm' | 'size' | 'begin' | 'release' | 'undo'
const durableStorageOperationCases: readonly DurableStorageOperation[] = ['get', 'entries', 'put', 'delete', 'delete-all', 'query', 'get-alarm', 'set-alarm', 'size', 'begin', 'release', 'undo']

export type DurableIdKind = 'named' | 'unique' | 'parsed'
const durableIdKindCases: readonly DurableIdKind[] = ['named', 'unique', 'parsed']

export type LanguageMethod = 'canonical-locales' | 'compare' | 'describe' | 'format' | 'format-range' | 'format-range-to-parts' | 'format-to-parts' | 'lower-case' | 'normalize' | 'of' | 'rewrite' | 'segment' | 'select' | 'select-range' | 'supported-locales' | 'supported-values' | 'upper-case'
const languageMethodCases: readonly LanguageMethod[] = ['canonical-locales', 'compare', 'describe', 'format', 'format-range', 'format-range-to-parts', 'format-to-parts', 'lower-case', 'normalize', 'of', 'rewrite', 'segment', 'select', 'select-range', 'supported-locales', 'supported-values', 'upper-case']

export type OutboundRedirect = 'follow' | 'error' | 'manual'
const outboundRedirectCases: readonly OutboundRedirect[] = ['follow', 'error', 'manual']

export type QueuesVerdict = 'ack' | 'retry'
const queuesVerdictCases: readonly QueuesVerdict[] = ['ack', 'retry']

export type SqlRowShape = 'objects' | 'arrays' | 'first' | 'none'
const sqlRowShapeCases: readonly SqlRowShape[] = ['objects', 'arrays', 'first', 'none']

/** What the world's guest calls. */
export interface Imports {
  readonly 'nano:workers/assets': {
    readonly fetch: (id: number, binding: Uint8Array, head: Uint8Array) => void
  }
  readonly 'nano:workers/background': {
    readonly hold: (id: number) => void
    readonly release: (id: number) => void
  }
  readonly 'nano:workers/cache': {
    readonly match: (id: number, cache: Uint8Array, request: Uint8Array) => void
    readonly put: (id: number, cache: Uint8Array, request: Uint8Array, response: Uint8Array, body: Uint8Array, more: boolean) => void
    readonly delete: (id: number, cache: Uint8Array, request: Uint8Array) => void
  }
  readonly 'nano:workers/calls': {
    readonly fetch: (id: number, binding: Uint8Array, target: Uint8Array, head: Uint8Array, body: Uint8Array, more: boolean) => void
    readonly converse: (id: number, binding: Uint8Array, target: Uint8Array, message: Uint8Array) => void
    readonly threw: (id: number, error: Uint8Array) => void
  }
  readonly 'nano:workers/connections': {
    readonly open: (id: number, terms: Uint8Array) => void
    readonly secure: (id: number, terms: Uint8Array) => void
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly pull: (id: number) => void
    readonly close: (id: number) => void
    readonly abort: (id: number) => void
  }
  readonly 'nano:workers/console': {
    readonly log: (level: ConsoleLevel, text: Uint8Array) => void
    readonly report: (error: Uint8Array) => void
    readonly mapPlaces: (places: Uint8Array) => Uint8Array
  }
  readonly 'nano:workers/crypto': {
    readonly text: (subject: CryptoSubject, field: CryptoField, value: Uint8Array) => void
    readonly number: (subject: CryptoSubject, field: CryptoField, value: number) => void
    readonly bytes: (subject: CryptoSubject, field: CryptoField, value: Uint8Array) => void
    readonly key: (subject: CryptoSubject, field: CryptoField, sealed: Uint8Array) => void
    readonly start: (id: number, operation: CryptoOperation, algorithm: Uint8Array, sealed: Uint8Array, data: Uint8Array) => void
    readonly make: (operation: CryptoOperation, hash: Uint8Array, sealed: Uint8Array, data: Uint8Array, signature: Uint8Array) => Uint8Array
    readonly importSecret: (algorithm: Uint8Array, usages: Uint8Array, extractable: boolean, secret: Uint8Array) => Uint8Array
    readonly compute: (call: Uint8Array, key: Uint8Array, data: Uint8Array, other: Uint8Array) => Uint8Array
    readonly digestWrite: (id: number, algorithm: Uint8Array, bytes: Uint8Array) => void
    readonly digestFinish: (id: number) => void
  }
  readonly 'nano:workers/data': {
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly pull: (id: number) => void
    readonly abort: (id: number) => void
  }
  readonly 'nano:workers/durable-storage': {
    readonly perform: (operation: DurableStorageOperation, input: Uint8Array) => Uint8Array
    readonly sync: (id: number) => void
  }
  readonly 'nano:workers/durable': {
    readonly makeId: (binding: Uint8Array, kind: DurableIdKind, given: Uint8Array, jurisdiction: Uint8Array) => Uint8Array
    readonly block: (source: number) => void
    readonly unblock: (source: number) => void
    readonly reset: (reason: Uint8Array) => void
  }
  readonly 'nano:workers/hibernation': {
    readonly keep: (id: number, tags: Uint8Array) => boolean
    readonly find: (tag: Uint8Array) => Uint8Array
    readonly tags: (id: number) => Uint8Array
    readonly attach: (id: number, value: Uint8Array) => boolean
    readonly attachment: (id: number) => Uint8Array
    readonly setAutoResponse: (isOn: boolean, request: Uint8Array, response: Uint8Array) => void
    readonly autoResponse: () => Uint8Array
    readonly answeredAt: (id: number) => number
    readonly setEventTimeout: (ms: number) => void
    readonly eventTimeout: () => number
  }
  readonly 'nano:workers/kv': {
    readonly get: (id: number, namespace: Uint8Array, key: Uint8Array) => void
    readonly getMany: (id: number, namespace: Uint8Array, keys: Uint8Array) => void
    readonly put: (id: number, namespace: Uint8Array, key: Uint8Array, expiration: number, ttl: number, metadata: Uint8Array, value: Uint8Array, more: boolean) => void
    readonly delete: (id: number, namespace: Uint8Array, key: Uint8Array) => void
    readonly list: (id: number, namespace: Uint8Array, prefix: Uint8Array, limit: number, cursor: Uint8Array) => void
  }
  readonly 'nano:workers/language': {
    readonly ask: (method: LanguageMethod, expert: Uint8Array, input: Uint8Array) => Uint8Array
  }
  readonly 'nano:workers/objects': {
    readonly head: (id: number, bucket: Uint8Array, key: Uint8Array) => void
    readonly get: (id: number, bucket: Uint8Array, key: Uint8Array, options: Uint8Array) => void
    readonly put: (id: number, bucket: Uint8Array, key: Uint8Array, options: Uint8Array, size: number, value: Uint8Array, more: boolean) => void
    readonly delete: (id: number, bucket: Uint8Array, keys: Uint8Array) => void
    readonly list: (id: number, bucket: Uint8Array, options: Uint8Array) => void
    readonly createUpload: (id: number, bucket: Uint8Array, key: Uint8Array, options: Uint8Array) => void
    readonly uploadPart: (id: number, bucket: Uint8Array, key: Uint8Array, upload: Uint8Array, part: number, size: number, value: Uint8Array, more: boolean) => void
    readonly completeUpload: (id: number, bucket: Uint8Array, key: Uint8Array, upload: Uint8Array, parts: Uint8Array) => void
    readonly abortUpload: (id: number, bucket: Uint8Array, key: Uint8Array, upload: Uint8Array) => void
  }
  readonly 'nano:workers/outbound': {
    readonly start: (id: number, head: Uint8Array, body: Uint8Array, more: boolean, redirect: OutboundRedirect) => void
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly pull: (id: number) => void
    readonly abort: (id: number) => void
  }
  readonly 'nano:workers/queues': {
    readonly send: (id: number, queue: Uint8Array, delay: number, messages: Uint8Array) => void
    readonly backlog: (id: number, queue: Uint8Array) => void
    readonly settle: (id: number, message: number, verdict: QueuesVerdict, delay: number) => void
    readonly settleOthers: (id: number, verdict: QueuesVerdict, delay: number) => void
  }
  readonly 'nano:workers/rate-limit': {
    readonly take: (limiter: Uint8Array, key: Uint8Array, limit: number, period: number, delta: number) => boolean
  }
  readonly 'nano:workers/request-body': {
    readonly pull: (id: number) => void
    readonly cancel: (id: number) => void
  }
  readonly 'nano:workers/response': {
    readonly send: (id: number, status: number, headers: Uint8Array, body: Uint8Array) => void
    readonly start: (id: number, status: number, headers: Uint8Array) => void
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly fail: (id: number, error: Uint8Array) => void
  }
  readonly 'nano:workers/scheduled': {
    readonly noRetry: (id: number) => void
    readonly finish: (id: number) => void
    readonly fail: (id: number, error: Uint8Array) => void
  }
  readonly 'nano:workers/sql': {
    readonly query: (id: number, database: Uint8Array, shape: SqlRowShape, statements: Uint8Array) => void
  }
  readonly 'nano:workers/timer': {
    readonly wakeIn: (delay: number, source: number) => void
  }
  readonly 'nano:workers/web-sockets': {
    readonly open: () => number
    readonly connect: (head: Uint8Array) => number
    readonly accept: (id: number) => void
    readonly send: (ids: Uint32Array, isText: boolean, bytes: Uint8Array) => void
    readonly waiting: (id: number) => number
    readonly close: (id: number, code: number, reason: Uint8Array) => void
  }
}

/** How the world's guest is entered. */
export interface Exports {
  readonly turn: (source: number, events: readonly EventsEvent[]) => void
}

/** What the core module exports for this. */
export interface CoreExports {
  readonly 'turn': (source: number, events: number, length: number) => void
  readonly 'cabi_post_turn': () => void
}

function storeEventsBinding(to: GuestWriter, at: number, value: EventsBinding): void {
  to.string(at, value.kind)
  to.string(at + 8, value.settings)
}

function storeEventsValue(to: GuestWriter, at: number, value: EventsValue): void {
  switch (value.tag) {
    case 'text':
      to.u8(at, 0)
      to.string(at + 4, value.val)
      return
    case 'json':
      to.u8(at, 1)
      to.string(at + 4, value.val)
      return
    case 'secret':
      to.u8(at, 2)
      to.string(at + 4, value.val)
      return
    case 'binding':
      to.u8(at, 3)
      storeEventsBinding(to, at + 4, value.val)
      return
    default:
      to.unknownCase(value)
  }
}

function storeEventsMember(to: GuestWriter, at: number, value: EventsMember): void {
  to.string(at, value.name)
  storeEventsValue(to, at + 8, value.value)
}

function storeItemsOfEventsMember(to: GuestWriter, items: readonly EventsMember[]): number {
  const start = to.allocate(4, 28 * items.length)
  let at = start
  for (const item of items) {
    storeEventsMember(to, at, item)
    at += 28
  }
  return start
}

function storeEventsStartup(to: GuestWriter, at: number, value: EventsStartup): void {
  to.list(at, storeItemsOfEventsMember(to, value.env), value.env.length)
  to.string(at + 8, value.object)
}

function storeEventsRequest(to: GuestWriter, at: number, value: EventsRequest): void {
  to.u32(at, value.id)
  to.string(at + 4, value.method)
  to.string(at + 12, value.url)
  to.string(at + 20, value.headers)
  to.bool(at + 28, value.hasBody)
}

function storeCallsCall(to: GuestWriter, at: number, value: CallsCall): void {
  to.u32(at, value.id)
  to.string(at + 4, value.entrypoint)
  to.string(at + 12, value.props)
  to.bool(at + 20, value.isRpc)
  to.list(at + 24, to.copy(value.message), value.message.length)
  to.string(at + 32, value.method)
  to.string(at + 40, value.url)
  to.string(at + 48, value.headers)
  to.bool(at + 56, value.hasBody)
}

function storeConnectionsConnectionReady(to: GuestWriter, at: number, value: ConnectionsConnectionReady): void {
  to.u32(at, value.id)
  to.string(at + 4, value.protocol)
}

function storeWireBodyChunk(to: GuestWriter, at: number, value: WireBodyChunk): void {
  to.u32(at, value.id)
  to.list(at + 4, to.copy(value.bytes), value.bytes.length)
  to.bool(at + 12, value.last)
}

function storeConnectionsConnectionFailure(to: GuestWriter, at: number, value: ConnectionsConnectionFailure): void {
  to.u32(at, value.id)
  to.string(at + 4, value.code)
  to.string(at + 12, value.message)
}

function storeCryptoCryptoKey(to: GuestWriter, at: number, value: CryptoCryptoKey): void {
  to.list(at, to.copy(value.sealed), value.sealed.length)
  to.string(at + 8, value.description)
}

function storeCryptoCryptoPair(to: GuestWriter, at: number, value: CryptoCryptoPair): void {
  storeCryptoCryptoKey(to, at, value.publicKey)
  storeCryptoCryptoKey(to, at + 16, value.privateKey)
}

function storeCryptoCryptoValue(to: GuestWriter, at: number, value: CryptoCryptoValue): void {
  switch (value.tag) {
    case 'bytes':
      to.u8(at, 0)
      to.list(at + 4, to.copy(value.val), value.val.length)
      return
    case 'verdict':
      to.u8(at, 1)
      to.bool(at + 4, value.val)
      return
    case 'jwk':
      to.u8(at, 2)
      to.string(at + 4, value.val)
      return
    case 'key':
      to.u8(at, 3)
      storeCryptoCryptoKey(to, at + 4, value.val)
      return
    case 'pair':
      to.u8(at, 4)
      storeCryptoCryptoPair(to, at + 4, value.val)
      return
    case 'failed':
      to.u8(at, 5)
      to.string(at + 4, value.val)
      return
    default:
      to.unknownCase(value)
  }
}

function storeCryptoCryptoOutcome(to: GuestWriter, at: number, value: CryptoCryptoOutcome): void {
  to.u32(at, value.id)
  storeCryptoCryptoValue(to, at + 4, value.value)
}

function storeDataDataAnswer(to: GuestWriter, at: number, value: DataDataAnswer): void {
  to.u32(at, value.id)
  to.string(at + 4, value.meta)
  to.list(at + 12, to.copy(value.body), value.body.length)
  to.bool(at + 20, value.hasMore)
}

function storeDataDataFailure(to: GuestWriter, at: number, value: DataDataFailure): void {
  to.u32(at, value.id)
  to.string(at + 4, value.name)
  to.string(at + 12, value.code)
  to.string(at + 20, value.message)
}

function storeDurableAlarm(to: GuestWriter, at: number, value: DurableAlarm): void {
  to.u32(at, value.id)
  to.f64(at + 8, value.scheduledTime)
  to.u32(at + 16, value.retryCount)
}

function storeHibernationKeptMessage(to: GuestWriter, at: number, value: HibernationKeptMessage): void {
  to.u32(at, value.id)
  to.u32(at + 4, value.webSocket)
  to.bool(at + 8, value.isText)
  to.list(at + 12, to.copy(value.bytes), value.bytes.length)
}

function storeHibernationKeptEnd(to: GuestWriter, at: number, value: HibernationKeptEnd): void {
  to.u32(at, value.id)
  to.u32(at + 4, value.webSocket)
  to.u16(at + 8, value.code)
  to.string(at + 12, value.reason)
}

function storeOutboundAnswer(to: GuestWriter, at: number, value: OutboundAnswer): void {
  to.u32(at, value.id)
  to.u16(at + 4, value.status)
  to.string(at + 8, value.statusText)
  to.string(at + 16, value.url)
  to.bool(at + 24, value.redirected)
  to.string(at + 28, value.headers)
  to.bool(at + 36, value.hasBody)
}

function storeWireFailure(to: GuestWriter, at: number, value: WireFailure): void {
  to.u32(at, value.id)
  to.string(at + 4, value.message)
}

function storeQueuesMessage(to: GuestWriter, at: number, value: QueuesMessage): void {
  to.string(at, value.id)
  to.f64(at + 8, value.timestamp)
  to.u32(at + 16, value.attempts)
  to.string(at + 20, value.contentType)
  to.list(at + 28, to.copy(value.body), value.body.length)
}

function storeItemsOfQueuesMessage(to: GuestWriter, items: readonly QueuesMessage[]): number {
  const start = to.allocate(8, 40 * items.length)
  let at = start
  for (const item of items) {
    storeQueuesMessage(to, at, item)
    at += 40
  }
  return start
}

function storeQueuesBatch(to: GuestWriter, at: number, value: QueuesBatch): void {
  to.u32(at, value.id)
  to.string(at + 4, value.queue)
  to.string(at + 12, value.backlog)
  to.list(at + 20, storeItemsOfQueuesMessage(to, value.messages), value.messages.length)
}

function storeScheduledRun(to: GuestWriter, at: number, value: ScheduledRun): void {
  to.u32(at, value.id)
  to.string(at + 4, value.cron)
  to.f64(at + 16, value.scheduledTime)
}

function storeWebSocketsWebSocketOpened(to: GuestWriter, at: number, value: WebSocketsWebSocketOpened): void {
  to.u32(at, value.id)
  to.string(at + 4, value.protocol)
  to.string(at + 12, value.extensions)
}

function storeWebSocketsWebSocketMessage(to: GuestWriter, at: number, value: WebSocketsWebSocketMessage): void {
  to.u32(at, value.id)
  to.bool(at + 4, value.isText)
  to.list(at + 8, to.copy(value.bytes), value.bytes.length)
}

function storeWebSocketsWebSocketEnd(to: GuestWriter, at: number, value: WebSocketsWebSocketEnd): void {
  to.u32(at, value.id)
  to.u16(at + 4, value.code)
  to.string(at + 8, value.reason)
}

function storeEventsEvent(to: GuestWriter, at: number, value: EventsEvent): void {
  switch (value.tag) {
    case 'startup':
      to.u8(at, 0)
      storeEventsStartup(to, at + 8, value.val)
      return
    case 'request':
      to.u8(at, 1)
      storeEventsRequest(to, at + 8, value.val)
      return
    case 'client-gone':
      to.u8(at, 2)
      to.u32(at + 8, value.val)
      return
    case 'called':
      to.u8(at, 3)
      storeCallsCall(to, at + 8, value.val)
      return
    case 'connection-ready':
      to.u8(at, 4)
      storeConnectionsConnectionReady(to, at + 8, value.val)
      return
    case 'connection-data':
      to.u8(at, 5)
      storeWireBodyChunk(to, at + 8, value.val)
      return
    case 'connection-failed':
      to.u8(at, 6)
      storeConnectionsConnectionFailure(to, at + 8, value.val)
      return
    case 'connection-writable':
      to.u8(at, 7)
      to.u32(at + 8, value.val)
      return
    case 'crypto-done':
      to.u8(at, 8)
      storeCryptoCryptoOutcome(to, at + 8, value.val)
      return
    case 'data-answered':
      to.u8(at, 9)
      storeDataDataAnswer(to, at + 8, value.val)
      return
    case 'data-body':
      to.u8(at, 10)
      storeWireBodyChunk(to, at + 8, value.val)
      return
    case 'data-failed':
      to.u8(at, 11)
      storeDataDataFailure(to, at + 8, value.val)
      return
    case 'data-writable':
      to.u8(at, 12)
      to.u32(at + 8, value.val)
      return
    case 'durable-stored':
      to.u8(at, 13)
      to.u32(at + 8, value.val)
      return
    case 'alarm':
      to.u8(at, 14)
      storeDurableAlarm(to, at + 8, value.val)
      return
    case 'kept-message':
      to.u8(at, 15)
      storeHibernationKeptMessage(to, at + 8, value.val)
      return
    case 'kept-closed':
      to.u8(at, 16)
      storeHibernationKeptEnd(to, at + 8, value.val)
      return
    case 'answered':
      to.u8(at, 17)
      storeOutboundAnswer(to, at + 8, value.val)
      return
    case 'answer-body':
      to.u8(at, 18)
      storeWireBodyChunk(to, at + 8, value.val)
      return
    case 'fetch-failed':
      to.u8(at, 19)
      storeWireFailure(to, at + 8, value.val)
      return
    case 'fetch-writable':
      to.u8(at, 20)
      to.u32(at + 8, value.val)
      return
    case 'queue-batch':
      to.u8(at, 21)
      storeQueuesBatch(to, at + 8, value.val)
      return
    case 'request-body':
      to.u8(at, 22)
      storeWireBodyChunk(to, at + 8, value.val)
      return
    case 'request-body-failed':
      to.u8(at, 23)
      storeWireFailure(to, at + 8, value.val)
      return
    case 'response-writable':
      to.u8(at, 24)
      to.u32(at + 8, value.val)
      return
    case 'scheduled':
      to.u8(at, 25)
      storeScheduledRun(to, at + 8, value.val)
      return
    case 'timer-due':
      to.u8(at, 26)
      return
    case 'web-socket-opened':
      to.u8(at, 27)
      storeWebSocketsWebSocketOpened(to, at + 8, value.val)
      return
    case 'web-socket-message':
      to.u8(at, 28)
      storeWebSocketsWebSocketMessage(to, at + 8, value.val)
      return
    case 'web-socket-closed':
      to.u8(at, 29)
      storeWebSocketsWebSocketEnd(to, at + 8, value.val)
      return
    default:
      to.unknownCase(value)
  }
}

function storeItemsOfEventsEvent(to: GuestWriter, items: readonly EventsEvent[]): number {
  const start = to.allocate(8, 72 * items.length)
  let at = start
  for (const item of items) {
    storeEventsEvent(to, at, item)
    at += 72
  }
  return start
}

/** The exports of a guest. Each throws whatever ends the guest. */
export function lowerExports(guest: CoreExports, to: GuestWriter): Exports {
  return {
    turn: (source, events) => {
      const eventsAt = storeItemsOfEventsEvent(to, events)
      guest['turn'](source, eventsAt, events.length)
      guest['cabi_post_turn']()
    },
  }
}

/** The most of a list that is taken out of a guest. */
export interface Bounds {
  readonly 'expert': number
  readonly 'head': number
  readonly 'input': number
  readonly 'items': number
  readonly 'terms': number
  readonly 'text': number
  readonly 'word': number
}

function loadItemsOfU32(from: GuestReader, start: number, length: number, bounds: Bounds): Uint32Array {
  const { at, count } = from.items(start, length, 4, 4, bounds.items)
  return Uint32Array.from({ length: count }, (_, i) => from.u32(at + 4 * i))
}

/** The interfaces as the core module imports them, names without version. */
export function liftImports(imports: Imports, from: GuestReader, to: GuestWriter, bounds: Bounds) {
  return {
    'nano:workers/assets': {
      'fetch': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/assets'].fetch(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['head'])),
    },
    'nano:workers/background': {
      'hold': (a0: number) => imports['nano:workers/background'].hold(a0 >>> 0),
      'release': (a0: number) => imports['nano:workers/background'].release(a0 >>> 0),
    },
    'nano:workers/cache': {
      'match': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/cache'].match(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['head'])),
      'put': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, a9: number) => imports['nano:workers/cache'].put(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['head']), from.bytes(a5, a6, bounds['head']), from.bytes(a7, a8), a9 !== 0),
      'delete': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/cache'].delete(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['head'])),
    },
    'nano:workers/calls': {
      'fetch': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, a9: number) => imports['nano:workers/calls'].fetch(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6, bounds['head']), from.bytes(a7, a8), a9 !== 0),
      'converse': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/calls'].converse(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6)),
      'threw': (a0: number, a1: number, a2: number) => imports['nano:workers/calls'].threw(a0 >>> 0, from.bytes(a1, a2, bounds['text'])),
    },
    'nano:workers/connections': {
      'open': (a0: number, a1: number, a2: number) => imports['nano:workers/connections'].open(a0 >>> 0, from.bytes(a1, a2, bounds['terms'])),
      'secure': (a0: number, a1: number, a2: number) => imports['nano:workers/connections'].secure(a0 >>> 0, from.bytes(a1, a2, bounds['terms'])),
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/connections'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/connections'].finish(a0 >>> 0),
      'pull': (a0: number) => imports['nano:workers/connections'].pull(a0 >>> 0),
      'close': (a0: number) => imports['nano:workers/connections'].close(a0 >>> 0),
      'abort': (a0: number) => imports['nano:workers/connections'].abort(a0 >>> 0),
    },
    'nano:workers/console': {
      'log': (a0: number, a1: number, a2: number) => imports['nano:workers/console'].log(from.caseOf(consoleLevelCases, a0), from.bytes(a1, a2, bounds['text'])),
      'report': (a0: number, a1: number) => imports['nano:workers/console'].report(from.bytes(a0, a1, bounds['text'])),
      'map-places': (a0: number, a1: number, at: number) => to.bytes(at, imports['nano:workers/console'].mapPlaces(from.bytes(a0, a1, bounds['text']))),
    },
    'nano:workers/crypto': {
      'text': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/crypto'].text(from.caseOf(cryptoSubjectCases, a0), from.caseOf(cryptoFieldCases, a1), from.bytes(a2, a3, bounds['word'])),
      'number': (a0: number, a1: number, a2: number) => imports['nano:workers/crypto'].number(from.caseOf(cryptoSubjectCases, a0), from.caseOf(cryptoFieldCases, a1), a2 >>> 0),
      'bytes': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/crypto'].bytes(from.caseOf(cryptoSubjectCases, a0), from.caseOf(cryptoFieldCases, a1), from.bytes(a2, a3)),
      'key': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/crypto'].key(from.caseOf(cryptoSubjectCases, a0), from.caseOf(cryptoFieldCases, a1), from.bytes(a2, a3)),
      'start': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number) => imports['nano:workers/crypto'].start(a0 >>> 0, from.caseOf(cryptoOperationCases, a1), from.bytes(a2, a3, bounds['word']), from.bytes(a4, a5), from.bytes(a6, a7)),
      'make': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, at: number) => to.bytes(at, imports['nano:workers/crypto'].make(from.caseOf(cryptoOperationCases, a0), from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4), from.bytes(a5, a6), from.bytes(a7, a8))),
      'import-secret': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, at: number) => to.bytes(at, imports['nano:workers/crypto'].importSecret(from.bytes(a0, a1, bounds['word']), from.bytes(a2, a3, bounds['word']), a4 !== 0, from.bytes(a5, a6))),
      'compute': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, at: number) => to.bytes(at, imports['nano:workers/crypto'].compute(from.bytes(a0, a1), from.bytes(a2, a3), from.bytes(a4, a5), from.bytes(a6, a7))),
      'digest-write': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/crypto'].digestWrite(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4)),
      'digest-finish': (a0: number) => imports['nano:workers/crypto'].digestFinish(a0 >>> 0),
    },
    'nano:workers/data': {
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/data'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/data'].finish(a0 >>> 0),
      'pull': (a0: number) => imports['nano:workers/data'].pull(a0 >>> 0),
      'abort': (a0: number) => imports['nano:workers/data'].abort(a0 >>> 0),
    },
    'nano:workers/durable-storage': {
      'perform': (a0: number, a1: number, a2: number, at: number) => to.bytes(at, imports['nano:workers/durable-storage'].perform(from.caseOf(durableStorageOperationCases, a0), from.bytes(a1, a2))),
      'sync': (a0: number) => imports['nano:workers/durable-storage'].sync(a0 >>> 0),
    },
    'nano:workers/durable': {
      'make-id': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, at: number) => to.bytes(at, imports['nano:workers/durable'].makeId(from.bytes(a0, a1, bounds['word']), from.caseOf(durableIdKindCases, a2), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6, bounds['word']))),
      'block': (a0: number) => imports['nano:workers/durable'].block(a0 >>> 0),
      'unblock': (a0: number) => imports['nano:workers/durable'].unblock(a0 >>> 0),
      'reset': (a0: number, a1: number) => imports['nano:workers/durable'].reset(from.bytes(a0, a1, bounds['text'])),
    },
    'nano:workers/hibernation': {
      'keep': (a0: number, a1: number, a2: number) => (imports['nano:workers/hibernation'].keep(a0 >>> 0, from.bytes(a1, a2, bounds['word'])) ? 1 : 0),
      'find': (a0: number, a1: number, at: number) => to.bytes(at, imports['nano:workers/hibernation'].find(from.bytes(a0, a1, bounds['word']))),
      'tags': (a0: number, at: number) => to.bytes(at, imports['nano:workers/hibernation'].tags(a0 >>> 0)),
      'attach': (a0: number, a1: number, a2: number) => (imports['nano:workers/hibernation'].attach(a0 >>> 0, from.bytes(a1, a2, bounds['word'])) ? 1 : 0),
      'attachment': (a0: number, at: number) => to.bytes(at, imports['nano:workers/hibernation'].attachment(a0 >>> 0)),
      'set-auto-response': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/hibernation'].setAutoResponse(a0 !== 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word'])),
      'auto-response': (at: number) => to.bytes(at, imports['nano:workers/hibernation'].autoResponse()),
      'answered-at': (a0: number) => imports['nano:workers/hibernation'].answeredAt(a0 >>> 0),
      'set-event-timeout': (a0: number) => imports['nano:workers/hibernation'].setEventTimeout(a0 >>> 0),
      'event-timeout': () => imports['nano:workers/hibernation'].eventTimeout(),
    },
    'nano:workers/kv': {
      'get': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/kv'].get(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word'])),
      'get-many': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/kv'].getMany(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4)),
      'put': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, a9: number, a10: number, a11: number) => imports['nano:workers/kv'].put(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), a5, a6, from.bytes(a7, a8, bounds['word']), from.bytes(a9, a10), a11 !== 0),
      'delete': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/kv'].delete(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word'])),
      'list': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number) => imports['nano:workers/kv'].list(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), a5 >>> 0, from.bytes(a6, a7, bounds['word'])),
    },
    'nano:workers/language': {
      'ask': (a0: number, a1: number, a2: number, a3: number, a4: number, at: number) => to.bytes(at, imports['nano:workers/language'].ask(from.caseOf(languageMethodCases, a0), from.bytes(a1, a2, bounds['expert']), from.bytes(a3, a4, bounds['input']))),
    },
    'nano:workers/objects': {
      'head': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/objects'].head(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word'])),
      'get': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/objects'].get(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6)),
      'put': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, a9: number, a10: number) => imports['nano:workers/objects'].put(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6), a7, from.bytes(a8, a9), a10 !== 0),
      'delete': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/objects'].delete(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4)),
      'list': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/objects'].list(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4)),
      'create-upload': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/objects'].createUpload(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6)),
      'upload-part': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number, a9: number, a10: number, a11: number) => imports['nano:workers/objects'].uploadPart(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6, bounds['word']), a7 >>> 0, a8, from.bytes(a9, a10), a11 !== 0),
      'complete-upload': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number, a7: number, a8: number) => imports['nano:workers/objects'].completeUpload(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6, bounds['word']), from.bytes(a7, a8)),
      'abort-upload': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/objects'].abortUpload(a0 >>> 0, from.bytes(a1, a2, bounds['word']), from.bytes(a3, a4, bounds['word']), from.bytes(a5, a6, bounds['word'])),
    },
    'nano:workers/outbound': {
      'start': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/outbound'].start(a0 >>> 0, from.bytes(a1, a2, bounds['head']), from.bytes(a3, a4), a5 !== 0, from.caseOf(outboundRedirectCases, a6)),
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/outbound'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/outbound'].finish(a0 >>> 0),
      'pull': (a0: number) => imports['nano:workers/outbound'].pull(a0 >>> 0),
      'abort': (a0: number) => imports['nano:workers/outbound'].abort(a0 >>> 0),
    },
    'nano:workers/queues': {
      'send': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number) => imports['nano:workers/queues'].send(a0 >>> 0, from.bytes(a1, a2, bounds['word']), a3, from.bytes(a4, a5)),
      'backlog': (a0: number, a1: number, a2: number) => imports['nano:workers/queues'].backlog(a0 >>> 0, from.bytes(a1, a2, bounds['word'])),
      'settle': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/queues'].settle(a0 >>> 0, a1 >>> 0, from.caseOf(queuesVerdictCases, a2), a3),
      'settle-others': (a0: number, a1: number, a2: number) => imports['nano:workers/queues'].settleOthers(a0 >>> 0, from.caseOf(queuesVerdictCases, a1), a2),
    },
    'nano:workers/rate-limit': {
      'take': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => (imports['nano:workers/rate-limit'].take(from.bytes(a0, a1, bounds['word']), from.bytes(a2, a3, bounds['word']), a4 >>> 0, a5 >>> 0, a6 >>> 0) ? 1 : 0),
    },
    'nano:workers/request-body': {
      'pull': (a0: number) => imports['nano:workers/request-body'].pull(a0 >>> 0),
      'cancel': (a0: number) => imports['nano:workers/request-body'].cancel(a0 >>> 0),
    },
    'nano:workers/response': {
      'send': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number) => imports['nano:workers/response'].send(a0 >>> 0, a1 & 0xffff, from.bytes(a2, a3, bounds['head']), from.bytes(a4, a5)),
      'start': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/response'].start(a0 >>> 0, a1 & 0xffff, from.bytes(a2, a3, bounds['head'])),
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/response'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/response'].finish(a0 >>> 0),
      'fail': (a0: number, a1: number, a2: number) => imports['nano:workers/response'].fail(a0 >>> 0, from.bytes(a1, a2, bounds['text'])),
    },
    'nano:workers/scheduled': {
      'no-retry': (a0: number) => imports['nano:workers/scheduled'].noRetry(a0 >>> 0),
      'finish': (a0: number) => imports['nano:workers/scheduled'].finish(a0 >>> 0),
      'fail': (a0: number, a1: number, a2: number) => imports['nano:workers/scheduled'].fail(a0 >>> 0, from.bytes(a1, a2, bounds['text'])),
    },
    'nano:workers/sql': {
      'query': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number) => imports['nano:workers/sql'].query(a0 >>> 0, from.bytes(a1, a2), from.caseOf(sqlRowShapeCases, a3), from.bytes(a4, a5)),
    },
    'nano:workers/timer': {
      'wake-in': (a0: number, a1: number) => imports['nano:workers/timer'].wakeIn(a0, a1 >>> 0),
    },
    'nano:workers/web-sockets': {
      'open': () => imports['nano:workers/web-sockets'].open(),
      'connect': (a0: number, a1: number) => imports['nano:workers/web-sockets'].connect(from.bytes(a0, a1, bounds['head'])),
      'accept': (a0: number) => imports['nano:workers/web-sockets'].accept(a0 >>> 0),
      'send': (a0: number, a1: number, a2: number, a3: number, a4: number) => imports['nano:workers/web-sockets'].send(loadItemsOfU32(from, a0, a1, bounds), a2 !== 0, from.bytes(a3, a4)),
      'waiting': (a0: number) => imports['nano:workers/web-sockets'].waiting(a0 >>> 0),
      'close': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/web-sockets'].close(a0 >>> 0, a1 & 0xffff, from.bytes(a2, a3, bounds['text'])),
    },
  }
}
