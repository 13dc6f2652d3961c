/** What the apps of a shard are made of: types only. */

import type { Dialer } from '../bindings/dialer.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { ObjectGroup } from '../durable/group.ts'
import type { LeaseClient } from '../durable/lease-client.ts'
import type { Engine } from '../engine/guest.ts'
import type { Front } from '../front/front.ts'
import type { TenantStorage } from '../front/tenant-storage.ts'
import type { Door } from '../home/door.ts'
import type { Homes } from '../home/homes.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { DurableStorage } from '../storage/durable/client.ts'
import type { RemoteCalls } from './remote-calls.ts'
import type { SharedRates } from './shared-rates.ts'
import type { Slice } from '../tenant/shard-report.ts'
import type { AppTenant, TenantServices } from '../tenant/tenant.ts'

/** What the apps of a shard share. */
export interface AppsServices extends Omit<TenantServices, 'dialer' | 'source'> {
  readonly epoch: Epoch
  /** Undefined: there is one shard. */
  readonly homes: Homes | undefined
  readonly leases: LeaseClient
  /** Undefined: the host belongs to no fleet. */
  readonly remote: RemoteCalls | undefined
  readonly rates: SharedRates | undefined
  readonly durableStorage: DurableStorage
  openDialer(deployment: Deployment): Dialer
  /** Names a request that no client sent. */
  readonly toId: () => string
  /** Ask the main thread what a deployment is made of; the answer is given to `Apps.answer`. */
  onLoad(deployment: number): void
  /** The largest request head that any app takes, in bytes, has become another. */
  onMaxHead(bytes: number): void
  /** A version is gone, which has done this. */
  onCount(slice: Slice): void
}

/** One version. It has no tenant before its first request: one that rests costs what is known of it, and nothing else. */
export interface Version {
  readonly deployment: Deployment
  readonly engine: Engine
  tenant?: AppTenant
  /** Takes its requests. */
  front?: Front | AppTenant
  /** Says which of them are served here; undefined: there is one shard. */
  door?: Door | undefined
  storage?: TenantStorage
  /** Its Durable Objects, once one was called. */
  objects?: ObjectGroup
  /** Is over when it is gone. */
  drained?: Promise<void>
}
