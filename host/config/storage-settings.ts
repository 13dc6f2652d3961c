/** Where stores are that are not the embedded ones: what the operator's configuration says, in a form that can be posted. */

import type { FleetSettings } from './fleet-settings.ts'
import type { SecretSource } from './secrets.ts'

export interface StorageSettings {
  readonly kv?: { readonly redis: RedisSettings } | { readonly fleet: FleetSettings }
  readonly r2?: { readonly s3?: S3Settings }
  /** The one that the host belongs to: its hosts share queues. */
  readonly fleet?: FleetSettings | undefined
  /** MiB of apps' own caches, all apps together. */
  readonly cachesMb?: number | undefined
}

/** A server that speaks Redis' protocol. */
export interface RedisSettings {
  /** redis:, rediss: or unix:, without a password. */
  readonly url: string
  /** Absolute path of the file that has it. */
  readonly passwordFile?: string
}

/** A store that speaks S3's protocol. */
export interface S3Settings {
  /** http: or https:, without a path. */
  readonly endpoint: string
  readonly region: string
  /** The one that has the objects of all apps. */
  readonly bucket: string
  readonly accessKeyId: SecretSource
  readonly secretAccessKey: SecretSource
}
