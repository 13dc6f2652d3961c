/**
 * How a tenant's fetches reach the outside: the one seam between the outbound binding and the network. What may be
 * connected to is the policy's to say (host/egress). One dialer per tenant and shard, so connections are reused, but
 * never by another tenant; one that makes no fetch holds nothing open.
 *
 * Redirects are followed here, one request per hop, so that each is bounded in number and dispatched on its own. A far
 * side may close a kept connection just when it is used again; whether it has seen the request nobody knows, so only one
 * that may come twice is sent once more, on a connection of its own (RFC 9112, 9.3.1).
 */
import type { RequestInit, Response } from 'undici'
import { ReadableStream } from 'node:stream/web'
import { DEFAULT_LIMITS, type Limits } from '../config/limits.ts'
import type { CheckedAgent } from '../egress/agent.ts'
import { withPlaceholders } from '../egress/added-headers.ts'
import { EgressDenied, type Resolve } from '../egress/connect.ts'
import { ConnectionWornOut } from '../egress/guard.ts'
import type { Machine } from '../egress/machine.ts'
import { EgressPolicy, type EgressSettings } from '../egress/policy.ts'
import { type Hop, isRedirect, toNextHop } from '../egress/redirect.ts'
import { toTarget } from '../egress/rule.ts'
import { TcpDialer } from '../egress/tcp.ts'
import { openResolver } from '../egress/resolver.ts'
import { Heartbeat } from '../web-socket/heartbeat.ts'
import { Writes } from '../web-socket/writes.ts'
import { dialWebSocket } from './web-socket-dial.ts'
import type { WebSocketAnswer, WebSocketDial } from './web-socket-dial.ts'

/** A fetch to make. */
export interface Dial extends Omit<Hop, 'url'> {
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly signal: AbortSignal
  /** Undefined: nothing of it is kept. */
  readonly cache?: HopCache
}

/** What came of one request. */
export interface HopAnswer {
  readonly status: number
  readonly statusText: string
  /** `set-cookie` once per cookie. */
  readonly headers: Iterable<[string, string]>
  /** Decoded. */
  readonly body: ReadableStream<Uint8Array> | null
  /** Of the body, what is here already. */
  readonly heldBytes?: number
}

/** Where answers to the requests of one fetch are kept. */
export interface HopCache {
  /** The policy has admitted the hop. */
  find(hop: Hop): Promise<Finding>
}

/** What is kept for a request, or else who keeps the answer to it: gives what the app is to get. */
export type Finding = { readonly found: HopAnswer } | { keep(answer: HopAnswer): HopAnswer }

/** What came of it. */
export interface Answer extends HopAnswer {
  readonly url: string
  readonly redirected: boolean
}

/** Makes a tenant's fetches and connections. */
export interface Dialer extends Disposable {
  /** How long an app may leave a fetch or a connection of its own alone, in milliseconds. */
  readonly idleMs: number
  readonly tcp: TcpDialer
  /** Has something leave by a connection: at once, or as soon as what it may follow from is on the disk. */
  pass(act: () => void): void
  /** Rejects with an `EgressDenied` as its cause when the policy does not admit the fetch or a redirect of it. */
  fetch(url: string, dial: Dial): Promise<Answer>
  /** Rejects as `fetch` does. */
  upgrade(url: string, dial: WebSocketDial): Promise<WebSocketAnswer>
}

export interface DialerOptions {
  readonly limits?: Partial<
    Pick<Limits, 'idleMs' | 'timeoutMs' | 'tcpConnections' | 'webSocketIdleMs' | 'webSocketMessageKb'>
  >
  readonly machine?: Machine
  readonly resolve?: Resolve
}

/** Redirects that are followed. */
const MAX_REDIRECTS = 20

