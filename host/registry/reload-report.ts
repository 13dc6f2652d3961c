/** What a reload came to, for whoever asked for it. Pure. */

import { isDeepStrictEqual } from 'node:util'

import { DEFAULT_ADMIN } from '../config/config.ts'
import type { Config } from '../config/config.ts'
import { toKey } from '../config/number-rule.ts'
import type { ErrorCode } from '../errors.ts'

/** An app that is not what the configuration says. */
export interface AppFailure {
  readonly app: string
  readonly code: ErrorCode
  readonly reason: string
}

/** What became of the apps: names. */
export interface AppsReport {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
  /** The version before serves on, if there is one. */
  readonly failed: readonly AppFailure[]
}

/** As the admin API gives it. */
export interface ReloadReport extends AppsReport {
  /** Keys of nano.json that have changed, but for the apps, and hold now. */
  readonly applied: readonly string[]
  /** Those that have changed since the start, and hold from the next one. */
  readonly needsRestart: readonly string[]
}

/** What of a configuration holds from the next start only; all else holds when it is reloaded. */
const AT_START: { readonly [Name in keyof Required<Config>]: (config: Config) => unknown } = {
  port: ({ port }) => port,
  host: ({ host }) => host,
  shards: ({ shards }) => shards,
  // the file of tokens is read again
  admin: ({ admin = DEFAULT_ADMIN }) => admin && [admin.host, admin.port, admin.socket],
  engines: ({ engines }) => engines,
  // connections to the machine's own ports may be open
  allowLoopback: ({ allowLoopback = false }) => allowLoopback,
  dataDirectory: ({ dataDirectory }) => dataDirectory,
  storage: ({ storage }) => storage,
  fleet: ({ fleet }) => fleet,
  cachesMb: ({ cachesMb }) => cachesMb,
  // which certificates there are is looked at as well; whether there are any is not
  tls: ({ tls }) => tls !== undefined,
  file: nothing,
  apps: nothing,
  defaults: nothing,
  connectionLimits: nothing,
  trustedProxies: nothing,
  accessLog: nothing,
  imageCacheMb: nothing,
  liveInstances: nothing,
  liveMemoryMb: nothing,
  logDrain: nothing,
  oci: nothing,
}

/** Keys of nano.json whose name in a configuration is another one. */
const SPELT: Readonly<Record<string, string>> = { dataDirectory: 'data_dir' }

/** Keys of nano.json, but for the apps, that have other values: those that hold now, and from the next start. */
export function toChangedKeys(before: Config, now: Config): Pick<ReloadReport, 'applied' | 'needsRestart'> {
  const restart = Object.entries(AT_START).flatMap(([name, pick]) =>
    isDeepStrictEqual(pick(before), pick(now)) ? [] : [toSpelt(name)],
  )
  const [old, next] = [toValues(before), toValues(now)]
  const changed = [...new Set([...old.keys(), ...next.keys()])].filter(
    (key) => !isDeepStrictEqual(old.get(key), next.get(key)),
  )
  return { applied: changed.filter((key) => !restart.includes(key)).sort(), needsRestart: restart.sort() }
}

function toValues({ apps: _apps, file: _file, connectionLimits, ...config }: Config): Map<string, unknown> {
  const entries = Object.entries({ ...config, ...connectionLimits })
  return new Map(entries.map(([name, value]): [string, unknown] => [toSpelt(name), value]))
}

function toSpelt(name: string): string {
  return SPELT[name] ?? toKey(name)
}

function nothing(): undefined {
  return undefined
}

/** For a log: what changed, in a line. */
export function toReloadText({ failed, unchanged, ...report }: ReloadReport): string {
  const { added, changed, removed, applied: set } = report
  const parts = Object.entries({ added, changed, removed, failed: failed.map(({ app }) => app), set })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} ${toList(names)}`)
  return [...parts, `${unchanged.length} unchanged`].join('; ')
}

const LISTED = 10

function toList(names: readonly string[]): string {
  const more = names.length - LISTED
  return names.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
