/**
 * One connection, from the dialling of its socket to its end, with TLS from the start, from later on, or never.
 *
 *     connecting --connected--> [ securing --handshake--> ] ready: bytes both ways  --both ways over, destroy, error--> closed
 *                                   ^--------secure---------'
 *
 * Holds: a connection and a handshake have so much time; a certificate is always checked, against the authorities that the
 * host trusts or those that are named instead; a connection on which nothing moves is given up; nothing is said after
 * `onClosed`, which comes once.
 */
import { isIP, type Socket } from 'node:net'
import { connect as startTls, type TLSSocket } from 'node:tls'
import { CONNECT_MS } from './connect.ts'
import { SOCKET } from './tcp.ts'

/** What TLS is begun with. */
export interface TlsTerms {
  /** Whose certificate it has to be. */
  readonly name: string
  /** Certificates, as PEM, of the authorities that are trusted instead of the host's. */
  readonly ca: string | undefined
  /** To be proposed (ALPN). */
  readonly protocols: readonly string[]
}

/** What a link tells. */
export interface LinkPort {
  /** Bytes go both ways. `protocol`: what ALPN came to. */
  onReady(protocol: string): void
  /** There may be something to read. */
  onReadable(): void
  /** The far side sends no more. */
  onEnd(): void
  /** There is no connection any more. `error`: why, unless it came to its end. */
  onClosed(error?: Error): void
}

/** Nothing happened for too long. */
class LinkTimeout extends Error {
  override readonly name = 'LinkTimeout'
  readonly code = 'ETIMEDOUT'
}

/** One connection. */
export class TcpLink {
  readonly #idleMs: number
  readonly #port: LinkPort
  #socket: Socket
  #deadline: NodeJS.Timeout | undefined
  #error: Error | undefined
  #isReady = false
  #isClosed = false
  /** No longer hears of its socket. */
  #unhear: () => void = () => undefined

  /** `socket`: being connected. `tls`: begun at once. `idleMs`: the longest pause. */
  constructor(socket: Socket, tls: TlsTerms | undefined, idleMs: number, port: LinkPort) {
    this.#idleMs = idleMs
    this.#port = port
    this.#socket = socket
    this.#expect('connection')
    this.#hear(socket)
    socket.once('connect', () => (tls === undefined ? this.#ready('') : this.secure(tls)))
  }

  /** TLS takes the place of the socket below it. What that has read and not given out belongs to the handshake. */
  secure({ name, ca, protocols }: TlsTerms): void {
    const below = this.#socket
    this.#unhear()
    // what breaks below breaks above
    below.on('error', () => undefined)
    below.setTimeout(0)
    try {
      const socket: TLSSocket = startTls({
        ...SOCKET,
        socket: below,
        host: name,
        // only names are told (RFC 6066)
        ...(isIP(name) === 0 && { servername: name }),
        ...(ca !== undefined && { ca }),
        ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
      })
      this.#socket = socket
      this.#expect('TLS handshake')
      this.#hear(socket)
      socket.once('secureConnect', () => this.#ready(socket.alpnProtocol || ''))
    } catch (error) {
      // authorities that are none
      below.destroy()
      this.#close(error as Error)
    }
  }

  /** What has come, if anything has. */
  read(): Uint8Array | undefined {
    return (this.#socket.read() as Buffer | null) ?? undefined
  }

  /** Not before the one before is sent. */
  write(chunk: Uint8Array, onSent: () => void): void {
    this.#socket.write(chunk, (error) => {
      if (!error) onSent()
    })
  }

  /** This side sends no more. */
  end(): void {
    this.#socket.end()
  }

  /** It is over when all is sent. */
  close(): void {
    this.#socket.destroySoon()
  }

  /** It is over. */
  destroy(error?: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  #hear(socket: Socket): void {
    const listeners = {
      readable: () => this.#port.onReadable(),
      // the end of a handshake that did not come to its own is an error
      end: () => {
        if (this.#isReady) this.#port.onEnd()
      },
      error: (error: Error) => void (this.#error ??= error),
      timeout: () => this.destroy(new LinkTimeout(`nothing was sent or came for ${this.#idleMs} ms`)),
      close: () => this.#close(this.#error),
    }
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
    this.#unhear = () => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener)
    }
  }

  #ready(protocol: string): void {
    clearTimeout(this.#deadline)
    this.#isReady = true
    this.#socket.setTimeout(this.#idleMs)
    this.#port.onReady(protocol)
  }

  #expect(what: string): void {
    clearTimeout(this.#deadline)
    this.#isReady = false
    const late = (): void => this.destroy(new LinkTimeout(`there was no ${what} within ${CONNECT_MS} ms`))
    this.#deadline = setTimeout(late, CONNECT_MS).unref()
  }

  #close(error?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#deadline)
    this.#port.onClosed(error)
  }
}
