/** What is known of apps, as the admin API gives it. Pure. */

import type { StoredVersion } from '../../artifacts/store.ts'
import { LIMIT_RULES, toTotalMemoryMb } from '../../config/limits.ts'
import type { Limits } from '../../config/limits.ts'
import { toKey } from '../../config/number-rule.ts'
import type { EgressSettings } from '../../egress/policy.ts'
import type { DeployReport } from '../../registry/deploy-report.ts'
import type { AppStatus } from '../../registry/registry.ts'
import { ANSWER_BOUNDS_MS, NO_ANSWERS } from '../../tenant/report.ts'
import type { TenantReport } from '../../tenant/report.ts'
import type { RecentError } from '../recent-errors.ts'

const BYTES_PER_MB = 1024 * 1024

interface AppFacts {
  readonly status: AppStatus
  readonly active: StoredVersion | undefined
  /** Undefined: it has done nothing yet. */
  readonly report: TenantReport | undefined
  readonly shards: number
}

export function toApp({ status, active, report, shards }: AppFacts) {
  const { name, hostname, owner, state, engineHash, config } = status
  const { liveInstances = 0, memoryBytes = 0, requests = 0 } = report?.counters ?? {}
  const { total, failed, counts } = report?.answers ?? NO_ANSWERS
  const allowed = config === undefined ? 0 : toTotalMemoryMb(config.limits) * shards * BYTES_PER_MB
  return {
    name,
    hostname,
    owner,
    state,
    version: owner === 'deployed' ? active?.number : undefined,
    path: owner === 'file' ? config?.path : undefined,
    engine: engineHash,
    timeout_ms: config?.limits.timeoutMs,
    live_instances: liveInstances,
    memory_bytes: memoryBytes,
    memory_percent: allowed === 0 ? 0 : Math.round((memoryBytes / allowed) * 1000) / 10,
    requests,
    errors: (report?.failures ?? []).reduce((sum, [, count]) => sum + count, 0),
    answers: total,
    server_errors: failed,
    answer_times: { bounds_ms: [...ANSWER_BOUNDS_MS], counts: [...counts] },
  }
}

interface Details extends AppFacts {
  readonly versions: readonly StoredVersion[]
  readonly errors: readonly RecentError[]
}

export function toDetails({ versions, errors, ...facts }: Details) {
  const { config } = facts.status
  return {
    ...toApp(facts),
    limits: config === undefined ? {} : toLimits(config.limits),
    egress: config?.egress && toEgress(config.egress),
    env: Object.keys(config?.env ?? {}),
    versions: versions.map((version) => toVersion(version, facts.active)),
    last_errors: errors.map(({ time, request, text }) => ({ time: toTime(time), request, text })),
  }
}

export function toVersion(version: StoredVersion, active: StoredVersion | undefined) {
  const { number, hostname, component, sourceMap, engineHash, createdAt } = version
  return {
    version: number,
    serves: number === active?.number,
    hostname,
    component: String(component),
    has_source_map: sourceMap !== undefined,
    engine: engineHash,
    created_at: toTime(createdAt),
  }
}

export function toReportBody({ changes, warnings, ...report }: DeployReport) {
  const { app, hostname, version, previous, serves, engine, milliseconds } = report
  return {
    app,
    hostname,
    version,
    previous,
    serves,
    engine,
    engine_changed: report.engineChanged,
    changes: [...changes],
    warnings: [...warnings],
    component_bytes: report.componentBytes,
    image_bytes: report.imageBytes,
    memory_bytes: report.memoryBytes,
    warm_up_ms: report.warmUpMs,
    milliseconds,
  }
}

/**
 * Names the version that serves. Its number alone would come again when the app is deleted and made anew.
 */
export function toEtag({ number, createdAt }: StoredVersion): string {
  return `"${number}-${createdAt.toString(36)}"`
}

function toLimits(limits: Limits): Record<string, number> {
  const entries = Object.keys(LIMIT_RULES).map((name): [string, number | undefined] => [
    toKey(name),
    limits[name as keyof Limits],
  ])
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined))
}

function toEgress({ allow, deny, private: isPrivate }: EgressSettings) {
  return { allow: allow && [...allow], deny: deny && [...deny], private: isPrivate }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
