/**
 * KV namespaces in Redis, Valkey, or what else speaks their protocol: the store that several hosts share.
 *
 *     nano:kv:{namespace}:e:<key>   a hash: v the value, m the metadata; expires by itself
 *     nano:kv:{namespace}:k         a sorted set of the keys, for listings; what has expired is taken out by who finds it
 *     nano:kv:{namespace}:b         bytes: what all of them take up
 *     nano:kv:{namespace}:x         a sorted set of the keys that expire, by when; :s is a hash of what they take up
 *
 * A change and its count are one script (redis-scripts.ts), so that they agree whatever happens.
 *
 * What is written is as safe as the server makes it: `appendonly yes` and `appendfsync always` for what the embedded store
 * promises. The braces keep a namespace on one node of a cluster.
 */

import { readFileSync } from 'node:fs'

import { createClient } from '@redis/client'

import { StorageError } from '../failure.ts'
import type { RedisSettings } from '../../config/storage-settings.ts'
import { toEnd } from '../key-range.ts'
import { toCost, toTooMuch } from './kv-store.ts'
import type { KvEntry, KvListed, KvListing, KvListOptions, KvPut, KvStore } from './kv-store.ts'
import { DELETE, FORGET, PUT } from './redis-scripts.ts'

const CONNECT_MS = 2000
const MOST_PAUSE_MS = 2000
const FIRST_PAUSE_MS = 50

const NOTHING = new Uint8Array(0)

/** At once. */
const MOST_FORGOTTEN = 500

/** Bulk strings of the protocol: as bytes, not as texts. */
const AS_BYTES = { typeMapping: { [36]: Buffer } } as const

/** It is there, but cannot be reached now, or cannot do it now: beginnings of what it says. */
const BUSY = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|BUSY)\b/

type Client = ReturnType<typeof toClient>
type Command = readonly (string | Uint8Array)[]

export async function openRedisKv(settings: RedisSettings, log: (text: string) => void): Promise<KvStore> {
  const client = toClient(settings)
  let said = ''
  client.on('error', ({ message }: Error) => {
    // it is said again with each try
    if (message !== said) log(`storage: redis: ${message}`)
    said = message
  })
  client.on('ready', () => (said = ''))
  // a server that is not there yet is tried again for as long as it takes; calls fail meanwhile
  client.connect().catch(() => undefined)
  await Promise.race([
    new Promise((resolve) => client.once('ready', resolve)),
    new Promise((resolve) => setTimeout(resolve, CONNECT_MS)),
  ])
  return new RedisKv(client)
}

function toClient({ url, passwordFile }: RedisSettings) {
  const password = passwordFile === undefined ? undefined : readFileSync(passwordFile, 'utf8').trim()
  return createClient({
    url,
    ...(password === undefined ? {} : { password }),
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (retries) => Math.min(FIRST_PAUSE_MS * 2 ** Math.min(retries, 10), MOST_PAUSE_MS),
    },
  }).withCommandOptions(AS_BYTES)
}

class RedisKv implements KvStore {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async get(namespace: string, keys: readonly Uint8Array[]): Promise<readonly (KvEntry | undefined)[]> {
    const commands = keys.map((key): Command => ['HMGET', toName(namespace, key), 'v', 'm'])
    const answers = (await this.#ask(commands)) as [Buffer | null, Buffer | null][]
    return answers.map(([value, metadata]) =>
      value === null ? undefined : { value, metadata: metadata?.toString() },
    )
  }

  async put(namespace: string, key: Uint8Array, put: KvPut): Promise<void> {
    const { value, metadata = '', expiration = '', mostBytes } = put
    const given = [key, value, metadata, String(expiration), String(toCost(key, put)), String(mostBytes)]
    const [isPut] = await this.#ask([['EVAL', PUT, ...toKeys(namespace, key), ...given]])
    if (isPut === 0) throw toTooMuch(mostBytes)
  }

  async delete(namespace: string, key: Uint8Array): Promise<void> {
    await this.#ask([['EVAL', DELETE, ...toKeys(namespace, key), key]])
  }

