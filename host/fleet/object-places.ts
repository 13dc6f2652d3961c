/**
 * Which host of a fleet has a Durable Object: the one where it was called first, for as long as there is a record of it. What an object
 * has stored lies on the disk of that host.
 *
 *     unknown  --somebody has it-->  known, for good
 *              --nobody has it: is this the directory that was joined? [FLEET_STATE_INVALID]  >  compare-and-set-->  known
 *
 * Holds: a record is written once, so that all hosts read the same in it, whenever they do. Nobody has to renew anything: who is cut off
 * has the objects that it had, and no other host has them.
 */

import { hash } from 'node:crypto'

import { LRUCache } from 'lru-cache'

import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'
import { Records } from './records.ts'

/** Who has an object. */
export interface ObjectHome {
  /** Names what lies on its disk (founding.ts): a host is called, and called otherwise, as its operator likes. */
  readonly data: string
  /** What that host was called when the record was written: for messages. */
  readonly host: string
}

/** What the directory says of itself. Whoever has another one knew another directory. */
export interface Founding {
  readonly id: string
  /** What ids of objects are made with, sealed. */
  readonly secret: string
}

/** Where it stands in the directory. */
export const FOUNDING = 'founding'

/** Records of the directory. */
export function openDirectory<T>(connection: FleetConnection): Records<T> {
  return new Records<T>(connection, { kind: 'objects' })
}

/** The name of an object's record. */
export function toRecordName(namespace: string, id: string): readonly Uint8Array[] {
  return [hash('sha256', namespace, 'buffer').subarray(0, NAMESPACE_BYTES), Buffer.from(id, 'hex')]
}

const NAMESPACE_BYTES = 16
/** Places that are known without being asked for again. */
const MOST_KNOWN = 65_536

export class ObjectPlaces {
  readonly #homes: Records<ObjectHome>
  readonly #foundings: Records<Founding>
  readonly #own: ObjectHome
  readonly #founding: string
  readonly #known = new LRUCache<string, ObjectHome>({ max: MOST_KNOWN })
  readonly #asked = new Map<string, Promise<ObjectHome>>()

  /** `own`: this host. `founding`: the directory that it has joined. */
  constructor(connection: FleetConnection, own: ObjectHome, founding: string) {
    this.#homes = openDirectory(connection)
    this.#foundings = openDirectory(connection)
    this.#own = own
    this.#founding = founding
  }

  /** As far as it is known here. */
  find(namespace: string, id: string): ObjectHome | undefined {
    return this.#known.get(toKey(namespace, id))
  }

  /** This host has it from now on, unless another one has it. Rejects when the directory cannot be asked. */
  ask(namespace: string, id: string): Promise<ObjectHome> {
    const key = toKey(namespace, id)
    const asked = this.#asked.get(key)
    if (asked !== undefined) return asked
    const asking = this.#ask(namespace, id)
      .then((home) => {
        this.#known.set(key, home)
        return home
      })
      .finally(() => this.#asked.delete(key))
    this.#asked.set(key, asking)
    return asking
  }

  async #ask(namespace: string, id: string): Promise<ObjectHome> {
    const name = toRecordName(namespace, id)
    const found = await this.#homes.read(...name)
    if (found !== undefined) return found.value
    await this.#expectDirectory()
    const { before } = await this.#homes.change(name, (other) =>
      other === undefined ? this.#own : undefined,
    )
    return before?.value ?? this.#own
  }

  /** One that was emptied says of no object who has it. */
  async #expectDirectory(): Promise<void> {
    const found = await this.#foundings.read(FOUNDING)
    if (found?.value.id === this.#founding) return
    throw new NanoError('FLEET_STATE_INVALID', toOtherDirectory(this.#own.host))
  }
}

/** For whoever knew another directory. */
export function toOtherDirectory(host: string): string {
  return `the fleet's directory of Durable Objects is another one than the one that host ${host} knew: nothing is begun by it, for nobody could tell which host has which object`
}

function toKey(namespace: string, id: string): string {
  return `${namespace} ${id}`
}
