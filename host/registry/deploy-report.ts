/** What a deploy came to, for whoever asked for it. Pure. */

import type { StoredVersion } from '../artifacts/store.ts'
import type { OpenComponent } from '../deploy/open-component.ts'

const WASM_PAGE = 64 * 1024

/** As the admin API gives it. */
export interface DeployReport {
  readonly app: string
  readonly hostname: string
  readonly version: number
  /** The version that served before. */
  readonly previous: number | undefined
  /** Whether the version serves. */
  readonly serves: boolean
  readonly engine: string
  /** Whether the component has another engine than the version before. */
  readonly engineChanged: boolean
  /** Settings that are not as they were: key, before, now. */
  readonly changes: readonly { readonly key: string; readonly before?: unknown; readonly now?: unknown }[]
  readonly componentBytes: number
  /** Of the snapshot: what an instance of it begins with. */
  readonly imageBytes: number
  readonly memoryBytes: number
  readonly milliseconds: number
}

interface Deployed {
  readonly version: StoredVersion
  readonly before: StoredVersion | undefined
  readonly component: OpenComponent
  readonly bytes: number
  readonly isIdle: boolean
  readonly ms: number
}

export function toReport({ version, before, component, bytes, isIdle, ms }: Deployed): DeployReport {
  return {
    app: version.app,
    hostname: version.hostname,
    version: version.number,
    previous: before?.number === version.number ? undefined : before?.number,
    serves: !isIdle || before?.number === version.number,
    engine: version.engineHash,
    engineChanged: before !== undefined && before.engineHash !== version.engineHash,
    changes: toChanges(before, version),
    componentBytes: bytes,
    imageBytes: component.image.bytes.length,
    memoryBytes: component.image.pages * WASM_PAGE,
    milliseconds: Math.round(ms),
  }
}

function toChanges(before: StoredVersion | undefined, now: StoredVersion): DeployReport['changes'] {
  if (before === undefined) return []
  const [old, next] = [toSettings(before), toSettings(now)]
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort()
  return keys.flatMap((key) =>
    JSON.stringify(old[key]) === JSON.stringify(next[key]) ? [] : [{ key, before: old[key], now: next[key] }],
  )
}

function toSettings({ hostname, settings }: StoredVersion): Record<string, unknown> {
  return { hostname, ...(JSON.parse(settings) as object) }
}
