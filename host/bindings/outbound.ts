/**
 * The app's own fetches (wit/outbound.wit): many at once, each with a body that flows at the pace of whoever is slower.
 * One chunk of an answer is read per pull, and an upload that the far side does not take stops the guest, so that no
 * body is ever held whole. So many wait for their heads at once, the others for their turn. When the instance ends, so
 * do its fetches.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-outbound.d.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { Binding, BindingContext, Mailbox, Meter } from './binding.ts'
import { nextLoop } from '../http/cdn-loop.ts'
import { nextTrace } from '../http/trace-context.ts'
import { CallLine } from './call-line.ts'
import { DeniedLines } from './denied-lines.ts'
import type { Dialer } from './dialer.ts'
import type { FetchCacheServices } from './fetch-cache.ts'
import { type CallServices, OutboundCall, type OutboundStart } from './outbound-call.ts'
import { OpenCalls } from './open-calls.ts'

/** The most fetches that one instance may have open, answers that are not read to their end included. */
const MAX_OPEN = 1000

const TOO_MANY = 'the request has made as many fetches as it may, or too many are open'
const TOO_MUCH = 'to make the fetch the host would have to hold more than it may'
const NOBODY = 'the app has no request to work for; use ctx.waitUntil() for what outlives a response'

/** What the fetches of an instance need. */
export interface OutboundServices {
  readonly dialer: Dialer
  /** Where answers are kept for which the app asks for it. */
  readonly fetchCache: FetchCacheServices
  /** Who pays. */
  readonly accounts: Accounts
  /** What waits for the far side. */
  readonly buffers: ByteBudget
  readonly adopt: CallServices['adopt']
  /** Fetches that may wait for their answer's head at once. */
  readonly maxDialing: number
  /** The policy refused a fetch; the text, if there is one, is for the log. */
  onDenied(text?: string): void
}

/** The fetches of an instance. */
export class OutboundBinding implements Binding {
  readonly #calls: OpenCalls<OutboundCall>
  /** Calls that wait for their turn to be dialled. */
  readonly #line: CallLine<OutboundCall>
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #services: OutboundServices
  readonly #denied: DeniedLines

  constructor(mailbox: Mailbox, meter: Meter, services: OutboundServices) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#services = services
    this.#calls = new OpenCalls(meter)
    this.#line = new CallLine({ most: services.maxDialing, run: (call) => void call.run(services) })
    this.#denied = new DeniedLines((text) => services.onDenied(text))
  }

  /** The functions that the guest calls. */
  readonly imports = {
    start: (
      id: number,
      head: Uint8Array,
      body: Uint8Array,
      more: boolean,
      redirect: OutboundStart['redirect'],
    ): void => {
      if (!this.#calls.admit(id)) return
      const { accounts } = this.#services
      const account = this.#calls.size < MAX_OPEN ? accounts.takeFetch() : undefined
      const owner = account?.number ?? accounts.asker
      const call =
        account &&
        this.#open({
          id,
          owner,
          loop: nextLoop(account.headers),
          traceHeaders: nextTrace(account.name, account.headers),
          trace: account.trace,
          head,
          body,
          more,
          redirect,
        })
      if (call === undefined) {
        const message = account === undefined ? TOO_MANY : TOO_MUCH
        return this.#mailbox.post({ tag: 'fetch-failed', val: { id, message } }, owner)
      }
      this.#meter.subrequests++
      this.#calls.add(id, call)
      this.#line.add(call)
    },
    write: (id: number, bytes: Uint8Array): boolean => this.#calls.find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#calls.find(id)?.finish(),
    pull: (id: number): void => this.#calls.find(id)?.pull(),
    abort: (id: number): void => this.#calls.find(id)?.abort(),
  } satisfies typeof Wit

  flush(): void {
    this.#calls.act()
    this.#line.run()
  }

  /** An event has reached the guest. */
  delivered(event: Wit.Event): void {
    if (event.tag !== 'fetch-writable') this.#calls.get(event.val.id)?.delivered(event)
  }

  isPending(): boolean {
    return this.#calls.isPending
  }

  [Symbol.dispose](): void {
    this.#calls[Symbol.dispose]()
    this.#line.clear()
  }

  /** Nobody is there to wait for what is under way. */
  rest(): void {
    for (const call of this.#calls.values()) call.fail(NOBODY)
  }

  #open(start: OutboundStart): OutboundCall | undefined {
    const call = OutboundCall.open(start, this.#mailbox, this.#services.buffers, {
      onDialed: () => this.#line.left(),
      onOver: () => {
        this.#calls.delete(start.id)
        if (call !== undefined) this.#line.delete(call)
      },
      onDenied: (denied) => this.#denied.say(denied),
    })
    return call
  }
}

export const bind = (context: BindingContext): OutboundBinding =>
  new OutboundBinding(context.mailbox, context.meter, context)
