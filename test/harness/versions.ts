/** The app that says which version it is (test/fixtures/version.ts), and ways to serve it. */

import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import type { OpenComponent } from '../../host/deploy/opening.ts'
import { fixture } from './serve.ts'
import type { AppSpec, Served } from './serve.ts'

export const toVersion = (name: string, version: string, more: Partial<AppSpec> = {}): AppSpec => ({
  name,
  hostname: `${name}.test`,
  path: fixture('version'),
  env: { VERSION: version },
  ...more,
})

/** Serve a version of a component that is open already. */
export function putOpened(
  server: Served,
  component: OpenComponent,
  name: string,
  version: string,
): Promise<number> {
  const config = {
    name,
    hostname: `${name}.test`,
    path: '',
    env: { VERSION: { type: 'text', value: version } as const },
    limits: DEFAULT_LIMITS,
  }
  return server.registry.put(config, { component })
}
