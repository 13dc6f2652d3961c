/** Components that are not NANO's: what serves one is made once, and one that comes without the gate is told of it. */

import { NanoError } from '../errors.ts'
import type { ForeignCode } from '../transpile/transpile.ts'
import type { OpenListener } from './open-component.ts'
import { findOwnCache } from './open-engines.ts'

/** Throws COMPONENT_INVALID, TOOLCHAIN_MISSING and BUILD_FAILED. */
export async function openForeign(component: Uint8Array, listener: OpenListener): Promise<ForeignCode> {
  // few apps are of that kind
  const { transpileForeign } = await import('../transpile/transpile.ts')
  listener.onBuild()
  return await transpileForeign(component, findOwnCache())
}

/** Asked of what is no component of an engine. Throws ENGINE_UNKNOWN for one that could be served all the same. */
export async function expectNotForeign(component: Uint8Array): Promise<void> {
  const { checkForeign } = await import('../transpile/check-component.ts')
  try {
    checkForeign(component)
  } catch {
    return
  }
  throw new NanoError(
    'ENGINE_UNKNOWN',
    'expected a component of NANO, got one of wasi:http from elsewhere; an operator can serve it with "foreign": true',
  )
}
