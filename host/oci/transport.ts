/**
 * HTTP to registries, as whoever must not trust them: bounded in time, in bytes and in redirects. What a registry leads to
 * (redirects, token servers) is reached as the registry is: encrypted if that is, and on public addresses only if that is on
 * one, so that no registry has the host ask what stands beside it. Proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are
 * gone through, but for loopback; names are theirs to look up then, and an address that is spelt out is looked at here all the same.
 *
 *     send  >  an answer
 *           >  a redirect: the next hop, without what was meant for the one before  >  send
 *           >  nothing, too late, cut: REGISTRY_UNREACHABLE
 */

import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

import { buildConnector, EnvHttpProxyAgent, request } from 'undici'
import type { Dispatcher } from 'undici'

import { EgressDenied, toCheckedLookup } from '../egress/connect.ts'
import type { Resolve } from '../egress/connect.ts'
import { isRedirect, toNextHop } from '../egress/redirect.ts'
import { NanoError } from '../errors.ts'
import { isPublicAddress } from '../http/public-address.ts'
import { parseAddress } from '../http/address.ts'

const CONNECT_MS = 10_000
/** Until a head is there, and between two parts of a body. */
const SILENCE_MS = 30_000
const MOST_REDIRECTS = 5
const AT_ONCE = 8
const USER_AGENT = 'nano-workers'
/** Reached without a proxy. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const LOOPBACK_NAME = /(?:^|\.)localhost\.?$/

export interface Sent {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Ends it. */
  readonly signal: AbortSignal
  /** The registry has named the place: it is no better than what stands there. */
  readonly isLedTo?: boolean
}

export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Where it came from in the end. */
  readonly url: string
  readonly body: Dispatcher.ResponseData['body']
}

/** The connections to one registry, and to where it leads. */
export class Transport implements AsyncDisposable {
  readonly #origin: string
  readonly #own: EnvHttpProxyAgent
  readonly #led: EnvHttpProxyAgent
  /** Nothing has been connected yet, or a proxy has done so: as strict as can be. */
  #isPublic = true

  /** `origin`: of the registry. */
  constructor(origin: string) {
    this.#origin = origin
    const options = {
      connections: AT_ONCE,
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
      maxHeaderSize: 32 * 1024,
    }
    this.#own = openAgent({ ...options, connect: this.#toConnector() })
    this.#led = openAgent({ ...options, connect: this.#toCheckedConnector() })
  }

