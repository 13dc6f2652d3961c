/** What nano.json says to what the host uses: defaults filled in, paths absolute, host names in canonical spelling. */

import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'

import { DEFAULT_ASSET_SETTINGS } from '../assets/manifest.ts'
import type { AssetSettings } from '../assets/manifest.ts'
import type { Triggers } from '../cron/outcome.ts'
import { toHostName } from '../http/host-name.ts'
import { parseStickyBy } from '../http/sticky-key.ts'
import { DEFAULT_CACHE_MB, NO_PATH } from './config.ts'
import { toForeign } from './foreign-schema.ts'
import type { AdminConfig, AppConfig, AppDefaults, Config, LogDrain } from './config.ts'
import { CONNECTION_RULES, DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts'
import { toQueues } from './app-queues.ts'
import { toDatabases } from './databases.ts'
import { defined } from './defined.ts'
import type { FleetCredentials, FleetSettings } from './fleet-settings.ts'
import { DURABLE, toClassData } from './class-data.ts'
import { toResource } from './resource.ts'
import type { Env, EnvValue } from './env.ts'
import { DEFAULT_LIMITS, LIMIT_RULES } from './limits.ts'
import { toNumbers } from './number-rule.ts'
import { FILE_DRAIN } from './drain-schema.ts'
import { isOci } from './oci-reference.ts'
import type { OciSettings } from './oci-settings.ts'
import type { AppJson, AppSettings, NanoJson } from './schema.ts'
import { takeWrangler, toOwnProject } from './take-wrangler.ts'
import type { ToProject } from './take-wrangler.ts'
import type { StorageSettings } from './storage-settings.ts'
import type { Secrets, SecretSource } from './secrets.ts'
import { toBindings } from './to-bindings.ts'
import type { SharedBindings } from './to-bindings.ts'

/** `file` is absolute. `toProject`: the folder that an app's wrangler file is in. */
export function toConfig(json: NanoJson, file: string, toProject: ToProject = toOwnProject): Config {
  const defaults = inherit(json.defaults ?? {}, { limits: DEFAULT_LIMITS })
  const toPath = (path: string) => resolve(dirname(file), path)
  const fleet = json.fleet && toFleet(json.fleet, dirname(file))
  return {
    file,
    defaults,
    port: json.port,
    host: json.host,
    connectionLimits: toNumbers(CONNECTION_RULES, json, DEFAULT_CONNECTION_LIMITS),
    apps: json.apps.map((app) => {
      const project = toProject(app, dirname(file))
      if (project === undefined) return toApp(app, defaults, dirname(file))
      const taken = takeWrangler(app, project, { defaults, base: dirname(file) })
      return taken.finish(toApp(taken.app, defaults, dirname(file)))
    }),
    ...defined({
      tls: json.tls && [json.tls].flat().map(({ cert, key }) => ({ cert: toPath(cert), key: toPath(key) })),
      shards: json.shards,
      trustedProxies: json.trusted_proxies,
      admin: json.admin && toAdmin(json.admin, toPath),
      engines: json.engines,
      allowLoopback: json.allow_loopback,
      accessLog: json.access_log,
      liveInstances: json.live_instances,
      liveMemoryMb: json.live_memory_mb,
      imageCacheMb: json.image_cache_mb,
      cachesMb: json.caches_mb,
      logDrain: toLogDrain(json.log_drain, dirname(file)),
      dataDirectory: json.data_dir && toPath(json.data_dir),
      storage: json.storage && toStorage(json.storage, dirname(file), fleet),
      oci: json.oci && toOci(json.oci, toPath),
      fleet,
    }),
  }
}

/** `fleet`: is there where something is said to be there. */
function toStorage(
  { kv, r2 }: NonNullable<NanoJson['storage']>,
  base: string,
  fleet: FleetSettings | undefined,
): StorageSettings {
  const toRedis = ({ redis: url, password_file: file }: Exclude<typeof kv, 'fleet' | undefined>) => ({
    redis: { url, ...defined({ passwordFile: file && resolve(base, file) }) },
  })
  return {
    ...(kv && { kv: kv === 'fleet' ? { fleet: fleet! } : toRedis(kv) }),
    ...(r2 && {
      r2: {
        s3: {
          endpoint: r2.s3,
          region: r2.region ?? 'us-east-1',
          bucket: r2.bucket,
          accessKeyId: toSource(r2.access_key_id, base),
          secretAccessKey: toSource(r2.secret_access_key, base),
        },
      },
    }),
  }
}

function toFleet(
  { nats, name = 'nano', host, credentials, tls, replicas, key, rollout }: NonNullable<NanoJson['fleet']>,
  base: string,
): FleetSettings {
  const toPath = (path: string | undefined) => path && resolve(base, path)
  return {
    name,
    // dots would part a subject
    host: host ?? hostname().replaceAll(/[^\w-]/g, '-'),
    servers: [nats].flat(),
    ...defined({
      credentials: credentials === undefined ? undefined : toCredentials(credentials, base),
      tls: tls && defined({ ca: toPath(tls.ca), cert: toPath(tls.cert), key: toPath(tls.key) }),
      replicas,
      key: key === false ? undefined : toSource(key, base),
      rollout,
    }),
  }
}

function toCredentials(
  given: NonNullable<NonNullable<NanoJson['fleet']>['credentials']>,
  base: string,
): FleetCredentials {
  if (typeof given === 'string') return { creds: resolve(base, given) }
  if ('token' in given) return { token: toSource(given.token, base) }
  return { user: given.user, password: toSource(given.password, base) }
}

function toAdmin(
  { host, port, socket, tokens_file: tokensFile }: Exclude<NanoJson['admin'], false | undefined>,
  toPath: (path: string) => string,
): AdminConfig {
  return {
    host,
    port,
    ...defined({ socket: socket && toPath(socket), tokensFile: tokensFile && toPath(tokensFile) }),
  }
}

export function toApp(app: AppJson, defaults: AppDefaults, base: string): AppConfig {
  const { name, hostname = name } = app
  return {
    name,
    hostname: toHostName(hostname)!,
    path: toAppPath(app.path, base),
    ...toSettings(name, app, defaults, (directory) => resolve(base, directory)),
    ...defined({
      allowRead: app.allow_read?.map((path) => resolve(base, path)),
      logDrain: toLogDrain(app.log_drain, base),
      databases: toDatabases(app, base),
      secrets: toSecrets(app.secrets, base),
      foreign: toForeign(app.foreign, base),
      artifact: toArtifact(app, base),
    }),
  }
}

function toAppPath(path: string | undefined, base: string): string {
  if (path === undefined) return NO_PATH
  return isOci(path) ? path : resolve(base, path)
}

/** What it says of itself is known when it has been pulled, and then merged with what is said here. */
function toArtifact(app: AppJson, base: string): AppConfig['artifact'] {
  if (app.path === undefined || !isOci(app.path)) return undefined
  return { given: app, base, followsTag: app.follow_tag ?? false }
}

function toOci(given: NonNullable<NanoJson['oci']>, toPath: (path: string) => string): OciSettings {
  const { digests, insecure, credentials, signatures, pull_ms: pullMs } = given
  return defined({
    digests,
    insecure,
    credentialsFile: credentials && toPath(credentials),
    pullMs,
    signatures: signatures?.map(({ repository, keys }) => ({ repository, keys: keys.map(toPath) })),
  })
}

function toSecrets(given: AppJson['secrets'], base: string): Secrets | undefined {
  if (given === undefined) return undefined
  return Object.fromEntries(Object.entries(given).map(([name, source]) => [name, toSource(source, base)]))
}

function toSource(given: SecretSource, base: string): SecretSource {
  return 'file' in given ? { file: resolve(base, given.file) } : given
}

/** What an app says besides where it is. */
export function toSettings(
  name: string,
  app: AppSettings & SharedBindings,
  defaults: AppDefaults,
  toDirectory: (path: string) => string | undefined,
): Pick<
  AppConfig,
  | 'env'
  | 'limits'
  | 'egress'
  | 'stickyBy'
  | 'assets'
  | 'responseCacheMb'
  | 'isolation'
  | 'calledBy'
  | 'triggers'
  | 'dataNames'
  | 'deletedData'
  | 'queues'
> {
  const stickyBy = app.sticky_by === undefined ? undefined : parseStickyBy(app.sticky_by)
  const assets = app.assets && toAssets(app.assets, toDirectory)
  const env = { ...toEnv(app.env ?? {}), ...toBindings(name, app) }
  const inherited = inherit(app, defaults)
  return {
    env,
    ...inherited,
    ...defined({
      stickyBy,
      assets,
      responseCacheMb: toCacheMb(app.response_cache),
      isolation: app.isolation,
      calledBy: app.called_by,
      triggers: toTriggers(app.triggers),
      queues: toQueues(name, app.queues, inherited.limits),
      ...toOwnClassData(name, app.migrations),
    }),
  }
}

function toOwnClassData(app: string, migrations: AppSettings['migrations'] = []) {
  const { names, deleted } = toClassData(migrations)
  return {
    dataNames: Object.keys(names).length === 0 ? undefined : names,
    deletedData: deleted.length === 0 ? undefined : deleted.map((id) => toResource(DURABLE, app, id).key),
  }
}

function toCacheMb(given: AppSettings['response_cache']): number | undefined {
  if (given === undefined || given === false) return undefined
  return given === true ? DEFAULT_CACHE_MB : given.max_mb
}

function toAssets(
  given: NonNullable<AppSettings['assets']>,
  toDirectory: (path: string) => string | undefined,
): AssetSettings {
  return {
    runWorkerFirst: given.run_worker_first ?? DEFAULT_ASSET_SETTINGS.runWorkerFirst,
    htmlHandling: given.html_handling ?? DEFAULT_ASSET_SETTINGS.htmlHandling,
    notFoundHandling: given.not_found_handling ?? DEFAULT_ASSET_SETTINGS.notFoundHandling,
    ...defined({ binding: given.binding, directory: given.directory && toDirectory(given.directory) }),
  }
}

function toTriggers(given: AppSettings['triggers']): Triggers | undefined {
  const { crons = [], time_zone: timeZone = 'UTC', overlap = false } = given ?? {}
  return crons.length === 0 ? undefined : { crons, timeZone, overlap }
}

/** What is not given comes from the defaults: limits one by one, egress key by key. */
function inherit(given: Pick<AppSettings, 'egress'>, { limits, egress }: AppDefaults): AppDefaults {
  const isGiven = given.egress !== undefined || egress !== undefined
  return {
    limits: toNumbers(LIMIT_RULES, given, limits),
    ...(isGiven ? { egress: { ...egress, ...given.egress } } : {}),
  }
}

/** A text is a URL; a file's path is relative to the configuration. */
function toLogDrain(given: NanoJson['log_drain'], base: string): LogDrain | undefined {
  if (given === undefined) return undefined
  const { url, headers = {} } = typeof given === 'string' ? { url: given } : given
  if (!url.startsWith(FILE_DRAIN)) return { type: 'http', url, headers }
  return { type: 'file', path: resolve(base, url.slice(FILE_DRAIN.length)) }
}

/** A string is a text; whatever else JSON has goes on as JSON. */
export function toEnv(json: Readonly<Record<string, unknown>>): Env {
  const entries = Object.entries(json).map(([name, value]): [string, EnvValue] => [
    name,
    typeof value === 'string' ? { type: 'text', value } : { type: 'json', value: JSON.stringify(value) },
  ])
  return Object.fromEntries(entries)
}
