/**
 * The file of one Durable Object: keys and values, tables of its own, its alarm. It is made with the first write.
 *
 *     absent  --write, query-->  open  --close-->  closed  --any operation-->  open          open  --remove-->  absent
 *
 *     no transaction  --write-->  turn's transaction  --commit-->  no transaction
 *                     --begin-->  with save points, each of which is released or undone
 *
 * What a turn writes is one transaction. SQLite syncs nothing, for whoever waits for another object would wait for that disk, too:
 * a commit is in the log, and who has the file syncs it (sync-files.ts). The log goes into the database when that is closed, and not
 * before; until the database is synced after that the log stays under another name, and is taken up again if need be. The file is
 * this process's alone while it is open.
 */

import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs'

import { GuardedDatabase } from '../sql/guarded-database.ts'
import { toCode, SQLITE_FULL } from '../sql/error-text.ts'
import { dropAll, hasTables } from './drop-all.ts'
import { KeyValues } from './key-values.ts'
import { fromMessage, toMessage } from './message.ts'
import { Metadata } from './metadata.ts'
import type { ObjectPlace, Operation } from './operation.ts'
import { Refused } from './operation.ts'
import { runQuery } from './query.ts'

const KIND = {
  settings: `PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;
    PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -512`,
  /** A value of 2 MiB, and its key. */
  length: 2 ** 22,
  instead: 'use ctx.storage.transactionSync() or ctx.storage.transaction()',
}

/** What a database has beside it: its log, and the log of one that was closed, until it is synced. */
export const LOG = '-wal'
export const KEPT_LOG = '-kept'
const PARTS = ['', LOG, KEPT_LOG, '-shm', '-journal']
/** A log that has grown to so much goes into its database. */
const LONG_LOG = 8 * 2 ** 20

const NOTHING = toMessage(null)

/** What of a turn cannot go on: what it has written is gone. */
export class Undone extends Error {}

interface Opened {
  readonly database: GuardedDatabase
  readonly keyValues: KeyValues
  readonly metadata: Metadata
}

export class ObjectFile implements Disposable {
  readonly path: string
  /** Files were made or removed since this was asked last: the database and its folder are to be synced. */
  isNew = false
  #maxBytes: number
  #opened: Opened | undefined
  /** Save points that are open. */
  #depth = 0
  /** The turn has deleted everything that there was. */
  #isDropped = false

  constructor({ path, maxBytes }: ObjectPlace) {
    this.path = path
    this.#maxBytes = maxBytes
  }

  /** There is something that is not committed. */
  get isOpen(): boolean {
    return this.#opened?.database.isTransaction ?? false
  }

  /** What its database takes up; 0: it is not open. */
  get sizeBytes(): number {
    return this.#opened?.database.sizeBytes ?? 0
  }

