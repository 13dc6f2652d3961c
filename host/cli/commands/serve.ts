/**
 * `serve`: the apps of a configuration, or one app, until a signal comes. SIGINT and SIGTERM end the server gracefully; a
 * second one ends it at once.
 */

import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'

import type { Command } from 'commander'

import { DEFAULT_ADMIN, DEFAULTS, RANGES } from '../../config/config.ts'
import type { Config } from '../../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../../config/connection-limits.ts'
import { defined } from '../../config/defined.ts'
import { DEFAULT_LIMITS } from '../../config/limits.ts'
import type { TelemetrySettings } from '../../telemetry/settings.ts'
import { Log } from '../log.ts'
import type { LogFormat } from '../log-line.ts'
import { toAnnouncement, toDuration, toReachable } from '../messages.ts'
import type { StartServer } from '../serve-contract.ts'
import { flag, integer, option, renamed, repeatable, text, usage } from '../usage.ts'
import { readVersion } from '../version.ts'

const DEFAULT_CONFIG = 'nano.json'
const DEFAULT_DATA = '.nano'
const TOKEN = 'NANO_ADMIN_TOKEN'

/** What the command line says; without a word the configuration holds. */
interface ServeOptions {
  readonly config?: string
  readonly app?: string
  readonly allowRead?: readonly string[]
  readonly port?: number
  readonly host?: string
  readonly shards?: number
  readonly adminPort?: number
  readonly allowLoopback?: true
  readonly dataDir?: string
}

export function addServe(program: Command, startServer: StartServer, format: LogFormat): void {
  const or = (value: string | number): string => `(default: the configuration's, or ${value})`
  program
    .command('serve')
    .summary('serve the apps of a configuration, or one app for every host name')
    .description(
      'Serve the apps of a configuration, or one app for every host name, until SIGINT or SIGTERM comes.',
    )
    .addOption(option('--config <file>', `the configuration (default: ${DEFAULT_CONFIG})`, text))
    .addOption(
      option('--app <path>', 'one app instead: a component, a source file or a directory', text).conflicts(
        'config',
      ),
    )
    .addOption(repeatable('--allow-read <path>', 'with --app: as for build'))
    .addOption(
      option('--port <n>', `port of the apps; 0 takes a free one ${or(DEFAULTS.port)}`, integer(RANGES.port)),
    )
    .addOption(option('--host <address>', `address to listen on ${or(DEFAULTS.host)}`, text))
    .addOption(option('--shards <n>', `worker threads ${or('one a processor')}`, integer(RANGES.shards)))
    .addOption(
      option(
        '--admin-port <n>',
        `port of the operator: /healthz, /readyz, /metrics; 0 takes a free one ${or(DEFAULT_ADMIN.port)}`,
        integer(RANGES.port),
      ),
    )
    .addOption(
      option(
        '--data-dir <dir>',
        `where deployed apps are kept (default: the configuration's, or ${DEFAULT_DATA} beside it)`,
        text,
      ),
    )
    .addOption(
      flag(
        '--allow-loopback',
        "apps may fetch from this machine's own ports (127.0.0.1, ::1); for development only",
      ),
    )
    .addOption(renamed('--dev', '--allow-loopback'))
    .allowExcessArguments()
    .action((options: ServeOptions, { args: [extra] }: Command) => {
      if (extra !== undefined) throw usage(`unexpected "${extra}"; did you mean --app ${extra}?`)
      return serve(options, startServer, format)
    })
}

async function serve(options: ServeOptions, startServer: StartServer, format: LogFormat): Promise<void> {
  const config = await openConfig(options)
  const everyHost = options.app !== undefined
  using log = new Log(process.stderr, format)
  // whoever read the announcement may have gone
  process.stdout.on('error', () => {})
  const started = performance.now()
  const adminToken = process.env[TOKEN] || undefined
  // nobody who is started from here inherits it
  delete process.env[TOKEN]
  const server = await startServer({
    config,
    everyHost,
    dataDirectory: toDataDirectory(options, config),
    adminToken,
    telemetry: await readTelemetryOf(process.env),
    log: (entry) => log.write(entry),
    onProgress: (step) => log.show(step),
  })
  log.clear()
  const shards = server.shards === 1 ? '1 shard' : `${server.shards} shards`
  process.stdout.write(
    `NANO ${readVersion()} on http://${toReachable(config.host)}:${server.port}, ${shards}, ` +
      `ready in ${toDuration(performance.now() - started)}\n\n` +
      toAnnouncement(server.registry.apps, config.host, server.port, everyHost) +
      (server.adminUrl === undefined ? '' : `\noperator  ${toMetricsUrl(server.adminUrl)}\n`),
  )
  await toSignal()
  process.stdout.write('stopping\n')
  void toSignal().then(() => process.exit(1))
  await server.close()
  process.exit(0)
}

/** Most say nothing about it. */
async function readTelemetryOf(environment: NodeJS.ProcessEnv): Promise<TelemetrySettings | undefined> {
  if (!Object.keys(environment).some((name) => name.startsWith('OTEL_EXPORTER_OTLP_'))) return undefined
  const { readTelemetry } = await import('../../telemetry/settings.ts')
  return readTelemetry(environment)
}

/** The configuration, or what stands for one, with what the command line says in its place. */
async function openConfig(options: ServeOptions): Promise<Config> {
  const { port, host, shards, allowLoopback, adminPort } = options
  const config = await readConfiguration(options)
  const { host: adminHost, tokensFile } = config.admin || DEFAULT_ADMIN
  const admin =
    adminPort === undefined ? undefined : { host: adminHost, port: adminPort, ...defined({ tokensFile }) }
  return { ...config, ...defined({ port, host, shards, allowLoopback, admin }) }
}

async function readConfiguration(options: ServeOptions): Promise<Config> {
  const { app, config, dataDir } = options
  if (app !== undefined) return toConfig(app, options)
  // apps may all be deployed
  const isLess = config === undefined && dataDir !== undefined && !existsSync(DEFAULT_CONFIG)
  return isLess
    ? { ...DEFAULTS, connectionLimits: DEFAULT_CONNECTION_LIMITS, apps: [] }
    : await readFile(options)
}

/** Where deployed apps are kept. The directory is made by the first deploy. */
function toDataDirectory({ dataDir }: ServeOptions, { dataDirectory, file }: Config): string | undefined {
  if (dataDir !== undefined) return resolve(dataDir)
  return dataDirectory ?? (file === undefined ? undefined : join(dirname(file), DEFAULT_DATA))
}

function toMetricsUrl(adminUrl: string): string {
  return adminUrl.startsWith('unix:') ? adminUrl : `${adminUrl}/metrics`
}

async function readFile({ config = DEFAULT_CONFIG, allowRead }: ServeOptions): Promise<Config> {
  if (allowRead !== undefined) {
    throw usage('--allow-read is for --app; in a configuration, give the app an "allow_read"')
  }
  // loads the schema library
  const { readConfig } = await import('../../config/parse.ts')
  return readConfig(config)
}

function toConfig(app: string, { allowRead = [] }: ServeOptions): Config {
  const path = resolve(app)
  return {
    ...DEFAULTS,
    connectionLimits: DEFAULT_CONNECTION_LIMITS,
    apps: [
      {
        name: basename(path, extname(path)),
        hostname: 'localhost',
        path,
        allowRead: allowRead.map((each) => resolve(each)),
        env: {},
        limits: DEFAULT_LIMITS,
      },
    ],
  }
}

function toSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
}
