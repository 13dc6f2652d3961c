/** What a deploy came to, for whoever asked for it. Pure. */

import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import { WASM_PAGE } from '../wasm/memory.ts'

/** As the admin API gives it. */
export interface DeployReport {
  readonly app: string
  readonly hostname: string
  readonly version: number
  /** The reference of a registry that it came from, with its digest. */
  readonly source: string | undefined
  /** The version that served before. */
  readonly previous: number | undefined
  /** Whether the version serves. */
  readonly serves: boolean
  /** Its part of the requests. */
  readonly percent: number
  readonly engine: string
  /** Whether the component has another engine than the version before. */
  readonly engineChanged: boolean
  /** Settings that are not as they were. Values of `env` are secrets: `env.NAME` without them. */
  readonly changes: readonly SettingChange[]
  /** What is missing without which the app can be served. */
  readonly warnings: readonly string[]
  readonly componentBytes: number
  /** Of the snapshot: what an instance of it begins with. */
  readonly imageBytes: number
  readonly memoryBytes: number
  /** From the version's being kept until every shard was ready for it; 0 when it does not serve. */
  readonly warmUpMs: number
  readonly milliseconds: number
}

/** One setting: its key, before, now. */
export interface SettingChange {
  readonly key: string
  readonly before?: unknown
  readonly now?: unknown
}

/** What a version is told to be. */
export type Settings = Pick<StoredVersion, 'hostname' | 'settings'>

interface Deployed {
  readonly version: StoredVersion
  readonly before: StoredApp | undefined
  readonly component: OpenComponent
  readonly componentBytes: number
  readonly percent: number
  readonly warnings: readonly string[]
  readonly warmUpMs: number
  readonly ms: number
}

export function toReport({
  version,
  before: serving,
  component,
  warmUpMs,
  ms,
  ...rest
}: Deployed): DeployReport {
  // of two versions that served, the one that goes
  const isActive = serving?.active.number === version.number
  const before = isActive ? (serving.canary?.version ?? serving.active) : serving?.active
  return {
    ...rest,
    serves: rest.percent > 0,
    app: version.app,
    hostname: version.hostname,
    version: version.number,
    source: version.source,
    previous: before?.number === version.number ? undefined : before?.number,
    engine: version.engineHash,
    engineChanged: before !== undefined && before.engineHash !== version.engineHash,
    changes: before === undefined ? [] : toChanges(before, version),
    imageBytes: component.image.bytes,
    memoryBytes: component.image.pages * WASM_PAGE,
    warmUpMs: Math.round(warmUpMs),
    milliseconds: Math.round(ms),
  }
}

/** What the one has otherwise than the other. */
export function toChanges(before: Settings, now: Settings): readonly SettingChange[] {
  const [old, next] = [toValues(before), toValues(now)]
  const keys = [...new Set([...old.keys(), ...next.keys()])].sort()
  return keys.flatMap((key) => {
    const values = { before: old.get(key), now: next.get(key) }
    if (JSON.stringify(values.before) === JSON.stringify(values.now)) return []
    return [key.startsWith(ENV) ? { key } : { key, ...values }]
  })
}

const ENV = 'env.'

function toValues({ hostname, settings }: Settings): Map<string, unknown> {
  const { env = {}, ...others } = JSON.parse(settings) as { env?: object }
  return new Map<string, unknown>([
    ['hostname', hostname],
    ...Object.entries(others),
    ...Object.entries(env).map(([name, value]): [string, unknown] => [`${ENV}${name}`, value]),
  ])
}
