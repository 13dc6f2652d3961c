/**
 * `ctx.storage` of a Durable Object, as Cloudflare has it for objects that SQLite keeps. Every operation is made at once, so that
 * nothing comes between a call and its answer; the promises are there for the interface.
 */

import { askStorage, awaitStored } from '../bindings/durable-storage.ts'
import { NativeError, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject } from '../globals/web-idl.ts'
import { getMany, getOne, listEntries, putEntries, remove, toKey } from './durable-storage/entries.ts'
import { SqlStorage } from './durable-storage/sql.ts'
import { SyncKvStorage } from './durable-storage/sync-kv.ts'

/** What the storage needs of its object. */
export interface StorageOwner {
  /** `ctx.blockConcurrencyWhile`, for what must not reject. */
  block<T>(run: () => Promise<T>): Promise<T>
  /** Whether the class has a method `alarm`. */
  hasAlarm(): boolean
}

const NO_HISTORY =
  'there are no bookmarks in NANO: what a Durable Object has stored has no history to go back to; copy what you need'

const wrongParameter = (method: string, expected: string, owner = 'DurableObjectStorage'): Error =>
  new NativeTypeError(
    `Failed to execute '${method}' on '${owner}': parameter 1 is not of type '${expected}'.`,
  )

/** Whether it may be used any more. */
interface Use {
  isUndone: boolean
}

/** What the storage and a transaction have in common. */
class Operations {
  readonly #owner: StorageOwner
  readonly #use: Use

  constructor(owner: StorageOwner, use: Use) {
    this.#owner = owner
    this.#use = use
  }

  async get(key: unknown, _options: unknown = undefined): Promise<unknown> {
    this.#require('get')
    if (Array.isArray(key)) return getMany(key)
    if (key === undefined || isObject(key)) throw wrongParameter('get', 'string or Array')
    return getOne(toKey(key))
  }

  async list(options: unknown = undefined): Promise<unknown> {
    this.#require('list')
    return new Map(listEntries(options, 'DurableObjectStorage'))
  }

  async put(key: unknown, value: unknown = undefined, _options: unknown = undefined): Promise<void> {
    this.#require('put')
    if (key === undefined) throw wrongParameter('put', 'string or object')
    if (isObject(key)) return putEntries(Object.entries(key).filter(([, each]) => each !== undefined))
    if (value === undefined) throw new NativeTypeError('put() called with undefined value.')
    putEntries([[toKey(key), value]])
  }

  async delete(key: unknown, _options: unknown = undefined): Promise<boolean | number> {
    this.#require('delete')
    if (Array.isArray(key)) return remove(key.map(toKey))
    if (key === undefined || isObject(key)) throw wrongParameter('delete', 'string or Array')
    return remove([toKey(key)]) === 1
  }

  async getAlarm(_options: unknown = undefined): Promise<number | null> {
    this.#require('getAlarm')
    return askStorage('get-alarm', null).said as number | null
  }

  async setAlarm(time: unknown, _options: unknown = undefined): Promise<void> {
    this.#require('setAlarm')
    const milliseconds = toTime(time)
    if (!this.#owner.hasAlarm())
      throw new NativeTypeError(
        'expected a class with a method alarm(), which setAlarm() has called, got none',
      )
    askStorage('set-alarm', milliseconds)
  }

  async deleteAlarm(_options: unknown = undefined): Promise<void> {
    this.#require('deleteAlarm')
    askStorage('set-alarm', null)
  }

  #require(method: string): void {
    if (this.#use.isUndone) throw new NativeError(`Cannot ${method}() on rolled back transaction`)
  }
}

class DurableObjectTransaction extends Operations {
  readonly #use: Use

  constructor(owner: StorageOwner, use: Use) {
    super(owner, use)
    this.#use = use
  }

  rollback(): void {
    if (this.#use.isUndone) return
    this.#use.isUndone = true
    askStorage('undo', null)
  }

  deleteAll(): never {
    throw new NativeError('Cannot call deleteAll() within a transaction')
  }
}

export class DurableObjectStorage extends Operations {
  readonly #owner: StorageOwner
  readonly sql = new SqlStorage()
  readonly kv = new SyncKvStorage()

  constructor(owner: StorageOwner) {
    super(owner, { isUndone: false })
    this.#owner = owner
  }

  async deleteAll(_options: unknown = undefined): Promise<void> {
    askStorage('delete-all', null)
  }

  async transaction(run: unknown): Promise<unknown> {
    if (typeof run !== 'function') throw wrongParameter('transaction', 'function')
    // what is thrown is the caller's matter, not the object's end
    const outcome = await this.#owner.block(() => this.#transact(run as TransactionRun))
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  transactionSync(run: unknown): unknown {
    if (typeof run !== 'function') throw wrongParameter('transactionSync', 'function')
    askStorage('begin', null)
    let value: unknown
    try {
      value = (run as () => unknown)()
    } catch (error) {
      askStorage('undo', null)
      throw error
    }
    askStorage('release', null)
    return value
  }

  async sync(): Promise<void> {
    await awaitStored()
  }

  async getCurrentBookmark(): Promise<never> {
    throw new NativeError(NO_HISTORY)
  }

  async getBookmarkForTime(): Promise<never> {
    throw new NativeError(NO_HISTORY)
  }

  async onNextSessionRestoreBookmark(): Promise<never> {
    throw new NativeError(NO_HISTORY)
  }

  async #transact(run: TransactionRun): Promise<{ value: unknown } | { error: unknown }> {
    askStorage('begin', null)
    const use: Use = { isUndone: false }
    try {
      const value = await run(new DurableObjectTransaction(this.#owner, use))
      if (!use.isUndone) askStorage('release', null)
      return { value }
    } catch (error) {
      if (!use.isUndone) askStorage('undo', null)
      return { error }
    } finally {
      use.isUndone = true
    }
  }
}

type TransactionRun = (transaction: DurableObjectTransaction) => unknown

/** Milliseconds since 1970. */
function toTime(time: unknown): number {
  if (!(time instanceof Date) && typeof time !== 'number') throw wrongParameter('setAlarm', 'date')
  const milliseconds = Math.trunc(Number(time))
  if (!Number.isSafeInteger(milliseconds))
    throw new NativeTypeError('expected a valid time for setAlarm(), in milliseconds or as a Date')
  if (milliseconds <= 0) throw new NativeTypeError('setAlarm() cannot be called with an alarm time <= 0')
  return milliseconds
}

finishInterface(DurableObjectStorage, 'DurableObjectStorage')
finishInterface(DurableObjectTransaction, 'DurableObjectTransaction')
refuse([DurableObjectStorage, DurableObjectTransaction])
