/** What `serve` needs of a server. `host/server.ts` is one; no room imports a door. */

import type { Config } from '../config/config.ts'
import type { LogEntry } from '../log/entry.ts'
import type { TelemetrySettings } from '../telemetry/settings.ts'
import type { Step } from './progress.ts'

export interface Server {
  readonly port: number
  /** Of the operator's listener; undefined: it is off. */
  readonly adminUrl: string | undefined
  readonly shards: number
  /** Every shard takes requests. */
  readonly isComplete: boolean
  /** Serve what the configuration says now; what comes of it is logged. */
  reload(): Promise<unknown>
  readonly registry: { readonly apps: readonly { readonly name: string; readonly hostname: string }[] }
  /** Drain and stop. */
  close(): Promise<void>
}

/** What is to be served, and how. */
export interface ServerSetup {
  readonly config: Config
  /** Reads the configuration again, or what stands in place of the file. */
  readonly reread?: (text?: string) => Promise<Config>
  /** Reload when what is served has changed and nothing changes for so long, in milliseconds; never unless given. */
  readonly watchMs?: number
  /** Apps are being developed: whoever asks for one that fails is told why. */
  readonly isDevelopment?: boolean
  /** The first app answers whatever the host name. */
  readonly everyHost: boolean
  /** The descriptor of a socket to serve on, in place of host and port. */
  readonly inherited?: number | undefined
  /** Where deployed apps are kept; undefined: none can be deployed. */
  readonly dataDirectory?: string | undefined
  /** Where the data of bindings is kept, if that is not the data directory. */
  readonly storageDirectory?: string | undefined
  /** The token of the admin API that may do everything. */
  readonly adminToken?: string | undefined
  /** Traces and series go out. */
  readonly telemetry?: TelemetrySettings | undefined
}

export type StartServer = (
  options: ServerSetup & {
    readonly log: (entry: LogEntry) => void
    /** A step that takes seconds begins. */
    readonly onProgress: (step: Step) => void
  },
) => Promise<Server>
