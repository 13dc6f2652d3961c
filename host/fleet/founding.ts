/**
 * How a host comes to the fleet's directory of Durable Objects (object-places.ts), in the main thread: with it come the bytes that ids are
 * made with, which all hosts have to have.
 *
 *     apart   --an app with a class comes-->  asking
 *     asking  --a directory is there, which this host has not known-->  what this host has goes into it  >  joined
 *             --none is there-->  what this host has goes into it, and then its founding, with this host's secret  >  joined
 *             --it is the one that this host knew-->  joined
 *             --it is another one, or gone-->  refused: said in the log
 *
 * A host that knew a directory may make ids before it is asked; who has an object the directory says each time.
 *
 * Holds: before others can make an id of the founder's, all objects that it has are in the directory. So the objects of a host that becomes
 * the first one of a fleet stay its own.
 */

import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { placeFile } from '../artifacts/place-file.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { pause } from './attempt.ts'
import type { FleetConnection } from './connection.ts'
import { FOUNDING, openDirectory, toOtherDirectory, toRecordName } from './object-places.ts'
import type { Founding, ObjectHome } from './object-places.ts'
import { toSeal } from './seal.ts'

/** What this host is for the directory. */
export interface Joined {
  /** What ids of objects are made with. */
  readonly secret: Uint8Array
  readonly place: {
    /** Names what lies on its disk. */
    readonly data: string
    /** The directory's. */
    readonly founding: string
  }
}

export interface ObjectFoundingOptions {
  /** Where the data of bindings is. */
  readonly directory: string
  /** What this host makes ids with, or would. */
  readonly secret: Uint8Array
  /** Objects that have something on its disk. */
  objects(): AsyncIterable<{ readonly key: string; readonly id: string }>
  onJoined(): void
  readonly log: (text: string) => void
}

const PAUSE_MS = 1000
/** For a host that starts. */
const START_MS = 5000
const AT_ONCE = 64
const HOME_FILE = 'durable.home'
const SEALED_FOR = 'durable objects'

export class ObjectFounding implements Disposable {
  readonly #connection: FleetConnection
  readonly #options: ObjectFoundingOptions
  readonly #file: string
  readonly #ending = new AbortController()
  #joined: Joined | undefined
  #asking: Promise<void> | undefined
  #said = ''

  constructor(connection: FleetConnection, options: ObjectFoundingOptions) {
    this.#connection = connection
    this.#options = options
    this.#file = `fleet-${connection.settings.name}.json`
  }

  /** Undefined: it is not known which directory there is. */
  get joined(): Joined | undefined {
    return this.#joined
  }

  /** There is an app with a class. Throws STORAGE_FAILED. */
  join(): void {
    if (this.#asking !== undefined) return
    const known = this.#read(this.#file)
    if (known !== undefined) this.#become(fromText(known))
    this.#asking = this.#ask(this.#joined)
  }

  /** Resolves when it has joined, if it is to; when that takes long, before. */
  async settled(): Promise<void> {
    if (this.#joined === undefined) await Promise.race([this.#asking, pause(START_MS, this.#ending.signal)])
  }

  [Symbol.dispose](): void {
    this.#ending.abort()
  }

  async #ask(known: Joined | undefined): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        return await this.#agree(known)
      } catch (thrown) {
        const { code, message } = toNanoError(thrown)
        this.#say(message)
        if (code === 'FLEET_STATE_INVALID') return
      }
      // oxlint-disable-next-line no-await-in-loop
      await pause(PAUSE_MS, signal)
    }
  }

  async #agree(known: Joined | undefined): Promise<void> {
    const records = openDirectory<Founding>(this.#connection)
    const found = await records.read(FOUNDING)
    if (known !== undefined) {
      if (found?.value.id === known.place.founding) return
      const { host, name } = this.#connection.settings
      const file = join(this.#options.directory, this.#file)
      const text = `fleet ${name}: ${toOtherDirectory(host)}. To take this one, stop all hosts, remove ${file} of each, and start one after the other`
      throw new NanoError('FLEET_STATE_INVALID', text)
    }
    const data = this.#openHome()
    const has = await this.#register(data)
    const own: Founding = { id: randomUUID(), secret: this.#seal(this.#options.secret) }
    const { before } = await records.change([FOUNDING], (other) => (other === undefined ? own : undefined))
    const { id, secret } = before?.value ?? own
    const joined: Joined = { secret: this.#open(secret), place: { data, founding: id } }
    if (has && !joined.secret.every((byte, at) => byte === this.#options.secret[at])) this.#sayApart()
    this.#write(this.#file, toText(joined))
    this.#become(joined)
  }

  #become(joined: Joined): void {
    this.#joined = joined
    this.#options.onJoined()
  }

  /** What lies on this disk is this host's, unless somebody has the same already. Whether there is something. */
  async #register(data: string): Promise<boolean> {
    const records = openDirectory<ObjectHome>(this.#connection)
    const own: ObjectHome = { data, host: this.#connection.settings.host }
    let names: (readonly Uint8Array[])[] = []
    let has = false
    const write = async (): Promise<void> => {
      const some = names
      names = []
      await Promise.all(
        some.map((name) => records.change(name, (other) => (other === undefined ? own : undefined))),
      )
    }
    for await (const { key, id } of this.#options.objects()) {
      has = true
      names.push(toRecordName(key, id))
      if (names.length >= AT_ONCE) await write()
    }
    await write()
    return has
  }

  /** Throws FLEET_STATE_INVALID. */
  #open(secret: string): Uint8Array {
    try {
      const text = toSeal(this.#connection.settings)?.open(secret, SEALED_FOR) ?? secret
      return Buffer.from(text, 'base64')
    } catch (cause) {
      const text = `what ids of Durable Objects are made with cannot be read; has this host the fleet's "key"?`
      throw new NanoError('FLEET_STATE_INVALID', text, { cause })
    }
  }

  #seal(secret: Uint8Array): string {
    const text = Buffer.from(secret).toString('base64')
    return toSeal(this.#connection.settings)?.seal(text, SEALED_FOR) ?? text
  }

  /** Names what lies on this disk. */
  #openHome(): string {
    const known = this.#read(HOME_FILE)?.trim()
    if (known !== undefined) return known
    const made = randomUUID()
    this.#write(HOME_FILE, `${made}\n`)
    return made
  }

  #read(name: string): string | undefined {
    const path = join(this.#options.directory, name)
    try {
      return readFileSync(path, 'utf8')
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      throw new NanoError('STORAGE_FAILED', `${path}: ${message}`, { cause })
    }
  }

  #write(name: string, text: string): void {
    const root = this.#options.directory
    mkdirSync(root, { recursive: true, mode: 0o700 })
    placeFile({ root, path: join(root, name), drafts: root }, [Buffer.from(text)])
  }

  #sayApart(): void {
    this.#say(
      'what Durable Objects have stored here before this host joined the fleet is not reached: their ids are made with other bytes than those of the fleet, whose first host had its own',
    )
  }

  /** Once. */
  #say(text: string): void {
    if (text !== this.#said) this.#options.log(text)
    this.#said = text
  }
}

function toText({ secret, ...joined }: Joined): string {
  return `${JSON.stringify({ ...joined, secret: Buffer.from(secret).toString('base64') })}\n`
}

function fromText(text: string): Joined {
  const { secret, place } = JSON.parse(text) as Joined & { secret: string }
  return { secret: Buffer.from(secret, 'base64'), place }
}
