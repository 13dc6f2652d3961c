/**
 * The fleet's desired state: a KV bucket of NATS with one entry for each app, one for each host name that an app has, and
 * one that names the state itself.
 *
 *     fleet          { id }           made with the bucket
 *     app.<name>     app-record.ts    changed by compare-and-set
 *     route.<host>   { app }          taken by whoever is first; free again when its app does not name it any more
 *
 * Reads and writes go to the bucket's leader. Holds: a change that resolves is kept by a majority of the bucket's replicas.
 * One whose answer does not come is asked after, by the name that it has (`change`), until it is known what became of it.
 */

import { randomUUID } from 'node:crypto'

import { JetStreamApiError } from '@nats-io/jetstream'
import type { KV, KvWatchEntry } from '@nats-io/kv'
import { headers as createHeaders } from '@nats-io/transport-node'

import { NanoError } from '../errors.ts'
import { decodeApp, encodeApp } from './app-record.ts'
import type { FleetApp, FleetEntry } from './app-state.ts'
import { attempt, pause, toUnavailable } from './attempt.ts'
import type { FleetConnection } from './connection.ts'
import type { Seal } from './seal.ts'

/** For a change whose answer does not come. */
const MOST_MS = 20_000
const PAUSE_MS = 250
/** How long a host name belongs to a change that is on its way. */
const CLAIM_MS = 60_000
/** Of the most that the servers take in one message. */
const WORTH = 0.9

const APP = 'app.'
const ROUTE = 'route.'
const IDENTITY = 'fleet'

/** Something that is told of the bucket. */
export interface Told {
  readonly revision: number
  /** Undefined: it is of no app. */
  readonly app: string | undefined
  /** Undefined: the app has gone. */
  readonly value: string | undefined
  /** It, or what comes after it, is no part of what there was at the beginning. */
  readonly isLast: boolean
}

export class DesiredState {
  readonly #connection: FleetConnection
  readonly #seal: Seal | undefined
  readonly #bucket: string

  constructor(connection: FleetConnection, seal: Seal | undefined) {
    this.#connection = connection
    this.#seal = seal
    this.#bucket = `nano-${connection.settings.name}`
  }

  /** Makes the bucket, if there is none. Resolves to what names the state. */
  async open(): Promise<string> {
    const bucket = await this.#open(true)
    const known = await bucket.get(IDENTITY)
    if (known !== null) return known.json<{ id: string }>().id
    const id = randomUUID()
    try {
      await bucket.create(IDENTITY, JSON.stringify({ id }))
      return id
    } catch (error) {
      if (isTaken(error)) return await this.open()
      throw error
    }
  }

  /** The last change of the bucket. */
  async lastRevision(): Promise<number> {
    const { streamInfo } = await (await this.#open()).status()
    return streamInfo.state.last_seq
  }

  /** All that there is, then each change as it comes. */
  async watch(): Promise<AsyncIterable<Told> & { stop(): void }> {
    const entries = await (await this.#open()).watch()
    return {
      stop: () => entries.stop(),
      async *[Symbol.asyncIterator]() {
        for await (const entry of entries) yield toTold(entry)
      },
    }
  }

  /** What is said of each app, now. Rejects with FLEET_UNAVAILABLE. */
  async all(): Promise<readonly string[]> {
    const values: string[] = []
    const watch = await this.#ask(() => this.watch())
    for await (const { app, value, isLast } of watch) {
      if (app !== undefined && value !== undefined) values.push(value)
      if (isLast) watch.stop()
    }
    return values
  }

  /** As the leader has it; undefined: there is no such app. Rejects with FLEET_UNAVAILABLE, FLEET_STATE_INVALID. */
  async read(name: string): Promise<FleetEntry | undefined> {
    const entry = await this.#ask(async () => (await this.#open()).get(toKey(APP, name)))
    if (entry === null || entry.operation !== 'PUT') return undefined
    return { app: this.decode(name, entry.string()), revision: entry.revision }
  }

  /** Throws FLEET_STATE_INVALID. */
  decode(name: string, value: string): FleetApp {
    return decodeApp(name, value, this.#seal).app
  }

  /**
   * The app is this from now on, unless somebody has changed it since `before`: then it rejects with FLEET_CONFLICT.
   * Resolves to the revision.
   */
  async write(app: FleetApp, before: FleetEntry | undefined): Promise<number> {
    const key = toKey(APP, app.name)
    const change = randomUUID()
    const value = encodeApp(app, change, this.#seal)
    this.#expectFits(app.name, value)
    return await this.#settle(
      async () => {
        return await this.#change(key, value, before?.revision)
      },
      async () => {
        const entry = await (await this.#open()).get(key)
        const isOwn =
          entry?.operation === 'PUT' && decodeApp(app.name, entry.string(), this.#seal).change === change
        return isOwn ? entry.revision : undefined
      },
      app.name,
    )
  }

  /** The app goes. Rejects with FLEET_CONFLICT. */
  async remove({ app, revision }: FleetEntry): Promise<void> {
    const key = toKey(APP, app.name)
    await this.#settle(
      async () => {
        return await this.#change(key, undefined, revision)
      },
      async () => {
        const entry = await (await this.#open()).get(key)
        // whoever did it, it has gone
        return entry?.operation === 'PUT' ? undefined : revision
      },
      app.name,
    )
  }

  /**
   * The host name is the app's from now on. Rejects with APP_CONFLICT when it is another one's that names it, or may be about
   * to.
   */
  async claim(hostname: string, app: string): Promise<void> {
    const key = toKey(ROUTE, hostname)
    const value = JSON.stringify({ app })
    const take = async (): Promise<void> => {
      const bucket = await this.#open()
      const entry = await bucket.get(key)
      if (entry === null || entry.operation !== 'PUT') return void (await this.#change(key, value))
      const holder = entry.json<{ app: string }>().app
      if (holder !== app) await this.#expectFree(hostname, holder, app, entry.created)
      // its own, too: so that it is seen to be on its way
      await this.#change(key, value, entry.revision)
    }
    await this.#ask(take).catch((thrown: unknown) => {
      if (!isTaken(thrown)) throw thrown
      throw new NanoError('FLEET_CONFLICT', `the host name ${hostname} was taken at the same time; try again`)
    })
  }

  /** The host name is nobody's, if it is the app's. */
  async release(hostname: string, app: string): Promise<void> {
    const bucket = await this.#open()
    const entry = await bucket.get(toKey(ROUTE, hostname))
    if (entry?.operation !== 'PUT' || entry.json<{ app: string }>().app !== app) return
    await this.#change(toKey(ROUTE, hostname), undefined, entry.revision)
  }

  /**
   * An entry of this revision is this from now on, undefined: it goes; without a revision one that is not there. Gives the new one. The
   * last change of the bucket is part of the condition: in a cluster, servers of 2.9 may let two changes of one entry through that come at
   * the same time, and of the bucket one.
   */
  async #change(key: string, value: string | undefined, revision?: number): Promise<number> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- until nobody changes something else meanwhile
      const lastSequence = await this.lastRevision()
      // oxlint-disable-next-line no-await-in-loop
      const entry = await (await this.#open()).get(key)
      if (revision === undefined ? entry?.operation === 'PUT' : entry?.revision !== revision)
        throw new Taken()
      const headers = createHeaders()
      if (value === undefined) headers.set('KV-Operation', 'DEL')
      try {
        // oxlint-disable-next-line no-await-in-loop
        const { seq } = await this.#connection.jetstream.publish(`$KV.${this.#bucket}.${key}`, value ?? '', {
          headers,
          expect: { lastSequence, lastSubjectSequence: entry?.revision ?? 0 },
        })
        return seq
      } catch (error) {
        if (!isTaken(error)) throw error
      }
    }
  }

  async #expectFree(hostname: string, holder: string, app: string, since: Date): Promise<void> {
    const entry = await this.read(holder)
    const named = entry?.app.versions.filter(
      ({ number }) => number === entry.app.active || number === entry.app.canary?.version,
    )
    const isNamed = named?.some((version) => version.hostname === hostname) === true
    if (!isNamed && Date.now() - since.getTime() > CLAIM_MS) return
    const text = `the host name ${hostname} is taken by app ${holder}; give ${app} another one`
    throw new NanoError('APP_CONFLICT', text)
  }

