/**
 * A host's part in its fleet: it watches the desired state and becomes what that wants, agrees changes with the others by
 * compare-and-set, and says how far it is.
 *
 *     alone     no NATS server can be reached: it serves what it knows; changes are refused
 *     watching  all that there is was compared once; each change comes as it is made
 *     refusing  the state is another one than the one that it knew (identity.ts): as `alone`
 *
 *     alone --connected, compared--> watching --connection lost, a change missed--> alone --...
 *
 * Holds: after each way into `watching` everything was compared, so that nothing that was missed stays so.
 */

import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { FleetSettings } from '../config/fleet-settings.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toStored } from './app-state.ts'
import type { FleetApp, FleetEntry } from './app-state.ts'
import { FleetArtifacts, UNNAMED_MS } from './artifacts.ts'
import { pause, toUnavailable } from './attempt.ts'
import { FleetConnection } from './connection.ts'
import { Convergence, pauseLonger } from './convergence.ts'
import type { Wanted } from './convergence.ts'
import { Duties } from './duties.ts'
import { Exchange } from './exchange.ts'
import type { Disk } from './exchange.ts'
import type { HostStatus } from './heartbeats.ts'
import type { FleetState } from './view.ts'
import { expectState } from './identity.ts'
import type { VersionAnswers } from './rollouts.ts'
import { toSeal } from './seal.ts'
import { DesiredState } from './state.ts'
import type { Told } from './state.ts'

/** What serves on this host, of the fleet. */
export interface FleetHost {
  /** As it is, with the revision that it comes from. */
  serving(): Iterable<StoredApp>
  /** Becomes what the fleet says; undefined: the app goes. */
  apply(app: string, entry: FleetEntry | undefined): Promise<void>
  /** Its host name is free until it is applied again. */
  release(app: string): Promise<void>
  /** What versions have answered since the start. */
  answers(): Promise<readonly VersionAnswers[]>
}

export interface FleetOptions {
  readonly settings: FleetSettings
  /** Where this host has its copy of the state, and artifacts. */
  readonly directory: string
  readonly disk: Disk
  /** Of NANO. */
  readonly release: string
  readonly log: (entry: { level: 'info' | 'warn' | 'error'; app?: string; text: string }) => void
}

/** For a host that starts, until it is as the fleet wants it. */
const START_MS = 30_000
/** For the servers to be reached, when it starts. */
const REACH_MS = 3000
const PAUSE_MS = 1000
/** From the first artifact to the app's entry. */
const MOST_COMMIT_MS = UNNAMED_MS / 4
/** How often it is looked whether a change was missed. */
const CHECK_MS = 5000

export class Fleet implements AsyncDisposable {
  readonly connection: FleetConnection
  readonly #options: FleetOptions
  readonly #state: DesiredState
  readonly #exchange: Exchange
  readonly #convergence: Convergence<string>
  readonly #duties: Duties
  readonly #ending = new AbortController()
  /** What is said of each app, by the change that it comes from. */
  readonly #entries = new Map<string, { readonly revision: number; readonly value: string }>()
  #host: FleetHost | undefined
  #watch: { stop(): void } | undefined
  /** The last change that was told. */
  #last = 0
  #isWatching = false
  #problem: string | undefined
  readonly #compared = Promise.withResolvers<void>()

