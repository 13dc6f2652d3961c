/** What the operator's listener sees of the server. */

import type { HostSnapshot } from '../telemetry/snapshot.ts'
import type { TenantReport } from '../tenant/report.ts'

export interface ServerView {
  state(): {
    /** Shards that there should be, and those that listen. */
    readonly wanted: number
    readonly listening: number
    readonly restarts: number
    /** The server drains. */
    readonly isClosing: boolean
  }
  /** What was done since the start; answers within seconds, whatever the shards do. */
  count(): Promise<HostSnapshot>
  /** What these apps did; those that did nothing are not among them. */
  tenants(names: ReadonlySet<string>): Promise<readonly TenantReport[]>
}
