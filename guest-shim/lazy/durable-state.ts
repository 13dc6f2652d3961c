/** `ctx` of a Durable Object. */

import { waitUntil } from '../bindings/background.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { moduleDoor } from '../globals/module-door.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface } from '../globals/web-idl.ts'
import { abortObject, blockWhile, hasAlarm, type ObjectFacts } from '../turn/object.ts'
import { source } from '../turn/source.ts'
import { DurableObjectStorage, type StorageOwner } from './durable-storage.ts'
import { type DurableObjectId, openId } from './durable-id.ts'

export class DurableObjectState {
  readonly storage: DurableObjectStorage
  readonly id: DurableObjectId
  /** What the configuration of whoever calls says; of an object nothing. */
  readonly props: object = {}

  constructor({ id, name }: ObjectFacts) {
    this.id = openId(id, name)
    this.storage = new DurableObjectStorage(OWNER)
  }

  waitUntil(promise: unknown): void {
    if (source.current === 0) moduleDoor.waitUntil(promise)
    else waitUntil(source.current, promise)
  }

  blockConcurrencyWhile<T>(callback: () => T): Promise<Awaited<T>> {
    if (typeof callback !== 'function') {
      throw new NativeTypeError('blockConcurrencyWhile: expected a function that gives a promise')
    }
    return blockWhile(callback)
  }

  abort(reason?: unknown): never {
    return abortObject(reason)
  }
}

const OWNER: StorageOwner = { block: blockWhile, hasAlarm }

/** For the object of this instance. */
export const openState = (facts: ObjectFacts): DurableObjectState => new DurableObjectState(facts)

finishInterface(DurableObjectState, 'DurableObjectState')
refuse([DurableObjectState])
