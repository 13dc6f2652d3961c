/** What is known of apps, as the admin API gives it. Pure. */

import type { StoredApp, StoredVersion } from '../../artifacts/store.ts'
import { LIMIT_RULES, toTotalMemoryMb } from '../../config/limits.ts'
import type { Limits } from '../../config/limits.ts'
import { toKey } from '../../config/number-rule.ts'
import type { RunOutcome } from '../../cron/outcome.ts'
import type { EgressSettings } from '../../egress/policy.ts'
import type { ScheduledRun } from '../../http/request-head.ts'
import type { DeployReport } from '../../registry/deploy-report.ts'
import type { Plan } from '../../registry/plan.ts'
import type { AppStatus } from '../../registry/registry.ts'
import { toPercent } from '../../registry/traffic.ts'
import { ANSWER_BOUNDS_MS, NO_ANSWERS } from '../../tenant/report.ts'
import type { TenantReport } from '../../tenant/report.ts'
import type { RecentError } from '../recent-errors.ts'

const BYTES_PER_MB = 1024 * 1024

interface AppFacts {
  readonly status: AppStatus
  readonly serving: StoredApp | undefined
  /** Undefined: it has done nothing yet. */
  readonly report: TenantReport | undefined
  readonly shards: number
}

export function toApp({ status, serving, report, shards }: AppFacts) {
  const { name, hostname, owner, state, engineHash, config } = status
  const { liveInstances = 0, memoryBytes = 0, requests = 0 } = report?.counters ?? {}
  const { total, failed, counts } = report?.answers ?? NO_ANSWERS
  const allowed = config === undefined ? 0 : toTotalMemoryMb(config.limits) * shards * BYTES_PER_MB
  return {
    name,
    hostname,
    owner,
    state,
    version: owner === 'deployed' ? serving?.active.number : undefined,
    canary: serving?.canary && toCanary(serving.canary),
    path: owner === 'file' ? config?.path : undefined,
    digest: config?.artifact?.digest,
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
    versions: versions.map((version) => toVersion(version, facts.serving)),
    last_errors: errors.map(({ time, request, text }) => ({ time: toTime(time), request, text })),
  }
}

export function toVersion(version: StoredVersion, serving: StoredApp | undefined) {
  const { number, hostname, component, sourceMap, engineHash, createdAt, source } = version
  const percent = toPercent(serving, number)
  return {
    version: number,
    serves: percent > 0,
    percent,
    hostname,
    component: String(component),
    has_source_map: sourceMap !== undefined,
    engine: engineHash,
    source,
    created_at: toTime(createdAt),
  }
}

export function toReportBody({ changes, warnings, ...report }: DeployReport) {
  const { app, hostname, version, source, previous, serves, percent, engine, milliseconds } = report
  return {
    app,
    hostname,
    version,
    source,
    previous,
    serves,
    percent,
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

export function toPlanBody({ needsRestart, ...plan }: Plan) {
  return {
    added: [...plan.added],
    changed: plan.changed.map(({ app, keys }) => ({ app, keys: [...keys] })),
    removed: [...plan.removed],
    unchanged: [...plan.unchanged],
    refused: [...plan.refused],
    applied: [...plan.applied],
    needs_restart: [...needsRestart],
  }
}

/**
 * Names what serves. A version's number alone would come again when the app is deleted and made anew.
 */
export function toEtag({ active, canary }: StoredApp): string {
  const { number, createdAt } = active
  const beside = canary === undefined ? '' : `-${canary.version.number}-${canary.percent}`
  return `"${number}-${createdAt.toString(36)}${beside}"`
}

function toCanary({ version, percent }: NonNullable<StoredApp['canary']>) {
  return { version: version.number, percent }
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

export function toRunReport(
  { app, cron, scheduledTime }: ScheduledRun & { readonly app: string },
  { code, noRetry, ms, cpuMs }: RunOutcome,
) {
  return {
    app,
    cron,
    scheduled_time: scheduledTime,
    outcome: code === undefined ? ('ok' as const) : ('failed' as const),
    code,
    no_retry: noRetry,
    milliseconds: Math.round(ms),
    cpu_ms: Math.round(cpuMs * 100) / 100,
  }
}
