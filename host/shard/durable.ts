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
import type { ObjectAddress, ObjectsOptions } from '../durable/objects.ts'
import type { LiveObject } from '../durable/object.ts'
import type { ErrorCode } from '../errors.ts'
import type { ObjectFacts } from '../instance/contract.ts'

/** A version that may have some. */
export interface DurableVersion {
  readonly deployment: Deployment
  objects?: ObjectGroup
}

export interface ShardObjectsOptions<Version> extends ObjectsOptions {
  /** Of the whole server: what ids are made with. */
  readonly secret: Uint8Array
  /** A group for a version that has none. */
  openGroup(version: Version): ObjectGroup
  refused(version: Version, code: ErrorCode, request: string, text: string): void
}

/** Between an object's id and its name. */
const LF = '\n'

export class ShardObjects<Version extends DurableVersion> {
  readonly #options: ShardObjectsOptions<Version>
  readonly #objects: Objects
  /** By namespace. */
  readonly #ids = new Map<string, DurableIds>()

  constructor(options: ShardObjectsOptions<Version>) {
    this.#options = options
    this.#objects = new Objects(options)
  }

  /** Ids of a class. */
  idsOf({ deployment }: Version, className: string): DurableIds {
    const namespace = toNamespace(deployment, className)
    let ids = this.#ids.get(namespace)
    if (ids === undefined) this.#ids.set(namespace, (ids = new DurableIds(this.#options.secret, namespace)))
    return ids
  }

  /** Who takes a call; undefined: there is no such object. `target`: its id, and LF and its name, if that is known. */
  find(version: Version, className: string, target: string): Answerer | undefined {
    const at = target.indexOf(LF)
    const id = at < 0 ? target : target.slice(0, at)
    const given = at < 0 ? undefined : target.slice(at + 1)
    const ids = this.idsOf(version, className)
    if (!ids.accepts(id, '')) return undefined
    const name = given !== undefined && ids.isNamed(id, given) ? given : undefined
    return this.#objects.find(
      this.#toAddress(version, { className, id, ...(name !== undefined && { name }) }),
    )
  }

  /** Who takes what another shard hands over. */
  take(version: Version, facts: ObjectFacts): Answerer {
    return this.#objects.take(this.#toAddress(version, facts))
  }

  /** It takes no more calls. */
  forget(object: LiveObject): void {
    this.#objects.forget(object)
  }

  #toAddress(version: Version, facts: ObjectFacts): ObjectAddress {
    const { deployment } = version
    return {
      namespace: toNamespace(deployment, facts.className),
      facts,
      deployment: deployment.id,
      group: (version.objects ??= this.#options.openGroup(version)),
      refused: (...refusal) => this.#options.refused(version, ...refusal),
    }
  }
}

/** What the data of a class is called. */
function toNamespace({ name, dataNames = {} }: Deployment, className: string): string {
  const own = Object.hasOwn(dataNames, className) ? dataNames[className]! : className
  return toResource('durable', name, own).key
}
