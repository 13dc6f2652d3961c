/**
 * The Durable Object that an instance is, if it is one: made for the first call, and the one `this` of all that come.
 *
 *     none  --a call: its constructor-->  there  --blockConcurrencyWhile-->  closed: calls wait
 *           <--the constructor threw--           <--its callback is done---
 *                                                 its callback threw: who waits gets the error, and the host ends the instance
 */

import { waitUntil } from '../bindings/background.ts'
import { type Alarm, blockEvents, resetObject, setAlarmCall, unblockEvents } from '../bindings/durable.ts'
import { askStorage } from '../bindings/durable-storage.ts'
import { type KeptEnd, type KeptMessage, setKeptCall } from '../bindings/hibernation.ts'
import { keepTimersBack } from '../bindings/timer.ts'
import { toOwn } from '../globals/buffer-source.ts'
import { webSockets } from '../globals/web-socket-part.ts'
import {
  decodeAll,
  makeTable,
  NativeError,
  NativePromise,
  NativeTypeError,
  parseJson,
} from '../globals/primordials.ts'
import loadDurable from '../lazy/durable.ts?lazy'
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
/** What its `ctx` asks of it. */
export interface ObjectSelf {
  readonly blockWhile: typeof blockWhile
  readonly abort: (reason: unknown) => never
  readonly hasAlarm: () => boolean
  readonly ringing: typeof ringing
}

type Part = () => { readonly openState: (facts: ObjectFacts, self: ObjectSelf) => object }

let facts: ObjectFacts | undefined
let exports: Readonly<Record<string, unknown>> = {}
let env: unknown
let object: DurableObject | undefined

/** Callbacks of `blockConcurrencyWhile` that are not done, by who set them off, and what calls wait for. */
const blocks = makeTable<number, number>()
let opened: PromiseWithResolvers | undefined
/** How often an alarm whose handler fails is tried again. */
const MOST_RETRIES = 6

/** The code of a WebSocket that did not come to its end, and what is said of one that was cut. */
const BROKEN = 1006
const CUT = 'WebSocket disconnected without sending Close frame.'

/** The time of the alarm that it is called for, unless it has set or deleted its alarm since. */
const ringing: { time: number | undefined } = { time: undefined }

/** The host ends the instance. */
let isReset = false

interface PromiseWithResolvers {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** `text`: JSON of the facts. */
export function beObject(
  text: string,
  given: { readonly exports: Readonly<Record<string, unknown>>; readonly env: unknown },
): void {
  facts = parseJson(text) as ObjectFacts
  ;({ exports, env } = given)
  setAlarmCall((alarm) => callObject((own) => ring(own, alarm)))
  setKeptCall((kept) => callObject((own) => hear(own, kept)))
}

export const isObject = (): boolean => facts !== undefined

/**
 * Calls it as soon as it may be called. Throws, or rejects, with what its constructor threw. When it is reset there is no answer: the host
 * has one for all who wait.
 */
export function callObject<T>(call: (own: DurableObject) => T): T | Promise<Awaited<T>> {
  try {
    const own = (object ??= make(facts as ObjectFacts))
    const result = opened === undefined ? call(own) : callLater(own, call)
    return result instanceof NativePromise ? unlessReset<Awaited<T>>(result) : result
  } catch (error) {
    if (isReset) return never()
    throw error
  }
}

async function callLater<T>(own: DurableObject, call: (own: DurableObject) => T): Promise<Awaited<T>> {
  // it may be closed again meanwhile
  // oxlint-disable-next-line no-unmodified-loop-condition, no-await-in-loop -- by what else goes on
  while (opened !== undefined) await opened.promise
  return await call(own)
}

async function unlessReset<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    return isReset ? await never<T>() : await NativePromise.reject(error)
  }
}

const never = <T>(): Promise<T> => new NativePromise<T>(() => {})

