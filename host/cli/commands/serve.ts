/** `serve`: the apps of a configuration, or one app, until a signal comes. */

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import type { Command } from 'commander'

import { DEFAULT_ADMIN, DEFAULTS, RANGES } from '../../config/config.ts'
import type { Config } from '../../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../../config/connection-limits.ts'
import { defined } from '../../config/defined.ts'
import { NanoError } from '../../errors.ts'
import type { LogFormat } from '../../log/line.ts'
import type { TelemetrySettings } from '../../telemetry/settings.ts'
import { openLoneApp } from '../lone-app.ts'
import { toAnnouncement, toOrigin, toReachable } from '../messages.ts'
import { askPlan, toPlanText } from '../plan-text.ts'
import { serveUntilSignal } from '../serve-until-signal.ts'
import type { StartServer } from '../serve-contract.ts'
import { flag, integer, option, renamed, repeatable, text, usage } from '../usage.ts'
import { addWranglerOptions, openProject } from '../wrangler-project.ts'
import type { WranglerOptions } from '../wrangler-project.ts'

const DEFAULT_CONFIG = 'nano.json'
const DEFAULT_DATA = '.nano'
const TOKEN = 'NANO_ADMIN_TOKEN'

/** How long a configuration and components are to be left alone before they are read again. */
const WATCH_MS = 500

/** What the command line says; without a word the configuration holds. */
interface ServeOptions extends WranglerOptions {
  readonly config?: string
  readonly app?: string
  readonly assets?: string
  readonly allowRead?: readonly string[]
  readonly port?: number
  readonly host?: string
  readonly shards?: number
  readonly adminPort?: number
  readonly allowLoopback?: true
  readonly dryRun?: true
  readonly json?: true
  readonly dataDir?: string
}