/** Requests that mean the same when they come twice (RFC 9110, 9.2.2), of those that an app can make. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** A dialer to the real network; connections are made when they are needed. */
export function openDialer(
  settings: EgressSettings = {},
  { limits: given = {}, machine = {}, resolve = openResolver() }: DialerOptions = {},
): Dialer {
  const limits = { ...DEFAULT_LIMITS, ...given }
  const policy = new EgressPolicy(settings, machine)
  let agent: CheckedAgent | undefined
  /** Disposed of. */
  let isOver = false
  const { idleMs, timeoutMs, tcpConnections } = limits
  const headMs = Math.max(timeoutMs, idleMs)
  const heartbeat = new Heartbeat()
  const writes = new Writes()
  return {
    idleMs,
    tcp: new TcpDialer({ policy, resolve, most: tcpConnections }),
    pass: (act) => act(),
    async fetch(url, { redirect, signal, cache, ...request }) {
      const isFollowed = redirect === 'follow'
      const mode = isFollowed ? ('manual' as const) : redirect
      const ask = async (hop: Hop): Promise<HopAnswer> => {
        // a shard whose apps fetch nothing does without
        const { openCheckedAgent, fetch } = await import('../egress/agent.ts')
        if (isOver) throw new TypeError('the app is gone')
        agent ??= openCheckedAgent({ policy, resolve, headMs, idleMs })
        return send(fetch, agent, hop, { redirect: mode, signal })
      }
      let hop: Hop = { ...request, url }
      for (let redirects = 0; ; redirects++) {
        // oxlint-disable-next-line no-await-in-loop -- one hop follows from the other
        const answer = await (cache === undefined ? ask(hop) : askCache(cache, policy, hop, ask))
        const location = isRedirect(answer.status) ? toLocation(answer) : undefined
        if (location !== undefined && redirect === 'error') throw new TypeError('unexpected redirect')
        if (location === undefined || !isFollowed)
          return { ...answer, url: withoutFragment(hop.url), redirected: redirects > 0 }
        answer.body?.cancel().catch(() => undefined)
        if (redirects === MAX_REDIRECTS) throw new TypeError(`more than ${MAX_REDIRECTS} redirects`)
        hop = toNextHop(hop, answer.status, location)
      }
    },
    upgrade(url, dial) {
      const mostBytes = limits.webSocketMessageKb * 1024
      const { webSocketIdleMs: idleMs } = limits
      return dialWebSocket(url, dial, { policy, resolve, heartbeat, writes, headMs, idleMs, mostBytes })
    },
    [Symbol.dispose](): void {
      isOver = true
      agent?.destroy().catch(() => undefined)
    },
  }
}

type Fetch = (typeof import('../egress/agent.ts'))['fetch']

/** One request, or two of the same. */
async function send(
  fetch: Fetch,
  agent: CheckedAgent,
  { url, method, headers, body }: Hop,
  options: Pick<RequestInit, 'redirect' | 'signal'>,
): Promise<HopAnswer> {
  const init: RequestInit = { ...options, method, headers: withPlaceholders(headers) }
  if (body !== undefined) Object.assign(init, { body, duplex: 'half' })
  const isRepeatable = IDEMPOTENT.has(method) && !(body instanceof ReadableStream)
  try {
    return toAnswer(await fetch(url, { ...init, dispatcher: agent.dispatcher }))
  } catch (error) {
    const isWornOut = error instanceof Error && error.cause instanceof ConnectionWornOut
    if (!isRepeatable || !isWornOut) throw error
    return toAnswer(await fetch(url, { ...init, dispatcher: agent.fresh }))
  }
}

/** What is kept, or what the far side says. */
async function askCache(
  cache: HopCache,
  policy: EgressPolicy,
  hop: Hop,
  ask: (hop: Hop) => Promise<HopAnswer>,
): Promise<HopAnswer> {
  const target = toTarget(new URL(hop.url))
  if (!policy.admitsHost(target)) throw new TypeError('fetch failed', { cause: new EgressDenied(target) })
  const finding = await cache.find(hop)
  return 'found' in finding ? finding.found : finding.keep(await ask(hop))
}

function withoutFragment(url: string): string {
  const hash = url.indexOf('#')
  return hash < 0 ? url : url.slice(0, hash)
}

function toLocation({ headers }: HopAnswer): string | undefined {
  for (const [name, value] of headers) if (name.toLowerCase() === 'location') return value
  return undefined
}

/** undici cancels a body that nobody reads when its response is collected: each has to stay as long as its body. */
const responses = new WeakMap<object, Response>()

function toAnswer(response: Response): HopAnswer {
  const { status, statusText, headers, body } = response
  if (body !== null) responses.set(body, response)
  return { status, statusText, headers, body: body as ReadableStream<Uint8Array> | null }
}
