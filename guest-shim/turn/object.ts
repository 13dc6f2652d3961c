/**
 * The Durable Object that an instance is, if it is one: made for the first call, and the one `this` of all that come.
 *
 *     none  --a call: its constructor-->  there  --blockConcurrencyWhile-->  closed: calls wait
 *           <--the constructor threw--           <--its callback is done---
 *                                                 its callback threw: who waits gets the error, and the host ends the instance
 */

import { waitUntil } from '../bindings/background.ts'
import { type Alarm, blockEvents, resetObject, setAlarmCall, unblockEvents } from '../bindings/durable.ts'
import { env } from '../env.ts'
import { NativeError, NativePromise, NativeTypeError, parseJson } from '../globals/primordials.ts'
import loadState from '../lazy/durable-state.ts?lazy'
import { source } from './source.ts'

/** What the host says of it. */
export interface ObjectFacts {
  readonly className: string
  readonly id: string
  readonly name?: string
}

/** An instance of the app's class. */
export type DurableObject = object

type ObjectClass = new (state: object, env: unknown) => DurableObject
type Part = () => { readonly openState: (facts: ObjectFacts) => object }

let facts: ObjectFacts | undefined
let exports: Readonly<Record<string, unknown>> = {}
let object: DurableObject | undefined

/** Callbacks of `blockConcurrencyWhile` that are not done, and what calls wait for. */
let blocks = 0
let opened: PromiseWithResolvers | undefined

interface PromiseWithResolvers {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** `text`: JSON of the facts. */
export function beObject(text: string, given: Readonly<Record<string, unknown>>): void {
  facts = parseJson(text) as ObjectFacts
  exports = given
  setAlarmCall((alarm) => callObject((own) => ring(own, alarm)))
}

export const isObject = (): boolean => facts !== undefined

/** Calls it as soon as it may be called. Throws, or rejects, with what its constructor or its callback threw. */
export function callObject<T>(call: (own: DurableObject) => T): T | Promise<Awaited<T>> {
  const own = (object ??= make(facts as ObjectFacts))
  return opened === undefined ? call(own) : callLater(own, call)
}

async function callLater<T>(own: DurableObject, call: (own: DurableObject) => T): Promise<Awaited<T>> {
  // it may be closed again meanwhile
  while (opened !== undefined) await opened.promise
  return await call(own)
}

function make(of: ObjectFacts): DurableObject {
  const { className } = of
  const Class = exports[className]
  if (typeof Class !== 'function') {
    throw new NativeTypeError(
      `the app exports no class "${className}": export class ${className} extends DurableObject`,
    )
  }
  return new (Class as ObjectClass)((loadState as Part)().openState(of), env)
}

function ring(own: DurableObject, { scheduledTime, retryCount }: Alarm): unknown {
  const { alarm } = own as { alarm?: unknown }
  if (typeof alarm !== 'function') {
    throw new NativeTypeError(`the class ${facts?.className} has no method alarm, and an alarm was set`)
  }
  return (own as { alarm(info: object): unknown }).alarm({
    isRetry: retryCount > 0,
    retryCount,
    scheduledTime,
  })
}

/** `ctx.blockConcurrencyWhile`. */
export async function blockWhile<T>(callback: () => T): Promise<Awaited<T>> {
  const of = source.current
  blocks++
  blockEvents(of)
  opened ??= makeGate()
  const { promise, resolve } = makeGate()
  // whoever set it off may go
  if (of !== 0) waitUntil(of, promise)
  try {
    return await callback()
  } catch (error) {
    opened?.reject(error)
    resetObject(nameOf(error), messageOf(error))
    throw error
  } finally {
    unblockEvents(of)
    resolve()
    if (--blocks === 0) {
      opened?.resolve()
      opened = undefined
    }
  }
}

/** `ctx.abort`. */
export function abortObject(reason: unknown): never {
  const error =
    reason === undefined ? new NativeError('Application called abort() to reset Durable Object.') : reason
  resetObject(nameOf(error), messageOf(error))
  throw error
}

function makeGate(): PromiseWithResolvers {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new NativePromise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  // who waits is told
  promise.catch(() => {})
  return { promise, resolve, reject }
}

function nameOf(error: unknown): string {
  try {
    return error instanceof NativeError ? error.name : 'Error'
  } catch {
    return 'Error'
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof NativeError ? error.message : String(error)
  } catch {
    return 'an error that cannot be shown'
  }
}
