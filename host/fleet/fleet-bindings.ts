/** What bindings of apps share with the other hosts of the fleet, as the main thread has it. */

import { CronClaims } from './cron-claims.ts'
import type { FleetConnection } from './connection.ts'

export class FleetBindings implements AsyncDisposable {
  readonly #connection: FleetConnection
  /** Which host begins a run of the clock. */
  readonly claims: CronClaims

  constructor(connection: FleetConnection) {
    this.#connection = connection
    this.claims = new CronClaims(connection)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.claims[Symbol.dispose]()
    await this.#connection[Symbol.asyncDispose]()
  }
}
