/** A server becomes a host of a fleet: where its copies are, how its deployed apps are agreed and followed. */

import { join } from 'node:path'

import type { FleetSettings } from '../config/fleet-settings.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError } from '../errors.ts'
import type { Disk } from '../fleet/exchange.ts'
import type { Fleet, FleetHost, FleetOptions } from '../fleet/fleet.ts'
import { openFleet } from '../fleet/open.ts'
import { toReport } from '../tenant/report.ts'
import type { VersionCounts } from '../tenant/shard-report.ts'
import type { DeployedApps, DeployedOptions } from './deployed.ts'
import { FleetAgreement } from './fleet-agreement.ts'

/** Where deployed apps are kept: those of a fleet apart from those of this host alone. Throws CONFIG_INVALID. */
export function toDeployedDirectory(
  fleet: FleetSettings | undefined,
  dataDirectory: string | undefined,
): string | undefined {
  if (fleet === undefined) return dataDirectory
  if (dataDirectory !== undefined) return join(dataDirectory, 'fleet', fleet.name)
  throw new NanoError(
    'CONFIG_INVALID',
    'fleet: expected a data directory, got none; give serve --data-dir <directory>',
  )
}

/** Undefined: there is none. Rejects with CONFIG_INVALID. */
export async function joinFleet(
  settings: FleetSettings | undefined,
  directory: string | undefined,
  opener: Opener,
  about: Pick<FleetOptions, 'release' | 'log'>,
): Promise<Fleet | undefined> {
  if (settings === undefined || directory === undefined) return undefined
  return await openFleet({ settings, directory, disk: toDisk(opener), ...about })
}

/** How changes are agreed. */
export function toAgreement(fleet: Fleet | undefined, opener: Opener): Pick<DeployedOptions, 'agreement'> {
  return fleet === undefined ? {} : { agreement: (become) => new FleetAgreement(fleet, opener, become) }
}

/** Deployed apps as their fleet sees them. */
export function toFleetHost(
  deployed: DeployedApps,
  count: () => Promise<readonly VersionCounts[] | undefined>,
): FleetHost {
  return {
    serving: () => deployed.all(),
    apply: (app, entry) => deployed.apply(app, entry),
    release: (app) => deployed.release(app),
    answers: async () =>
      ((await count()) ?? []).map(({ app, version, row }) => {
        const { total, failed } = toReport(app, Float64Array.from(row)).answers
        return { app, version: Number(version), total, failed }
      }),
  }
}

/** The artifacts of this host. */
function toDisk(opener: Opener): Disk {
  return {
    missing: (hashes) => opener.ask('missing', hashes),
    pack: (hash) => opener.ask('pack', hash),
    unpack: (hash, bytes) => opener.ask('unpack', { hash, bytes }),
    read: (hash) => opener.ask('read', hash),
    missingFiles: (hashes) => opener.ask('missing-files', hashes),
    readFile: (hash) => opener.ask('read-file', hash),
    putFile: (hash, bytes) => opener.ask('put-file', { hash, bytes }),
  }
}
