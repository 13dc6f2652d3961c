/**
 * `withEnv` and its like: code that runs with another `env`, through every `await`. Who does not call them does not have this
 * module, which makes an app one with AsyncLocalStorage (host/build/module-plugin.ts).
 */

import { AsyncLocalStorage } from '../../node/async_hooks.ts'
import { current, type Members } from './current.ts'

interface Others {
  readonly env?: Members
  readonly exports?: Members
}

let storage: AsyncLocalStorage<Others> | undefined

function run<T>(others: Others, callback: () => T): T {
  if (storage === undefined) {
    const made = new AsyncLocalStorage<Others>()
    const { env, exports } = current
    current.env = () => made.getStore()?.env ?? env()
    current.exports = () => made.getStore()?.exports ?? exports()
    storage = made
  }
  return storage.run({ ...storage.getStore(), ...others }, callback)
}

export const withEnv = <T>(env: Members, callback: () => T): T => run({ env }, callback)

export const withExports = <T>(exports: Members, callback: () => T): T => run({ exports }, callback)

export const withEnvAndExports = <T>(env: Members, exports: Members, callback: () => T): T =>
  run({ env, exports }, callback)
