/**
 * `dev`: one app from its sources, built and served again whenever one of them is saved, with the limits and bindings that
 * the configuration beside it gives. A build that fails is told in the log, and to whoever asks for the app.
 */

import { join, resolve } from 'node:path'

import type { Command } from 'commander'

import { DEFAULTS, RANGES } from '../../config/config.ts'
import type { LogFormat } from '../../log/line.ts'
import { openAppConfig } from '../app-config.ts'
import { serveUntilSignal } from '../serve-until-signal.ts'
import type { StartServer } from '../serve-contract.ts'
import { flag, integer, option, text } from '../usage.ts'
import { addWranglerOptions, CONFIG, findProject, openProject } from '../wrangler-project.ts'
import type { WranglerOptions } from '../wrangler-project.ts'

interface DevOptions extends WranglerOptions {
  readonly config?: string
  readonly name?: string
  readonly port?: number
  readonly allowLoopback?: true
}

/** Where the data of bindings is, in the project's folder. */
const LOCAL_DATA = '.nano/data'

/** Sources are small: a moment without a write is enough. */
const SETTLE_MS = 20

export function addDev(program: Command, startServer: StartServer, format: LogFormat): void {
  const command = program
    .command('dev')
    .summary('serve an app from its sources, and again whenever they are saved')
    .description(
      `Serve an app from its sources for every host name, and build it again whenever one of them is saved. Its limits, ` +
        `env and egress are those of the app in the ${CONFIG} beside it, if there is one, and of its wrangler file.`,
    )
    .argument('<entry>', 'a source file, or a directory with a wrangler file or an index file')
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
  addWranglerOptions(command).action((entry: string, options: DevOptions) =>
    dev(entry, options, startServer, format),
  )
}

async function dev(
  entry: string,
  options: DevOptions,
  startServer: StartServer,
  format: LogFormat,
): Promise<void> {
  if (options.runBuild === true) await openProject(resolve(entry), options)
  const reread = () => openAppConfig(resolve(entry), { ...options, isDevelopment: true })
  await serveUntilSignal(startServer, format, {
    config: await reread(),
    reread,
    watchMs: SETTLE_MS,
    isDevelopment: true,
    storageDirectory: join(findProject(resolve(entry)), LOCAL_DATA),
    everyHost: true,
  })
}
