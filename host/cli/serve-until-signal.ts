/**
 * A server in the foreground: says where it is, to whoever reads it and to the service manager, logs to stderr, reloads on
 * SIGHUP, and stays until SIGINT or SIGTERM ends it gracefully; a second one ends it at once.
 */

import { Log } from './log.ts'
import { toLogEntry } from '../log/entry.ts'
import type { LogFormat } from '../log/line.ts'
import { toAnnouncement, toDuration, toOrigin } from './messages.ts'
import type { Server, ServerSetup, StartServer } from './serve-contract.ts'
import { ServiceManager } from './service-manager.ts'
import { readVersion } from './version.ts'

/** Ends the process. */
export async function serveUntilSignal(
  startServer: StartServer,
  format: LogFormat,
  setup: ServerSetup,
): Promise<never> {
  const { config, everyHost } = setup
  using log = new Log(process.stderr, format)
  const onError = (text: string): void => log.write(toLogEntry({ level: 'error', text }))
  using manager = new ServiceManager(process.env, onError)
  // whoever read the announcement may have gone
  process.stdout.on('error', () => {})
  const started = performance.now()
  const starting = startServer({
    ...setup,
    inherited: manager.listener,
    log: (entry) => log.write(entry),
    onProgress: (step) => log.show(step),
  })
  // from the first moment: without a listener the signal ends the process; what comes of a reload is logged
  process.on('SIGHUP', () => void starting.then((server) => reload(server, manager)).catch(() => undefined))
  const server = await starting
  log.clear()
  const shards = server.shards === 1 ? '1 shard' : `${server.shards} shards`
  process.stdout.write(
    `NANO ${readVersion()} on ${toOrigin({ ...config, port: server.port })}, ${shards}, ` +
      `ready in ${toDuration(performance.now() - started)}\n\n` +
      toAnnouncement(server.registry.apps, { ...config, port: server.port }, everyHost) +
      (server.adminUrl === undefined ? '' : `\noperator  ${toMetricsUrl(server.adminUrl)}\n`),
  )
  const ended = toSignal()
  await manager.ready(() => server.isComplete)
  await ended
  process.stdout.write('stopping\n')
  void toSignal().then(() => process.exit(1))
  await Promise.all([manager.stopping(), server.close()])
  return process.exit(0)
}

/** A file that is no good is logged, and the server is as it was. */
async function reload(server: Server, manager: ServiceManager): Promise<void> {
  await manager.reloading()
  await server.reload().catch(() => undefined)
  await manager.ready(() => server.isComplete)
}

function toSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
}

function toMetricsUrl(adminUrl: string): string {
  return adminUrl.startsWith('unix:') ? adminUrl : `${adminUrl}/metrics`
}
