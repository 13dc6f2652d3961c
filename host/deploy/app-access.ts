/** What the component of an app of a configuration is opened with. */

import type { AppConfig } from '../config/config.ts'
import { NanoError } from '../errors.ts'
import type { SourceAccess } from './open-component.ts'

/** `configuration`: its file. Throws WRANGLER_INVALID for an app whose wrangler file cannot be used. */
export function toAccess(
  { allowRead, assets, wrangler }: AppConfig,
  configuration: string | undefined,
): SourceAccess {
  if (wrangler?.fault !== undefined) throw new NanoError('WRANGLER_INVALID', wrangler.fault)
  return {
    allowRead,
    configuration,
    environment: wrangler?.environment,
    assets: assets?.directory,
    assetsWithin: wrangler?.assetsWithin,
  }
}
