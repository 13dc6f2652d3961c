/**
 * What a checked configuration is: every default filled in, every path absolute, host names in canonical spelling.
 * Only the parser makes one from a file; nothing else in the host reads nano.json.
 */

import type { AssetSettings } from '../assets/manifest.ts'
import type { Triggers } from '../cron/outcome.ts'
import type { AppQueues } from './app-queues.ts'
import type { EgressSettings } from '../egress/policy.ts'
import type { StickyBy } from '../http/sticky-key.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { DatabaseConfig } from './databases.ts'
import type { DataNames } from './class-data.ts'
import type { Env } from './env.ts'
import type { ForeignSettings } from './foreign-settings.ts'
import type { FleetSettings } from './fleet-settings.ts'
import type { Limits } from './limits.ts'
import type { OciSettings } from './oci-settings.ts'
import type { Secrets } from './secrets.ts'
import type { StorageSettings } from './storage-settings.ts'

/** One app as the operator wants it served. */
export interface AppConfig {
  readonly name: string
  /** Canonical, see host-name.ts. */
  readonly hostname: string
  /** Absolute: a `.wasm`, a source file or a directory with an index file; or a reference of a registry; NO_PATH: there is none. */
  readonly path: string
  /** Absolute paths of files and directories that a build may read besides the app's own; undefined: none. */
  readonly allowRead?: readonly string[]
  readonly env: Env
  /** Its D1 databases; undefined: it has none, or was deployed. */
  readonly databases?: readonly DatabaseConfig[]
  readonly limits: Limits
  /** Where its fetches may go; undefined: to public addresses. Every entry is one that the policy can read. */
  readonly egress?: EgressSettings
  /** Members of its env that are read when it is put. */
  readonly secrets?: Secrets
  /** Its queues; undefined: it has none. */
  readonly queues?: AppQueues
  /** When the clock calls it; undefined: never. */
  readonly triggers?: Triggers
  /** Where its part of the log goes besides the server's own. */
  readonly logDrain?: LogDrain
  /** What tells its clients apart when two of its versions share them; undefined: their addresses. */
  readonly stickyBy?: StickyBy
  /** Files that are served without the app; undefined: it has none. */
  readonly assets?: AssetSettings
  /** The most MiB of responses that are given again without asking it; undefined: none are. */
  readonly responseCacheMb?: number
  /** What has a memory of its own; undefined: an instance, which serves many requests. */
  readonly isolation?: Isolation
  /** Apps of other hosts of the fleet that may call it; undefined: none. */
  readonly calledBy?: readonly string[]
  /** What the data of its classes is called, where that is not the name of the class. */
  readonly dataNames?: DataNames
  /** Names in the store of data of classes that it has deleted. */
  readonly deletedData?: readonly string[]
  /** Its component is from elsewhere; undefined: it is not, and one that is is refused. */
  readonly foreign?: ForeignSettings
  /** Its path is a folder, whose wrangler file says what is not said of it elsewhere. */
  readonly wrangler?: WranglerOutcome
  /** Its path is a reference of a registry. */
  readonly artifact?: ArtifactSource
}

/** An app that comes from a registry. */
export interface ArtifactSource {
  /** What nano.json says of it, as it spells it. */
  readonly given: object
  /** What paths in there are relative to. */
  readonly base: string
  /** What the tag leads to is asked again. */
  readonly followsTag: boolean
  /** What the reference has led to; undefined: it has not been pulled. */
  readonly digest?: string
  /** What does not hold of what it says of itself, a line each. */
  readonly warnings?: readonly string[]
}

/** What the wrangler file of an app's folder came to. */
export interface WranglerOutcome {
  /** Which of its environments. */
  readonly environment: string | undefined
  /** Absolute: those that were looked for. One that changes changes the app. */
  readonly files: readonly string[]
  /** What of it does not hold, a line each. */
  readonly warnings: readonly string[]
  /** Why the app cannot be served. */
  readonly fault?: string
  /** It says where the app's files are, and they have to lie in one of these. */
  readonly assetsWithin?: readonly string[]
}

