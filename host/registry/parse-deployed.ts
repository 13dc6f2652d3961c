/** Settings of a deployed app. A file of its own, for it loads the schema library. */

import type { StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import { parseConfig } from '../config/parse.ts'

/** An app's settings, checked as those of a configuration are. Throws CONFIG_INVALID. */
export function parseDeployed(
  { app, hostname, settings }: Pick<StoredVersion, 'app' | 'hostname' | 'settings'>,
  file = 'nano.json',
): AppConfig {
  const written = { ...(JSON.parse(settings) as object), name: app, hostname, path: 'deployed.wasm' }
  return parseConfig(JSON.stringify({ apps: [written] }), file).apps[0]!
}
