/** What a request says before its body, as plain data: what an instance, an account and a log know of it. */

import type { RequestTrace } from './request-trace.ts'

/** How a connection is encrypted. */
export interface TlsFacts {
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly version: string
  /** By its standard name, such as `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string
}

/** What no client sends: the clock, a queue or a WebSocket sets it off. */
export type Run = ScheduledRun | BatchRun | AlarmRun | KeptRun

export interface ScheduledRun {
  /** The expression of the configuration that it is for. */
  readonly cron: string
  /** When it was to begin, in milliseconds since 1970. */
  readonly scheduledTime: number
}

/** The alarm of a Durable Object. */
export interface AlarmRun {
  readonly alarm: {
    /** When it was to be called, in milliseconds since 1970. */
    readonly scheduledTime: number
    /** How often it was tried before. */
    readonly retryCount: number
  }
}

export interface BatchRun {
  readonly batch: MessageBatch
}

/** What came for a WebSocket that a Durable Object keeps. */
export interface KeptRun {
  readonly kept: KeptMessage | KeptEnd
}

export interface KeptMessage {
  readonly webSocket: number
  readonly isText: boolean
  readonly bytes: Uint8Array
}

export interface KeptEnd {
  readonly webSocket: number
  readonly code: number
  readonly reason: string
}

/** Messages of a queue. */
export interface MessageBatch {
  /** What the app calls it. */
  readonly queue: string
  /** JSON: what else it holds. */
  readonly backlog: string
  readonly messages: readonly QueueMessage[]
}

export interface QueueMessage {
  readonly id: string
  /** When it was sent, in milliseconds since 1970. */
  readonly timestamp: number
  /** How often it was given, this time included. */
  readonly attempts: number
  readonly contentType: string
  readonly body: Uint8Array
}

/** What an app calls of another one, or of itself. */
export interface Call {
  /** The app that calls. */
  readonly app: string
  /** The app that is called. */
  readonly called: string
  /** The export that is called; empty: the default one. */
  readonly entrypoint: string
  /** JSON: `ctx.props`; empty: there are none. */
  readonly props: string
  /** How many calls lead to it, itself included. */
  readonly depth: number
  /** It is a conversation (RPC), and this its first message. */
  readonly message?: Uint8Array | undefined
}

/** A client's request. */
export interface RequestHead {
  /** Names the request in logs and to the client; unique in the server's life. */
  readonly id: string
  /**
   * Who asks, as a key that the client cannot choose: the address of the connection's other end, or of whom a trusted
   * proxy speaks for; of an IPv6 address its /64. Clients share an app's places by it.
   */
  readonly client: string
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** Header lines (header-lines.ts) in wire order, names in lower case. */
  readonly headers: string
  readonly hasBody: boolean
  /** The whole body, when it is small and already here. */
  readonly smallBody?: Uint8Array
  /** How its connection to this server is encrypted; undefined: it is not, or a proxy took it. */
  readonly tls?: TlsFacts | undefined
  /** It is no client's. */
  readonly run?: Run | undefined
  /** It is no client's: an app made it. */
  readonly call?: Call | undefined
  /** Given when the request is traced. */
  readonly trace?: RequestTrace | undefined
}
