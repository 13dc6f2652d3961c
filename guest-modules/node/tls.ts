/**
 * `node:tls`: an app's own connections with TLS. The host checks every certificate, against the authorities that it trusts
 * or those of `ca`. It has no servers.
 */

import unenv from 'unenv/node/tls'
import { adopt, connectSecurely, Socket, toConnectArguments, type ConnectOptions } from './net/socket.ts'

/** What certificates are checked with. */
interface ContextOptions {
  readonly ca?: unknown
  readonly cert?: unknown
  readonly key?: unknown
  readonly pfx?: unknown
}

interface TlsOptions extends ConnectOptions, ContextOptions {
  readonly socket?: Socket
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
  readonly secureContext?: SecureContext
  readonly ALPNProtocols?: readonly string[]
  readonly isServer?: boolean
}

export {
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  Server,
  createServer,
  getCiphers,
  rootCertificates,
} from 'unenv/node/tls'

export class SecureContext {
  /** As PEM. */
  readonly ca: string | undefined

  constructor({ ca, cert, key, pfx }: ContextOptions = {}) {
    if ([cert, key, pfx].some((each) => each !== undefined && each !== null)) {
      throw refusal('certificates of clients (cert, key, pfx) are not there in NANO')
    }
    this.ca = toPem(ca)
  }
}

export class TLSSocket extends Socket {
  readonly encrypted = true
  readonly authorizationError = null
  readonly servername: string | undefined

  constructor(below?: Socket, options: TlsOptions = {}) {
    super(options)
    this.servername = options.servername
    if (below === undefined) return
    if (options.isServer) throw refusal("the server's side of TLS is not there in NANO")
    adopt(this, below, toTerms({ host: below.remoteAddress!, ...options }))
  }

  /** The host has checked whom it is talking to, or there would be no connection. */
  get authorized(): boolean {
    return !this.pending
  }

  get alpnProtocol(): string | false {
    return this.protocol || false
  }

  getPeerCertificate(): object {
    return {}
  }

  getProtocol(): string {
    return 'TLSv1.3'
  }

  isSessionReused(): boolean {
    return false
  }

  setServername(): void {}
  setSession(): void {}
  disableRenegotiation(): void {}
}

/** Connects, or begins TLS on `socket`. */
export function connect(...args: unknown[]): TLSSocket {
  const { options, listener } = toConnectArguments(args)
  // a port and a host may come before the options
  const more = args.find((each) => typeof each === 'object' && each !== null)
  const all: TlsOptions = { ...more, ...options }
  const { socket: below } = all
  if (below !== undefined && !(below instanceof Socket)) {
    throw refusal('TLS over something other than a socket of node:net is not there in NANO')
  }
  const secured = new TLSSocket(below, all)
  if (listener !== undefined) secured.once('secureConnect', listener)
  if (below === undefined) connectSecurely(secured, all, toTerms(all))
  return secured
}

export function createSecureContext(options?: ContextOptions): SecureContext {
  return new SecureContext(options)
}

/** The host has checked it: for those who check once more. */
export function checkServerIdentity(): undefined {
  return undefined
}

/** Terms of `connections.secure` (wit/connections.wit). */
function toTerms(options: TlsOptions): object {
  const { servername, host, rejectUnauthorized, secureContext, ALPNProtocols: protocols = [] } = options
  if (rejectUnauthorized === false) {
    throw refusal(
      'rejectUnauthorized: false is not there in NANO, which checks every certificate; ' +
        'give the certificate of its authority, or its own, as `ca`',
    )
  }
  const { ca } = secureContext ?? new SecureContext(options)
  const name = servername || host
  return {
    ...(name !== undefined && { name }),
    ...(ca !== undefined && { ca }),
    protocols: Array.isArray(protocols) ? protocols.map(String) : [],
  }
}

function toPem(ca: unknown): string | undefined {
  if (ca === undefined || ca === null) return undefined
  if (Array.isArray(ca)) return ca.map(toPem).join('\n')
  return typeof ca === 'string' ? ca : new TextDecoder().decode(ca as Uint8Array)
}

function refusal(text: string): Error {
  return Object.assign(new Error(text), { code: 'ERR_OPTION_NOT_IMPLEMENTED' })
}

export default {
  ...unenv,
  SecureContext,
  TLSSocket,
  checkServerIdentity,
  connect,
  createSecureContext,
}
