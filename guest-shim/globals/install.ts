/**
 * Puts the globals in place. Must run before the app's modules; `world.ts` is the first import of the bundle.
 */

import { guestConsole } from '../bindings/console.ts'
import { addAppListener } from '../app.ts'
import { guardEntropy } from './entropy.ts'
import { AbortController, AbortSignal } from './abort-signal.ts'
import { atob, btoa } from './base64.ts'
import { bytes, stream, withEndings } from './blob.ts'
import { CompressionStream, DecompressionStream } from './compression.ts'
import { Crypto, ownCrypto } from './crypto.ts'
import { CryptoKey } from './crypto-key.ts'
import { TextDecoderStream, TextEncoderStream } from './encoding-streams.ts'
import { CustomEvent, ErrorEvent, Event, PromiseRejectionEvent } from './event.ts'
import { EventTarget } from './event-target.ts'
import { fetch } from './fetch.ts'
import { FixedLengthStream, IdentityTransformStream } from './fixed-streams.ts'
import { installStacks, TracedException } from './error-stack.ts'
import { installGuards } from './guards.ts'
import { installLazily } from './lazy.ts'
import { installLocale } from './locale.ts'
import { installRegExp } from './reg-exp.ts'
import { Headers } from './headers.ts'
import { queueMicrotask } from './microtask.ts'
import { MODULE_DOOR, moduleDoor } from './module-door.ts'
import { apply, defineProperty } from './primordials.ts'
import { QuotaExceededError } from './quota-exceeded-error.ts'
import { reportError, wireErrors } from './report-error.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { SubtleCrypto } from './subtle.ts'
import { addKinds } from './clone-kinds.ts'
import { streamClasses } from './streams.ts'
import { refuse, structuredClone } from './structured-clone.ts'
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from './timers.ts'
import { canParseUrl, parseUrl, searchParams } from './url.ts'
import { finishInterface } from './web-idl.ts'
import * as workers from './workers.ts'

function put(owner: object, properties: Record<string | symbol, unknown>): void {
  for (const name of Reflect.ownKeys(properties)) {
    const value = properties[name as string]
    // a bundler renames what is called like a global
    if (
      typeof value === 'function' &&
      typeof name === 'string' &&
      name !== 'constructor' &&
      value.name !== name
    ) {
      defineProperty(value, 'name', { value: name, configurable: true })
    }
    Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true })
  }
}

/** Classes whose members the standards want to be seen. */
const INTERFACES = {
  AbortController,
  AbortSignal,
  CompressionStream,
  Crypto,
  CryptoKey,
  CustomEvent,
  DecompressionStream,
  ErrorEvent,
  Event,
  EventTarget,
  FixedLengthStream,
  Headers,
  IdentityTransformStream,
  PromiseRejectionEvent,
  QuotaExceededError,
  Request,
  Response,
  SubtleCrypto,
  TextDecoderStream,
  TextEncoderStream,
}

/** Of the engine's. */
const UNCLONEABLE = [
  FormData,
  Promise,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  WeakMap,
  WeakRef,
  WeakSet,
]

/** Returns what must be undone before the first turn. */
export function installGlobals(): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- the global object is their `this`
  const { addEventListener, dispatchEvent, removeEventListener } = EventTarget.prototype
  for (const [name, given] of Object.entries(INTERFACES)) finishInterface(given, name)
  put(globalThis, {
    ...INTERFACES,
    ...streamClasses,
    atob,
    btoa,
    queueMicrotask,
    reportError,
    structuredClone,
    fetch,
    DOMException: TracedException,
    console: guestConsole,
    setTimeout,
    setInterval,
    clearTimeout,
    clearInterval,
    setImmediate,
    clearImmediate,
    ...workers,
    [MODULE_DOOR]: moduleDoor,
    addEventListener(this: unknown, type: unknown, listener: unknown, options?: unknown) {
      if (!addAppListener(type, listener)) apply(addEventListener, this, [type, listener, options])
    },
    dispatchEvent,
    removeEventListener,
  })
  defineProperty(globalThis, 'crypto', { get: () => ownCrypto, enumerable: true, configurable: true })
  put(Blob.prototype, { bytes, stream })
  for (const given of [Blob, File]) {
    const value = withEndings(given)
    put(given.prototype, { constructor: value })
    put(globalThis, { [given.name]: value })
  }
  put(URL, { canParse: canParseUrl, parse: parseUrl })
  defineProperty(URL.prototype, 'searchParams', searchParams)
  // libraries know them by their tag
  for (const given of [FormData, URL, URLSearchParams])
    defineProperty(given.prototype, Symbol.toStringTag, { value: given.name, configurable: true })
  installStacks()
  for (const name of ['canParse', 'parse']) defineProperty(URL, name, { enumerable: true })
  wireErrors()
  addKinds()
  refuse([...Object.values(INTERFACES), ...Object.values(streamClasses), ...UNCLONEABLE])
  installLocale()
  installRegExp()
  installLazily()
  installGuards()
  return guardEntropy()
}
