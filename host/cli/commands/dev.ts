/**
 * `dev`: one app from its sources, built and served again whenever one of them is saved, with the limits and bindings that
 * the configuration beside it gives. A build that fails is told in the log, and to whoever asks for the app.
 */

import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'

import type { Command } from 'commander'

import { DEFAULTS, RANGES } from '../../config/config.ts'
import type { AppConfig, Config } from '../../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../../config/connection-limits.ts'
import { DEFAULT_LIMITS } from '../../config/limits.ts'
import type { LogFormat } from '../../log/line.ts'
import { serveUntilSignal } from '../serve-until-signal.ts'
import type { StartServer } from '../serve-contract.ts'
import { flag, integer, option, text, usage } from '../usage.ts'

interface DevOptions {
  readonly config?: string
  readonly name?: string
  readonly port?: number
  readonly allowLoopback?: true
}

const CONFIG = 'nano.json'

/** Sources are small: a moment without a write is enough. */
const SETTLE_MS = 20

export function addDev(program: Command, startServer: StartServer, format: LogFormat): void {
  program
    .command('dev')
    .summary('serve an app from its sources, and again whenever they are saved')
    .description(
      `Serve an app from its sources for every host name, and build it again whenever one of them is saved. Its limits, ` +
        `env and egress are those of the app in the ${CONFIG} beside it, if there is one.`,
    )
    .argument('<entry>', 'a source file, or a directory with an index file')
    .addOption(option('--config <file>', `the configuration (default: the nearest ${CONFIG})`, text))
    .addOption(option('--name <app>', 'the app of the configuration, when it is not clear', text))
    .addOption(
      option(
        '--port <n>',
        `port; 0 takes a free one (default: the configuration's, or ${DEFAULTS.port})`,
        integer(RANGES.port),
      ),
    )
    .addOption(flag('--allow-loopback', "the app may fetch from this machine's own ports (127.0.0.1, ::1)"))
    .action((entry: string, options: DevOptions) => dev(entry, options, startServer, format))
}

async function dev(
  entry: string,
  options: DevOptions,
  startServer: StartServer,
  format: LogFormat,
): Promise<void> {
  const reread = () => openConfig(resolve(entry), options)
  await serveUntilSignal(startServer, format, {
    config: await reread(),
    reread,
    watchMs: SETTLE_MS,
    isDevelopment: true,
    everyHost: true,
  })
}

/** A configuration of the one app. */
async function openConfig(path: string, options: DevOptions): Promise<Config> {
  const file = options.config ?? findConfig(path)
  const config = file === undefined ? undefined : await readConfig(file)
  const { allowLoopback = config?.allowLoopback ?? false, port = config?.port ?? DEFAULTS.port } = options
  const known = config === undefined ? undefined : findApp(config, path, options.name)
  const name = basename(path, extname(path))
  const app: AppConfig = known ?? { name, hostname: 'localhost', path, env: {}, limits: DEFAULT_LIMITS }
  return {
    ...(file === undefined ? {} : { file: resolve(file) }),
    host: DEFAULTS.host,
    port,
    // one build at a time, one client
    shards: 1,
    connectionLimits: config?.connectionLimits ?? DEFAULT_CONNECTION_LIMITS,
    admin: false,
    allowLoopback,
    apps: [{ ...app, path }],
  }
}

async function readConfig(file: string): Promise<Config> {
  // loads the schema library
  const parse = await import('../../config/parse.ts')
  return parse.readConfig(file)
}

/** The nearest one, up to the folder of the package. */
function findConfig(path: string): string | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  for (let folder = isFolder ? path : dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, CONFIG))) return join(folder, CONFIG)
    if (folder === dirname(folder) || existsSync(join(folder, 'package.json'))) return undefined
  }
}

/** The app that the sources are for: by its name, its path, or because there is no other. */
function findApp({ apps }: Config, path: string, name: string | undefined): AppConfig | undefined {
  const found = apps.find((app) => (name === undefined ? app.path === path : app.name === name))
  if (found !== undefined) return found
  if (name === undefined && apps.length < 2) return apps[0]
  const names = apps.map((app) => app.name).join(', ')
  throw usage(
    name === undefined
      ? `which app of ${CONFIG} is it? say --name, one of ${names}`
      : `--name: expected one of ${names}, got "${name}"`,
  )
}
