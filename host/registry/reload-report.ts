/** What a reload came to, for whoever asked for it. Pure. */

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
  /** Keys of nano.json that have changed and hold from the next start. */
  readonly needsRestart: readonly string[]
}

/** What is looked at app by app. */
const RELOADED: ReadonlySet<string> = new Set(['apps', 'file', 'defaults'] satisfies (keyof Config)[])

/** Keys that have other values, as nano.json spells them. */
export function toRestartKeys(before: Config, now: Config): readonly string[] {
  const [old, next] = [toServerKeys(before), toServerKeys(now)]
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort()
  return keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(next[key]))
}

function toServerKeys({ connectionLimits, ...config }: Config): Record<string, unknown> {
  // which certificates there are is looked at as well; whether there are any is not
  const tls = config.tls !== undefined
  const entries = Object.entries({ ...config, ...connectionLimits, tls }).filter(
    ([name]) => !RELOADED.has(name),
  )
  return Object.fromEntries(entries.map(([name, value]) => [toKey(name), value]))
}

/** For a log: what changed, in a line. */
export function toReloadText({ added, changed, removed, failed, unchanged }: AppsReport): string {
  const parts = Object.entries({ added, changed, removed, failed: failed.map(({ app }) => app) })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} ${toList(names)}`)
  return [...parts, `${unchanged.length} unchanged`].join('; ')
}

const LISTED = 10

function toList(names: readonly string[]): string {
  const more = names.length - LISTED
  return names.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
