/**
 * Door: a whole server for one configuration, for the command line, tests and the bench. The main thread opens the
 * operator's listener, puts the apps into the registry and starts the shards, each a thread with its own listener on the
 * same port. What a shard needs is posted to it: compiled modules and images are shared, not copied.
 */

import { extname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { LOOPBACK_WARNING, toOrigin } from './cli/messages.ts'
import type { Step } from './cli/progress.ts'
import { readVersion } from './cli/version.ts'
import type { Config } from './config/config.ts'
import { Opener } from './deploy/opener.ts'
import { DurableSecret } from './durable/secret.ts'
import { NanoError } from './errors.ts'
import type { Fleet } from './fleet/fleet.ts'
import { assertFree } from './ingress/listen.ts'
import { toLiveInstances } from './limits/address-space.ts'
import { collectGarbage } from './limits/collect.ts'
import { toLogEntry } from './log/entry.ts'
import type { LogEntry } from './log/entry.ts'
import { LogHub } from './log/hub.ts'
import type { LogRing } from './log/ring.ts'
import type { ServedApps } from './operator/admin/services.ts'
import { openOperator } from './operator/listen.ts'
import { RecentErrors } from './operator/recent-errors.ts'
import type { DeployedApps } from './registry/deployed.ts'
import { openDeployed } from './registry/open-deployed.ts'
import { Certificates } from './registry/certificates.ts'
import {
  joinFleet,
  openShared,
  toAgreement,
  toDeployedDirectory,
  toFleetHost,
} from './registry/join-fleet.ts'
import { FileApps } from './registry/from-config.ts'
import { LiveConfig } from './registry/live-config.ts'
import { Registry } from './registry/registry.ts'
import type { ReloadReport } from './registry/reload-report.ts'
import { toCounters } from './supervisor/counters.ts'
import type { ServerCounters } from './supervisor/counters.ts'
import type { ShardSettings } from './supervisor/messages.ts'
import { toShardSettings } from './supervisor/shard-settings.ts'
import { toShardCount } from './supervisor/shard-count.ts'
import { Runs } from './supervisor/runs.ts'
import { Shards } from './supervisor/shards.ts'
import { STORAGE_FOLDER } from './storage/store.ts'
import { StorageThreads } from './supervisor/storage.ts'
import type { CommonData, ShardsState } from './supervisor/shards.ts'
import { NO_TOTAL } from './supervisor/tally.ts'
import { openExporter } from './telemetry/open-exporter.ts'
import type { TelemetrySettings } from './telemetry/settings.ts'
import type { HostSnapshot } from './telemetry/snapshot.ts'
import type { TenantReport } from './tenant/report.ts'

export interface ServerOptions {
  readonly config: Config
  /**
   * Reads the configuration again; it stays as it is unless given, and what its apps are made of is looked at all the same.
   * `text`: in place of the file's.
   */
  readonly reread?: (text?: string) => Promise<Config>
  /** Reload when the configuration, or what its apps are made of, has changed and nothing changes for so long. */
  readonly watchMs?: number | undefined
  /** Apps are being developed: who asks for one that fails is told why, and the next build is quick. */
  readonly isDevelopment?: boolean
  /** The first app answers whatever the host name. */
  readonly everyHost?: boolean
  /** The most MiB of a shard's own heap; a part of the machine's memory unless given. */
  readonly heapMb?: number
  /** How long a shard may stand still, beyond the longest turn that an app may take, before it is replaced. */
  readonly silenceMs?: number
  /** Serve on this socket, which the process was started with, in place of host and port: its descriptor. */
  readonly inherited?: number | undefined
  /** Where deployed apps are kept; without, none can be deployed. */
  readonly dataDirectory?: string | undefined
  /** Where the data of bindings is kept; below `dataDirectory`, or else in the directory of the process, unless given. */
  readonly storageDirectory?: string | undefined
  /** The token of the admin API that may do everything; without, and without a file of tokens, this machine may. */
  readonly adminToken?: string | undefined
  /** Traces and series go out; without, nothing does. */
  readonly telemetry?: TelemetrySettings | undefined
  readonly log: (entry: LogEntry) => void
  /** A step that takes seconds begins. */
  readonly onProgress?: (step: Step) => void
}

export interface RunningServer {
  readonly port: number
  readonly url: string
  /** Of the operator's listener; undefined: it is off. */
  readonly adminUrl: string | undefined
  readonly shards: number
  /** What is served, and how that changes. */
  readonly registry: Registry
  /** Those that are kept in the data directory; undefined: there is none. */
  readonly deployed: DeployedApps | undefined
  /** The latest log entries, and those that come. */
  readonly logs: LogRing
  /**
   * Serve what the configuration says now. Rejects with CONFIG_INVALID when it cannot be read, and nothing has changed; an
   * app that fails is in the report.
   */
  reload(): Promise<ReloadReport>
  counters(): Promise<ServerCounters>
  /** What was loaded of apps, and is held. */
  readonly images: Opener['images']['counters']
  /** Every shard takes requests. */
  readonly isComplete: boolean
  /** Each app over all shards, those that died included. */
  tenants(): Promise<readonly TenantReport[]>
  /** Drain and stop. Requests that are still open after some seconds are cut. */
  close(): Promise<void>
}

const MS_PER_SECOND = 1000

/** Where data is kept of a server that has no directory for it, beside whoever started it. */
const LOCAL_DATA = '.nano'

// as source or compiled, whatever this file is
const SHARD = new URL(`shard${extname(import.meta.filename)}`, import.meta.url)

/** Resolves when every shard listens and has warmed its engines. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, dataDirectory, heapMb, inherited, isDevelopment, silenceMs, watchMs } = options
  const hub = new LogHub(options.log)
  const log = (entry: Omit<LogEntry, 'time'>): void => hub.write(toLogEntry(entry))
  const errors = new RecentErrors(hub.ring)
  const count = toShardCount(config, log)
  if (config.port !== 0 && inherited === undefined) await assertFree(config.port, config.host)
  if (config.admin && config.port !== 0 && config.admin.port === config.port) {
    throw new NanoError('CONFIG_INVALID', `port ${config.port} is for the apps; admin needs one of its own`)
  }
  let shards: Shards | undefined
  let live: LiveConfig | undefined
  const certificates =
    config.tls === undefined
      ? undefined
      : new Certificates({ log, onChange: () => void shards?.configure(toSettings()) })
  /** What was read last. */
  let current = config
  /** What shards are told again when it changes. */
  const toSettings = (): ShardSettings =>
    toShardSettings(current, count, { tls: certificates?.state, durable: shared.durable })
  const storageDirectory = options.storageDirectory ?? join(dataDirectory ?? LOCAL_DATA, STORAGE_FOLDER)
  const secret = new DurableSecret(storageDirectory)
  const storage = new StorageThreads({
    directory: storageDirectory,
    settings: { ...config.storage, cachesMb: config.cachesMb },
    onError: (text) => log({ level: 'error', text }),
  })
  const stays = dataDirectory !== undefined || isDevelopment === true
  const deployedDirectory = toDeployedDirectory(config.fleet, dataDirectory)
  const opener = new Opener({ ...config, dataDirectory: deployedDirectory, stays })
  const registry = new Registry({
    opener,
    everyHost: options.everyHost === true,
    onApp(name, app) {
      if (runs.set(name, app)) shared.keepIds()
      if (app === undefined) hub.forget(name)
      else hub.setDrain(name, app.logDrain ?? current.logDrain)
    },
  })
  const onJoined = (): void => void shards?.configure(toSettings())
  const shared = await openShared(config.fleet, { directory: storageDirectory, secret, onJoined, log })
  const runs = new Runs({
    directory: dataDirectory,
    claims: shared.bindings?.claims,
    storage: storage.client,
    log,
    servingOf: (app) => registry.servingOf(app),
    run: (app, target) => shards?.run(app, target),
    ring: (object, target) => shards?.ring(object, target),
    isReached: (key) => registry.hasClass(key) || shards?.hasObjects(key) === true,
  })
  let served: ServedApps | undefined
  let fleet: Fleet | undefined
  const state = (): ShardsState =>
    shards?.state ?? { wanted: count, listening: 0, restarts: 0, isClosing: false }
  const started = performance.now()
  const snapshot = async (): Promise<HostSnapshot> => {
    const { versions, turns, shards: reports } = (await shards?.count()) ?? NO_TOTAL
    return {
      versions,
      turns,
      reports,
      shards: state(),
      apps: registry.states,
      engines: registry.engineCount,
      engineCounters: opener.counters,
      images: opener.images.counters,
      certificates: certificates?.ends ?? [],
      deploys: registry.deploys,
      ...(await runs.counts()),
      fleet: fleet?.counts,
      uptimeSeconds: (performance.now() - started) / MS_PER_SECOND,
    }
  }
  const tenants = async (): Promise<readonly TenantReport[]> => (await shards?.count())?.byApp().tenants ?? []
  const tenantsOf = async (names: ReadonlySet<string>): Promise<readonly TenantReport[]> =>
    (await shards?.count())?.ofApps(names) ?? []
  const exporter = await openExporter(options.telemetry, {
    snapshot,
    onError: (text) => log({ level: 'error', text }),
  })
  const operator = await openOperator(
    {
      admin: config.admin,
      token: options.adminToken,
      appsPort: config.port,
      isWritable: dataDirectory !== undefined,
    },
    { state, count: snapshot, tenants: tenantsOf, apps: () => served, errors, logs: hub.ring, log },
  )
  const close = async (): Promise<void> => {
    const settled = live?.[Symbol.asyncDispose]()
    // what a reload waits for fails
    const settledRuns = runs.close()
    const left = fleet?.[Symbol.asyncDispose]()
    const opened = opener[Symbol.asyncDispose]()
    certificates?.[Symbol.dispose]()
    await shards?.close()
    await settledRuns
    await shared.bindings?.[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
    await exporter?.close()
    await operator?.close()
    await hub.close()
    await settled
    await left
    await opened
  }
  try {
    await certificates?.load(config.tls ?? [])
    const onBroken = (app: string, { code, message }: NanoError): void =>
      log({ level: 'error', app, text: `${code}: ${message}` })
    fleet = await joinFleet(config.fleet, deployedDirectory, opener, { release: readVersion(), log })
    const deployed =
      dataDirectory === undefined
        ? undefined
        : await openDeployed({ registry, opener, onBroken, ...toAgreement(fleet, opener) }, () => current)
    const kept = (await deployed?.kept()) ?? []
    const apps = new FileApps({
      registry,
      opener,
      hasOthers: kept.length > 0,
      isDevelopment,
      onProgress: options.onProgress,
      onBroken,
      onWarning: (app, text) => log({ level: 'warn', app, text }),
      onPulled: (app, text) => log({ level: 'info', app, text }),
    })
    const apply = async (now: Config) => {
      // the listener stays until the next start, and so does who may use it
      if (now.admin !== false) operator?.readTokens(now.admin?.tokensFile)
      // what cannot be is refused before anything has changed
      toLiveInstances(now.liveInstances, count)
      const isSame = isDeepStrictEqual(current.defaults, now.defaults)
      current = now
      opener.images.budgetMb = now.imageCacheMb
      for (const { name, config: app } of registry.apps) {
        if (app !== undefined) hub.setDrain(name, app.logDrain ?? now.logDrain)
      }
      await certificates?.use(now.tls ?? config.tls ?? [])
      await shards?.configure(toSettings())
      return deployed === undefined || isSame ? { changed: [], failed: [] } : await deployed.refresh()
    }
    const reread = options.reread ?? (async () => config)
    const reloaded = (live = new LiveConfig({ config, apps, apply, reread, log }))
    await reloaded.load()
    await deployed?.restore(kept)
    if (deployed !== undefined)
      await fleet?.start(toFleetHost(deployed, async () => (await shards?.count())?.versions))
    await shared.bindings?.objects.settled()
    const { port, host, allowLoopback = false } = config
    if (allowLoopback) log({ level: 'warn', text: LOOPBACK_WARNING })
    const data: CommonData = {
      port,
      host,
      reusePort: count > 1,
      inherited,
      allowLoopback,
      isDevelopment,
      fleet: config.fleet,
      ...toSettings(),
      ...(options.telemetry?.traces !== undefined && { sampling: options.telemetry.sampling }),
      ...(operator?.port === undefined ? {} : { operatorPort: operator.port }),
    }
    const running = new Shards({
      script: SHARD,
      data,
      served: registry,
      storage,
      count,
      heapMb,
      silenceMs,
      log: (entry) => hub.write(entry),
      onAlarm: (time) => runs.alarmSet(time),
      onSpans: exporter && ((spans) => exporter.add(spans)),
    })
    shards = running
    registry.shards = running
    const listening = await running.start()
    runs.start()
    served = {
      registry,
      run: (app, run) => runs.schedule.runNow(app, run),
      deployed,
      storage: storage.client,
      queues: runs.queues,
      fleet,
      reload: () => reloaded.reload(),
      plan: (text) => reloaded.plan(text),
      readFile: (path, allowRead) => opener.file(path, allowRead, config.file),
      pull: (reference) => opener.ask('pull', { reference, oci: current.oci }),
    }
    if (watchMs !== undefined) {
      reloaded.watch(watchMs)
      await certificates?.watch(watchMs)
    }
    opener.keepImages(() => registry.state.deployments.map(({ image }) => image.id))
    collectGarbage()
    return {
      port: listening,
      url: toOrigin({ ...config, port: listening }),
      adminUrl: operator?.url,
      shards: count,
      registry,
      deployed,
      logs: hub.ring,
      reload: () => reloaded.reload(),
      images: opener.images.counters,
      counters: async () => toCounters(await running.count(), opener.counters),
      get isComplete() {
        const { listening, wanted } = running.state
        return listening === wanted
      },
      tenants,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
