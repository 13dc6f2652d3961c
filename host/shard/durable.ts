/**
 * The Durable Objects of a shard's apps: from what a call says to the object that takes it, and from a class to its ids.
 *
 *     class of an app  >  what its data is called (config/class-data.ts)  >  a namespace  >  ids, objects (host/durable)
 */

import { DurableIds } from '../bindings/durable-id.ts'
import type { Answerer } from '../calls/calls.ts'
import { toResource } from '../config/resource.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { ObjectGroup } from '../durable/group.ts'
import { Objects } from '../durable/objects.ts'
import type { ObjectAddress, ObjectHosts, ObjectsOptions } from '../durable/objects.ts'
import type { LiveObject } from '../durable/object.ts'
import type { ErrorCode } from '../errors.ts'
import type { ObjectFacts } from '../instance/contract.ts'

/** A version that may have some. */
export interface DurableVersion {
  readonly deployment: Deployment
  objects?: ObjectGroup
}

export interface ShardObjectsOptions<Version> extends ObjectsOptions {
  /** The version that begins objects in place of one that retires; undefined: the app is not served any more. */
  toCurrent(version: Version): Version | undefined
  /** A group for a version that has none. */
  openGroup(version: Version): ObjectGroup
  refused(version: Version, code: ErrorCode, request: string, text: string): void
}

/** Between an object's id and its name. */
const LF = '\n'

export class ShardObjects<Version extends DurableVersion> implements Disposable {
  readonly #options: ShardObjectsOptions<Version>
  readonly #objects: Objects
  /** By namespace. */
  readonly #ids = new Map<string, DurableIds>()
  #secret: Uint8Array | undefined

  constructor(options: ShardObjectsOptions<Version>) {
    this.#options = options
    this.#objects = new Objects(options)
  }

  /** This is what ids are made with, and who has which object; undefined: that is not known yet, or there is no other host. */
  configure(secret: Uint8Array | undefined, hosts: ObjectHosts | undefined): void {
    this.#secret = secret
    this.#ids.clear()
    this.#objects.hosts = hosts
  }

  /** Ids of a class; undefined: what they are made with is not known yet. */
  idsOf({ deployment }: Version, className: string): DurableIds | undefined {
    const secret = this.#secret
    if (secret === undefined) return undefined
    const namespace = toNamespace(deployment, className)
    let ids = this.#ids.get(namespace)
    if (ids === undefined) this.#ids.set(namespace, (ids = new DurableIds(secret, namespace)))
    return ids
  }

  /** Who takes a call; undefined: there is no such object. `target`: its id, and LF and its name, if that is known. */
  find(version: Version, className: string, target: string): Answerer | undefined {
    const at = target.indexOf(LF)
    const id = at < 0 ? target : target.slice(0, at)
    const name = at < 0 ? undefined : target.slice(at + 1)
    const facts = this.#check(version, { className, id, name })
    return facts && this.#objects.find(this.#toAddress(version, facts))
  }

  /** Who takes what another host calls; undefined: there is no such object. */
  receive(version: Version, given: ObjectFacts): Answerer | undefined {
    const facts = this.#check(version, given)
    return facts && this.#objects.receive(this.#toAddress(version, facts))
  }

  /** Who takes what nobody calls for; undefined: it is not known yet which objects this host has. */
  wake(version: Version, facts: ObjectFacts): Answerer | undefined {
    return this.#secret && this.#objects.receive(this.#toAddress(version, facts))
  }

  /** Who takes what another shard hands over; undefined: the app is not served any more. */
  take(version: Version, facts: ObjectFacts): Answerer | undefined {
    const current = this.#options.toCurrent(version)
    return current && this.#objects.take(this.#toAddress(current, facts))
  }

  /** It takes no more calls. */
  forget(object: LiveObject): void {
    this.#objects.forget(object)
  }

  /** Calls that wait for their objects are not begun any more. */
  [Symbol.dispose](): void {
    this.#objects[Symbol.dispose]()
  }

  /** Undefined: the id is none of the class. */
  #check(version: Version, { className, id, name }: ObjectFacts): ObjectFacts | undefined {
    const ids = this.idsOf(version, className)
    if (ids?.accepts(id, '') !== true) return undefined
    const isNamed = name !== undefined && ids.isNamed(id, name)
    return { className, id, ...(isNamed && { name }) }
  }

  #toAddress(version: Version, facts: ObjectFacts): ObjectAddress {
    const { deployment } = version
    return {
      namespace: toNamespace(deployment, facts.className),
      facts,
      deployment: deployment.id,
      group: (version.objects ??= this.#options.openGroup(version)),
      refused: (...refusal) => this.#options.refused(version, ...refusal),
      again: () => {
        const current = this.#options.toCurrent(version)
        return current && this.#toAddress(current, facts)
      },
    }
  }
}

/** What the data of a class is called. */
function toNamespace({ name, dataNames = {} }: Deployment, className: string): string {
  const own = Object.hasOwn(dataNames, className) ? dataNames[className]! : className
  return toResource('durable', name, own).key
}