  /** Throws CONFIG_INVALID for a key that is no good. */
  constructor(options: FleetOptions) {
    const { settings, disk, log } = options
    this.#options = options
    this.connection = new FleetConnection(settings, (text) => log({ level: 'info', text }))
    this.#state = new DesiredState(this.connection, toSeal(settings))
    const artifacts = new FleetArtifacts(this.connection)
    this.#exchange = new Exchange(artifacts, disk)
    this.#convergence = new Convergence({
      apply: (app, wanted) => this.#apply(app, wanted),
      release: (app) => this.#host!.release(app),
      onFailure: ({ app, code, reason }) => log({ level: 'error', app, text: `fleet: ${code}: ${reason}` }),
      pause: pauseLonger,
    })
    this.#duties = new Duties({
      ...options,
      connection: this.connection,
      progress: () => this.#convergence,
      judged: () => this.#toJudged(),
      answers: () => this.#host!.answers(),
      commit: (app, before) => this.commit(app, before),
      swept: {
        artifacts,
        entries: () => this.#state.all(),
        filesOf: (assets) => this.#exchange.filesOf(assets),
      },
    })
    this.connection.onChange((isConnected) => {
      if (!isConnected) this.#leaveWatch()
    })
  }

  get settings(): FleetSettings {
    return this.#options.settings
  }

  /** Why it is not. */
  get problem(): string | undefined {
    return this.#isWatching ? undefined : this.#problem
  }

  get state(): FleetState {
    if (this.#isWatching) return 'watching'
    return this.#problem !== undefined && this.connection.isConnected ? 'refusing' : 'alone'
  }

  get counts(): { isWatching: boolean; last: number; revision: number; failed: number } {
    const { revision, failures } = this.#convergence
    return { isWatching: this.#isWatching, last: this.#last, revision, failed: failures.length }
  }

  /** All hosts that were there in the last day. Rejects with FLEET_UNAVAILABLE. */
  hosts(): Promise<readonly HostStatus[]> {
    return this.#duties.hosts()
  }

  /** The last change that is known here. */
  get last(): number {
    return this.#last
  }

  /** How far this host is. */
  get progress(): Pick<Convergence<string>, 'revision' | 'failures'> {
    return this.#convergence
  }

  /** What is said of the apps, by name. */
  get entries(): ReadonlyMap<string, { readonly revision: number; readonly value: string }> {
    return this.#entries
  }

  /** What is said of an app, unless that is only what serves; undefined, too, when it cannot be read. */
  look(app: string, serving: StoredApp | undefined): FleetEntry | undefined {
    const entry = this.#entries.get(app)
    if (entry === undefined || (serving?.revision === entry.revision && !isBeingJudged(entry.value)))
      return undefined
    try {
      return { app: this.#state.decode(app, entry.value), revision: entry.revision }
    } catch {
      return undefined
    }
  }

  /**
   * Resolves when this host is as the fleet wants it; when that takes long, or the fleet cannot be reached, before: it goes on
   * then.
   */
  async start(host: FleetHost): Promise<void> {
    this.#host = host
    void this.#run()
    const reached = await this.connection.firstWithin(REACH_MS)
    if (reached === undefined) {
      const { name } = this.settings
      const text = `fleet ${name}: no NATS server can be reached; what is known of it is served, and nothing can be deployed until one can`
      return this.#options.log({ level: 'warn', text })
    }
    const converged = this.#compared.promise.then(() => this.#convergence.rests())
    await Promise.race([converged, pause(START_MS)])
  }

  /** Knows what is said of each app, and becomes nothing of it. Rejects with FLEET_UNAVAILABLE. */
  async observe(): Promise<void> {
    this.#expectUsable()
    const nothing = async (): Promise<void> => {}
    this.#host = { serving: () => [], apply: nothing, release: nothing, answers: async () => [] }
    void this.#follow().catch((thrown: unknown) => this.#fail(toNanoError(thrown)))
    await Promise.race([this.#compared.promise, pause(START_MS, this.#ending.signal)])
  }

  /** As all hosts are to serve it now; undefined: there is no such app. Rejects with FLEET_UNAVAILABLE. */
  async read(app: string): Promise<FleetEntry | undefined> {
    this.#expectUsable()
    return await this.#state.read(app)
  }

  /**
   * Agrees with the others that the app is this from now on. Resolves when a majority of NATS nodes has it, with all that it is
   * made of. Rejects with FLEET_CONFLICT when somebody has changed it since, APP_CONFLICT, FLEET_UNAVAILABLE.
   */
  async commit(app: FleetApp, before: FleetEntry | undefined): Promise<FleetEntry> {
    this.#expectUsable()
    const begun = Date.now()
    const known = new Set(before?.app.versions.map(({ number }) => number))
    const added = app.versions.filter(({ number }) => !known.has(number))
    // those that are to serve, too: they may have been there for long
    const serving = [app.active, app.canary?.version]
    const sent = app.versions.filter((version) => added.includes(version) || serving.includes(version.number))
    for (const version of sent) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#send(version, added.includes(version))
    }
    const [had, has] = [toHostname(before?.app), toHostname(app)]
    // what was put may have gone again
    if (Date.now() - begun > MOST_COMMIT_MS) throw toUnavailable(new Error('the artifacts took too long'))
    if (has !== undefined) await this.#state.claim(has, app.name)
    const revision = await this.#state.write(app, before)
    if (had !== undefined && had !== has) await this.#state.release(had, app.name).catch(() => undefined)
    return { app, revision }
  }

  /** Agrees with the others that the app goes. Rejects with FLEET_CONFLICT, FLEET_UNAVAILABLE. */
  async remove(entry: FleetEntry): Promise<void> {
    this.#expectUsable()
    await this.#state.remove(entry)
    const hostname = toHostname(entry.app)
    if (hostname !== undefined) await this.#state.release(hostname, entry.app.name).catch(() => undefined)
  }

  /** All that the version is made of is on this host when it resolves. Rejects with ARTIFACT_BROKEN, FLEET_UNAVAILABLE. */
  async bring(version: StoredVersion): Promise<void> {
    await this.#exchange.bring(version)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    this.#leaveWatch()
    await this.#duties[Symbol.asyncDispose]()
    await this.connection[Symbol.asyncDispose]()
  }

  /** A version that is there already need not be on this host. */
  async #send(version: StoredVersion, isNew: boolean): Promise<void> {
    if (!isNew) await this.bring(version)
    await this.#exchange.send(version)
  }

  #expectUsable(): void {
    // throws when there is no connection
    void this.connection.client
    if (this.#problem !== undefined && !this.#isWatching)
      throw new NanoError('FLEET_UNAVAILABLE', `fleet ${this.settings.name}: ${this.#problem}`)
  }

  #leaveWatch(): void {
    this.#isWatching = false
    this.#watch?.stop()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    void this.#check()
    void this.#duties.run()
    while (!signal.aborted) {
      if (this.connection.isConnected) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await this.#follow().catch((thrown: unknown) => this.#fail(toNanoError(thrown)))
        this.#isWatching = false
      }
      // oxlint-disable-next-line no-await-in-loop
      await pause(this.connection.isConnected ? PAUSE_MS / 4 : PAUSE_MS, signal)
    }
  }

  /** Compares all that there is, and takes each change, until the watch ends. */
  async #follow(): Promise<void> {
    const { directory } = this.#options
    const id = await this.#state.open()
    const revisions = [...this.#host!.serving()].map(({ revision = 0 }) => revision)
    expectState(directory, id, await this.#state.lastRevision(), Math.max(0, ...revisions))
    const watch = await this.#state.watch()
    this.#watch = watch
    const seen = new Set<string>()
    for await (const told of watch) {
      if (told.app !== undefined && told.value !== undefined) seen.add(told.app)
      this.#take(told)
      // oxlint-disable-next-line no-await-in-loop -- what comes after the list waits for it
      if (!this.#isWatching && told.isLast) await this.#complete(seen, told.revision)
      if (this.#isWatching) this.#convergence.told(told.revision)
    }
  }

  #take({ app, value, revision }: Told): void {
    this.#last = Math.max(this.#last, revision)
    if (app === undefined) return
    if (value === undefined) this.#entries.delete(app)
    else this.#entries.set(app, { value, revision })
    this.#convergence.want(app, { goal: value, revision })
  }

  /**
   * All that there is was told: what was not is not there, unless it was changed while the list came. Then what it is now comes
   * after the list.
   */
  async #complete(seen: ReadonlySet<string>, revision: number): Promise<void> {
    const known = [...this.#host!.serving()].map(({ name }) => name)
    for (const app of new Set([...known, ...this.#entries.keys()])) {
      if (seen.has(app)) continue
      // oxlint-disable-next-line no-await-in-loop -- few, if any
      if ((await this.#state.read(app)) !== undefined) continue
      this.#take({ app, value: undefined, revision, isLast: true })
    }
    this.#isWatching = true
    this.#problem = undefined
    this.#compared.resolve()
  }

  async #apply(name: string, { goal, revision }: Wanted<string>): Promise<void> {
    const host = this.#host!
    if (goal === undefined) return await host.apply(name, undefined)
    const app = this.#state.decode(name, goal)
    await host.apply(name, { app, revision })
  }

  /** A change that the bucket has, and that was not told for a while, was missed. */
  async #check(): Promise<void> {
    const { signal } = this.#ending
    let seen = 0
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop
      await pause(CHECK_MS, signal)
      if (!this.#isWatching || signal.aborted) continue
      const before = seen
      // oxlint-disable-next-line no-await-in-loop
      const last = await this.#state.lastRevision().catch(() => 0)
      seen = this.#last
      if (last > seen && before === seen) {
        this.#say('a change was missed; comparing everything')
        this.#leaveWatch()
      }
    }
  }

  /** Apps with a rollout, and those of them that this host serves as it says. */
  #toJudged(): { all: readonly FleetEntry[]; served: readonly FleetEntry[] } {
    const judged = [...this.#entries].filter(([, { value }]) => value.includes('"rollout":'))
    if (judged.length === 0) return { all: [], served: [] }
    const all = judged.flatMap(([name]) => this.look(name, undefined) ?? [])
    const revisions = new Map([...this.#host!.serving()].map(({ name, revision }) => [name, revision]))
    return { all, served: all.filter(({ app, revision }) => revisions.get(app.name) === revision) }
  }

  #fail({ code, message }: NanoError): void {
    this.#say(message)
    // it stays so: nobody waits for it
    if (code === 'FLEET_STATE_INVALID') this.#compared.resolve()
  }

  #say(text: string): void {
    if (text !== this.#problem)
      this.#options.log({ level: 'error', text: `fleet ${this.settings.name}: ${text}` })
    this.#problem = text
  }
}

/** Without reading it: what a text of it holds has other quotes. */
function isBeingJudged(value: string): boolean {
  return value.includes('"rollout":') || value.includes('"refused":')
}

/** The host name that the app has. */
function toHostname(app: FleetApp | undefined): string | undefined {
  return app && toStored({ app, revision: 0 })?.active.hostname
}
