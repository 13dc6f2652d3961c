/**
 * What versions are made of, in an object bucket of NATS, by the hash of its content. Components are there as a host's own
 * disk has them: compressed against another one, which is there before (artifacts/blobs.ts). Whoever reads one checks it by
 * its name.
 *
 * What nobody names goes after a while (sweep.ts); so whoever is about to name something that has been there for long puts
 * it once more.
 */

import type { JetStreamManager } from '@nats-io/jetstream'
import type { ObjectInfo, ObjectStore } from '@nats-io/obj'
import { headers } from '@nats-io/transport-node'

import type { ContentHash } from '../artifacts/blobs.ts'
import type { PackedBlob } from '../artifacts/store.ts'
import { attempt } from './attempt.ts'
import type { FleetConnection } from './connection.ts'

/** What it is called. A blob is packed, a file is as it is. */
export type ArtifactName = `blob/${string}` | `file/${string}`

/** One that is there. */
export interface KeptArtifact {
  readonly name: ArtifactName
  readonly base: ContentHash | undefined
  /** When it was put last; milliseconds since 1970. */
  readonly putAt: number
}

/** How long what nobody names stays. */
export const UNNAMED_MS = 3_600_000
/** After half of it, it is put again. */
const FRESH_MS = UNNAMED_MS / 2
/** For one artifact. */
const EACH_MS = 15_000

export class FleetArtifacts {
  readonly #connection: FleetConnection
  readonly #bucket: string

  constructor(connection: FleetConnection) {
    this.#connection = connection
    this.#bucket = `nano-${connection.settings.name}`
  }

  /** Makes sure that it is there, and stays for a while. `pack`: what to put otherwise. Rejects with FLEET_UNAVAILABLE. */
  async keep(name: ArtifactName, pack: () => Promise<PackedBlob>): Promise<void> {
    await attempt(
      async () => {
        const store = await this.#open()
        const known = await store.info(name)
        if (known !== null && !known.deleted && Date.now() - Date.parse(known.mtime) < FRESH_MS) return
        const { bytes, base } = await pack()
        const metadata = base === undefined ? {} : { base }
        await store.putBlob({ name, metadata }, bytes)
      },
      { eachMs: EACH_MS },
    )
  }

  /** Undefined: it is not there. Rejects with FLEET_UNAVAILABLE. */
  async read(name: ArtifactName): Promise<PackedBlob | undefined> {
    return await attempt(
      async () => {
        const store = await this.#open()
        const known = await store.info(name)
        if (known === null || known.deleted) return undefined
        const bytes = await store.getBlob(name)
        return bytes === null ? undefined : { bytes, base: toBase(known) }
      },
      { eachMs: EACH_MS },
    )
  }

  /** All. Rejects with FLEET_UNAVAILABLE. */
  async list(): Promise<readonly KeptArtifact[]> {
    const infos = await attempt(async () => (await this.#open()).list(), { eachMs: EACH_MS })
    return infos.map((info) => ({
      name: info.name as ArtifactName,
      base: toBase(info),
      putAt: Date.parse(info.mtime),
    }))
  }

  /** Takes it away, unless it was put since. False: it was. */
  async remove({ name, putAt }: KeptArtifact): Promise<boolean> {
    const { jetstream } = this.#connection
    const info = await (await this.#open()).info(name)
    if (info === null || info.deleted || Date.parse(info.mtime) !== putAt) return false
    const { nuid, revision } = info
    const gone = {
      bucket: this.#bucket,
      name,
      nuid,
      size: 0,
      chunks: 0,
      digest: '',
      deleted: true,
      mtime: info.mtime,
    }
    const rollUp = headers()
    rollUp.set('Nats-Rollup', 'sub')
    const subject = `$O.${this.#bucket}.M.${toToken(name)}`
    const expect = { lastSubjectSequence: revision }
    try {
      await jetstream.publish(subject, JSON.stringify(gone), { headers: rollUp, expect })
    } catch {
      // it was put since, or no server answers: another time
      return false
    }
    await this.#purge(await jetstream.jetstreamManager(), `${this.#chunks}${nuid}`)
    return true
  }

  /**
   * Takes away chunks whose artifact never came: whoever put it has ended on the way. `before`: what came later stays;
   * milliseconds since 1970. Gives of how many artifacts.
   */
  async removeUnfinished(before: number): Promise<number> {
    const store = await this.#open()
    const manager = await this.#connection.jetstream.jetstreamManager()
    const { state } = await manager.streams.info(this.#stream, { subjects_filter: `${this.#chunks}>` })
    // looked at after them: what is whole by now is named
    const named = new Set((await store.list()).map(({ nuid }) => `${this.#chunks}${nuid}`))
    let count = 0
    for (const subject of Object.keys(state.subjects ?? {})) {
      if (named.has(subject)) continue
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const last = await manager.streams.getMessage(this.#stream, { last_by_subj: subject })
      if (last === null || last.time.getTime() >= before) continue
      // oxlint-disable-next-line no-await-in-loop
      await this.#purge(manager, subject)
      count++
    }
    return count
  }

  get #stream(): string {
    return `OBJ_${this.#bucket}`
  }

  /** Subjects of chunks. */
  get #chunks(): string {
    return `$O.${this.#bucket}.C.`
  }

  async #purge({ streams }: JetStreamManager, filter: string): Promise<void> {
    await streams.purge(this.#stream, { filter })
  }

  async #open(): Promise<ObjectStore> {
    const { objects, replicas } = this.#connection
    return await objects.create(this.#bucket, { replicas })
  }
}

/** As the client writes names into subjects. */
function toToken(name: string): string {
  return Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** What it is compressed against. */
function toBase({ metadata }: ObjectInfo): ContentHash | undefined {
  return metadata?.['base'] as ContentHash | undefined
}
