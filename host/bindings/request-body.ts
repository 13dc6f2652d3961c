/**
 * Reading requests' bodies at the app's pace (wit/request-body.wit). The first chunk comes unasked, each further one
 * answers a pull; at most one is on its way until the guest has had it, so the host never holds more of a body than that.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-request-body.d.ts'
import { NumberTable } from '../limits/number-table.ts'
import type { Binding, BindingContext, Mailbox, Meter } from './binding.ts'

/** One client's side of a request's body. */
export interface BodyPort {
  /** The next chunk is wanted; it comes through `RequestBodyBinding.chunk` or `failed`. */
  pullBody(): void
  /** The rest is not wanted. */
  cancelBody(): void
}

interface Open {
  readonly port: BodyPort
  /** A chunk is wanted or on its way to the guest. */
  isPulled: boolean
  isCancelled: boolean
  isTouched: boolean
}

/** All request bodies of an instance that have not come to their end. */
export class RequestBodyBinding implements Binding {
  readonly #open = new NumberTable<Open>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  #touched: number[] = []
  #pulled = 0

  constructor(mailbox: Mailbox, meter: Meter) {
    this.#mailbox = mailbox
    this.#meter = meter
  }

  /** The functions that the guest calls. */
  readonly imports = {
    pull: (id: number): void => {
      const body = this.#find(id)
      if (body === undefined || body.isPulled) return
      body.isPulled = true
      this.#pulled++
      this.#touch(id, body)
    },
    cancel: (id: number): void => {
      const body = this.#find(id)
      if (body === undefined) return
      body.isCancelled = true
      this.#touch(id, body)
    },
  } satisfies typeof Wit

  /** A request with a body came; its first chunk is asked for after the turn that it is new in, unless the guest asks itself. */
  add(id: number, port: BodyPort, isPulled = true): void {
    this.#open.set(id, { port, isPulled, isCancelled: false, isTouched: isPulled })
    if (!isPulled) return
    this.#pulled++
    this.#touched.push(id)
  }

  /** Bytes came. */
  chunk(id: number, bytes: Uint8Array, last: boolean): void {
    const body = this.#open.get(id)
    if (body === undefined) return
    if (last) this.#remove(id, body)
    if (!body.isCancelled) this.#mailbox.post({ tag: 'request-body', val: { id, bytes, last } }, id)
  }

  /** The guest has had a chunk of this body. */
  delivered({ val }: Wit.Event): void {
    const body = this.#open.get(val.id)
    if (body !== undefined) this.#arrived(body)
  }

  /** The body will not come to its end. */
  failed(id: number, message: string): void {
    const body = this.#open.get(id)
    if (body === undefined) return
    this.#remove(id, body)
    if (!body.isCancelled) this.#mailbox.post({ tag: 'request-body-failed', val: { id, message } }, id)
  }

  /** The response is complete: what is left of the body is not wanted. A guest that waits for it is told. */
  close(id: number): void {
    const body = this.#open.get(id)
    if (body === undefined) return
    const isAwaited = body.isPulled && !body.isCancelled
    this.#remove(id, body)
    body.port.cancelBody()
    if (!isAwaited) return
    const message = 'the response was complete before the body was read'
    this.#mailbox.post({ tag: 'request-body-failed', val: { id, message } }, id)
  }

  /** The client is gone, and the body with it. */
  drop(id: number): void {
    const body = this.#open.get(id)
    if (body !== undefined) this.#remove(id, body)
  }

  flush(): void {
    if (this.#touched.length === 0) return
    const touched = this.#touched
    this.#touched = []
    for (const id of touched) {
      const body = this.#open.get(id)
      if (body === undefined) continue
      body.isTouched = false
      if (!body.isCancelled) {
        body.port.pullBody()
        continue
      }
      this.#remove(id, body)
      body.port.cancelBody()
    }
  }

  isPending(): boolean {
    return this.#pulled > 0
  }

  [Symbol.dispose](): void {
    this.#open.clear()
    this.#touched = []
    this.#pulled = 0
  }

  #find(id: number): Open | undefined {
    this.#meter.crossings++
    const body = this.#open.get(id)
    if (body !== undefined && !body.isCancelled) return body
    this.#meter.ignored++
    return undefined
  }

  #touch(id: number, body: Open): void {
    if (body.isTouched) return
    body.isTouched = true
    this.#touched.push(id)
  }

  #arrived(body: Open): void {
    if (!body.isPulled) return
    body.isPulled = false
    this.#pulled--
  }

  #remove(id: number, body: Open): void {
    this.#arrived(body)
    this.#open.delete(id)
  }
}

export const bind = ({ mailbox, meter }: BindingContext): RequestBodyBinding =>
  new RequestBodyBinding(mailbox, meter)
