/**
 * Door: one worker thread's runtime, wired from the rooms below. It has its own listener, its own tenants and its own
 * instances; compiled engines and images come from the main thread and are shared. The thread loads nothing that
 * builds, generates or compiles.
 *
 *     workerData > apps > ingress > listen > "ready"  ...  "apply": deploy, switch, retire  ...  "stop" > drain > exit
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import type { FleetSettings } from './config/fleet-settings.ts'
import { openDialer } from './bindings/dialer.ts'
import type { Deployment } from './deploy/deployment.ts'
import type { Machine } from './egress/machine.ts'
import { toNanoError, toStackText } from './errors.ts'
import { LeaseClient } from './durable/lease-client.ts'
import { Homes } from './home/homes.ts'
import { RequestIds } from './http/request-id.ts'
import { listenOnInherited } from './ingress/inherited.ts'
import { createIngress } from './ingress/serve.ts'
import type { Ingress } from './ingress/serve.ts'
import { Epoch } from './limits/epoch.ts'
import { Residents } from './limits/residents.ts'
import { Scheduler } from './limits/scheduler.ts'
import { toLogEntry } from './log/entry.ts'
import type { LogEntry } from './log/entry.ts'
import { RequestLog } from './log/request-log.ts'
import { Apps } from './shard/apps.ts'
import { FleetObjects } from './shard/object-hosts.ts'
import { RemoteCalls } from './shard/remote-calls.ts'
import { SharedRates } from './shard/shared-rates.ts'
import { LoopDelayMeter } from './shard/loop-delay.ts'
import { DurableStorage } from './storage/durable/client.ts'
import { withAlarms } from './storage/durable/with-alarms.ts'
import { StorageClients } from './storage/clients.ts'
import type {
  DurableSettings,
  FromShard,
  ShardChange,
  ShardData,
  ShardSettings,
  ToShard,
} from './supervisor/messages.ts'
import type { Tracer } from './telemetry/tracer.ts'
import type { Slice } from './tenant/shard-report.ts'
import { TurnTimes } from './tenant/turn-times.ts'

/** Connections that wait to be taken. */
const BACKLOG = 1024

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
  const delay = new LoopDelayMeter()
  const log = (entry: Omit<LogEntry, 'time'>): void => tell({ type: 'log', entry: toLogEntry(entry) })
  const requests = new RequestLog((batch) => tell({ type: 'requests', batch }))
  const { allowLoopback, operatorPort } = data
  const machine: Machine = { allowLoopback, ...(operatorPort !== undefined && { operatorPort }) }
  const scheduler = new Scheduler()
  const residents = new Residents()
  const tracer = await openTracer(data.sampling)
  const storage = new StorageClients((kind) => tell({ type: 'storage', kind }))
  const homes = data.places === 1 ? undefined : openHomes(data, () => apps, tracer)
  const ids = new RequestIds(data.number)
  const leases = new LeaseClient(tell)
  const durableStorage = new DurableStorage(withAlarms(storage, (time) => tell({ type: 'alarm', time })))
  const remote = data.fleet && openRemote(data.fleet, () => apps, tracer, log)
  const rates = data.fleet && remote && new SharedRates(data.fleet, () => remote.connect())
  const apps: Apps = new Apps({
    homes,
    remote,
    rates,
    shareRates: rates?.share.bind(rates),
    toId: () => ids.make(),
    leases,
    durableStorage,
    storage,
    epoch: new Epoch(data.epoch),
    scheduler,
    residents,
    log: {
      write: ({ level, tenant, version, request, text }) =>
        log({ level, app: tenant, version, request, text }),
    },
    onTurn: (ms) => turns.record(ms),
    openDialer: ({ egress, limits }) => openDialer(egress, { limits, machine }),
    onMaxHead: (bytes) => ingress.admitHeads(bytes),
    onCount: tellCount,
    onLoad: (deployment) => tell({ type: 'load', deployment }),
  })
  residents.bound(data)
  let durable: ShardSettings['durable']
  const setDurable = (now: ShardSettings['durable']): void => {
    if (isDeepStrictEqual(now, durable)) return
    durable = now
    apps.configure(now?.secret, now?.place && remote && openFleetObjects(remote, data.fleet, now.place))
    if (now?.place !== undefined) remote?.serve(`data.${now.place.data}`)
  }
  const toSettings = ({ connectionLimits, tls, trustedProxies, logsRequests }: ShardSettings) => ({
    connectionLimits,
    tls,
    trustedProxies,
    onRequest: logsRequests ? requests.write.bind(requests) : undefined,
  })
  const ingress = createIngress({
    ...toSettings(data),
    find: (...request) => apps.find(...request),
    shard: data.number,
    tracer,
    runsScheduled: data.isDevelopment,
    onError: (error) => log({ level: 'error', text: toStackText(error) }),
  })
  /** What comes before this shard listens. */
  const early: ToShard[] = []
  let listen = (message: ToShard): void => void early.push(message)
  parentPort?.on('message', (message: ToShard) => {
    if (message.type === 'content') apps.answer(message.deployment, message.answer)
    else listen(message)
  })
  await apps.start(data.served)
  const serveCalls = (deployments: readonly Deployment[]): void => {
    if (deployments.some(({ calledBy }) => calledBy !== undefined)) remote?.serve(`host.${data.fleet!.host}`)
  }
  // what comes from now on is served
  serveCalls(data.served.deployments)
  setDurable(data.durable)
  const { port: wanted, host, reusePort, inherited } = data
  if (inherited === undefined) ingress.server.listen({ port: wanted, host, reusePort, backlog: BACKLOG })
  else await listenOnInherited(ingress.server, inherited, BACKLOG)
  ingress.server.on('connection', () => scheduler.greet())
  if (!ingress.server.listening) await once(ingress.server, 'listening')
  // a connection that could not be taken is no reason to stop
  ingress.server.on('error', (error) => log({ level: 'error', text: `listener: ${error.message}` }))

  const report = (): void => {
    const done = { turns: turns.report, answers: ingress.answers, delay: delay.take() }
    tell({ type: 'reported', report: { ...done, ...(remote && { links: remote.links }) } })
  }
  const count = async (): Promise<void> => {
    for (const slice of apps.counts()) {
      tellCount(slice)
      // requests come first
      // oxlint-disable-next-line no-await-in-loop -- one slice after the other
      await setImmediate()
    }
    report()
  }
  const countAtOnce = (): void => {
    for (const slice of apps.counts()) tellCount(slice)
    report()
  }
  endOnFault(ingress, apps, { log, count: countAtOnce, requests, homes })
  const apply = async (change: ShardChange): Promise<void> => {
    if (change.type !== 'configure') {
      // what was handed over for a version comes before its end, here and there
      if (change.type === 'retire') homes?.receive()
      await apps.apply(change)
      if (change.type === 'deploy') serveCalls([change.deployment])
      homes?.flush()
      return
    }
    residents.bound(change.settings)
    setDurable(change.settings.durable)
    ingress.configure(toSettings(change.settings))
  }
  const runOf = async ({
    number,
    deployment,
    run: asked,
    object,
  }: ToShard & { type: 'run' }): Promise<void> => {
    tell({ type: 'ran', number, outcome: await apps.run(deployment, ids.make(), asked, object) })
  }
  listen = (message) => {
    if (message.type === 'ping') tell({ type: 'pong' })
    else if (message.type === 'count') void count()
    else if (message.type === 'apply') void answer(message.number, apply(message.change))
    else if (message.type === 'granted') leases.granted(message.key, message.number)
    else if (message.type === 'wanted') leases.wanted(message.key)
    else if (message.type === 'taken') requests.taken()
    else if (message.type === 'run') void runOf(message)
    else if (message.type === 'storage') storage.attach(message.kind, message.port)
    else if (message.type === 'peer') homes?.meet(message.place, message.port)
    else if (message.type === 'lost') homes?.lose(message.place)
    else if (message.type === 'stop')
      void stop(
        { ingress, apps, tracer, requests, storage, durableStorage, homes, rates, remote },
        message.graceMs,
      )
  }
  for (const message of early) listen(message)
  const { port } = ingress.server.address() as AddressInfo
  machine.tenantPort = port
  tell({ type: 'ready', port })
}