  set maxBytes(maxBytes: number) {
    if (maxBytes === this.#maxBytes) return
    this.#maxBytes = maxBytes
    this.#opened?.database.limit(maxBytes)
  }

  /** Throws a `Refused` for what the object is told, and an `Undone` when it cannot go on. */
  perform(operation: Operation, input: Uint8Array): Uint8Array {
    const wasOpen = this.isOpen
    try {
      return this.#perform(operation, input)
    } catch (error) {
      const text = error instanceof Refused ? error.message : this.#toText(error)
      if (wasOpen && !this.isOpen) throw new Undone(text, { cause: error })
      if (error instanceof Refused) throw error
      throw new Refused(text, { code: this.#toCode(error) })
    }
  }

  /** Throws an `Undone` when what the turn has written is not kept. */
  commit(): void {
    const opened = this.#opened
    if (opened?.database.isTransaction !== true || this.#depth > 0) return
    try {
      opened.database.own((own) => own.exec('COMMIT'))
    } catch (error) {
      throw new Undone(this.#toText(error), { cause: error })
    }
    const isGone = this.#isDropped && isEmpty(opened)
    this.#isDropped = false
    if (isGone) this.#remove()
  }

  get isClosed(): boolean {
    return this.#opened === undefined
  }

  /** The log should go into the database. */
  get isLong(): boolean {
    return !this.isClosed && statSync(`${this.path}${LOG}`).size > LONG_LOG
  }

  /** Closed. What is not committed is gone. */
  [Symbol.dispose](): void {
    const opened = this.#opened
    this.#opened = undefined
    this.#depth = 0
    if (opened === undefined) return
    const log = `${this.path}${LOG}`
    if (existsSync(log)) linkSync(log, `${this.path}${KEPT_LOG}`)
    opened.database[Symbol.dispose]()
  }

  /** Closed, and gone. */
  #remove(): void {
    this.#opened?.database[Symbol.dispose]()
    this.#opened = undefined
    this.isNew = true
    for (const part of PARTS) rmSync(`${this.path}${part}`, { force: true })
  }

  #perform(operation: Operation, input: Uint8Array): Uint8Array {
    switch (operation) {
      case 'query': {
        const { database } = this.#open()
        return runQuery(database, input, () => this.#begin(database))
      }
      case 'put': {
        const { said, rest } = fromMessage(input)
        return this.#write(({ keyValues }) => keyValues.put(said, rest))
      }
      case 'delete': {
        const { said } = fromMessage(input)
        if (this.#find() === undefined) return toMessage(0)
        return this.#write(({ keyValues }) => keyValues.delete(said))
      }
      case 'set-alarm': {
        const { said } = fromMessage(input)
        return this.#write(({ metadata }) => metadata.setAlarm(said))
      }
      case 'delete-all':
        if (this.#find() === undefined) return NOTHING
        this.#isDropped = true
        return this.#write(({ database, keyValues, metadata }) => {
          database.own(dropAll)
          keyValues.dropped()
          metadata.dropped()
        })
      case 'begin':
      case 'release':
      case 'undo':
        this.#savePoint(operation)
        return NOTHING
      default:
        return this.#read(operation, input)
    }
  }

  #read(operation: 'get' | 'entries' | 'get-alarm' | 'size', input: Uint8Array): Uint8Array {
    const opened = this.#find()
    switch (operation) {
      case 'get': {
        const { said } = fromMessage(input)
        return opened?.keyValues.get(said) ?? toMessage((said as unknown[]).map(() => -1))
      }
      case 'entries':
        return opened?.keyValues.list(fromMessage(input).said) ?? toMessage([[], []])
      case 'get-alarm':
        return toMessage(opened?.metadata.alarm ?? null)
      default:
        return toMessage(opened?.database.sizeBytes ?? 0)
    }
  }

  #write(act: (opened: Opened) => unknown): Uint8Array {
    const opened = this.#open()
    this.#begin(opened.database)
    // all of it or nothing, whatever becomes of the turn
    const made = this.#atomically(opened, () => act(opened))
    return made === undefined ? NOTHING : toMessage(made)
  }

  #atomically<T>({ database, keyValues, metadata }: Opened, act: () => T): T {
    database.own((own) => own.exec('SAVEPOINT operation'))
    try {
      const made = act()
      database.own((own) => own.exec('RELEASE operation'))
      return made
    } catch (error) {
      if (database.isTransaction) database.own((own) => own.exec('ROLLBACK TO operation; RELEASE operation'))
      keyValues.undone()
      metadata.undone()
      throw error
    }
  }

  #savePoint(operation: 'begin' | 'release' | 'undo'): void {
    const { database, keyValues, metadata } = this.#open()
    if (operation === 'begin') {
      this.#begin(database)
      this.#depth++
      return database.own((own) => own.exec(`SAVEPOINT "${this.#depth}"`))
    }
    if (this.#depth === 0) throw new Refused('expected a transaction that is open, there is none')
    const name = `"${this.#depth--}"`
    if (operation === 'release') return database.own((own) => own.exec(`RELEASE ${name}`))
    database.own((own) => own.exec(`ROLLBACK TO ${name}; RELEASE ${name}`))
    keyValues.undone()
    metadata.undone()
  }

  #begin(database: GuardedDatabase): void {
    if (!database.isTransaction) database.own((own) => own.exec('BEGIN IMMEDIATE'))
  }

  /** If there is a file. */
  #find(): Opened | undefined {
    return this.#opened !== undefined || existsSync(this.path) ? this.#open() : undefined
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened
    this.isNew = true
    takeUpLog(this.path)
    const database = new GuardedDatabase({ path: this.path, maxBytes: this.#maxBytes }, KIND)
    try {
      const keyValues = new KeyValues(database)
      const metadata = new Metadata(database)
      return (this.#opened = { database, keyValues, metadata })
    } catch (error) {
      database[Symbol.dispose]()
      throw error
    }
  }

  #toCode(error: unknown): string {
    if (toCode(error) !== SQLITE_FULL) return ''
    return this.#opened?.database.hasRoom() === true ? 'STORAGE_LIMIT' : 'STORAGE_FULL'
  }

  #toText(error: unknown): string {
    return this.#opened?.database.toText(error) ?? (error as Error).message
  }
}

function isEmpty({ database, keyValues, metadata }: Opened): boolean {
  return keyValues.isEmpty && metadata.alarm === undefined && !database.own(hasTables)
}

/** One that was closed and may not be synced goes on with the log that it had. */
function takeUpLog(path: string): void {
  const kept = `${path}${KEPT_LOG}`
  if (!existsSync(kept)) return
  if (existsSync(`${path}${LOG}`)) rmSync(kept)
  else renameSync(kept, `${path}${LOG}`)
}