export type Isolation = 'instance' | 'request'

/** Where an app's lines go: a file, or an endpoint that takes them by POST. `{app}` stands for the app's name. */
export type LogDrain =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }

/** What an app does not say itself. */
export interface AppDefaults {
  readonly limits: Limits
  readonly egress?: EgressSettings
}

/** Where the operator's listener is. */
export interface AdminConfig {
  readonly host: string
  readonly port: number
  /** Absolute path of a Unix socket, in place of host and port. */
  readonly socket?: string
  /** Absolute path of the file that says who may do what. */
  readonly tokensFile?: string
}

/** A certificate and its key: absolute paths of PEM files. */
export interface TlsFiles {
  /** The certificate, followed by those that lead to its root. */
  readonly cert: string
  readonly key: string
}

/** The whole of nano.json. */
export interface Config {
  /** Absolute path of the file; undefined when there is none. */
  readonly file?: string
  readonly port: number
  readonly host: string
  /** The apps' port is encrypted; the first is for clients whose name no certificate has. Undefined: it is not. */
  readonly tls?: readonly TlsFiles[]
  /** Undefined: the command line or the machine decides. */
  readonly shards?: number
  readonly connectionLimits: ConnectionLimits
  /** Addresses and ranges of proxies that are believed about their clients; undefined: nobody is. */
  readonly trustedProxies?: readonly string[]
  /** Every app's fetches may reach this machine's loopback. */
  readonly allowLoopback?: boolean
  /** Of apps that name none. */
  readonly logDrain?: LogDrain
  /** The most MiB of apps' images that are kept in memory. Undefined: the default. */
  readonly imageCacheMb?: number
  /** The most MiB of apps' own caches, all apps together. Undefined: the default. */
  readonly cachesMb?: number
  /** Live instances on each shard, beyond which those go that rest. Undefined: the default, or what there is room for. */
  readonly liveInstances?: number
  /** MiB of their memory, beyond which the same holds. Undefined: a part of the machine's. */
  readonly liveMemoryMb?: number
  /** A line in the log for each request. Undefined: none. */
  readonly accessLog?: boolean
  /** False: there is no operator's listener. Undefined: on the default port, or on another when that is taken. */
  readonly admin?: AdminConfig | false
  readonly apps: readonly AppConfig[]
  /** Of apps that are deployed, too; undefined: NANO's own. */
  readonly defaults?: AppDefaults
  /** Absolute path of the directory where deployed apps are kept; undefined: nothing was said. */
  readonly dataDirectory?: string
  /** Where the data of bindings is that is not in the data directory. */
  readonly storage?: StorageSettings
  /** Registries that apps come from. */
  readonly oci?: OciSettings
  /** The fleet that the host belongs to; undefined: to none. */
  readonly fleet?: FleetSettings
  /** Hashes of engines that are served besides those of the release. */
  readonly engines?: readonly string[]
}

/** Of an app that was deployed, or is files alone. */
export const NO_PATH = ''

/** What an app may be called. */
export const APP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Of responses that are given again, unless an app says otherwise. */
export const DEFAULT_CACHE_MB = 64

/** As in wrangler's files: what JavaScript calls an identifier. */
export const BINDING_NAME = /^[A-Za-z_$][\w$]{0,127}$/

/** Where the configuration and the command line say nothing. */
export const DEFAULTS = { port: 3000, host: '127.0.0.1' } as const

/** Where the operator's listener is when nobody says anything. */
export const DEFAULT_ADMIN: AdminConfig = { host: '127.0.0.1', port: 3001 }

/** What the server's own numbers may be. */
export const RANGES = {
  port: [0, 65535],
  shards: [1, 256],
} as const satisfies Record<string, readonly [number, number]>