async function answer(number: number, change: Promise<void>): Promise<void> {
  try {
    await change
    tell({ type: 'applied', number })
  } catch (thrown) {
    const { code, message } = toNanoError(thrown)
    tell({ type: 'applied', number, fault: { code, text: message } })
  }
}

function openHomes({ place, places }: ShardData, toApps: () => Apps, tracer: Tracer | undefined): Homes {
  return new Homes({
    place,
    places,
    take: (deployment, object) => toApps().take(deployment, object),
    join: (context) => tracer?.join(context),
  })
}

function openRemote(
  settings: FleetSettings,
  toApps: () => Apps,
  tracer: Tracer | undefined,
  log: (entry: Omit<LogEntry, 'time'>) => void,
): RemoteCalls {
  return new RemoteCalls({
    settings,
    find: (...call) => toApps().takeRemote(...call),
    join: (context) => context && tracer?.join(context),
    log: (text) => log({ level: 'info', text }),
  })
}

function openFleetObjects(
  remote: RemoteCalls,
  { host }: FleetSettings,
  { data, founding }: NonNullable<DurableSettings['place']>,
): FleetObjects {
  return new FleetObjects(remote, data, async () => {
    const { ObjectPlaces } = await import('./fleet/object-places.ts')
    return new ObjectPlaces(await remote.connect(), { data, host }, founding)
  })
}