  async list(namespace: string, { prefix, limit, after }: KvListOptions): Promise<KvListing> {
    const found: KvListed[] = []
    let from =
      after !== undefined && Buffer.compare(after, prefix) >= 0 ? mark('(', after) : mark('[', prefix)
    for (;;) {
      const most = String(limit + 1 - found.length)
      const range = [
        'ZRANGE',
        toIndex(namespace),
        from,
        mark('(', toEnd(prefix)),
        'BYLEX',
        'LIMIT',
        '0',
        most,
      ]
      // oxlint-disable-next-line no-await-in-loop -- goes on behind the one before
      const [keys] = (await this.#ask([range])) as [Buffer[]]
      // oxlint-disable-next-line no-await-in-loop -- the same
      found.push(...(await this.#look(namespace, keys)))
      const last = keys.at(-1)
      if (keys.length < Number(most) || last === undefined) return { keys: found, next: undefined }
      if (found.length > limit) return { keys: found.slice(0, limit), next: found[limit - 1]?.name }
      from = mark('(', last)
    }
  }

  async forget(namespace: string): Promise<void> {
    const index = toIndex(namespace)
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- some at a time, for others wait meanwhile
      const [keys] = (await this.#ask([['ZRANGE', index, '0', String(MOST_FORGOTTEN - 1)]])) as [Buffer[]]
      if (keys.length === 0) {
        // oxlint-disable-next-line no-await-in-loop -- once
        await this.#ask([['DEL', ...toKeys(namespace, NOTHING).slice(2)]])
        return
      }
      // oxlint-disable-next-line no-await-in-loop -- the same
      await this.#change([
        ['UNLINK', ...keys.map((key) => toName(namespace, key))],
        ['ZREM', index, ...keys],
      ])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client.isReady) await this.#client.close()
    else this.#client.destroy()
  }

  /** What belongs to those that have not expired. */
  async #look(namespace: string, keys: readonly Buffer[]): Promise<readonly KvListed[]> {
    const commands = keys.flatMap((key): Command[] => {
      const name = toName(namespace, key)
      return [
        ['HGET', name, 'm'],
        ['EXPIRETIME', name],
      ]
    })
    const answers = await this.#ask(commands)
    const listed = keys.map((name, index) => {
      const [metadata, expires] = answers.slice(2 * index, 2 * index + 2) as [Buffer | null, number]
      return { name, expires, expiration: expires < 0 ? undefined : expires, metadata: metadata?.toString() }
    })
    const gone = listed.filter(({ expires }) => expires === GONE)
    const index = toIndex(namespace)
    await this.#ask(gone.map(({ name }) => ['EVAL', FORGET, '2', index, toName(namespace, name), name]))
    return listed.flatMap(({ expires, ...rest }) => (expires === GONE ? [] : rest))
  }

  /** In one round trip. */
  async #ask(commands: readonly Command[]): Promise<readonly unknown[]> {
    try {
      return await Promise.all(commands.map((command) => this.#client.sendCommand(toArguments(command))))
    } catch (error) {
      throw toError(error)
    }
  }

  /** All of them, or none. */
  async #change(commands: readonly Command[]): Promise<void> {
    try {
      const transaction = this.#client.multi()
      for (const command of commands) transaction.addCommand(toArguments(command))
      await transaction.exec()
    } catch (error) {
      throw toError(error)
    }
  }
}

/** What EXPIRETIME says of a name that is not there. */
const GONE = -2

function toIndex(namespace: string): string {
  return `nano:kv:{${namespace}}:k`
}

/** Their number and the keys of the scripts, in their order. */
function toKeys(namespace: string, key: Uint8Array): (string | Buffer)[] {
  const counts = ['k', 'b', 'x', 's'].map((name) => `nano:kv:{${namespace}}:${name}`)
  return ['5', toName(namespace, key), ...counts]
}

function toName(namespace: string, key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`nano:kv:{${namespace}}:e:`), key])
}

/** An end of a range: `[` with it, `(` without it. */
function mark(sign: '[' | '(', key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(sign), key])
}

function toArguments(command: Command): (string | Buffer)[] {
  return command.map((part) =>
    typeof part === 'string' ? part : Buffer.from(part.buffer, part.byteOffset, part.length),
  )
}

function toError(cause: unknown): StorageError {
  const { message } = cause as Error
  if (message.startsWith('OOM'))
    return new StorageError('STORAGE_FULL', 'the store is full; nothing was changed', { cause })
  const next = BUSY.test(message) ? 'does not take calls at the moment' : 'cannot be reached'
  return new StorageError(
    'STORAGE_UNAVAILABLE',
    `the store ${next}; whether a change was made is not known`,
    { cause },
  )
}
