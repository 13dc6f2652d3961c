/**
 * The bindings of one instance, as the guest's imports and as one thing to flush, ask and end.
 */
import { BackgroundBinding } from '../bindings/background.ts'
import type { Binding, Mailbox, Meter } from '../bindings/binding.ts'
import { ConsoleBinding } from '../bindings/console.ts'
import { OutboundBinding } from '../bindings/outbound.ts'
import { RequestBodyBinding } from '../bindings/request-body.ts'
import { ResponseBinding } from '../bindings/response.ts'
import { TimerBinding } from '../bindings/timer.ts'
import type { Bindings } from '../engine/lift-imports.ts'
import type { TurnClock } from './clock.ts'
import type { InstanceHost, RequestPort } from './contract.ts'

/** All that one guest may reach. */
export class BindingSet implements Binding {
  readonly responses: ResponseBinding<RequestPort>
  readonly bodies: RequestBodyBinding
  readonly background: BackgroundBinding
  /** By the names under which the glue asks for them. */
  readonly imports: Bindings
  readonly #all: readonly Binding[]

  /** `onDone` is called when a request has got all that it will get. */
  constructor(
    mailbox: Mailbox,
    meter: Meter,
    host: InstanceHost,
    clock: TurnClock,
    onDone: (id: number) => void,
  ) {
    this.bodies = new RequestBodyBinding(mailbox, meter)
    this.responses = new ResponseBinding(mailbox, meter, (id) => {
      this.bodies.close(id)
      onDone(id)
    })
    this.background = new BackgroundBinding(meter, (id) => id > 0 && id <= meter.requests)
    const console = new ConsoleBinding(host, meter)
    const timer = new TimerBinding(mailbox, meter, () => clock.now)
    const outbound = new OutboundBinding(mailbox, meter, host.dialer, (text) => host.onDenied(text))
    // what the app wrote comes before what became of it
    this.#all = [console, this.responses, this.bodies, timer, outbound, this.background]
    this.imports = {
      'nano:workers/response': this.responses.imports,
      'nano:workers/request-body': this.bodies.imports,
      'nano:workers/timer': timer.imports,
      'nano:workers/outbound': outbound.imports,
      'nano:workers/console': console.imports,
      'nano:workers/background': this.background.imports,
    }
  }

  flush(): void {
    for (const binding of this.#all) binding.flush()
  }

  isPending(): boolean {
    return this.#all.some((binding) => binding.isPending())
  }

  [Symbol.dispose](): void {
    for (const binding of this.#all) binding[Symbol.dispose]()
  }
}
