/**
 * How a shard reaches the outside for its apps: the one seam between the outbound binding and the network. What may be
 * connected to is the policy's to say (host/egress). One dialer per policy and shard, so connections are reused, but
 * never by an app that could not have made them.
 */
import { fetch } from 'undici'
import type { ReadableStream } from 'node:stream/web'
import { type CheckedAgent, openCheckedAgent, type Resolve, resolveBySystem } from '../egress/connect.ts'
import { EgressPolicy, type EgressSettings } from '../egress/policy.ts'

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
  /** Rejects with an `EgressDenied` as its cause when the policy does not admit the fetch or a redirect of it. */
  fetch(url: string, dial: Dial): Promise<Answer>
}

/** A dialer to the real network; connections are made when they are needed. */
export function openDialer(settings: EgressSettings = {}, resolve: Resolve = resolveBySystem): Dialer {
  const policy = new EgressPolicy(settings)
  let agent: CheckedAgent | undefined
  return {
    async fetch(url, { method, headers, body, redirect, signal }) {
      agent ??= openCheckedAgent(policy, resolve)
      const init = {
        method,
        headers,
        redirect,
        signal,
        dispatcher: agent.dispatcher,
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
      agent?.destroy().catch(() => undefined)
    },
  }
}

/** The dialers of a shard, one per policy; there are at most as many as tenants. */
export class Dialers implements Disposable {
  readonly #dialers = new Map<string, Dialer>()

  /** The dialer of a policy; whoever asks does not dispose of it. */
  get(settings: EgressSettings = {}): Dialer {
    const key = JSON.stringify([settings.allow, settings.deny, settings.private])
    const dialer = this.#dialers.get(key) ?? openDialer(settings)
    this.#dialers.set(key, dialer)
    return dialer
  }

  [Symbol.dispose](): void {
    for (const dialer of this.#dialers.values()) dialer[Symbol.dispose]()
    this.#dialers.clear()
  }
}
