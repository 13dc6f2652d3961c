/**
 * One TCP connection of an app.
 *
 *     waiting --start--> connecting --ready--> open --the link closes, the guest is dead--> over
 *                            ^-----secure--------'
 *
 * - waiting: the turn in which it was asked for is not over.
 * - connecting: what is written waits, and nothing is read.
 * - open: bytes are read when the guest pulls, and written when the far side takes them.
 * - over: nothing is held for it; it stays known until the guest has heard how it ended.
 *
 * The guest hears of it in order, one event at a time; `#next` has what comes first. What it asks for within a turn is noted,
 * and done by `act` after it. What the connection sets off is paid for by whoever asked something of it last.
 */
import { EgressDenied } from '../egress/connect.ts'
import { type TcpDialer, TooManyConnections } from '../egress/tcp.ts'
import { TcpLink } from '../egress/tcp-link.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import { APP } from '../limits/account.ts'
import { type ByteBudget, Holding } from '../limits/byte-budget.ts'
import type { GuestEvent, Mailbox } from './binding.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { type ConnectionTerms, parseConnectionTerms, parseTlsTerms } from './connection-terms.ts'
import { toFailureText } from './failure-text.ts'

/** What the guest gave to `connections.open`. */
export interface ConnectionStart {
  readonly id: number
  /** The request whose account pays for it. */
  readonly owner: number
  readonly terms: Uint8Array
  /** Of that request. */
  readonly trace?: RequestTrace | undefined
}

/** What a connection is made with. */
export interface ConnectionServices {
  readonly tcp: TcpDialer
  /** The longest pause, in milliseconds. */
  readonly idleMs: number
  /** Has something leave. */
  pass(act: () => void): void
}

/** What a connection tells its binding. */
export interface ConnectionPort {
  /** The guest has heard all that it will hear of it. Called once, last. */
  onOver(): void
  /** The policy does not admit it. */
  onDenied(denied: EgressDenied): void
  /** The app has as many as it may. */
  onTooMany(): void
}

/** When more than this waits for the far side, the guest is told to wait. */
const HIGH_WATER = 64 * 1024

/** What a connection costs: its socket and what that may have read ahead, of which TLS has two. */
const OPEN_BYTES = 96 * 1024
const TLS_BYTES = 96 * 1024

const TOO_MUCH = 'for the connection the host would have to hold more than it may'
const UNBOUNDED = 'the app wrote to a connection without waiting for the far side'
const TWICE = 'the connection has TLS already'

const NOTHING = new Uint8Array(0)

/** One connection. */
export class Connection {
  readonly #id: number
  readonly #mailbox: Mailbox
  readonly #port: ConnectionPort
  readonly #holding: Holding
  readonly #trace: RequestTrace | undefined
  /** Who asked something of it last. */
  #owner: number
  /** What it was asked for with, until it is started. */
  #given: Uint8Array
  #state: 'waiting' | 'connecting' | 'open' | 'over' = 'waiting'
  #terms: ConnectionTerms | undefined
  #link: TcpLink | undefined
  #dialedAt = 0

  // what the guest wants
  readonly #outgoing = new ChunkQueue()
  #pass: ConnectionServices['pass'] = () => undefined
  /** What is to leave waits for that. */
  #isHeld = false
  /** Bytes that the link has and has not sent. */
  #sending = 0
  #isFinished = false
  #isPulled = false
  #isClosing = false
  /** TLS, with these terms, when all that waits is sent. */
  #toSecure: Uint8Array | undefined
  /** Nothing more, or it has gone too far. */
  #ending: { readonly error?: Error } | undefined

  // what the guest is to hear
  /** It is ready; what ALPN came to. */
  #protocol: string | undefined
  #owesWritable = false
  #owesEnd = false
  #failure: Error | undefined
  /** All of it. */
  #isTold = false
  /** The last event that has not reached the guest. */
  #posted: GuestEvent | undefined

  /** Undefined when the host cannot hold so much. */
  static open(
    start: ConnectionStart,
    mailbox: Mailbox,
    budget: ByteBudget,
    port: ConnectionPort,
  ): Connection | undefined {
    const connection = new Connection(start, mailbox, budget, port)
    return connection.#hold() ? connection : undefined
  }

  private constructor(start: ConnectionStart, mailbox: Mailbox, budget: ByteBudget, port: ConnectionPort) {
    this.#id = start.id
    this.#owner = start.owner
    this.#given = start.terms
    this.#trace = start.trace
    this.#mailbox = mailbox
    this.#port = port
    this.#holding = new Holding(budget)
  }

