/**
 * Door: the command line. Turns arguments into a running server or a built component, messages into lines of a
 * terminal and outcomes into exit statuses: 0 fine, 1 failed, 2 wrong usage. SIGINT and SIGTERM end a server
 * gracefully; a second one ends it at once.
 */

import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { basename, extname, resolve } from 'node:path'

import { parseArguments } from './cli/arguments.ts'
import type { BuildArguments, ServeArguments } from './cli/arguments.ts'
import { HELP } from './cli/help.ts'
import { toLogLine } from './cli/log-line.ts'
import { LogSink } from './cli/log-sink.ts'
import { toAnnouncement, toComplaint, toDuration, toReachable, toSize } from './cli/messages.ts'
import { Progress } from './cli/progress.ts'
import { DEFAULT_ADMIN, DEFAULTS } from './config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from './config/connection-limits.ts'
import type { Config } from './config/config.ts'
import { DEFAULT_LIMITS } from './config/limits.ts'
import { readConfig } from './config/parse.ts'
import { isComponent } from './deploy/open-component.ts'
import { rebuildFile } from './deploy/rebuild-file.ts'
import { toNanoError } from './errors.ts'
import { startServer } from './server.ts'

try {
  await run(process.argv.slice(2))
} catch (thrown) {
  const error = toNanoError(thrown)
  process.stderr.write(toComplaint(error))
  // what nobody expected: the stack is for whoever reports it
  if (error.code === 'INTERNAL' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`)
  process.exitCode = error.code === 'USAGE' ? 2 : 1
}

async function run(args: readonly string[]): Promise<void> {
  const command = parseArguments(args)
  if (command.name === 'help') process.stdout.write(HELP)
  else if (command.name === 'version') process.stdout.write(`${readVersion()}\n`)
  else if (command.name === 'build') await build(command)
  else await serve(command)
}

async function serve(args: ServeArguments): Promise<void> {
  const everyHost = 'app' in args.source
  const written = openConfig(args.source)
  const config = { ...written, ...toOverrides(args, written.admin) }
  using progress = new Progress(process.stderr)
  const sink = new LogSink(process.stderr)
  // whoever read the announcement may have gone
  process.stdout.on('error', () => {})
  const started = performance.now()
  const server = await startServer({
    config,
    everyHost,
    log(entry) {
      progress.clear()
      sink.write(toLogLine(entry))
    },
    onProgress: (step) => progress.show(step),
  })
  progress.clear()
  process.stdout.write(
    `NANO ${readVersion()} on http://${toReachable(config.host)}:${server.port}, ` +
      `${toCount(server.shards, 'shard')}, ready in ${toDuration(performance.now() - started)}\n\n` +
      toAnnouncement(config.apps, config.host, server.port, everyHost) +
      (server.adminUrl === undefined ? '' : `\noperator  ${server.adminUrl}/metrics\n`),
  )
  await toSignal()
  process.stdout.write('stopping\n')
  void toSignal().then(() => process.exit(1))
  await server.close()
  process.exit(0)
}

async function build({ entry, output, ...options }: BuildArguments): Promise<void> {
  using progress = new Progress(process.stderr)
  progress.show({ text: `building ${entry}`, done: 0, total: 1 })
  const all = {
    ...options,
    outFile: output,
    onWarning(text: string) {
      progress.clear()
      process.stderr.write(`warning: ${text}\n`)
    },
  }
  const { buildApp } = await import('./build/build.ts')
  const { component, durationMs } = await (isComponent(entry)
    ? rebuildFile(entry, all)
    : buildApp({ ...all, entry }))
  progress.clear()
  process.stdout.write(`${output}  ${toSize(component.length)}  ${toDuration(durationMs)}\n`)
}

function openConfig(source: ServeArguments['source']): Config {
  if ('config' in source) return readConfig(source.config)
  const path = resolve(source.app)
  const name = basename(path, extname(path))
  const allowRead = source.allowRead?.map((directory) => resolve(directory)) ?? []
  const app = { name, hostname: 'localhost', path, allowRead, env: {}, limits: DEFAULT_LIMITS }
  return { ...DEFAULTS, connectionLimits: DEFAULT_CONNECTION_LIMITS, apps: [app] }
}

function toOverrides(
  { port, host, shards, dev, adminPort }: ServeArguments,
  admin: Config['admin'],
): Partial<Config> {
  const adminHost = admin ? admin.host : DEFAULT_ADMIN.host
  return {
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(shards === undefined ? {} : { shards }),
    ...(dev === undefined ? {} : { dev }),
    ...(adminPort === undefined ? {} : { admin: { host: adminHost, port: adminPort } }),
  }
}

function toSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
}

function toCount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8'))
  return (manifest as { version: string }).version
}
