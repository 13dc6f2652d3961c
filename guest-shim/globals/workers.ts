/**
 * Globals of Workers that are no Web standard's, or that have no binding behind them here: libraries look whether they
 * are there and derive from them, so they are; who uses them is told what is missing.
 */

import { defineProperty, NativePromise, NativeTypeError } from './primordials.ts'
import { clearTimeout, setTimeout } from './timers.ts'

/** How an app tells where it runs: what it is written for decides, not who serves it. */
const USER_AGENT = 'Cloudflare-Workers'
const AGENT = {
  userAgent: USER_AGENT,
  language: 'en',
  languages: ['en'],
  platform: '',
  hardwareConcurrency: 1,
}

const missing = (what: string) => new NativeTypeError(`${what} is not there yet in NANO`)

/* oxlint-disable typescript/no-extraneous-class -- there for who looks whether it is there */

/** A class of which the app makes none. */
function requireOwn(isOwn: boolean): void {
  if (!isOwn) throw new NativeTypeError('Illegal constructor')
}

let isOwn = true

export class Navigator {
  constructor() {
    requireOwn(isOwn)
  }

  sendBeacon(): boolean {
    throw missing('navigator.sendBeacon()')
  }
}

for (const name of Object.keys(AGENT) as (keyof typeof AGENT)[]) {
  defineProperty(Navigator.prototype, name, { get: () => AGENT[name], configurable: true, enumerable: true })
}

export class Scheduler {
  constructor() {
    requireOwn(isOwn)
  }

  /** Settles after so many milliseconds, or with the signal's reason. */
  wait(delay?: unknown, options?: { signal?: AbortSignal }): Promise<void> {
    return new NativePromise((resolve, reject) => {
      const signal = options?.signal
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, delay)
      signal?.addEventListener('abort', onAbort)
    })
  }
}

export const navigator = new Navigator()
export const scheduler = new Scheduler()
isOwn = false

// a bundler may rename a class that is called like a global
const classes = { Navigator, Scheduler }
for (const name in classes) defineProperty(classes[name as keyof typeof classes], 'name', { value: name })