export function addServe(program: Command, startServer: StartServer, format: LogFormat): void {
  const or = (value: string | number): string => `(default: the configuration's, or ${value})`
  const command = program
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
    .addOption(
      option('--assets <dir>', "with --app, or alone: a directory with the app's files", text).conflicts(
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
    .addOption(flag('--dry-run', 'say what would be served, where, and what that changes; serve nothing'))
    .addOption(flag('--json', 'with --dry-run: print one JSON object'))
    .addOption(renamed('--dev', '--allow-loopback'))
    .allowExcessArguments()
  addWranglerOptions(command).action((options: ServeOptions, { args: [extra] }: Command) => {
    if (extra !== undefined) throw usage(`unexpected "${extra}"; did you mean --app ${extra}?`)
    return serve(options, startServer, format)
  })
}

async function serve(options: ServeOptions, startServer: StartServer, format: LogFormat): Promise<void> {
  const { app } = options
  if (options.runBuild === true) await openProject(resolve(app ?? usageOf('--run-build')), options)
  if (app === undefined && options.env !== undefined) usageOf('--env')
  const config = await openConfig(options)
  const everyHost = app !== undefined || options.assets !== undefined
  if (options.dryRun === true) return await tryOut(config, everyHost, options.json === true)
  if (options.json === true) throw usage('--json is for --dry-run')
  const adminToken = process.env[TOKEN] || undefined
  // nobody who is started from here inherits it
  delete process.env[TOKEN]
  await serveUntilSignal(startServer, format, {
    config,
    reread: (text) => openConfig(options, text),
    watchMs: WATCH_MS,
    everyHost,
    dataDirectory: toDataDirectory(options, config),
    adminToken,
    telemetry: await readTelemetryOf(process.env),
  })
}

function usageOf(name: string): never {
  throw usage(`${name} is for --app; in a configuration, give the app a "wrangler_env", and build it before`)
}

/** What would be served, or why not. */
async function tryOut(config: Config, everyHost: boolean, isJson: boolean): Promise<void> {
  const { checkApps } = await import('../../deploy/check-apps.ts')
  const checks = await checkApps(config, () => {})
  const failed = checks.flatMap(({ app, outcome }) =>
    outcome instanceof NanoError ? `app ${app.name}: ${outcome.code}: ${outcome.message}` : [],
  )
  const served = checks.flatMap(({ app, outcome }) => (outcome instanceof NanoError ? [] : app))
  const plan = config.file === undefined ? undefined : await askPlan(await readText(config.file))
  if (isJson) {
    const { host, port } = config
    const apps = served.map(({ name, hostname, path }) => ({ name, hostname, path }))
    process.stdout.write(`${JSON.stringify({ host, port, apps, problems: failed, plan }, undefined, 2)}\n`)
  } else if (served.length > 0 || failed.length === 0) {
    const { shards, admin = DEFAULT_ADMIN } = config
    const operator = admin === false ? 'no operator' : `operator on ${toReachable(admin.host)}:${admin.port}`
    process.stdout.write(
      `would serve on ${toOrigin(config)}, ${shards ?? availableParallelism()} shards, ${operator}\n\n` +
        toAnnouncement(served, config, everyHost) +
        (plan === undefined ? '' : `\n${toPlanText(plan)}`),
    )
  }
  const refused = plan?.refused.map(({ app, reason }) => `app ${app}: ${reason}`) ?? []
  const wrong = [...failed, ...refused]
  if (wrong.length > 0) throw new NanoError('CONFIG_INVALID', wrong.join('\n'))
}

async function readText(file: string): Promise<string> {
  const { readText: read } = await import('../../config/parse.ts')
  return read(file)
}

/** Most say nothing about it. */
async function readTelemetryOf(environment: NodeJS.ProcessEnv): Promise<TelemetrySettings | undefined> {
  if (!Object.keys(environment).some((name) => name.startsWith('OTEL_EXPORTER_OTLP_'))) return undefined
  const { readTelemetry } = await import('../../telemetry/settings.ts')
  return readTelemetry(environment)
}

/** The configuration, or what stands for one, with what the command line says in its place. */
async function openConfig(options: ServeOptions, given?: string): Promise<Config> {
  const { port, host, shards, allowLoopback, adminPort } = options
  const config = await readConfiguration(options, given)
  const { host: adminHost, tokensFile } = config.admin || DEFAULT_ADMIN
  const admin =
    adminPort === undefined ? undefined : { host: adminHost, port: adminPort, ...defined({ tokensFile }) }
  return { ...config, ...defined({ port, host, shards, allowLoopback, admin }) }
}

async function readConfiguration(options: ServeOptions, given?: string): Promise<Config> {
  const { app, assets, config, dataDir } = options
  if (app !== undefined || assets !== undefined) {
    const apps = [await openLoneApp(app, options)]
    return { ...DEFAULTS, connectionLimits: DEFAULT_CONNECTION_LIMITS, apps }
  }
  // apps may all be deployed
  const isLess =
    given === undefined && config === undefined && dataDir !== undefined && !existsSync(DEFAULT_CONFIG)
  return isLess
    ? { ...DEFAULTS, connectionLimits: DEFAULT_CONNECTION_LIMITS, apps: [] }
    : await readFile(options, given)
}

/** Where deployed apps are kept. The directory is made by the first deploy. */
function toDataDirectory({ dataDir }: ServeOptions, { dataDirectory, file }: Config): string | undefined {
  if (dataDir !== undefined) return resolve(dataDir)
  return dataDirectory ?? (file === undefined ? undefined : join(dirname(file), DEFAULT_DATA))
}

async function readFile(
  { config = DEFAULT_CONFIG, allowRead }: ServeOptions,
  given?: string,
): Promise<Config> {
  if (allowRead !== undefined) {
    throw usage('--allow-read is for --app; in a configuration, give the app an "allow_read"')
  }
  // loads the schema library
  const { parseConfig, readConfig } = await import('../../config/parse.ts')
  return given === undefined ? readConfig(config) : parseConfig(given, config)
}
