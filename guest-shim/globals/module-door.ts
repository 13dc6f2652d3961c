/**
 * What the modules that an app imports by name (`cloudflare:workers`, `node:process`: guest-modules/) need of the shim. They
 * are part of the app's bundle, which imports nothing, so they find it under a symbol. A bundle may be older than the
 * shim: what is here is only added to.
 */

import { waitUntil } from '../bindings/background.ts'
import { reportError } from '../bindings/report.ts'
import { env, onEnv } from '../env.ts'
import { formatLine, inspect } from './log-text.ts'
import { context } from '../turn/context.ts'
import { source } from '../turn/source.ts'

/** Keeps the instance for a promise on behalf of the request that is being handled. */
function keepAlive(promise: unknown): void {
  if (source.current !== 0) waitUntil(source.current, promise)
  // nobody's: it is not waited for, but a failure is told
  else void observe(promise)
}

async function observe(promise: unknown): Promise<void> {
  try {
    await promise
  } catch (error) {
    reportError(error)
  }
}

export const moduleDoor = { env, onEnv, waitUntil: keepAlive, context, inspect, format: formatLine }
export const MODULE_DOOR = Symbol.for('nano:modules')
