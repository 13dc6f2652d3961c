/** Settings of a deployed app. A file of its own, for it loads the schema library. */

import type { StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import { parseConfig } from '../config/parse.ts'
import { NanoError } from '../errors.ts'

/** Whoever deploys an app does not choose what the host writes to, and where it connects. */
const DRAIN_REFUSED =
  "log_drain: expected none in the settings of a deployed app, for where logs go is the operator's to say; take it out"

/** An app's settings, checked as those of a configuration are. Throws CONFIG_INVALID. */
export function parseDeployed(
  { app, hostname, settings }: Pick<StoredVersion, 'app' | 'hostname' | 'settings'>,
  file = 'nano.json',
): AppConfig {
  const given = JSON.parse(settings) as object
  if ('log_drain' in given) throw new NanoError('CONFIG_INVALID', DRAIN_REFUSED)
  const written = { ...given, name: app, hostname, path: 'deployed.wasm' }
  return parseConfig(JSON.stringify({ apps: [written] }), file).apps[0]!
}