  /** Rejects with REGISTRY_UNREACHABLE or REGISTRY_INVALID. */
  async send({ signal, isLedTo = false, ...sent }: Sent): Promise<Received> {
    let hop = {
      method: sent.method as string,
      url: sent.url,
      headers: Object.entries({ 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...sent.headers }),
      body: typeof sent.body === 'string' ? Buffer.from(sent.body) : sent.body,
    }
    for (let redirects = 0; ; redirects++) {
      const { origin } = new URL(hop.url)
      const isOwn = origin === this.#origin
      if (!isOwn || isLedTo) this.#expectAsGood(hop.url)
      // oxlint-disable-next-line no-await-in-loop -- one leads to the next
      const answer = await request(hop.url, {
        method: hop.method as Sent['method'],
        headers: hop.headers.flat(),
        body: hop.body ?? null,
        dispatcher: isOwn ? this.#own : this.#led,
        signal,
      }).catch((thrown: unknown) => {
        throw thrown instanceof EgressDenied ? this.#toNotPublic(origin) : toUnreachable(origin, thrown)
      })
      const { statusCode: status, headers, body } = answer
      const { location } = headers
      // a registry names the place of an upload with 201 and 202
      if (!isRedirect(status) || typeof location !== 'string') return { status, headers, url: hop.url, body }
      // oxlint-disable-next-line no-await-in-loop
      await body.dump({ limit: 16 * 1024 }).catch(() => undefined)
      if (redirects === MOST_REDIRECTS)
        throw invalid(this.#origin, `it redirects more than ${MOST_REDIRECTS} times`)
      try {
        const next = toNextHop(hop, status, location)
        hop = { ...next, headers: [...next.headers], body: next.body as typeof hop.body }
      } catch (cause) {
        throw invalid(this.#origin, (cause as Error).message)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#own.destroy(), this.#led.destroy()])
  }

  #expectAsGood(url: string): void {
    const { protocol, host, hostname, origin } = new URL(url)
    if (protocol !== 'https:' && !this.#origin.startsWith('http:'))
      throw invalid(this.#origin, `it leads to ${host} without encryption`)
    // whoever connects
    if (origin === this.#origin || !this.#isPublic) return
    if (!isPublic(toBare(hostname)) || LOOPBACK_NAME.test(hostname)) throw this.#toNotPublic(origin)
  }

  #toNotPublic(origin: string): NanoError {
    return invalid(this.#origin, `it leads to ${origin}, which has no public address`)
  }

  #toConnector(): buildConnector.connector {
    const connect = buildConnector({ timeout: CONNECT_MS })
    return (options, done) =>
      connect(options, (...outcome) => {
        const [, socket] = outcome
        if (socket) this.#isPublic = isPublic(socket.remoteAddress)
        done(...outcome)
      })
  }

  /** Only addresses that are as public as the registry's own. */
  #toCheckedConnector(): buildConnector.connector {
    const admits = (_target: unknown, address: string): boolean => !this.#isPublic || isPublic(address)
    return (options, done) => {
      const { hostname, port } = options
      const name = toBare(hostname)
      const target = { hostname: name, port: Number(port) || 443 }
      // an address that is spelt out is not looked up
      if (parseAddress(name) !== undefined && !admits(target, name)) {
        done(new EgressDenied(target), null)
        return
      }
      const checked: LookupFunction = toCheckedLookup(admits, target, resolve)
      buildConnector({ timeout: CONNECT_MS, lookup: checked })(options, done)
    }
  }
}

/** The whole body. Rejects with REGISTRY_INVALID when it is longer, and REGISTRY_UNREACHABLE when it is cut. */
export async function readBody({ body, headers, url }: Received, most: number): Promise<Buffer> {
  const { origin } = new URL(url)
  const fail = (): never => {
    body.destroy()
    throw invalid(origin, `expected at most ${most} bytes, got more`)
  }
  if (Number(headers['content-length'] ?? 0) > most) fail()
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length
      if (size > most) fail()
      parts.push(part)
    }
  } catch (thrown) {
    throw thrown instanceof NanoError ? thrown : toUnreachable(origin, thrown)
  }
  return Buffer.concat(parts)
}

/** It does not behave as a registry does. */
export function invalid(registry: string, why: string): NanoError {
  return new NanoError('REGISTRY_INVALID', `${registry}: ${why}`)
}

const resolve: Resolve = (hostname, options, done) => {
  lookup(hostname, { all: true, ...options }, done)
}

/** Throws CONFIG_INVALID. */
function openAgent(options: EnvHttpProxyAgent.Options): EnvHttpProxyAgent {
  const { env } = process
  const noProxy = [env['no_proxy'] ?? env['NO_PROXY'] ?? '', ...LOOPBACK].join(',')
  try {
    return new EnvHttpProxyAgent({ ...options, noProxy })
  } catch (cause) {
    // there may be a password in it
    const text = `expected http://host:port in HTTPS_PROXY and HTTP_PROXY, got another value`
    throw new NanoError('CONFIG_INVALID', text, { cause })
  }
}

function toBare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function isPublic(text: string | undefined): boolean {
  const address = text === undefined ? undefined : parseAddress(text)
  return address === undefined || isPublicAddress(address)
}

function toUnreachable(origin: string, thrown: unknown): NanoError {
  const { name, code, message } = thrown as NodeJS.ErrnoException
  const why =
    name === 'TimeoutError' ? 'it took too long' : `${code === undefined ? '' : `${code}: `}${message}`
  return new NanoError('REGISTRY_UNREACHABLE', `${origin}: ${why}`, { cause: thrown })
}