  /** Whether it is going to bring the guest an event. */
  get isPending(): boolean {
    return this.isOpen && (this.#state !== 'open' || this.#isPulled || this.#owesWritable)
  }

  /** Whether the guest may still ask for something. */
  get isOpen(): boolean {
    return this.#state !== 'over' && this.#ending === undefined && !this.#isClosing
  }

  // within a turn

  /** Whose turn it is, if that can be said. */
  use(source: number | undefined): void {
    if (source !== undefined && source !== APP) this.#owner = source
  }

  /** Bytes to the far side; false when the guest has to wait. */
  write(bytes: Uint8Array): boolean {
    if (this.#isFinished) return true
    this.#outgoing.push(bytes)
    if (!this.#hold()) {
      this.#ending = { error: new Error(UNBOUNDED) }
      return true
    }
    this.#owesWritable = this.#outgoing.bytes >= HIGH_WATER
    return !this.#owesWritable
  }

  finish(): void {
    this.#isFinished = true
    this.#owesWritable = false
  }

  pull(): void {
    this.#isPulled = true
  }

  secure(terms: Uint8Array): void {
    this.#toSecure = terms
  }

  close(): void {
    this.finish()
    this.#isClosing = true
  }

  abort(): void {
    this.#ending = {}
  }

  // between turns

  /** Connect; never throws. */
  start(services: ConnectionServices): void {
    this.#pass = (act) => services.pass(act)
    this.#pass(() => {
      if (this.#state === 'waiting') this.#dial(services)
    })
  }

  #dial({ tcp, idleMs }: ConnectionServices): void {
    this.#state = 'connecting'
    this.#dialedAt = performance.now()
    try {
      const terms = parseConnectionTerms(this.#given)
      this.#given = NOTHING
      this.#terms = terms
      this.#link = new TcpLink(tcp.dial(terms.target), terms.tls, idleMs, {
        onReady: (protocol) => {
          this.#state = 'open'
          this.#protocol = protocol
          this.#traced()
          this.#move()
        },
        onReadable: () => this.#say(),
        onEnd: () => {
          this.#owesEnd = true
          if (!terms.isHalfOpen) this.finish()
          this.#move()
        },
        onClosed: (error) => this.#end(error),
      })
    } catch (error) {
      this.#end(error as Error)
    }
  }

  /** Do what the guest asked for in the turn that just ended. */
  act(): void {
    if (this.#ending === undefined) this.#move()
    else this.#end(this.#ending.error)
  }

  /** An event of this connection has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event !== this.#posted) return
    this.#posted = undefined
    this.#say()
  }

  /** The guest is gone. */
  [Symbol.dispose](): void {
    this.#ending ??= {}
    this.#end()
  }

  #move(): void {
    this.#send()
    this.#say()
  }

  /** What is to leave, when it may. */
  #send(): void {
    if (this.#state !== 'open' || this.#sending > 0 || this.#isHeld) return
    this.#isHeld = true
    this.#pass(() => {
      this.#isHeld = false
      if (this.#link !== undefined && this.#state === 'open') this.#sendTo(this.#link)
    })
  }

  /** One chunk after the other; what is to come after all of them comes then. */
  #sendTo(link: TcpLink): void {
    const chunk = this.#outgoing.shift()
    if (chunk !== undefined) {
      this.#sending = chunk.length
      link.write(chunk, () => {
        this.#sending = 0
        if (this.#state === 'over') return
        this.#hold()
        this.#move()
      })
    } else if (this.#isClosing) link.close()
    else if (this.#isFinished) link.end()
    else if (this.#toSecure !== undefined) this.#secure(link, this.#toSecure)
  }

  #secure(link: TcpLink, given: Uint8Array): void {
    const terms = this.#terms
    if (terms === undefined) return
    this.#toSecure = undefined
    this.#state = 'connecting'
    try {
      if (terms.tls !== undefined) throw new Error(TWICE)
      const tls = parseTlsTerms(given, terms.target)
      this.#terms = { ...terms, tls }
      if (!this.#hold()) throw new Error(TOO_MUCH)
      link.secure(tls)
    } catch (error) {
      this.#end(error as Error)
    }
  }

  /** What the guest hears next, if there is something and it has heard what was before. */
  #say(): void {
    if (this.#posted !== undefined) return
    const event = this.#ending === undefined && !this.#isClosing ? this.#next() : undefined
    if (event !== undefined) {
      this.#posted = event
      this.#mailbox.post(event, this.#owner)
    } else if (this.#state === 'over' && !this.#isTold) {
      this.#isTold = true
      this.#port.onOver()
    }
  }

  #next(): GuestEvent | undefined {
    const id = this.#id
    const protocol = this.#protocol
    if (protocol !== undefined) {
      this.#protocol = undefined
      return { tag: 'connection-ready', val: { id, protocol } }
    }
    if (this.#owesWritable && this.#outgoing.bytes < HIGH_WATER && this.#state === 'open') {
      this.#owesWritable = false
      return { tag: 'connection-writable', val: id }
    }
    const bytes = this.#isPulled && this.#state === 'open' ? this.#link?.read() : undefined
    if (bytes !== undefined) {
      this.#isPulled = false
      return { tag: 'connection-data', val: { id, bytes, last: false } }
    }
    if (this.#owesEnd) {
      this.#owesEnd = false
      return { tag: 'connection-data', val: { id, bytes: NOTHING, last: true } }
    }
    const failure = this.#failure
    if (failure === undefined) return undefined
    this.#failure = undefined
    const code = 'code' in failure ? String(failure.code) : ''
    return { tag: 'connection-failed', val: { id, code, message: toFailureText(failure) } }
  }

  #end(error?: Error): void {
    if (this.#state === 'over') return
    if (this.#state === 'connecting') this.#traced(error)
    this.#state = 'over'
    this.#link?.destroy()
    this.#outgoing.clear()
    this.#holding.release()
    if (error instanceof EgressDenied) this.#port.onDenied(error)
    if (error instanceof TooManyConnections) this.#port.onTooMany()
    // a guest that has gone too far is told why
    if (this.#ending?.error !== undefined) this.#ending = undefined
    this.#failure = error
    this.#say()
  }

  #traced(error?: Error): void {
    const { hostname = '', port = 0 } = this.#terms?.target ?? {}
    this.#trace?.span('connect', this.#dialedAt, performance.now(), {
      'server.address': hostname,
      'server.port': port,
      ...(error && { 'error.type': error instanceof EgressDenied ? error.code : 'CONNECT_FAILED' }),
    })
  }

  /** Hold what it costs now; false when that is too much. */
  #hold(): boolean {
    const tls = this.#terms?.tls === undefined ? 0 : TLS_BYTES
    return this.#holding.set(OPEN_BYTES + tls + this.#given.length + this.#sending + this.#outgoing.cost)
  }
}
