/** `node:dns`: what `dns/promises.ts` does, for callbacks. */

import unenv from 'unenv/node/dns'

import * as asked from './dns/promises.ts'
import type { Found } from './dns/promises.ts'
import { coded } from './http/coded.ts'

type Done = (error: unknown, ...results: unknown[]) => void

/** What comes of it is given to the last argument. */
function withCallback(
  run: (...args: never[]) => Promise<unknown>,
  spread: (result: unknown) => readonly unknown[] = (result) => [result],
): (...args: unknown[]) => void {
  return (...args) => {
    const done = args.pop() as Done
    if (typeof done !== 'function')
      throw coded('ERR_INVALID_ARG_TYPE', new TypeError('The "callback" argument must be of type function'))
    const given = Reflect.apply(run, undefined, args) as Promise<unknown>
    void given.then(
      (result) => done(null, ...spread(result)),
      (error: unknown) => done(error),
    )
  }
}

function spreadFound(found: unknown): readonly unknown[] {
  if (Array.isArray(found)) return [found]
  const { address, family } = found as Found
  return [address, family]
}

export const lookup = withCallback(asked.lookup, spreadFound)
Object.defineProperty(lookup, Symbol.for('nodejs.util.promisify.custom'), { value: asked.lookup })
export const lookupService = withCallback(asked.lookupService)
export const resolve = withCallback(asked.resolve)
export const resolve4 = withCallback(asked.resolve4)
export const resolve6 = withCallback(asked.resolve6)
export const resolveAny = withCallback(asked.resolveAny)
export const resolveCaa = withCallback(asked.resolveCaa)
export const resolveCname = withCallback(asked.resolveCname)
export const resolveMx = withCallback(asked.resolveMx)
export const resolveNaptr = withCallback(asked.resolveNaptr)
export const resolveNs = withCallback(asked.resolveNs)
export const resolvePtr = withCallback(asked.resolvePtr)
export const resolveSoa = withCallback(asked.resolveSoa)
export const resolveSrv = withCallback(asked.resolveSrv)
export const resolveTlsa = withCallback(asked.resolveTlsa)
export const resolveTxt = withCallback(asked.resolveTxt)
export const reverse = withCallback(asked.reverse)

const methods = {
  lookup,
  lookupService,
  resolve,
  resolve4,
  resolve6,
  resolveAny,
  resolveCaa,
  resolveCname,
  resolveMx,
  resolveNaptr,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTlsa,
  resolveTxt,
  reverse,
}

/** One that asks the same server. */
export class Resolver {
  static {
    const { lookup: _lookup, lookupService: _service, ...queries } = methods
    Object.assign(Resolver.prototype, queries)
  }

  cancel(): void {}
  setLocalAddress(): void {}
  setServers(): void {}
  getServers(): string[] {
    return []
  }
}

export * from 'unenv/node/dns'
export const { getDefaultResultOrder, setDefaultResultOrder, getServers, setServers } = asked
export { default as promises } from './dns/promises.ts'
export default { ...unenv, ...methods, promises: asked.default, Resolver }
