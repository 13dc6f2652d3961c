/** What `serve` needs of a server. `host/server.ts` is one; no room imports a door. */

import type { Config } from '../config/config.ts'
import type { LogEntry } from '../log/entry.ts'
import type { Step } from './progress.ts'

export interface Server {
  readonly port: number
  /** Of the operator's listener; undefined: it is off. */
  readonly adminUrl: string | undefined
  readonly shards: number
  /** Drain and stop. */
  close(): Promise<void>
}

export type StartServer = (options: {
  readonly config: Config
  /** The first app answers whatever the host name. */
  readonly everyHost: boolean
  readonly log: (entry: LogEntry) => void
  /** A step that takes seconds begins. */
  readonly onProgress: (step: Step) => void
}) => Promise<Server>
