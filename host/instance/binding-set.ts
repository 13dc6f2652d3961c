/**
 * The bindings of one instance, as the guest's imports and as one thing to flush, ask and end.
 */
import { BackgroundBinding } from '../bindings/background.ts'
import type { Binding, GuestEvent, Mailbox, Meter } from '../bindings/binding.ts'
import { ConsoleBinding } from '../bindings/console.ts'
import { OutboundBinding } from '../bindings/outbound.ts'
import { RequestBodyBinding } from '../bindings/request-body.ts'
import { ResponseBinding } from '../bindings/response.ts'
import { TimerBinding } from '../bindings/timer.ts'
import type { Bindings } from '../engine/lift-imports.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { TurnClock } from './clock.ts'
import type { InstanceHost, RequestContext } from './contract.ts'

/** All that one guest may reach. */
export class BindingSet implements Binding {
  readonly responses: ResponseBinding<RequestContext>
  readonly bodies: RequestBodyBinding
  /** By the names under which the glue asks for them. */
  readonly imports: Bindings
  readonly #timer: TimerBinding
  readonly #outbound: OutboundBinding
  readonly #all: readonly Binding[]

  constructor(
    mailbox: Mailbox,
    meter: Meter,
    host: InstanceHost,
    accounts: Accounts,
    { clock, maxDialing }: { readonly clock: TurnClock; readonly maxDialing: number },
  ) {
    const { dialer, buffers } = host
    this.bodies = new RequestBodyBinding(mailbox, meter)
    this.responses = new ResponseBinding(mailbox, meter, buffers, (id) => {
      this.bodies.close(id)
      accounts.done(id)
    })
    this.#timer = new TimerBinding(mailbox, meter, () => clock.now)
    const onDenied = (text?: string): void => host.onDenied(text)
    this.#outbound = new OutboundBinding(mailbox, meter, { dialer, accounts, buffers, maxDialing, onDenied })
    const background = new BackgroundBinding(meter, accounts)
    const console = new ConsoleBinding(host, meter, buffers)
    // what the app wrote comes before what became of it
    this.#all = [console, this.responses, this.bodies, this.#timer, this.#outbound, background]
    this.imports = {
      'nano:workers/response': this.responses.imports,
      'nano:workers/request-body': this.bodies.imports,
      'nano:workers/timer': this.#timer.imports,
      'nano:workers/outbound': this.#outbound.imports,
      'nano:workers/console': console.imports,
      'nano:workers/background': background.imports,
    }
  }

  /** These events go to the guest now. */
  delivered(events: readonly GuestEvent[]): void {
    for (const event of events) {
      if (event.tag === 'request-body') this.bodies.delivered(event.val.id)
      else if (event.tag === 'answered' || event.tag === 'answer-body' || event.tag === 'fetch-failed')
        this.#outbound.delivered(event)
    }
  }

  flush(): void {
    for (const binding of this.#all) binding.flush()
  }

  /** Nobody is there to work for until `wake`: no alarm goes off, and what is fetched is given up. */
  rest(): void {
    this.#timer.rest()
    this.#outbound.rest()
  }

  wake(): void {
    this.#timer.wake()
  }

  isPending(): boolean {
    return this.#all.some((binding) => binding.isPending())
  }

  [Symbol.dispose](): void {
    for (const binding of this.#all) binding[Symbol.dispose]()
  }
}
