/**
 * What apps do that no client asks for: at the clock's times, with messages of queues, at alarms of objects; and what becomes of data that
 * they have deleted. It follows what is served.
 */

import type { AppConfig } from '../config/config.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import { Schedule } from '../cron/schedule.ts'
import type { ScheduleOptions } from '../cron/schedule.ts'
import { AlarmClock } from '../durable/alarm-clock.ts'
import { DeletedData } from '../durable/deleted-data.ts'
import { DurableClasses } from '../durable/durable-classes.ts'
import type { Run } from '../http/request-head.ts'
import type { LogEntry } from '../log/entry.ts'
import { Queues } from '../queues/queues.ts'
import type { QueueStatus } from '../queues/queues.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { Alarm } from '../storage/alarms/open.ts'
import { askStore } from '../storage/ask.ts'
import type { Storage } from '../storage/client.ts'
import { forgetData } from '../storage/forget.ts'

export interface RunsOptions extends Pick<ScheduleOptions, 'directory' | 'claims'> {
  readonly storage: Storage
  /** The deployment that serves an app. */
  readonly servingOf: (app: string) => number | undefined
  /** Have an app do it, at its home. Undefined: no shard listens. */
  readonly run: (app: string, run: DeployedRun) => Promise<RunOutcome> | undefined
  /** The same of an object. */
  readonly ring: (object: RungObject, run: DeployedRun) => Promise<RunOutcome> | undefined
  /** Whether a version, or an object in memory, has this data of a class. */
  readonly isReached: (key: string) => boolean
  readonly log: (entry: Omit<LogEntry, 'time'>) => void
}

/** Something to do, and the version that is to do it. */
export interface DeployedRun {
  readonly deployment: number
  readonly run: Run
}

/** A Durable Object, for who has no binding to it. */
export interface RungObject {
  /** What the data of its class is called. */
  readonly namespace: string
  readonly facts: ObjectFacts
}

/** How long whoever watches waits for what queues hold. */
const STATES_MS = 1000
/** How long the index of alarms may take. */
const ALARMS_MS = 10_000

export class Runs {
  readonly schedule: Schedule
  readonly queues: Queues
  readonly #alarms: AlarmClock
  readonly #classes = new DurableClasses()
  readonly #deleted: DeletedData
  #isStarted = false

  constructor({ directory, claims, storage, servingOf, run: runApp, ring, isReached, log }: RunsOptions) {
    const run = (app: string, what: Run): Promise<RunOutcome> | undefined => {
      const deployment = servingOf(app)
      return deployment === undefined ? undefined : runApp(app, { deployment, run: what })
    }
    this.schedule = new Schedule({
      directory,
      claims,
      run,
      log: ({ app, ...entry }) => log({ ...entry, ...(app === '' ? {} : { app }) }),
    })
    this.queues = new Queues({ storage, run, log })
    this.#deleted = new DeletedData({ isReached, erase: (env) => forgetData(storage, env), log })
    this.#alarms = new AlarmClock({
      async due(before, limit) {
        const args = { before, limit }
        const request = { kind: 'alarms', key: '', op: 'due', args, body: new Uint8Array(0) }
        return (await askStore(storage, request, ALARMS_MS)).meta as Alarm[]
      },
      ring: ({ key: namespace, id, name, time: scheduledTime }, retryCount) => {
        const callee = this.#classes.find(namespace)
        const deployment = callee && servingOf(callee.app)
        if (deployment === undefined) return undefined
        const facts = { className: callee!.entrypoint, id, ...(name !== null && { name }) }
        return ring({ namespace, facts }, { deployment, run: { alarm: { scheduledTime, retryCount } } })
      },
    })
  }

  /** This is what an app is from now on; undefined: it has gone. Gives whether it has Durable Objects. */
  set(app: string, config: AppConfig | undefined): boolean {
    if (config === undefined) this.schedule.remove(app)
    else this.schedule.set(app, config.triggers)
    this.queues.set(app, config?.queues)
    this.#deleted.set(app, config?.deletedData)
    const hasObjects = this.#classes.set(app, config?.env)
    this.#startAlarms()
    return hasObjects
  }

  /** An object has set its alarm. */
  alarmSet(time: number): void {
    this.#alarms.heard(time)
  }

  /** What is served can be called from now on. */
  start(): void {
    this.schedule.start()
    this.queues.start()
    this.#deleted.start()
    this.#isStarted = true
    this.#startAlarms()
  }

  /** What runs came to, and what queues hold, as far as the storage says. */
  async counts(): Promise<{ scheduled: Schedule['counts']; queues: readonly QueueStatus[] }> {
    return { scheduled: this.schedule.counts, queues: await this.queues.states(STATES_MS).catch(() => []) }
  }

  /** No more is begun; resolves when what apps have of queues is settled. */
  async close(): Promise<void> {
    this.schedule[Symbol.dispose]()
    this.#alarms[Symbol.dispose]()
    this.#deleted[Symbol.dispose]()
    await this.queues.close()
  }

  /** Who has no class has no alarms. */
  #startAlarms(): void {
    if (this.#isStarted && this.#classes.size > 0) this.#alarms.start()
  }
}
