/** What bindings of apps share with the other hosts of the fleet, as the main thread has it. */

import { CronClaims } from './cron-claims.ts'
import type { FleetConnection } from './connection.ts'
import { ObjectFounding } from './founding.ts'
import type { ObjectFoundingOptions } from './founding.ts'

export class FleetBindings implements AsyncDisposable {
  readonly #connection: FleetConnection
  /** Which host begins a run of the clock. */
  readonly claims: CronClaims
  /** What this host is for Durable Objects. */
  readonly objects: ObjectFounding

  constructor(connection: FleetConnection, objects: ObjectFoundingOptions) {
    this.#connection = connection
    this.claims = new CronClaims(connection)
    this.objects = new ObjectFounding(connection, objects)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.claims[Symbol.dispose]()
    this.objects[Symbol.dispose]()
    await this.#connection[Symbol.asyncDispose]()
  }
}
