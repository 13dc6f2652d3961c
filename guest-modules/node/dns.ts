/** `node:dns`: what `dns/promises.ts` does, for callbacks. */

import unenv from 'unenv/node/dns'

import promises from './dns/promises.ts'
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

export const lookup = withCallback(promises.lookup, spreadFound)
Object.defineProperty(lookup, Symbol.for('nodejs.util.promisify.custom'), { value: promises.lookup })
export const lookupService = withCallback(promises.lookupService)
export const resolve = withCallback(promises.resolve)
export const resolve4 = withCallback(promises.resolve4)
export const resolve6 = withCallback(promises.resolve6)
export const resolveAny = withCallback(promises.resolveAny)
export const resolveCaa = withCallback(promises.resolveCaa)
export const resolveCname = withCallback(promises.resolveCname)
export const resolveMx = withCallback(promises.resolveMx)
export const resolveNaptr = withCallback(promises.resolveNaptr)
export const resolveNs = withCallback(promises.resolveNs)
export const resolvePtr = withCallback(promises.resolvePtr)
export const resolveSoa = withCallback(promises.resolveSoa)
export const resolveSrv = withCallback(promises.resolveSrv)
export const resolveTlsa = withCallback(promises.resolveTlsa)
export const resolveTxt = withCallback(promises.resolveTxt)
export const reverse = withCallback(promises.reverse)

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

/** One that asks nobody either. */
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
export const { getDefaultResultOrder, setDefaultResultOrder, getServers, setServers } = promises
export { promises }
export default { ...unenv, ...methods, promises, Resolver }
