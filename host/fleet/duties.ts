/**
 * What a host does for its fleet besides serving: it says how far it is, every few seconds. The first of the hosts that are
 * there, by name, also judges rollouts and takes away artifacts that nobody names. Two that take themselves for the first
 * do no harm: what they do is done by compare-and-set.
 */

import { randomUUID } from 'node:crypto'

import type { FleetSettings } from '../config/fleet-settings.ts'
import type { FleetApp, FleetEntry } from './app-state.ts'
import { UNNAMED_MS } from './artifacts.ts'
import { pause } from './attempt.ts'
import type { FleetConnection } from './connection.ts'
import type { Failure } from './convergence.ts'
import { Heartbeats, HEARTBEAT_MS } from './heartbeats.ts'
import type { HostStatus } from './heartbeats.ts'
import { Rollouts } from './rollouts.ts'
import type { VersionAnswers } from './rollouts.ts'
import { sweep } from './sweep.ts'
import type { SweepOptions } from './sweep.ts'

export interface DutiesOptions {
  readonly settings: FleetSettings
  readonly connection: FleetConnection
  /** Of NANO. */
  readonly release: string
  readonly progress: () => { readonly revision: number; readonly failures: readonly Failure[] }
  /** Apps with a rollout, and those of them that this host serves as it says. */
  readonly judged: () => { readonly all: readonly FleetEntry[]; readonly served: readonly FleetEntry[] }
  readonly answers: () => Promise<readonly VersionAnswers[]>
  readonly commit: (app: FleetApp, before: FleetEntry) => Promise<unknown>
  readonly swept: SweepOptions
  readonly log: (entry: { level: 'info' | 'error'; app?: string; text: string }) => void
}

const SWEEP_MS = 3_600_000
const LEAVE_MS = 1000

export class Duties implements AsyncDisposable {
  readonly #options: DutiesOptions
  readonly #heartbeats: Heartbeats
  readonly #rollouts = new Rollouts()
  readonly #instance = randomUUID()
  readonly #startedAt = Date.now()
  readonly #ending = new AbortController()
  #sweptAt = Date.now()
  #isRunning = false

  constructor(options: DutiesOptions) {
    this.#options = options
    const { name, host } = options.settings
    const text = `fleet ${name}: another host is called ${host}, too; give this one another "host"`
    this.#heartbeats = new Heartbeats(options.connection, () => options.log({ level: 'error', text }))
  }

  async run(): Promise<void> {
    const { signal } = this.#ending
    this.#isRunning = true
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other; another time
      if (this.#options.connection.isConnected) await this.#beat().catch(() => undefined)
      // oxlint-disable-next-line no-await-in-loop
      await pause(HEARTBEAT_MS, signal)
    }
  }

  /** All hosts that were there in the last day; what this one says, if it is one, is of now. Rejects with FLEET_UNAVAILABLE. */
  async hosts(): Promise<readonly HostStatus[]> {
    if (this.#isRunning) await this.#say().catch(() => undefined)
    return await this.#heartbeats.all()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    const { connection, settings } = this.#options
    if (!this.#isRunning || !connection.isConnected) return
    await Promise.race([this.#heartbeats.leave(settings.host).catch(() => undefined), pause(LEAVE_MS)])
  }

  async #say(): Promise<void> {
    const { settings, release, progress, judged, answers } = this.#options
    const { served } = judged()
    const counted = served.length === 0 ? [] : await answers()
    const gates = this.#rollouts.count(served, counted, Date.now())
    const { host } = settings
    const about = { host, instance: this.#instance, release, startedAt: this.#startedAt }
    const { revision, failures } = progress()
    await this.#heartbeats.say({ ...about, revision, failures, gates })
  }

  async #beat(): Promise<void> {
    await this.#say()
    const { settings, judged } = this.#options
    const { all } = judged()
    const isJudging = settings.rollout !== undefined && all.length > 0
    const isSweeping = Date.now() - this.#sweptAt > SWEEP_MS
    if (!isJudging && !isSweeping) return
    const hosts = (await this.#heartbeats.all()).filter(({ isAlive }) => isAlive)
    const isFirst = hosts[0]?.instance === this.#instance
    if (isSweeping) this.#sweptAt = Date.now()
    if (!isFirst) return
    if (isJudging) await this.#judge(all, hosts)
    if (isSweeping) await this.#sweep()
  }

  async #judge(entries: readonly FleetEntry[], hosts: readonly HostStatus[]): Promise<void> {
    const { settings, commit, log } = this.#options
    const decisions = this.#rollouts.decide(entries, hosts, { settings: settings.rollout!, now: Date.now() })
    for (const { entry, next, text } of decisions) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await commit(next, entry)
      log({
        level: next.refused === undefined ? 'info' : 'error',
        app: next.name,
        text: `fleet: ${text}`,
      })
    }
  }

  async #sweep(): Promise<void> {
    const { settings, swept, log } = this.#options
    const count = await sweep(swept, Date.now() - UNNAMED_MS)
    if (count > 0)
      log({ level: 'info', text: `fleet ${settings.name}: ${count} artifacts went that nobody names` })
  }
}
