/** The way to deployed apps, whose settings take a library to read that a server without them does not need. */

import type { Config } from '../config/config.ts'
import { DeployedApps } from './deployed.ts'
import type { DeployedOptions } from './deployed.ts'

export async function openDeployed(
  services: Omit<DeployedOptions, 'parse'>,
  toCurrent: () => Config,
): Promise<DeployedApps> {
  const { parseSettings } = await import('../config/parse-settings.ts')
  return new DeployedApps({ ...services, parse: (app) => parseSettings(app, toCurrent().defaults) })
}
