/** The way to the main thread's part of the fleet, which loads packages that a host without a fleet does not need. */

import type { FleetSettings } from '../config/fleet-settings.ts'
import type { FleetBindings } from './fleet-bindings.ts'
import type { ObjectFoundingOptions } from './founding.ts'
import type { Fleet, FleetOptions } from './fleet.ts'
import { loadPart, openConnection } from './open-connection.ts'

/** A host's part in its fleet. Rejects with CONFIG_INVALID. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { Fleet } = await loadPart(() => import('./fleet.ts'))
  return new Fleet(options)
}

/** What bindings share, connected or not; undefined: there is no fleet. Rejects with CONFIG_INVALID. */
export async function openFleetBindings(
  settings: FleetSettings | undefined,
  objects: ObjectFoundingOptions,
): Promise<FleetBindings | undefined> {
  if (settings === undefined) return undefined
  const connection = await openConnection(settings, objects.log)
  const { FleetBindings } = await import('./fleet-bindings.ts')
  return new FleetBindings(connection, objects)
}
