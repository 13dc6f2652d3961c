/**
 * Calls from app to app, on one shard: whom the binding of a call leads to is asked when the call is made, so that the next
 * one goes to what is served then.
 *
 *     call  >  is there such an app? [CALL_UNKNOWN]  >  an exchange (guest-call.ts)  >  its front, as a client's request
 */

import type { CallArgs } from '../bindings/calls.ts'
import type { Callee } from '../config/env.ts'
import type { ErrorCode } from '../errors.ts'
import type { Call } from '../http/request-head.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { StorageHandle, StorageListener } from '../storage/client.ts'
import type { StorageRequest } from '../storage/protocol.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { GuestCall } from './guest-call.ts'

/** Who takes a call: a tenant, or what stands before it. */
export interface Answerer {
  readonly name: string
  readonly buffers: ByteBudget
  handle(exchange: Exchange): ExchangeListener
  refused(code: ErrorCode, request: string, text: string): void
}

/** What is called. */
export interface CallTarget extends Callee {
  /** The Durable Object of that class: its id, and LF and its name, if that is known. Undefined: it is no such class. */
  readonly object: string | undefined
}

export interface CallsOptions {
  /** Who takes a call for it at this moment; undefined: there is no such app. `client`: whose places the call has. */
  find(target: CallTarget, client: string): Answerer | undefined
  /** Names a request, in the whole server. */
  readonly toId: () => string
}

const NOTHING = new Uint8Array(0)

export class Calls {
  readonly #options: CallsOptions

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** `app`: the one that calls. */
  call(
    app: string,
    { kind, callee, args, body }: StorageRequest,
    more: boolean,
    listener: StorageListener,
  ): StorageHandle {
    const { target, head, message, depth, trace, charge, adopt, client: whose } = args as CallArgs
    const leadsTo = callee?.app === '' ? toOwn(app, target) : (callee as Callee)
    const { app: called, entrypoint, props = '' } = leadsTo
    // within an app places and turns are its clients'; to another one it is one client
    const client = called === app && whose !== '' ? whose : `app ${app}`
    const call: Call = { app, called, entrypoint, props, depth, message }
    const hasBody = more || body.length > 0
    const guestCall = new GuestCall(
      {
        id: this.#options.toId(),
        client,
        method: head?.method ?? 'POST',
        url: head?.url ?? `rpc://${called}/${entrypoint}`,
        headers: head?.headers ?? '',
        hasBody,
        ...(!more && hasBody && { smallBody: body }),
        call,
        trace,
      },
      { called, first: more ? body : NOTHING, listener, charge, adopt },
    )
    // not within the call that started it
    const object = kind === 'durable' ? target : undefined
    queueMicrotask(() => guestCall.open(this.#options.find({ ...leadsTo, object }, client)))
    return guestCall
  }
}

/** An entrypoint of the app that calls: its name, LF, and what it finds in its `ctx.props`. */
function toOwn(app: string, target: string): Callee {
  const at = target.indexOf('\n')
  return { app, entrypoint: target.slice(0, at), props: target.slice(at + 1) }
}
