/** The way to the fleet's connection, whose packages a host without a fleet does not need. */

import type { FleetSettings } from '../config/fleet-settings.ts'
import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'

const PACKAGES = ['transport-node', 'jetstream', 'kv', 'obj'].map((name) => `@nats-io/${name}`)

/** Resolves at once, connected or not. Rejects with CONFIG_INVALID when the packages are not installed. */
export async function openConnection(
  settings: FleetSettings,
  log: (text: string) => void,
): Promise<FleetConnection> {
  const { FleetConnection } = await loadPart(() => import('./connection.ts'))
  return new FleetConnection(settings, log)
}

/** A part that needs the packages. Rejects with CONFIG_INVALID. */
export async function loadPart<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw thrown
    const text = `fleet: expected the packages ${PACKAGES.join(', ')}, which are not installed; run npm install ${PACKAGES.join(' ')}`
    throw new NanoError('CONFIG_INVALID', text, { cause: thrown })
  }
}
