/**
 * What of a far side's answer is handed on to the fetch that waits for it, and in which pieces.
 *
 * Holds: a fetch hears of one head, compressed at most MAX_CODINGS times; a body that comes in tiny chunks is handed on in pieces,
 * because each crumb that waits to be read costs the host a hundred times its size.
 */
import type { Dispatcher } from 'undici'

/** Content codings that one answer may have, one over the other. */
const MAX_CODINGS = 2

/** Answers that are none yet (1xx) before the one that is. */
const MAX_INTERIM = 16

/** Smaller ones are put together. */
const PIECE_BYTES = 4096

/** As large as pieces become by that. */
const JOINED_BYTES = 64 * 1024

/** The far side closed a connection that it had answered on before, and nothing came of the answer to this request. */
export class ConnectionWornOut extends Error {
  override readonly name = 'ConnectionWornOut'
}

/** What a fetch's guard tells and asks. */
export interface GuardPort {
  /** Called once, when nothing more is going to come. */
  onOver(): void
  /** Whether this is how a connection ended that had brought bytes before. */
  isOfUsed(error: Error): boolean
}

/** How it shows that a far side closed a connection. */
const CLOSINGS: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Stands between the connection and a fetch's handler. */
export class Guard implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #port: GuardPort
  #hasBegun = false
  #interim = 0
  #isOver = false
  #crumbs: Buffer[] = []
  #crumbBytes = 0

  constructor(handler: Dispatcher.DispatchHandler, port: GuardPort) {
    this.#handler = handler
    this.#port = port
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    controller.abort(new Error('the far side changed the protocol'))
  }

  /** The first byte of an answer is there. */
  onResponseStarted(): void {
    this.#hasBegun = true
  }

  onResponseStart(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    const [controller, status, headers] = args
    if (status < 200) {
      if (++this.#interim > MAX_INTERIM)
        controller.abort(new Error(`more than ${MAX_INTERIM} interim answers`))
      return
    }
    const codings = String(headers['content-encoding'] ?? '').split(',').length
    if (codings > MAX_CODINGS)
      controller.abort(new Error(`the answer has more than ${MAX_CODINGS} content codings`))
    else this.#handler.onResponseStart?.(...args)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#crumbs.length === 0) {
      if (chunk.length >= PIECE_BYTES) return this.#handler.onResponseData?.(controller, chunk)
      // when all that has arrived has been parsed
      process.nextTick(() => this.#handOn(controller))
    }
    this.#crumbs.push(chunk)
    this.#crumbBytes += chunk.length
    if (this.#crumbBytes >= JOINED_BYTES) this.#handOn(controller)
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: Record<string, string>): void {
    this.#handOn(controller)
    this.#end()
    this.#handler.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#crumbs = []
    this.#end()
    this.#handler.onResponseError?.(controller, this.#isWornOut(error) ? toWornOut(error) : error)
  }

  #handOn(controller: Dispatcher.DispatchController): void {
    if (this.#crumbs.length === 0) return
    const joined =
      this.#crumbs.length === 1 ? this.#crumbs[0]! : Buffer.concat(this.#crumbs, this.#crumbBytes)
    this.#crumbs = []
    this.#crumbBytes = 0
    try {
      this.#handler.onResponseData?.(controller, joined)
    } catch (error) {
      controller.abort(error as Error)
    }
  }

  #isWornOut(error: Error): boolean {
    return !this.#hasBegun && 'code' in error && CLOSINGS.has(error.code) && this.#port.isOfUsed(error)
  }

  #end(): void {
    if (!this.#isOver) this.#port.onOver()
    this.#isOver = true
  }
}

function toWornOut(cause: Error): Error {
  return new ConnectionWornOut(cause.message, { cause })
}
