/** The way to the fleet's code, which loads packages that a host without a fleet does not need. */

import type { FleetSettings } from '../config/fleet-settings.ts'
import { NanoError } from '../errors.ts'
import type { FleetConnection } from './connection.ts'
import type { FleetBindings } from './fleet-bindings.ts'
import type { Fleet, FleetOptions } from './fleet.ts'

const PACKAGES = ['transport-node', 'jetstream', 'kv', 'obj'].map((name) => `@nats-io/${name}`)

/** A host's part in its fleet. Rejects with CONFIG_INVALID. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { Fleet } = await load(() => import('./fleet.ts'))
  return new Fleet(options)
}

/** Resolves at once, connected or not. Rejects with CONFIG_INVALID when the packages are not installed. */
export async function openConnection(
  settings: FleetSettings,
  log: (text: string) => void,
): Promise<FleetConnection> {
  const { FleetConnection } = await load(() => import('./connection.ts'))
  return new FleetConnection(settings, log)
}

async function load<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw thrown
    const text = `fleet: expected the packages ${PACKAGES.join(', ')}, which are not installed; run npm install ${PACKAGES.join(' ')}`
    throw new NanoError('CONFIG_INVALID', text, { cause: thrown })
  }
}

/** The same for what bindings share; undefined: there is no fleet. */
export async function openFleetBindings(
  settings: FleetSettings | undefined,
  log: (text: string) => void,
): Promise<FleetBindings | undefined> {
  if (settings === undefined) return undefined
  const connection = await openConnection(settings, log)
  const { FleetBindings } = await import('./fleet-bindings.ts')
  return new FleetBindings(connection)
}
