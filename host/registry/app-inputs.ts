/** What an app of nano.json comes from, and what of it makes a difference: paths, artifacts of registries, secrets. */

import { join } from 'node:path'

import { NO_PATH } from '../config/config.ts'
import type { AppConfig, AppDefaults } from '../config/config.ts'
import { isOci } from '../config/oci-reference.ts'
import type { OciSettings } from '../config/oci-settings.ts'
import { readSecrets } from '../config/secrets.ts'
import type { ArtifactSettings } from '../config/take-artifact.ts'
import { isComponent } from '../deploy/open-component.ts'
import type { OpenComponent } from '../deploy/opening.ts'

/** What is looked at although a build may not read it. */
export function toOwnPaths(path: string): readonly string[] {
  if (path === NO_PATH || isOci(path)) return []
  return isComponent(path) ? [path, `${path}.map`] : [path, join(path, 'package.json')]
}

/** Whether both come to the same. */
export function isSame(a: OpenComponent, b: OpenComponent): boolean {
  // stand-ins are all the same
  const isOne = a.image.id === b.image.id && a.reads?.component === b.reads?.component
  return isOne && a.foreign?.hash === b.foreign?.hash
}

/** Whether both have the same files. */
export function hasSameAssets({ assets: a }: OpenComponent, { assets: b }: OpenComponent): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.from(a.buffer).equals(Buffer.from(b.buffer))
}

/** What decides what a path comes to. */
export function toReadKey(
  { path, allowRead = [], assets, foreign, wrangler, artifact }: AppConfig,
  oci?: OciSettings,
): string {
  const { environment, fault, assetsWithin } = wrangler ?? {}
  const registries = artifact === undefined ? [] : [oci, artifact.followsTag]
  const isForeign = foreign !== undefined
  const own = [path, isForeign, allowRead, assets?.directory, environment, fault, assetsWithin]
  return JSON.stringify([...own, ...registries])
}

/** With what the artifact says of itself that it has come from. */
export async function withArtifact(
  app: AppConfig,
  { pulled }: OpenComponent,
  defaults: AppDefaults | undefined,
): Promise<AppConfig> {
  if (pulled === undefined) return app
  // loads the schema library
  const { takeArtifact } = await import('../config/take-artifact.ts')
  const settings =
    pulled.settings === undefined ? undefined : (JSON.parse(pulled.settings) as ArtifactSettings)
  return takeArtifact(app, { digest: pulled.digest, settings }, defaults)
}

/** With what its secrets are now. Throws CONFIG_INVALID. */
export function withSecrets(app: AppConfig): AppConfig {
  return app.secrets === undefined ? app : { ...app, env: { ...app.env, ...readSecrets(app.secrets) } }
}
