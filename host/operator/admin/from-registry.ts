/**
 * A deploy of what a registry has: the server pulls it, as it pulls apps of nano.json. What the artifact says of its app is
 * taken as far as an app may say it, and what whoever deploys says comes first.
 */

import { NO_BINDINGS } from '../../config/no-bindings.ts'
import { FILE_LIMITS } from '../../config/limits.ts'
import type { Limits } from '../../config/limits.ts'
import { parseReference, REFERENCE_FORM, toReferenceText } from '../../config/oci-reference.ts'
import type { Digest } from '../../config/oci-reference.ts'
import { toOwnSettings } from '../../config/take-artifact.ts'
import type { ArtifactSettings } from '../../config/take-artifact.ts'
import { NanoError } from '../../errors.ts'
import type { NewDeploy } from '../../registry/new-deploy.ts'
import type { ServedApps } from './services.ts'

interface Context {
  readonly served: Pick<ServedApps, 'pull'>
  /** What whoever deploys says. */
  readonly given: Pick<NewDeploy, 'settings' | 'keepsSettings'>
  /** Those of an app that says nothing. */
  readonly limits: Limits
}

/** Rejects with REQUEST_INVALID for what is no reference. */
export async function pullDeploy(
  text: string,
  { served, given, limits }: Context,
): Promise<Omit<NewDeploy, 'app'>> {
  const reference = parseReference(text)
  if (reference === undefined) {
    throw new NanoError('REQUEST_INVALID', `from: expected ${REFERENCE_FORM}, got ${JSON.stringify(text)}`)
  }
  const { component, sourceMap, assets, digest, settings: said } = await served.pull(text)
  const source = toReferenceText({ ...reference, digest: digest as Digest })
  const brought = { component, sourceMap, assets, source }
  if (said === undefined) return { ...given, ...brought }
  const own = toOwnSettings(JSON.parse(said) as ArtifactSettings, text)
  const warnings = [...own.warnings]
  const lower = Object.entries(own.limits).filter(([key, value]) => {
    const most = limits[FILE_LIMITS[key]!]
    if (typeof value !== 'number' || value <= most) return true
    warnings.push(`${text}: ${key} is ${value}, more than the app is given; ${most} holds`)
    return false
  })
  return {
    ...brought,
    warnings,
    settings: { ...NO_BINDINGS, ...own.settings, ...Object.fromEntries(lower), ...given.settings },
    // what is the operator's stays as it was, unless he says all
    keepsSettings: given.settings === undefined || given.keepsSettings === true,
  }
}
