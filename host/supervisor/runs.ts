/** What apps do that no client asks for: at the clock's times, and with messages of queues. It follows what is served. */

import type { AppConfig } from '../config/config.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import { Schedule } from '../cron/schedule.ts'
import type { ScheduleOptions } from '../cron/schedule.ts'
import type { Run } from '../http/request-head.ts'
import type { LogEntry } from '../log/entry.ts'
import { Queues } from '../queues/queues.ts'
import type { QueueStatus } from '../queues/queues.ts'
import type { Storage } from '../storage/client.ts'

export interface RunsOptions extends Pick<ScheduleOptions, 'directory'> {
  readonly storage: Storage
  /** Have the version do it that serves an app, at the app's home. Undefined: nobody serves it. */
  readonly run: (app: string, run: Run) => Promise<RunOutcome> | undefined
  readonly log: (entry: Omit<LogEntry, 'time'>) => void
}

/** How long whoever watches waits for what queues hold. */
const STATES_MS = 1000

export class Runs {
  readonly schedule: Schedule
  readonly queues: Queues

  constructor({ directory, storage, run, log }: RunsOptions) {
    this.schedule = new Schedule({
      directory,
      run,
      log: ({ app, ...entry }) => log({ ...entry, ...(app === '' ? {} : { app }) }),
    })
    this.queues = new Queues({ storage, run, log })
  }

  /** This is what an app is from now on; undefined: it has gone. */
  set(app: string, config: AppConfig | undefined): void {
    if (config === undefined) this.schedule.remove(app)
    else this.schedule.set(app, config.triggers)
    this.queues.set(app, config?.queues)
  }

  /** What is served can be called from now on. */
  start(): void {
    this.schedule.start()
    this.queues.start()
  }

  /** What runs came to, and what queues hold, as far as the storage says. */
  async counts(): Promise<{ scheduled: Schedule['counts']; queues: readonly QueueStatus[] }> {
    return { scheduled: this.schedule.counts, queues: await this.queues.states(STATES_MS).catch(() => []) }
  }

  /** No more is begun; resolves when what apps have of queues is settled. */
  async close(): Promise<void> {
    this.schedule[Symbol.dispose]()
    await this.queues.close()
  }
}
