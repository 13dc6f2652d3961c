/** A configuration as a server would load it, without shards: what they would be told to serve. */

import { parseConfig } from '../../host/config/parse.ts'
import type { ServedState } from '../../host/deploy/change.ts'
import { Opener } from '../../host/deploy/opener.ts'
import { FileApps } from '../../host/registry/from-config.ts'
import { Registry } from '../../host/registry/registry.ts'

/** Rejects as the server does. `file`: where the configuration is, or would be. */
export async function load(text: string, file: string): Promise<ServedState> {
  const config = parseConfig(text, file)
  using opener = new Opener({ engines: config.engines })
  const registry = new Registry({ opener })
  await new FileApps({ registry, opener, onBroken() {}, onWarning() {} }).load(config)
  return registry.state
}
