/**
 * Who asks, before anything of the admin API is done. With tokens: whoever has one. Without: this machine alone, and
 * never a web page, neither one that another site has sent (Origin, Sec-Fetch-Site) nor one whose name was led here (Host).
 *
 *     wrong or missing token  >  401, logged; more wrong ones in a second than RATE: 429, counted
 */

import type { Context, MiddlewareHandler } from 'hono'

import { isLoopback } from '../../egress/machine.ts'
import { NanoError } from '../../errors.ts'
import { parseAddress, toEmbedded } from '../../http/address.ts'
import { RateLimit } from '../../limits/rate-limit.ts'
import type { AdminEnv } from './admin-env.ts'
import { Access } from './access.ts'
import type { Tokens } from './tokens.ts'

/** Wrong tokens that are looked at in a second, whoever sends them. */
const RATE = { count: 30 } as const

/** What a proxy adds: then it is not this machine that asks. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

const LOCAL = new Access('this machine', { read: true, all: true, deploy: new Set() })

export interface Gate {
  readonly tokens: Tokens
  /** Whether a host name is the listener's own. */
  readonly isOwnName: (hostname: string) => boolean
  readonly log: (entry: { level: 'warn'; text: string }) => void
}

/** Sets `access`, or refuses. */
export function authenticate({ tokens, isOwnName, log }: Gate): MiddlewareHandler<AdminEnv> {
  const wrong = new RateLimit(RATE)
  const tell = (text: string): void => {
    const dropped = wrong.takeDropped()
    if (dropped > 0) log({ level: 'warn', text: `admin: ${dropped} more wrong tokens` })
    log({ level: 'warn', text: `admin: ${text}` })
  }
  const find = (c: Context<AdminEnv>): Access => {
    if (tokens.isEmpty) return expectLocal(c, isOwnName)
    const authorization = c.req.header('authorization')
    if (authorization === undefined) {
      throw new NanoError('UNAUTHORIZED', 'expected a header "Authorization: Bearer <token>", got none')
    }
    const access = tokens.find(authorization)
    if (access !== undefined) return access
    if (!wrong.admit()) throw new NanoError('TOO_MANY_TRIES', 'too many wrong tokens; try again in a second')
    tell(
      `a wrong token from ${c.env.incoming.socket.remoteAddress ?? 'a socket'}: ${c.req.method} ${c.req.path}`,
    )
    throw new NanoError(
      'UNAUTHORIZED',
      'the token is none of this server; see NANO_ADMIN_TOKEN and admin.tokens_file',
    )
  }
  return async (c, next) => {
    c.set('access', find(c))
    await next()
  }
}

function expectLocal(c: Context<AdminEnv>, isOwnName: (hostname: string) => boolean): Access {
  const { remoteAddress } = c.env.incoming.socket
  // a Unix socket has none
  if (remoteAddress !== undefined && !isInner(remoteAddress)) {
    throw new NanoError(
      'UNAUTHORIZED',
      'there is no token, so only this machine may ask; set NANO_ADMIN_TOKEN',
    )
  }
  if (FORWARDING.some((name) => c.req.header(name) !== undefined)) {
    throw new NanoError(
      'UNAUTHORIZED',
      'a proxy asks for somebody else, and there is no token; set NANO_ADMIN_TOKEN',
    )
  }
  const { host, hostname } = new URL(c.req.url)
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site') ?? 'none'
  const isForeign = origin !== undefined && URL.parse(origin)?.host !== host
  if (!isOwnName(hostname) || isForeign || (site !== 'none' && site !== 'same-origin')) {
    throw new NanoError(
      'HOST_FORBIDDEN',
      'a page of another site asks, or under a foreign name; set NANO_ADMIN_TOKEN',
    )
  }
  return LOCAL
}

function isInner(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && isLoopback(toEmbedded(address) ?? address)
}
