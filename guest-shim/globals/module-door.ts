/**
 * What the modules that an app imports by name (`cloudflare:workers`, `node:process`: guest-modules/) need of the shim. They
 * are part of the app's bundle, which imports nothing, so they find it under a symbol. A bundle may be older than the
 * shim: what is here is only added to.
 */

import { ownExports, waitUntil } from '../bindings/background.ts'
import { Connection, type ConnectionPort } from '../bindings/connections.ts'
import { compute } from '../bindings/crypto.ts'
import { reportError } from '../bindings/report.ts'
import { type Env, env, onEnv } from '../env.ts'
import { observe } from '../env-reads.ts'
import loadRpc from '../lazy/rpc.ts?lazy'
import { formatLine, inspect, logText } from './log-text.ts'
import { keepGiven } from './shown-reg-exp.ts'
import { context } from '../turn/context.ts'
import { phase } from '../turn/phase.ts'
import { source } from '../turn/source.ts'

/** Keeps the instance for a promise on behalf of the request that is being handled. */
function keepAlive(promise: unknown): void {
  if (source.current !== 0) waitUntil(source.current, promise)
  // nobody's: it is not waited for, but a failure is told
  else void tellFailure(promise)
}

async function tellFailure(promise: unknown): Promise<void> {
  try {
    await promise
  } catch (error) {
    reportError(error)
  }
}

let importedEnv: Env | undefined

export const moduleDoor = {
  /** Most apps do not ask for it. */
  get env(): Env {
    return (importedEnv ??= observe(env))
  },
  onEnv,
  observe,
  waitUntil: keepAlive,
  context,
  inspect,
  inspectStyles: () => logText().inspectStyles,
  format: (args: readonly unknown[], options?: object, self?: unknown) =>
    options === undefined ? formatLine(args) : logText().format(args, options, false, self),
  /** A TCP connection (wit/connections.wit). */
  connect: (terms: object, port: ConnectionPort): Connection => new Connection(terms, port),
  rpc: loadRpc as () => unknown,
  exports: ownExports,
  compute,
  phase,
  keepGiven,
}
export const MODULE_DOOR = Symbol.for('nano:modules')
