/** Where a socket is to lead, and how, as the app says it. The messages are those of Workers. */

export interface Address {
  readonly hostname: string
  readonly port: number
}

export type Transport = 'off' | 'on' | 'starttls'

export interface SocketOptions {
  readonly transport: Transport
  readonly halfOpen: boolean
  /** Bytes that may wait in the writable before it says that it is full. */
  readonly highWaterMark: number
}

const MOST_PORT = 65_535
const TRANSPORTS: readonly unknown[] = ['off', 'on', 'starttls']
/** A name, or an address of IPv6 in brackets; a port. */
const ADDRESS = /^(?<host>[^:[\]]+|\[[\da-f:.]+\]):(?<port>\d+)$/i
const UNSUPPORTED = /[/?#@%\\\s]/

/** A text such as `db.example:5432`, or `{ hostname, port }`. */
export function toAddress(given: unknown): Address {
  if (given === null || given === undefined) {
    throw new TypeError(`connect: expected an address, got ${String(given)}`)
  }
  if (typeof given === 'object') return fromParts(given as Record<string, unknown>)
  const text = toText(given)
  if (!/:[^\]]/.test(text)) throw new TypeError('Specified address is missing port.')
  const { host, port } = ADDRESS.exec(text)?.groups ?? {}
  if (host === undefined || Number(port) > MOST_PORT) {
    throw new TypeError('Specified address could not be parsed.')
  }
  return { hostname: toHost(host), port: Number(port) }
}

function fromParts({ hostname, port }: Record<string, unknown>): Address {
  const number = Number(port)
  if (!Number.isInteger(number) || number < 0 || number > MOST_PORT) {
    throw new TypeError(`connect: expected a port up to ${MOST_PORT}, got ${String(port)}`)
  }
  return { hostname: toHost(toText(hostname)), port: number }
}

// oxlint-disable-next-line typescript/no-unnecessary-template-expression -- what is given is not what its type says
const toText = (value: unknown): string => `${value as string}`

function toHost(text: string): string {
  if (text !== '' && !UNSUPPORTED.test(text)) return text
  throw new TypeError('Specified address is empty string, contains unsupported characters or is too long.')
}

/** What `connect` is given beside the address. */
export function toOptions(given: unknown): SocketOptions {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new TypeError(
      `connect: expected an object of options, got ${given === null ? 'null' : typeof given}`,
    )
  }
  const {
    secureTransport = 'off',
    allowHalfOpen,
    highWaterMark = 1,
  } = (given ?? {}) as Record<string, unknown>
  if (!TRANSPORTS.includes(secureTransport)) {
    throw new TypeError(`Unsupported value in secureTransport socket option: ${String(secureTransport)}`)
  }
  const most = Number(highWaterMark)
  if (!(most >= 0))
    throw new TypeError(`connect: expected a highWaterMark of 0 or more, got ${String(highWaterMark)}`)
  return { transport: secureTransport as Transport, halfOpen: Boolean(allowHalfOpen), highWaterMark: most }
}
