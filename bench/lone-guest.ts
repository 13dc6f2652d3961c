/** One instance of an app, without a tenant or a server around it, that is asked again and again. */

import { openDialer } from '../host/bindings/dialer.ts'
import type { InstanceHost, InstanceParts, RequestContext } from '../host/instance/contract.ts'
import { DEAF } from '../host/instance/deaf-host.ts'
import { Instance } from '../host/instance/turn.ts'
import { ByteBudget } from '../host/limits/byte-budget.ts'
import { CpuClock } from '../host/limits/cpu-clock.ts'
import type { Epoch } from '../host/limits/epoch.ts'
import { JobPool } from '../host/limits/job-pool.ts'

export class LoneGuest implements Disposable {
  readonly #dialer = openDialer()
  readonly #clock = new CpuClock()
  readonly #instance: Instance

  /** `onTurn`: how many milliseconds a turn took. */
  constructor(parts: InstanceParts, epoch: Epoch, onTurn?: (milliseconds: number) => void) {
    const host: InstanceHost = {
      ...DEAF,
      dialer: this.#dialer,
      epoch,
      buffers: new ByteBudget(1024 * 1024),
      clock: this.#clock,
      jobs: new JobPool().open(),
      onTurn,
    }
    this.#instance = new Instance(1, parts, host)
  }

  get memoryBytes(): number {
    return this.#instance.memoryBytes
  }

  /** Settled after the turn in which it is answered. */
  ask(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`${path}: ${reason}`))
      const port: RequestContext = {
        cpuMs: 0,
        send: (status) => (status === 200 ? setImmediate(resolve) : fail(`status ${status}`)),
        start() {},
        upgrade() {},
        write: () => true,
        finish() {},
        threw: fail,
        fail,
        again: fail,
        pullBody() {},
        cancelBody() {},
      }
      const url = `http://lone.localhost${path}`
      this.#instance.open({ id: path, method: 'GET', url, headers: '', hasBody: false, client: 'c' }, port)
      this.#clock.begin()
      this.#instance.run()
    })
  }

  [Symbol.dispose](): void {
    this.#instance[Symbol.dispose]()
    this.#dialer[Symbol.dispose]()
  }
}
