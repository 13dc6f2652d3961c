/** What the component of an app of a configuration is opened with. */

import type { AppConfig, Config } from '../config/config.ts'
import { NanoError } from '../errors.ts'
import type { SourceAccess } from './open-component.ts'

/** What of the configuration counts. */
interface Origin {
  readonly file?: Config['file'] | undefined
  readonly oci?: Config['oci'] | undefined
}

/** `configuration`: of which the app is. Throws WRANGLER_INVALID for an app whose wrangler file cannot be used. */
export function toAccess(
  { allowRead, artifact, assets, foreign, wrangler }: AppConfig,
  { file: configuration, oci }: Origin = {},
): SourceAccess {
  if (wrangler?.fault !== undefined) throw new NanoError('WRANGLER_INVALID', wrangler.fault)
  return {
    allowRead,
    configuration,
    environment: wrangler?.environment,
    assets: assets?.directory,
    assetsWithin: wrangler?.assetsWithin,
    ...(foreign !== undefined && { isForeign: true }),
    ...(artifact === undefined ? {} : { oci, followsTag: artifact.followsTag }),
  }
}
