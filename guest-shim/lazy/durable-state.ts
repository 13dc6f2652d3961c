/** `ctx` of a Durable Object. */

import { waitUntil } from '../bindings/background.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface } from '../globals/web-idl.ts'
import type { ObjectFacts, ObjectSelf } from '../turn/object.ts'
import { source } from '../turn/source.ts'
import { DurableObjectStorage, type StorageOwner } from './durable-storage.ts'
import { type DurableObjectId, openId } from './durable-id.ts'
import {
  acceptWebSocket,
  getAnsweredAt,
  getAutoResponse,
  getEventTimeout,
  getTags,
  getWebSockets,
  setAutoResponse,
  setEventTimeout,
} from './durable-sockets.ts'

export class DurableObjectState {
  readonly storage: DurableObjectStorage
  readonly id: DurableObjectId
  /** What the configuration of whoever calls says; of an object nothing. */
  readonly props: object = {}

  readonly #self: ObjectSelf

  constructor({ id, name }: ObjectFacts, self: ObjectSelf) {
    this.#self = self
    this.id = openId(id, name)
    this.storage = new DurableObjectStorage({
      block: self.blockWhile,
      hasAlarm: self.hasAlarm,
      ringing: self.ringing,
    } satisfies StorageOwner)
  }

  waitUntil(promise: unknown): void {
    waitUntil(source.current, promise)
  }

  blockConcurrencyWhile<T>(callback: () => T): Promise<Awaited<T>> {
    if (typeof callback !== 'function') {
      throw new NativeTypeError('blockConcurrencyWhile: expected a function that gives a promise')
    }
    return this.#self.blockWhile(callback)
  }

  acceptWebSocket(socket: unknown, tags: unknown = undefined): void {
    acceptWebSocket(socket, tags)
  }

  getWebSockets(tag: unknown = undefined): object[] {
    return getWebSockets(tag)
  }

  getTags(socket: unknown): string[] {
    return getTags(socket)
  }

  setWebSocketAutoResponse(pair: unknown = undefined): void {
    setAutoResponse(pair)
  }

  getWebSocketAutoResponse(): object | null {
    return getAutoResponse()
  }

  getWebSocketAutoResponseTimestamp(socket: unknown): Date | null {
    return getAnsweredAt(socket)
  }

  setHibernatableWebSocketEventTimeout(milliseconds: unknown = undefined): void {
    setEventTimeout(milliseconds)
  }

  getHibernatableWebSocketEventTimeout(): number | null {
    return getEventTimeout()
  }

  abort(reason?: unknown): never {
    return this.#self.abort(reason)
  }
}

/** For the object of this instance. */
export const openState = (facts: ObjectFacts, self: ObjectSelf): DurableObjectState =>
  new DurableObjectState(facts, self)

finishInterface(DurableObjectState, 'DurableObjectState')
refuse([DurableObjectState])
