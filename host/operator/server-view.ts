/** What the operator's listener sees of the server. */

import type { TenantReport } from '../tenant/report.ts'
import type { TurnReport } from '../tenant/turn-times.ts'

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
  count(): Promise<{ readonly tenants: readonly TenantReport[]; readonly turns: TurnReport | undefined }>
}
