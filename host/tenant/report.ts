/**
 * What a tenant says about itself to whoever watches it, in a form that can be posted from thread to thread and added
 * up over threads. The table names every count, so that one that is added reaches the operator.
 */
import type { ErrorCode } from '../errors.ts'
import type { TenantCounters } from './tenant.ts'

/** One tenant on one shard, or on all of them together. */
export interface TenantReport {
  readonly name: string
  readonly counters: Readonly<TenantCounters>
  /** Failed requests by what the client was told. */
  readonly failures: readonly (readonly [code: ErrorCode, count: number])[]
}

/** What one number is. */
export interface TenantCount {
  /** `counter`: only ever grows. `gauge`: how things are now, and nothing when the thread is gone. */
  readonly kind: 'counter' | 'gauge'
  /** In snake case. */
  readonly name: string
  readonly help: string
}

/** Every count of a tenant. */
export const TENANT_COUNTS: Readonly<Record<keyof TenantCounters, TenantCount>> = {
  requests: { kind: 'counter', name: 'requests', help: 'Requests that instances took.' },
  turns: { kind: 'counter', name: 'turns', help: 'Calls into instances.' },
  crossings: { kind: 'counter', name: 'crossings', help: 'Calls from instances to the host.' },
  ignored: { kind: 'counter', name: 'ignored_calls', help: 'Calls from instances that came too late.' },
  instances: { kind: 'counter', name: 'instances_created', help: 'Instances made.' },
  traps: { kind: 'counter', name: 'traps', help: 'Instances that crashed or were stopped.' },
  cpuStops: { kind: 'counter', name: 'cpu_stops', help: 'Instances stopped for their processor time.' },
  backedOff: { kind: 'counter', name: 'backed_off', help: 'Requests refused after too many such stops.' },
  liveInstances: { kind: 'gauge', name: 'live_instances', help: 'Instances alive.' },
  openRequests: { kind: 'gauge', name: 'open_requests', help: 'Requests without a complete response.' },
  queuedRequests: { kind: 'gauge', name: 'queued_requests', help: 'Requests that wait for a place.' },
  memoryBytes: { kind: 'gauge', name: 'memory_bytes', help: 'Linear memory of the live instances.' },
  heldBytes: {
    kind: 'gauge',
    name: 'held_bytes',
    help: 'Bytes that the host holds for slow clients and upstreams.',
  },
}

/** Nothing was done. */
export const NO_REPORT: TenantReport = {
  name: '',
  counters: Object.fromEntries(
    Object.keys(TENANT_COUNTS).map((name) => [name, 0]),
  ) as unknown as TenantCounters,
  failures: [],
}

/** Reports of one tenant together. `isGone`: the second comes from a thread that is no more. */
export function addReport(
  sum: TenantReport | undefined,
  report: TenantReport,
  isGone: boolean,
): TenantReport {
  const counters: Partial<Record<string, number>> = {}
  for (const [key, { kind }] of Object.entries(TENANT_COUNTS) as [keyof TenantCounters, TenantCount][]) {
    counters[key] = (sum?.counters[key] ?? 0) + (isGone && kind === 'gauge' ? 0 : report.counters[key])
  }
  const failures = new Map(sum?.failures)
  for (const [code, count] of report.failures) failures.set(code, (failures.get(code) ?? 0) + count)
  return { name: report.name, counters: counters as unknown as TenantCounters, failures: [...failures] }
}