  #expectFits(name: string, value: string): void {
    const most = Math.floor((this.#connection.client.info?.max_payload ?? 1024 * 1024) * WORTH)
    const bytes = Buffer.byteLength(value)
    if (bytes <= most) return
    const text = `settings of app ${name}: expected at most ${most} bytes with those of the versions before, got ${bytes}; the servers' max_payload bounds them`
    throw new NanoError('SETTINGS_INVALID', text)
  }

  /** Does something once, however often it has to be asked for. `find`: whether it was done. */
  async #settle(
    act: () => Promise<number>,
    find: () => Promise<number | undefined>,
    name: string,
  ): Promise<number> {
    const end = Date.now() + MOST_MS
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        return await act()
      } catch (thrown) {
        if (thrown instanceof NanoError && thrown.code !== 'FLEET_UNAVAILABLE') throw thrown
        // oxlint-disable-next-line no-await-in-loop
        const found = await find().catch(() => null)
        if (found !== undefined && found !== null) return found
        if (found === undefined && isTaken(thrown)) {
          throw new NanoError('FLEET_CONFLICT', `app ${name} was changed at the same time; look at it again`)
        }
        if (Date.now() > end) throw toUnavailable(thrown)
        // oxlint-disable-next-line no-await-in-loop
        await pause(PAUSE_MS)
      }
    }
  }

  #ask<T>(act: () => Promise<T>): Promise<T> {
    return attempt(act, { isFinal: isTaken })
  }

  /** `isNew`: make it, if there is none. */
  async #open(isNew = false): Promise<KV> {
    const { buckets, replicas } = this.#connection
    // a replica that lags would give what was
    const options = { allow_direct: false, history: 1, replicas }
    return isNew ? await buckets.create(this.#bucket, options) : await buckets.open(this.#bucket, options)
  }
}

/** An entry is not what it was expected to be. */
class Taken extends Error {}

/** What failed is that. */
function isTaken(thrown: unknown): boolean {
  if (thrown instanceof Taken) return true
  return (
    thrown instanceof JetStreamApiError &&
    [WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_NOW].includes(thrown.code)
  )
}

const WRONG_LAST_SEQUENCE = 10_071
const WRONG_LAST_SEQUENCE_NOW = 10_164

/** A name as a token of a subject. */
function toKey(prefix: string, name: string): string {
  const token = name.replaceAll(/[^\w-]/g, (each) => `=${each.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return prefix + token
}

function toTold({ key, revision, operation, delta = 0, isUpdate, value }: KvWatchEntry): Told {
  const name = key.replaceAll(/=([\da-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
  return {
    revision,
    app: name.startsWith(APP) ? name.slice(APP.length) : undefined,
    value: operation === 'PUT' ? Buffer.from(value).toString() : undefined,
    isLast: isUpdate || delta === 0,
  }
}
