/**
 * A real server for a test: configuration in, real components behind real sockets, the log kept for assertions. Use
 * it with `await using`, or close it in `afterAll`.
 */

import { join } from 'node:path'

import { toLogLine } from '../../host/log/line.ts'
import type { LIMIT_RULES } from '../../host/config/limits.ts'
import type { Key } from '../../host/config/number-rule.ts'
import type { TlsFiles } from '../../host/config/config.ts'
import { parseConfig } from '../../host/config/parse.ts'
import type { ImageCounters } from '../../host/image/counters.ts'
import type { LogRing } from '../../host/log/ring.ts'
import type { DeployedApps } from '../../host/registry/deployed.ts'
import type { Registry } from '../../host/registry/registry.ts'
import { startServer } from '../../host/server.ts'
import type { ServerCounters } from '../../host/supervisor/counters.ts'
import type { TelemetrySettings } from '../../host/telemetry/settings.ts'
import type { TenantReport } from '../../host/tenant/report.ts'
import { send } from './http.ts'
import type { Answer, Sent } from './http.ts'

/** Limits as nano.json spells them. */
type LimitSpec = { [key in Key<keyof typeof LIMIT_RULES>]?: number }

/** An app as nano.json spells it. */
export interface AppSpec extends LimitSpec {
  name: string
  hostname?: string
  path?: string
  env?: Record<string, unknown>
  kv_namespaces?: { binding: string; id?: string; shared?: boolean }[]
  r2_buckets?: { binding: string; bucket_name?: string; shared?: boolean }[]
  d1_databases?: readonly object[]
  services?: { binding: string; service: string; entrypoint?: string; props?: Record<string, unknown> }[]
  durable_objects?: { bindings: { name: string; class_name: string; script_name?: string }[] }
  migrations?: object[]
  queues?: { producers?: object[]; consumers?: object[] }
  hyperdrive?: { binding: string; id?: string; connection_string?: string; secret?: string }[]
  ratelimits?: { name: string; namespace_id: string; simple: object; shared?: boolean }[]
  egress?: { allow?: string[]; deny?: string[]; private?: boolean }
  assets?: {
    directory: string
    binding?: string
    run_worker_first?: boolean | string[]
    html_handling?: string
    not_found_handling?: string
  }
  response_cache?: boolean | { max_mb: number }
  isolation?: 'instance' | 'request'
  foreign?:
    | boolean
    | {
        directories?: Record<string, string | { path: string; writable?: boolean }>
        sockets?: string[]
        processes?: number
        requests?: number
      }
  triggers?: { crons?: string[]; time_zone?: string; overlap?: boolean }
  log_drain?: string | { url: string; headers?: Record<string, string> }
}

