/** The way to the fleet's code, which loads packages that a host without a fleet does not need. */

import type { FleetSettings } from '../config/fleet-settings.ts'
import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'

const PACKAGES = ['transport-node', 'jetstream', 'kv', 'obj'].map((name) => `@nats-io/${name}`)

/** Resolves at once, connected or not. Rejects with CONFIG_INVALID when the packages are not installed. */
export async function openConnection(
  settings: FleetSettings,
  log: (text: string) => void,
): Promise<FleetConnection> {
  const { FleetConnection } = await import('./connection.ts').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const text = `fleet: expected the packages ${PACKAGES.join(', ')}, which are not installed; run npm install ${PACKAGES.join(' ')}`
    throw new NanoError('CONFIG_INVALID', text, { cause })
  })
  return new FleetConnection(settings, log)
}
