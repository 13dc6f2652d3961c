/** A configuration as a server would load it, without shards: what they would be told to serve, and what it is made of. */

import { parseConfig } from '../../host/config/parse.ts'
import type { ServedState } from '../../host/deploy/change.ts'
import { Opener } from '../../host/deploy/opener.ts'
import type { AppContent } from '../../host/image/image.ts'
import { FileApps } from '../../host/registry/from-config.ts'
import { Registry } from '../../host/registry/registry.ts'

export interface Loaded extends ServedState {
  /** Of each deployment. */
  readonly contents: readonly AppContent[]
}

/** Rejects as the server does. `file`: where the configuration is, or would be. */
export async function load(text: string, file: string): Promise<Loaded> {
  const config = parseConfig(text, file)
  using opener = new Opener({ engines: config.engines })
  const registry = new Registry({ opener })
  await new FileApps({ registry, opener, onBroken() {}, onWarning() {}, onPulled() {} }).load(config)
  const { state } = registry
  const contents = await Promise.all(state.deployments.map(({ id }) => registry.load(id)))
  return { ...state, contents }
}