export interface Served {
  readonly port: number
  readonly adminUrl: string | undefined
  /** Everything that was logged, as an operator reads it, one text per entry, without the time in front. */
  readonly log: string[]
  /** The latest entries, and those that come. */
  readonly logs: LogRing
  counters(): Promise<ServerCounters>
  /** What was loaded of apps, and is held. */
  readonly images: Readonly<ImageCounters>
  readonly registry: Registry
  /** Of a server with a data directory. */
  readonly deployed: DeployedApps
  /** Serve the app, in place of its version before; gives the deployment. */
  put(app: AppSpec): Promise<number>
  tenants(): Promise<readonly TenantReport[]>
  /** A request to the app with this host name. */
  send(host: string, path: string, request?: Omit<Sent, 'host' | 'path'>): Promise<Answer>
  /** The first log entry that holds all of these texts, waited for. */
  logged(...texts: string[]): Promise<string>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const ROOT = join(import.meta.dirname, '../..')
/** Where build-apps.ts puts what it has built. */
export const BUILT = join(ROOT, 'test/.built')

/** The component of an app of test/fixtures. */
export function fixture(name: string): string {
  return join(BUILT, `${name}.wasm`)
}

/** Its source. */
export function fixtureSource(name: string): string {
  return join(ROOT, 'test/fixtures', `${name}.ts`)
}

/** The component of an app of apps/. */
export function builtExample(name: string): string {
  return join(BUILT, `app-${name}.wasm`)
}

/** Its directory. */
export function example(name: string): string {
  return join(ROOT, 'apps', name)
}

const TIME = /^\S+ /

/** For apps that say nothing about it: a busy machine is no reason to stop them. */
const CPU_MS = 10_000

/** What few tests want otherwise. */
export interface ServeOptions {
  /** The operator's listener, off unless given. */
  admin?: { host?: string; port?: number; socket?: string; tokens_file?: string }
  /** May do everything. */
  adminToken?: string
  /** Apps may reach loopback. */
  allowLoopback?: boolean
  /** A line for each request. */
  accessLog?: boolean
  /** Of apps that name none. */
  logDrain?: string
  /** Files of certificates and keys. */
  tls?: TlsFiles | TlsFiles[]
  /** Reload when something changes and then nothing does for so long. */
  watchMs?: number
  /** Who is believed about clients. */
  trustedProxies?: string[]
  /** Of connections, as nano.json spells them. */
  connectionLimits?: {
    keep_alive_ms?: number
    headers_ms?: number
    request_ms?: number
    connections?: number
  }
  /** The most MiB of images in memory. */
  imageCacheMb?: number
  /** On each shard, beyond which those go that rest. */
  liveInstances?: number
  /** On each shard, MiB of their memory beyond which the same holds. */
  liveMemoryMb?: number
  /** The most MiB of a shard's own heap. */
  heapMb?: number
  /** Where deployed apps are kept. */
  dataDirectory?: string
  /** Where the data of bindings is kept. */
  storageDirectory?: string
  /** Where else it is, as nano.json spells it. */
  storage?: { kv?: { redis: string } | 'fleet'; r2?: object }
  /** The fleet that it belongs to, as nano.json spells it. */
  fleet?: { nats: string | string[]; host: string; key: false | { file: string }; rollout?: object }
  /** How long a shard may stand still. */
  silenceMs?: number
  /** Traces and series go out. */
  telemetry?: TelemetrySettings | undefined
}

/** Serve these apps on a free port. */
export async function serve(apps: AppSpec[], shards = 1, options: ServeOptions = {}): Promise<Served> {
  const {
    admin = false,
    allowLoopback = false,
    accessLog = false,
    trustedProxies = [],
    logDrain,
    tls,
    storage,
    fleet,
    connectionLimits,
    imageCacheMb,
    liveInstances,
    liveMemoryMb,
    ...more
  } = options
  const top = {
    port: 0,
    shards,
    admin,
    allow_loopback: allowLoopback,
    access_log: accessLog,
    ...(liveInstances === undefined ? {} : { live_instances: liveInstances }),
    ...(liveMemoryMb === undefined ? {} : { live_memory_mb: liveMemoryMb }),
    ...(imageCacheMb === undefined ? {} : { image_cache_mb: imageCacheMb }),
    ...(tls === undefined ? {} : { tls }),
    ...(storage === undefined ? {} : { storage }),
    ...(fleet === undefined ? {} : { fleet }),
    ...(logDrain === undefined ? {} : { log_drain: logDrain }),
    trusted_proxies: trustedProxies,
    ...connectionLimits,
  }
  const parse = (list: AppSpec[]) => {
    const written = { ...top, defaults: { cpu_ms: CPU_MS }, apps: list }
    return parseConfig(JSON.stringify(written), join(ROOT, 'test/nano.json'))
  }
  const config = parse(apps)
  const log: string[] = []
  const server = await startServer({
    ...more,
    config,
    log: (entry) => log.push(toLogLine(entry).replace(TIME, '')),
  })
  const close = () => server.close()
  return {
    port: server.port,
    adminUrl: server.adminUrl,
    log,
    logs: server.logs,
    tenants: () => server.tenants(),
    counters: () => server.counters(),
    images: server.images,
    registry: server.registry,
    get deployed() {
      if (server.deployed === undefined) throw new Error('the server has no data directory')
      return server.deployed
    },
    put: (app) => server.registry.put(parse([app]).apps[0]!),
    send: (host, path, request = {}) => send(server.port, { ...request, host, path }),
    logged: (...texts) =>
      waitFor(() => log.find((entry) => texts.every((text) => entry.includes(text))), 15_000, log),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Wait until `look` finds something. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  ms = 15_000,
  hint?: unknown,
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end)
      throw new Error(`did not come within ${ms} ms: ${look.toString()} ${JSON.stringify(hint)}`)
    await sleep(10)
  }
}

/** What `look` says once it has said the same for a while; the test times out when it never does. */
export async function steady<T>(look: () => T | Promise<T>): Promise<T> {
  let last = await look()
  for (let same = 0; same < 10;) {
    await sleep(20)
    const now = await look()
    same = now === last ? same + 1 : 0
    last = now
  }
  return last
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