function make(of: ObjectFacts): DurableObject {
  const { className } = of
  const Class = exports[className]
  if (typeof Class !== 'function') {
    throw new NativeTypeError(
      `the app exports no class "${className}": export class ${className} extends DurableObject`,
    )
  }
  return new (Class as ObjectClass)((loadDurable as Part)().openState(of, SELF), env)
}

/** Whether its class can be called by the clock. */
function hasAlarm(): boolean {
  const { prototype } = exports[facts?.className ?? ''] as { prototype?: { alarm?: unknown } }
  return typeof prototype?.alarm === 'function'
}

/** It is called at its alarm, which stays in its storage until that is done. What is not there, or not for this time, is said again. */
async function ring(own: DurableObject, { scheduledTime, retryCount }: Alarm): Promise<void> {
  const { said: time } = askStorage('get-alarm', null)
  if (time !== scheduledTime) return void askStorage('set-alarm', time)
  if (retryCount > MOST_RETRIES) return void askStorage('set-alarm', null)
  const { alarm } = own as { alarm?: unknown }
  if (typeof alarm !== 'function') {
    throw new NativeTypeError(`the class ${facts?.className} has no method alarm, and an alarm was set`)
  }
  ringing.time = scheduledTime
  try {
    const info = { isRetry: retryCount > 0, retryCount, scheduledTime }
    await (own as { alarm(given: object): unknown }).alarm(info)
    if (ringing.time !== undefined) askStorage('set-alarm', null)
  } finally {
    ringing.time = undefined
  }
}

/** Something came for a WebSocket that it keeps. Whoever has no handler for it does not hear it. */
async function hear(own: DurableObject, kept: KeptMessage | KeptEnd): Promise<void> {
  const { endKept, forgetKept, reopen } = webSockets()
  const handlers = own as Partial<Record<'webSocketMessage' | 'webSocketClose' | 'webSocketError', unknown>>
  const socket = reopen(kept.webSocket, false)
  const call = async (name: keyof typeof handlers, ...more: unknown[]): Promise<void> => {
    if (typeof handlers[name] !== 'function') return
    await (own as Record<string, (...given: unknown[]) => unknown>)[name]!(socket, ...more)
  }
  if ('bytes' in kept) {
    const bytes = toOwn(kept.bytes)
    return call('webSocketMessage', kept.isText ? decodeAll(bytes) : bytes.buffer)
  }
  const { code, reason } = kept
  endKept(kept.webSocket)
  const hasFailed = code === BROKEN
  try {
    if (hasFailed && reason !== '') await call('webSocketError', new NativeError(reason))
    else await call('webSocketClose', code, hasFailed ? CUT : reason, !hasFailed)
  } finally {
    forgetKept(kept.webSocket)
  }
}

/** `ctx.blockConcurrencyWhile`. */
async function blockWhile<T>(callback: () => T): Promise<Awaited<T>> {
  const of = source.current
  blocks.set(of, (blocks.get(of) ?? 0) + 1)
  blockEvents(of)
  keepTimersBack(isKeptBack)
  opened ??= makeGate()
  const { promise, resolve } = makeGate()
  // whoever set it off may go
  if (of !== 0) waitUntil(of, promise)
  try {
    return await callback()
  } catch (error) {
    opened?.reject(error)
    reset(error)
    throw error
  } finally {
    unblockEvents(of)
    resolve()
    const left = (blocks.get(of) ?? 1) - 1
    if (left > 0) blocks.set(of, left)
    else blocks.delete(of)
    if (blocks.size === 0) {
      keepTimersBack(undefined)
      opened?.resolve()
      opened = undefined
    }
  }
}

const isKeptBack = (of: number): boolean => of !== 0 && blocks.get(of) === undefined

/** `ctx.abort`. */
function abort(reason: unknown): never {
  const error =
    reason === undefined ? new NativeError('Application called abort() to reset Durable Object.') : reason
  reset(error)
  throw error
}

function reset(error: unknown): void {
  isReset = true
  resetObject(nameOf(error), messageOf(error))
}

const SELF: ObjectSelf = { blockWhile, abort, hasAlarm, ringing }

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
