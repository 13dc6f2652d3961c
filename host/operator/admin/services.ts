/** What the admin API needs of the server. */

import type { Brought } from '../../deploy/open-component.ts'
import type { Requests } from '../../deploy/opening.ts'
import type { DeployedApps } from '../../registry/deployed.ts'
import type { Registry } from '../../registry/registry.ts'
import type { LogEntry } from '../../log/entry.ts'
import type { LogRing } from '../../log/ring.ts'
import type { RunOutcome } from '../../cron/outcome.ts'
import type { ScheduledRun } from '../../http/request-head.ts'
import type { Fleet } from '../../fleet/fleet.ts'
import type { Plan } from '../../registry/plan.ts'
import type { ReloadReport } from '../../registry/reload-report.ts'
import type { Queues } from '../../queues/queues.ts'
import type { Storage } from '../../storage/client.ts'
import type { RecentErrors } from '../recent-errors.ts'
import type { ServerView } from '../server-view.ts'

/** What is served, and what was deployed. */
export interface ServedApps {
  readonly registry: Pick<Registry, 'apps' | 'expectFree' | 'purge'>
  /** Undefined: there is no data directory. */
  readonly deployed: DeployedApps | undefined
  /** Undefined: the host belongs to none. */
  readonly fleet: Fleet | undefined
  /** Where the data of bindings is. */
  readonly storage: Storage
  /** Which there are, and what they hold. */
  readonly queues: Pick<Queues, 'states' | 'of'>
  /** Call the app's scheduled handler. Undefined: nobody serves it. */
  run(app: string, run: ScheduledRun): Promise<RunOutcome | undefined>
  /** Serve what the configuration says now. Rejects with CONFIG_INVALID. */
  reload(): Promise<ReloadReport>
  /** What a reload would change, with this text in place of the file. Rejects with CONFIG_INVALID. */
  plan(text?: string): Promise<Plan>
  /** What a reference of a registry leads to; its files are kept. */
  pull(reference: string): Promise<Requests['pull']['answer']>
  /** A component that lies on the server. */
  readFile(path: string, allowRead: readonly string[]): Promise<Brought>
}

export interface AdminServices extends ServerView {
  /** Undefined: the server is starting. */
  apps(): ServedApps | undefined
  readonly errors: Pick<RecentErrors, 'of'>
  readonly logs: LogRing
  log(entry: Pick<LogEntry, 'level' | 'app' | 'text'>): void
}
