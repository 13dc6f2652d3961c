/** What a configuration would change, before it is served. Pure. */

import { isDeepStrictEqual } from 'node:util'

import type { AppConfig } from '../config/config.ts'
import { toKey } from '../config/number-rule.ts'
import type { ReloadReport } from './reload-report.ts'

/** An app that would be put again. */
export interface AppChange {
  readonly app: string
  /** Settings that are not as they are, as nano.json spells them; values are not told. `component`: its file has changed. */
  readonly keys: readonly string[]
}

/** An app that could not be served: its name or host name is somebody else's. */
export interface AppRefusal {
  readonly app: string
  readonly reason: string
}

/** What would become of the apps: names. */
export interface AppsPlan {
  readonly added: readonly string[]
  readonly changed: readonly AppChange[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
  readonly refused: readonly AppRefusal[]
}

/** As the admin API gives it. */
export type Plan = AppsPlan & Pick<ReloadReport, 'applied' | 'needsRestart'>

/** Keys of an app's settings that have other values. */
export function toChangedSettings(before: AppConfig, now: AppConfig): readonly string[] {
  const [old, next] = [toValues(before), toValues(now)]
  const keys = new Set([...old.keys(), ...next.keys()])
  return [...keys].filter((key) => !isDeepStrictEqual(old.get(key), next.get(key))).sort()
}

function toValues({
  env,
  limits,
  name: _name,
  artifact: _artifact,
  ...others
}: AppConfig): Map<string, unknown> {
  return new Map<string, unknown>([
    ...toEntries({ ...others, ...limits }),
    ...Object.entries(env).map(([name, value]): [string, unknown] => [`env.${name}`, value]),
  ])
}

function toEntries(values: object): [string, unknown][] {
  return Object.entries(values).map(([name, value]) => [toKey(name), value])
}
