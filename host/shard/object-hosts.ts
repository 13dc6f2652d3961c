/** Durable Objects of the fleet, as a shard sees them: on this host, or on one that calls are brought to. */

import type { ObjectHosts, OtherHost } from '../durable/objects.ts'
import type { ObjectHome, ObjectPlaces } from '../fleet/object-places.ts'
import type { RemoteCalls } from './remote-calls.ts'

export class FleetObjects implements ObjectHosts {
  readonly #remote: Pick<RemoteCalls, 'bring'>
  readonly #data: string
  readonly #open: () => Promise<ObjectPlaces>
  #opening: Promise<ObjectPlaces> | undefined
  #places: ObjectPlaces | undefined

  /** `data`: what lies on this host's disk is called so. */
  constructor(remote: Pick<RemoteCalls, 'bring'>, data: string, open: () => Promise<ObjectPlaces>) {
    this.#remote = remote
    this.#data = data
    this.#open = open
  }

  find(namespace: string, id: string): 'here' | OtherHost | undefined {
    const home = this.#places?.find(namespace, id)
    return home && this.#toHost(home)
  }

  async ask(namespace: string, id: string): Promise<'here' | OtherHost> {
    this.#opening ??= this.#open()
    this.#places = await this.#opening
    return this.#toHost(await this.#places.ask(namespace, id))
  }

  #toHost({ data }: ObjectHome): 'here' | OtherHost {
    if (data === this.#data) return 'here'
    return { bring: (exchange, object) => this.#remote.bring(`data.${data}`, exchange, object) }
  }
}
