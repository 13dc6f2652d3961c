/** How a host reaches the fleet that it belongs to: what the operator's configuration says, in a form that can be posted. */

import type { SecretSource } from './secrets.ts'

export interface FleetSettings {
  /** Of the fleet: hosts of one name have one desired state. */
  readonly name: string
  /** Of this host; no other of the fleet has it. */
  readonly host: string
  /** nats: or tls: URLs of servers of one cluster, without a password. */
  readonly servers: readonly string[]
  /** Undefined: the servers ask for none. */
  readonly credentials?: FleetCredentials
  /** Undefined: by the URLs, with the authorities that Node knows. */
  readonly tls?: FleetTls
  /** On how many NATS nodes everything is kept; undefined: three in a cluster, one otherwise. */
  readonly replicas?: number
  /** Where the key is that settings of apps are sealed with; undefined: NATS has them in the clear. */
  readonly key?: SecretSource
  /** How a new version comes to all requests; undefined: at once. */
  readonly rollout?: RolloutSettings
}

/** Bounds of a rollout. */
export interface RolloutSettings {
  /** Percents, which grow; 100 comes after the last. */
  readonly steps: readonly number[]
  /** How long each lasts at least. */
  readonly seconds: number
  /** How many answers the new version has given in it at least. */
  readonly requests: number
  /** By how many percent points its part of answers that are errors may be above that of the version before. */
  readonly errors: number
}

/** Who a host is for NATS. They are read with each connection. */
export type FleetCredentials =
  /** Absolute path of a file with a JWT and its seed. */
  | { readonly creds: string }
  | { readonly token: SecretSource }
  | { readonly user: string; readonly password: SecretSource }

/** Absolute paths of PEM files. */
export interface FleetTls {
  /** The authorities of the servers. */
  readonly ca?: string
  /** Of this host, where the servers ask for it. */
  readonly cert?: string
  readonly key?: string
}