async function openTracer(sampling: ShardData['sampling']): Promise<Tracer | undefined> {
  if (sampling === undefined) return undefined
  const { Tracer } = await import('./telemetry/tracer.ts')
  return new Tracer(sampling, (spans) => tell({ type: 'spans', spans }))
}

/** What ends with the shard. */
interface Running {
  readonly ingress: Ingress
  readonly apps: Apps
  readonly tracer: Tracer | undefined
  readonly requests: RequestLog
  readonly storage: StorageClients
  readonly durableStorage: DurableStorage
  readonly homes: Homes | undefined
  readonly rates: SharedRates | undefined
  readonly remote: RemoteCalls | undefined
}

/** Requests come to their end, and then what apps do behind their responses; all of it until one deadline. */
async function stop(running: Running, graceMs: number): Promise<void> {
  const { ingress, apps, tracer, requests, storage, durableStorage, homes, rates, remote } = running
  const end = performance.now() + graceMs
  // before the connections are, so that who is cut is told why
  const cut = setTimeout(() => void apps.drain(0), graceMs)
  const left = homes?.leave()
  remote?.leave()
  // a connection that is open may bring one more request, which is served
  await ingress.close(graceMs)
  await left
  clearTimeout(cut)
  await apps.drain(Math.max(0, end - performance.now()))
  homes?.[Symbol.dispose]()
  rates?.[Symbol.dispose]()
  remote?.[Symbol.dispose]()
  tracer?.[Symbol.dispose]()
  requests[Symbol.dispose]()
  durableStorage[Symbol.dispose]()
  storage[Symbol.dispose]()
  parentPort?.close()
}

/**
 * After a fault of the host's own nobody knows what still holds on this thread: it says what happened, fails what is
 * open, and makes room for another.
 */
function endOnFault(
  ingress: Ingress,
  apps: Apps,
  shard: {
    log(entry: Omit<LogEntry, 'time'>): void
    count(): void
    readonly requests: RequestLog
    readonly homes: Homes | undefined
  },
): void {
  let isEnding = false
  // rejections that nobody handles come here, too
  process.on('uncaughtException', (fault: unknown) => {
    const open = apps.busy.slice(0, NAMED_APPS).join(', ')
    const whose = open === '' ? '' : ` (apps at work: ${open})`
    shard.log({ level: 'error', text: `a fault ends the shard${whose}: ${toStackText(fault)}` })
    if (isEnding) process.exit(1)
    isEnding = true
    const closed = ingress.close(FAULT_GRACE_MS)
    apps[Symbol.dispose]()
    // what was handed over to it has failed just now, and what it has handed over may come to its end
    void shard.homes?.leave()
    shard.homes?.flush()
    shard.count()
    void closed.then(() => {
      shard.requests[Symbol.dispose]()
      process.exit(1)
    })
  })
}

/** The rows are the main thread's from then on. */
function tellCount(slice: Slice): void {
  const { rows, values } = slice
  parentPort?.postMessage({ type: 'counted', slice } satisfies FromShard, [rows.buffer, values.buffer])
}

function tell(message: FromShard): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message)
}
