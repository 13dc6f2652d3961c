/**
 * The app's own fetches (wit/outbound.wit): many at once, each with a body that flows at the pace of whoever is slower.
 * One chunk of an answer is read per pull, and an upload that the far side does not take stops the guest, so that no
 * body is ever held whole. When the instance ends, so do its fetches.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-outbound.d.ts'
import type { Binding, Mailbox, Meter } from './binding.ts'
import { DeniedLog } from './denied-log.ts'
import type { Dialer } from './dialer.ts'
import { OutboundCall, type OutboundStart } from './outbound-call.ts'

/** The most fetches that one instance may have open. */
const MAX_OPEN = 1000

/** The fetches of an instance. */
export class OutboundBinding implements Binding {
  readonly #calls = new Map<number, OutboundCall>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #dialer: Dialer
  readonly #denied: DeniedLog
  #started: OutboundCall[] = []
  #pulled: OutboundCall[] = []

  /** `onDenied` takes lines about fetches that the policy refused. */
  constructor(mailbox: Mailbox, meter: Meter, dialer: Dialer, onDenied: (text: string) => void = () => {}) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#dialer = dialer
    this.#denied = new DeniedLog(onDenied)
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
      this.#meter.crossings++
      if (this.#calls.has(id)) {
        this.#meter.ignored++
        return
      }
      if (this.#calls.size >= MAX_OPEN) {
        this.#mailbox.post({
          tag: 'fetch-failed',
          val: { id, message: `more than ${MAX_OPEN} fetches are open` },
        })
        return
      }
      const call = new OutboundCall({ id, head, body, more, redirect }, this.#mailbox, {
        onOver: () => this.#calls.delete(id),
        onDenied: (denied) => this.#denied.add(denied),
      })
      this.#calls.set(id, call)
      this.#started.push(call)
    },
    write: (id: number, bytes: Uint8Array): boolean => this.#find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#find(id)?.finish(),
    pull: (id: number): void => {
      const call = this.#find(id)
      if (call?.askPull()) this.#pulled.push(call)
    },
    abort: (id: number): void => this.#find(id)?.abort(),
  } satisfies typeof Wit

  flush(): void {
    if (this.#started.length > 0) {
      const started = this.#started
      this.#started = []
      for (const call of started) void call.run(this.#dialer)
    }
    if (this.#pulled.length > 0) {
      const pulled = this.#pulled
      this.#pulled = []
      for (const call of pulled) void call.pull()
    }
  }

  isPending(): boolean {
    for (const call of this.#calls.values()) if (call.isPending) return true
    return false
  }

  [Symbol.dispose](): void {
    for (const call of this.#calls.values()) call.abort()
    this.#calls.clear()
    this.#started = []
    this.#pulled = []
  }

  #find(id: number): OutboundCall | undefined {
    this.#meter.crossings++
    const call = this.#calls.get(id)
    if (call === undefined) this.#meter.ignored++
    return call
  }
}
