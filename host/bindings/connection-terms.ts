/** What a guest says of a connection that it wants, as JSON, checked. */
import { parseTarget, type Target } from '../egress/rule.ts'
import type { TlsTerms } from '../egress/tcp-link.ts'
import { BOUNDS } from '../engine/bounds.ts'

/** A connection to make. */
export interface ConnectionTerms {
  readonly target: Target
  /** Begun at once. */
  readonly tls: TlsTerms | undefined
  /** This side goes on when the far side sends no more. */
  readonly isHalfOpen: boolean
}

const MOST_PROTOCOLS = 16
/** As TLS has room for. */
const MOST_PROTOCOL_LENGTH = 255

const BAD_TERMS = 'expected the terms of a connection'
const BAD_TARGET = 'expected a host name or an address, and a port from 1 to 65535'
const BAD_NAME = 'expected a host name or an address whose certificate is to be expected'
const TOO_LONG = `expected less than ${BOUNDS.terms} bytes of what is said of a connection`

type Given = Readonly<Record<string, unknown>>

/** Throws what is wrong with them. */
export function parseConnectionTerms(json: Uint8Array): ConnectionTerms {
  const { hostname, port, tls, halfOpen } = parse(json)
  const target = typeof hostname === 'string' ? parseTarget(hostname, Number(port)) : undefined
  if (target === undefined) throw new TypeError(BAD_TARGET)
  return {
    target,
    tls: isGiven(tls) ? toTlsTerms(tls, target) : undefined,
    isHalfOpen: halfOpen === true,
  }
}

/** The same for TLS that comes later. */
export function parseTlsTerms(json: Uint8Array, target: Target): TlsTerms {
  return toTlsTerms(parse(json), target)
}

function toTlsTerms({ name, ca, protocols }: Given, target: Target): TlsTerms {
  const wanted = typeof name === 'string' ? parseTarget(name, target.port) : target
  if (wanted === undefined) throw new TypeError(BAD_NAME)
  const offered = Array.isArray(protocols) ? protocols : []
  const isNamed = (each: unknown): boolean =>
    typeof each === 'string' && each.length > 0 && Buffer.byteLength(each) <= MOST_PROTOCOL_LENGTH
  if (offered.length > MOST_PROTOCOLS || !offered.every(isNamed)) throw new TypeError(BAD_TERMS)
  return {
    name: wanted.hostname,
    ca: typeof ca === 'string' ? ca : undefined,
    protocols: offered as string[],
  }
}

function parse(json: Uint8Array): Given {
  if (json.length >= BOUNDS.terms) throw new TypeError(TOO_LONG)
  let given: unknown
  try {
    given = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString())
  } catch {
    throw new TypeError(BAD_TERMS)
  }
  if (!isGiven(given)) throw new TypeError(BAD_TERMS)
  return given
}

const isGiven = (value: unknown): value is Given => typeof value === 'object' && value !== null
