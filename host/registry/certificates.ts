/**
 * The certificates that the apps' port has, while it serves: read again when their files change, or when others are named.
 * What is no good is told, and what serves stays.
 *
 *     serving  --a file changed, others are named-->  reading  --each of them is good-->  serving: told to the shards
 *                                                              --one is not: logged-->  serving, that one as it was
 *
 * Once in a while the keys of session tickets are made anew, so that who learns one reads nothing older or later, and
 * certificates that are about to expire are named.
 */

import { randomBytes } from 'node:crypto'

import type { TlsFiles } from '../config/config.ts'
import { toNanoError } from '../errors.ts'
import { readKeyPair } from '../tls/key-pair.ts'
import type { LoadedPair } from '../tls/key-pair.ts'
import type { TlsState } from '../tls/contexts.ts'
import { FileWatcher } from './file-watcher.ts'
import { toStamps } from '../deploy/stamp.ts'

/** What is said of certificates. */
interface Entry {
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}

export interface CertificatesOptions {
  readonly log: (entry: Entry) => void
  /** Shards are to serve with this from now on. */
  readonly onChange: (state: TlsState) => void
  /** How often ticket keys are made anew. */
  readonly rotateMs?: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ROTATE_MS = 12 * HOUR_MS
/** When an operator should have renewed it: two thirds of the way with one of 90 days, as ACME clients do, and a while. */
const WARN_MS = 14 * DAY_MS
/** As many as the library takes. */
const TICKET_KEY_BYTES = 48

export class Certificates implements Disposable {
  readonly #options: CertificatesOptions
  readonly #timer: NodeJS.Timeout
  #files: readonly TlsFiles[] = []
  /** By the file of the certificate. */
  #loaded = new Map<string, LoadedPair>()
  #ticketKeys = randomBytes(TICKET_KEY_BYTES)
  #watcher: FileWatcher | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: CertificatesOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#rotate(), options.rotateMs ?? ROTATE_MS).unref()
  }

  /** Rejects with CONFIG_INVALID when one of them is no good. */
  async load(files: readonly TlsFiles[]): Promise<void> {
    this.#files = files
    for (const each of files) {
      // oxlint-disable-next-line no-await-in-loop -- there may be thousands
      this.#loaded.set(each.cert, await readKeyPair(each))
    }
    this.#warn()
  }

  /** What is served with; undefined when nothing was loaded. */
  get state(): TlsState | undefined {
    const [first, ...others] = this.#pairs.map(({ cert, key, names }) => ({ cert, key, names }))
    return first === undefined ? undefined : { pairs: [first, ...others], ticketKeys: this.#ticketKeys }
  }

  /** Of each certificate that is served: its file, and when it ends, in milliseconds since 1970. */
  get ends(): readonly Pick<LoadedPair, 'file' | 'notAfter'>[] {
    return this.#pairs
  }

  /** Take files that have changed and then stay as they are for so long, in milliseconds. */
  async watch(settleMs: number): Promise<void> {
    this.#watcher = new FileWatcher({ settleMs, onChange: () => void this.use(this.#files) })
    await this.#watchAll()
  }

  /** Serve these, those that are no good as they were before. */
  use(files: readonly TlsFiles[]): Promise<void> {
    const done = this.#last.then(() => this.#reload(files))
    this.#last = done.catch(() => undefined)
    return done
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#watcher?.[Symbol.dispose]()
  }

  get #pairs(): readonly LoadedPair[] {
    return this.#files.flatMap(({ cert }) => this.#loaded.get(cert) ?? [])
  }

  async #reload(files: readonly TlsFiles[]): Promise<void> {
    const { log, onChange } = this.#options
    const before = this.#loaded
    const loaded = new Map<string, LoadedPair>()
    for (const each of files) {
      // oxlint-disable-next-line no-await-in-loop -- there may be thousands
      const pair = await readKeyPair(each).catch((thrown: unknown) => {
        const kept = before.get(each.cert)
        const outcome = kept === undefined ? 'not served' : 'the one before is served on'
        log({ level: 'error', text: `${toNanoError(thrown).message}; ${outcome}` })
        return kept
      })
      if (pair !== undefined) loaded.set(each.cert, pair)
    }
    // clients are not left without any
    if (loaded.size === 0) return
    const hasChanged = files.some(({ cert }, i) => {
      const [old, now] = [before.get(cert), loaded.get(cert)]
      return cert !== this.#files[i]?.cert || old?.cert !== now?.cert || old?.key !== now?.key
    })
    const isSame = !hasChanged && files.length === this.#files.length
    this.#files = files
    this.#loaded = loaded
    await this.#watchAll()
    const { state } = this
    if (isSame || state === undefined) return
    onChange(state)
    log({
      level: 'info',
      text: `tls: ${loaded.size === 1 ? 'the certificate is' : 'certificates are'} exchanged`,
    })
    this.#warn()
  }

  async #watchAll(): Promise<void> {
    if (this.#watcher === undefined) return
    this.#watcher.watch(await toStamps(this.#files.flatMap(({ cert, key }) => [cert, key])))
  }

  #rotate(): void {
    this.#ticketKeys = randomBytes(TICKET_KEY_BYTES)
    if (this.state !== undefined) this.#options.onChange(this.state)
    this.#warn()
  }

  #warn(): void {
    for (const { file, notAfter } of this.#pairs) {
      const left = notAfter - Date.now()
      if (left > WARN_MS) continue
      const when = new Date(notAfter).toISOString()
      const text = left <= 0 ? `has expired at ${when}` : `expires at ${when}`
      this.#options.log({
        level: left <= 0 ? 'error' : 'warn',
        text: `tls: ${file}: the certificate ${text}; renew it`,
      })
    }
  }
}
