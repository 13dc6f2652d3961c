/**
 * The client's side of the seam between ingress and tenant, without a socket: what the tenant says to it is kept.
 */
import type { ErrorCode } from '../../host/errors.ts'
import type { Exchange, ExchangeListener } from '../../host/tenant/exchange.ts'
import type { Tenant } from '../../host/tenant/tenant.ts'

const DECODER = new TextDecoder()

/** One request and what came of it. */
export class Client implements Exchange {
  readonly id = 'r1'
  readonly client: string
  readonly method = 'GET'
  readonly headers = ''
  readonly url: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array
  /** The client takes bytes at once. */
  takes = true
  status = 0
  text = ''
  bytes = 0
  code: ErrorCode | undefined
  listener: ExchangeListener | undefined
  /** Settled when nothing more comes. */
  readonly over: Promise<this>
  /** What came out of the order that the seam promises. */
  readonly faults: string[] = []
  readonly #chunks: Uint8Array[]
  #state: 'waiting' | 'streaming' | 'over' = 'waiting'
  #settle: (self: this) => void = () => undefined

  constructor(path: string, body: readonly Uint8Array[] = [], client = '203.0.113.1') {
    this.client = client
    this.url = `http://app.test${path}`
    this.hasBody = body.length > 0
    if (body.length === 1) this.smallBody = body[0]!
    this.#chunks = [...body]
    this.over = new Promise((settle) => (this.#settle = settle))
  }

  /** Bring it to a tenant. */
  sendTo(tenant: Tenant): this {
    this.listener = tenant.handle(this)
    return this
  }

  pullBody(): void {
    setImmediate(() => {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) this.listener?.bodyChunk(chunk, this.#chunks.length === 0)
    })
  }

  cancelBody(): void {
    this.#chunks.length = 0
  }

  send(status: number, _headers: Uint8Array, body: Uint8Array): void {
    this.#goes('waiting', 'over')
    this.status = status
    this.text = DECODER.decode(body)
    this.#settle(this)
  }

  start(status: number): void {
    this.#goes('waiting', 'streaming')
    this.status = status
  }

  write(bytes: Uint8Array): boolean {
    this.#goes('streaming', 'streaming')
    this.bytes += bytes.length
    return this.takes
  }

  finish(): void {
    this.#goes('streaming', 'over')
    this.#settle(this)
  }

  fail(code: ErrorCode): void {
    this.#goes('waiting', 'over', 'streaming')
    this.code = code
    this.#settle(this)
  }

  /** It leaves; nothing may come any more. */
  leave(): void {
    this.#state = 'over'
    this.listener?.clientGone()
    this.#settle(this)
  }

  #goes(from: 'waiting' | 'streaming', to: 'streaming' | 'over', or?: 'streaming'): void {
    if (this.#state !== from && this.#state !== or) this.faults.push(`${this.#state} to ${to}`)
    this.#state = to
  }
}
