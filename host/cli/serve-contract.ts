/** What `serve` needs of a server. `host/server.ts` is one; no room imports a door. */

import type { Config } from '../config/config.ts'
import type { LogEntry } from '../supervisor/messages.ts'
import type { TelemetrySettings } from '../telemetry/settings.ts'
import type { Step } from './progress.ts'

export interface Server {
  readonly port: number
  /** Of the operator's listener; undefined: it is off. */
  readonly adminUrl: string | undefined
  readonly shards: number
  readonly registry: { readonly apps: readonly { readonly name: string; readonly hostname: string }[] }
  /** Drain and stop. */
  close(): Promise<void>
}

export type StartServer = (options: {
  readonly config: Config
  /** The first app answers whatever the host name. */
  readonly everyHost: boolean
  /** Where deployed apps are kept; undefined: none can be deployed. */
  readonly dataDirectory: string | undefined
  /** The token of the admin API that may do everything. */
  readonly adminToken: string | undefined
  /** Traces and series go out. */
  readonly telemetry: TelemetrySettings | undefined
  readonly log: (entry: LogEntry) => void
  /** A step that takes seconds begins. */
  readonly onProgress: (step: Step) => void
}) => Promise<Server>
