/**
 * Puts the globals in place. Must run before the app's modules; `world.ts` is the first import of the bundle.
 */

import { guestConsole } from '../bindings/console.ts'
import { addFetchListener } from '../app.ts'
import { guardEntropy } from './entropy.ts'
import { abort, any, throwIfAborted, timeout } from './abort-signal.ts'
import { stream } from './blob.ts'
import { CryptoKey } from './crypto-key.ts'
import { fetch } from './fetch.ts'
import { installGuards } from './guards.ts'
import { MODULE_DOOR, moduleDoor } from './module-door.ts'
import { defineProperty } from './primordials.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { digest, exportKey, generateKey, importKey, sign, verify } from './subtle.ts'
import { canParseUrl, from, parseUrl, values } from './streams.ts'
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from './timers.ts'
import * as workers from './workers.ts'

function put(owner: object, properties: Record<string | symbol, unknown>): void {
  for (const name of Reflect.ownKeys(properties)) {
    Object.defineProperty(owner, name, {
      value: properties[name as string],
      writable: true,
      enumerable: false,
      configurable: true,
    })
  }
}

/** Returns what must be undone before the first turn. */
export function installGlobals(): () => void {
  const nativeListen = globalThis.addEventListener
  put(globalThis, {
    fetch,
    Request,
    Response,
    CryptoKey,
    console: guestConsole,
    setTimeout,
    setInterval,
    clearTimeout,
    clearInterval,
    setImmediate,
    clearImmediate,
    ...workers,
    [MODULE_DOOR]: moduleDoor,
    addEventListener: (type: string, listener: unknown, options?: unknown) => {
      if (type === 'fetch') addFetchListener(listener)
      else nativeListen(type, listener, options)
    },
  })
  // a bundler may rename a class that is called like a global
  defineProperty(Request, 'name', { value: 'Request' })
  defineProperty(Response, 'name', { value: 'Response' })
  defineProperty(CryptoKey, 'name', { value: 'CryptoKey' })
  put(SubtleCrypto.prototype, { digest, importKey, exportKey, generateKey, sign, verify })
  put(AbortSignal, { abort, any, timeout })
  put(AbortSignal.prototype, { throwIfAborted })
  put(Blob.prototype, { stream })
  put(URL, { canParse: canParseUrl, parse: parseUrl })
  put(ReadableStream, { from })
  put(ReadableStream.prototype, { values, [Symbol.asyncIterator]: values })
  installGuards()
  return guardEntropy()
}
