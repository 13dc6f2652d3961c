/**
 * Door: one worker thread's runtime, wired from the rooms below. It has its own listener, its own tenants and its own
 * instances; compiled engines and images come from the main thread and are shared. The thread loads nothing that
 * builds, transpiles or compiles.
 *
 *     workerData > engines > tenants > router > ingress > listen > "ready" ... "stop" > drain > exit
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { openDialer } from './bindings/dialer.ts'
import type { Dialer } from './bindings/dialer.ts'
import type { Deployment } from './deploy/deployment.ts'
import type { Engine } from './engine/guest.ts'
import { loadEngine } from './engine/load.ts'
import { NanoError, toNanoError, toStackText } from './errors.ts'
import type { Machine } from './egress/machine.ts'
import { createIngress } from './ingress/serve.ts'
import type { Ingress } from './ingress/serve.ts'
import { Epoch } from './limits/epoch.ts'
import { Scheduler } from './limits/scheduler.ts'
import { warmUp } from './instance/warm-up.ts'
import { Router } from './router/router.ts'
import { toLogEntry } from './supervisor/messages.ts'
import type { FromShard, LogEntry, ShardData, ShardReport, ToShard } from './supervisor/messages.ts'
import { Tenant } from './tenant/tenant.ts'
import type { TenantServices } from './tenant/tenant.ts'
import { UnavailableApp } from './tenant/unavailable-app.ts'
import { TurnTimes } from './tenant/turn-times.ts'

/** What all tenants of a shard share. */
type ShardServices = Omit<TenantServices, 'dialer'>

/** Apps of one engine that may fail to warm it up: none of them keeps the shard from starting. */
const WARM_UPS = 3

const BYTES_PER_KB = 1024

/** How long background work may go on when the last response is out and the shard is to end. */
const BACKGROUND_GRACE_MS = 4000
/** How often a shard looks whether anything is left to do. */
const LOOK_MS = 20

/** The most apps that are named when a shard ends: one of them may have to do with it. */
const NAMED_APPS = 10

/** How long a shard with a fault of its own may still write answers. */
const FAULT_GRACE_MS = 1000

if (!isMainThread) {
  try {
    await run(workerData as ShardData)
  } catch (thrown) {
    const { code, message } = toNanoError(thrown)
    tell({ type: 'failed', code, text: message })
    parentPort?.close()
  }
}

async function run(data: ShardData): Promise<void> {
  const turns = new TurnTimes()
  const log = (entry: Omit<LogEntry, 'time'>): void => tell({ type: 'log', entry: toLogEntry(entry) })
  const dialers: Dialer[] = []
  const { dev, operatorPort } = data
  const machine: Machine = { dev, ...(operatorPort !== undefined && { operatorPort }) }
  const services: ShardServices = {
    epoch: new Epoch(data.epoch),
    scheduler: new Scheduler(),
    log: { write: ({ level, tenant, request, text }) => log({ level, app: tenant, request, text }) },
    onTurn: (ms) => turns.record(ms),
  }
  const tenants = await openTenants(data, services, machine, dialers)
  const broken = data.broken.map(({ name }) => new UnavailableApp(name))
  const ingress = createIngress({
    find: toFinder(data, tenants, broken),
    idPrefix: `${data.number}.`,
    trustedProxies: data.trustedProxies,
    connectionLimits: data.connectionLimits,
    maxHeadBytes: Math.max(...data.deployments.map(toMaxHeadBytes)),
    onError: (error) => log({ level: 'error', text: toStackText(error) }),
  })
  ingress.server.listen({ port: data.port, host: data.host, reusePort: data.reusePort, backlog: 1024 })
  ingress.server.on('connection', () => services.scheduler.greet())
  await once(ingress.server, 'listening')
  // a connection that could not be taken is no reason to stop
  ingress.server.on('error', (error) => log({ level: 'error', text: `listener: ${error.message}` }))

  const count = (): void => tell({ type: 'counted', report: toReport([...tenants, ...broken], turns) })
  const dispose = (): void => {
    for (const tenant of tenants) tenant[Symbol.dispose]()
    for (const dialer of dialers) dialer[Symbol.dispose]()
  }
  const busy = (): string[] => tenants.filter(({ isBusy }) => isBusy).map(({ name }) => name)
  endOnFault(ingress, { log, busy, count, dispose })
  parentPort?.on('message', (message: ToShard) => {
    if (message.type === 'ping') tell({ type: 'pong' })
    else if (message.type === 'count') count()
    else {
      void drain(ingress, tenants, message.graceMs).then(() => {
        dispose()
        parentPort?.close()
      })
    }
  })
  const { port } = ingress.server.address() as AddressInfo
  machine.tenantPort = port
  tell({ type: 'ready', port })
}

