/**
 * How a shard reaches the outside for its apps: the one seam between the outbound binding and the network. What may be
 * connected to is decided here, at connect time, and nowhere else. One dialer per shard, so connections are reused.
 */
import { Agent, fetch } from 'undici'
import type { ReadableStream } from 'node:stream/web'

/** A fetch to make. */
export interface Dial {
  readonly method: string
  readonly headers: [string, string][]
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly signal: AbortSignal
}

/** What came of it. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  /** `set-cookie` once per cookie. */
  readonly headers: Iterable<[string, string]>
  /** Decoded. */
  readonly body: ReadableStream<Uint8Array> | null
}

/** Makes the apps' fetches. */
export interface Dialer extends Disposable {
  fetch(url: string, dial: Dial): Promise<Answer>
}

/** How long to wait for a connection. */
const CONNECT_MS = 10_000

/** A dialer to the real network. */
export function openDialer(): Dialer {
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS }, connections: null })
  return {
    async fetch(url, { method, headers, body, redirect, signal }) {
      const init = {
        method,
        headers,
        redirect,
        signal,
        dispatcher,
        ...(body && { body, duplex: 'half' as const }),
      }
      const answer = await fetch(url, init)
      return {
        status: answer.status,
        statusText: answer.statusText,
        url: answer.url,
        redirected: answer.redirected,
        headers: answer.headers,
        body: answer.body as ReadableStream<Uint8Array> | null,
      }
    },
    [Symbol.dispose](): void {
      dispatcher.destroy().catch(() => undefined)
    },
  }
}
