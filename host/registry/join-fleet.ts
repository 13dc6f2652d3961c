/** A server becomes a host of a fleet: where its copies are, how its deployed apps are agreed and followed. */

import { join } from 'node:path'

import type { FleetSettings } from '../config/fleet-settings.ts'
import type { Opener } from '../deploy/opener.ts'
import type { DurableSecret } from '../durable/secret.ts'
import { NanoError } from '../errors.ts'
import type { Disk } from '../fleet/exchange.ts'
import type { Fleet, FleetHost, FleetOptions } from '../fleet/fleet.ts'
import type { FleetBindings } from '../fleet/fleet-bindings.ts'
import type { Joined, ObjectFoundingOptions } from '../fleet/founding.ts'
import { openFleet, openFleetBindings } from '../fleet/open.ts'
import { listObjects } from '../storage/durable/list-objects.ts'
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

/** What bindings of apps share with other hosts. */
export interface Shared {
  /** Undefined: there is this host alone. */
  readonly bindings: FleetBindings | undefined
  /** What ids of Durable Objects are made with, and what this host is among those that have some; undefined: it is not known yet. */
  readonly durable: (Partial<Joined> & Pick<Joined, 'secret'>) | undefined
  /** There is an app with Durable Objects. Throws STORAGE_FAILED. */
  keepIds(): void
}

export interface SharedOptions extends Pick<ObjectFoundingOptions, 'directory' | 'onJoined'> {
  readonly secret: DurableSecret
  readonly log: FleetOptions['log']
}

/** Rejects with CONFIG_INVALID. */
export async function openShared(
  settings: FleetSettings | undefined,
  { directory, secret, onJoined, log }: SharedOptions,
): Promise<Shared> {
  const bindings = await openFleetBindings(settings, {
    directory,
    secret: secret.bytes,
    objects: () => listObjects(directory),
    onJoined,
    log: (text) => log({ level: 'info', text }),
  })
  return {
    bindings,
    get durable() {
      return bindings === undefined ? { secret: secret.bytes } : bindings.objects.joined
    },
    keepIds: () => (bindings === undefined ? secret.keep() : bindings.objects.join()),
  }
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