/** Requests come to their end, and then what apps do behind their responses. */
async function drain(ingress: Ingress, tenants: readonly Tenant[], graceMs: number): Promise<void> {
  await ingress.close(graceMs)
  const end = performance.now() + BACKGROUND_GRACE_MS
  while (tenants.some(({ isBusy }) => isBusy) && performance.now() < end) await sleep(LOOK_MS)
}

/**
 * After a fault of the host's own nobody knows what still holds on this thread: it says what happened, fails what is
 * open, and makes room for another.
 */
function endOnFault(
  ingress: Ingress,
  shard: { log(entry: Omit<LogEntry, 'time'>): void; busy(): string[]; count(): void; dispose(): void },
): void {
  let isEnding = false
  // rejections that nobody handles come here, too
  process.on('uncaughtException', (fault: unknown) => {
    const open = shard.busy().slice(0, NAMED_APPS).join(', ')
    const whose = open === '' ? '' : ` (apps at work: ${open})`
    shard.log({ level: 'error', text: `a fault ends the shard${whose}: ${toStackText(fault)}` })
    if (isEnding) process.exit(1)
    isEnding = true
    const closed = ingress.close(FAULT_GRACE_MS)
    shard.dispose()
    shard.count()
    void closed.then(() => process.exit(1))
  })
}

async function openTenants(
  data: ShardData,
  services: ShardServices,
  machine: Machine,
  dialers: Dialer[],
): Promise<Tenant[]> {
  const engines = new Map<string, Engine>()
  /** How many more apps an engine may be warmed up with. */
  const warmUps = new Map<string, number>()
  const tenants: Tenant[] = []
  for (const deployment of data.deployments) {
    const compiled = data.engines.get(deployment.engineHash)
    if (compiled === undefined) throw new NanoError('INTERNAL', `no engine for ${deployment.name}`)
    const engine = engines.get(compiled.hash) ?? (await loadEngine(compiled))
    engines.set(engine.hash, engine)
    const app = { ...deployment, engine }
    const left = warmUps.get(engine.hash) ?? WARM_UPS
    if (left > 0) warmUps.set(engine.hash, warmUp(app, services.epoch) ? 0 : left - 1)
    const dialer = openDialer(deployment.egress, { limits: deployment.limits, machine })
    dialers.push(dialer)
    tenants.push(new Tenant(app, { ...services, dialer }))
  }
  return tenants
}

function toFinder(data: ShardData, tenants: readonly Tenant[], broken: readonly UnavailableApp[]) {
  const router = new Router<Tenant | UnavailableApp>(
    [
      ...tenants.map((tenant, i) => [data.deployments[i]!.hostname, tenant] as const),
      ...broken.map((app, i) => [data.broken[i]!.hostname, app] as const),
    ],
    data.everyHost ? tenants[0] : undefined,
  )
  return (hostname: string) => router.find(hostname)
}

function toMaxHeadBytes({ limits }: Deployment): number {
  return (limits.maxHeaderKb + limits.maxUrlKb) * BYTES_PER_KB
}

function toReport(apps: readonly (Tenant | UnavailableApp)[], turns: TurnTimes): ShardReport {
  const reports = apps.map(({ name, counters, failures }) => ({ name, counters, failures: [...failures] }))
  return { tenants: reports, turns: turns.report }
}

function tell(message: FromShard): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message)
}
