/**
 * The peer to pass: Cloudflare's workerd. One app stands directly behind the socket; several, each in an isolate of
 * its own, stand behind a router worker that chooses the service by the Host header.
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import workerd, { compatibilityDate } from 'workerd'

import { toGreeting } from '../../test/harness/distinct.ts'
import { toHosts } from '../hosts.ts'
import { findPort, startProcess } from '../server-process.ts'
import type { ServerProcess } from '../server-process.ts'

const APP = `export default { fetch() { return new Response('Hello from NANO!\\n') } }`

const ROUTER = `
export default {
  fetch(request, env) {
    const host = request.headers.get('host')
    const service = env[host.slice(0, host.indexOf('.'))]
    return service === undefined ? new Response('unknown host', { status: 404 }) : service.fetch(request)
  },
}`

export interface WorkerdOptions {
  readonly apps: number
  /** Where the configuration is written. */
  readonly directory: string
  /** The module of the app with this number; hello's unless given. */
  readonly toModule?: (number: number) => string
  /** What each app gets as its env. */
  readonly env?: Readonly<Record<string, string>>
}

export async function startWorkerd(options: WorkerdOptions): Promise<ServerProcess> {
  const { apps, directory } = options
  const port = await findPort()
  await mkdir(directory, { recursive: true })
  const file = join(directory, `workerd-${apps}.capnp`)
  await writeFile(file, toConfig(options, port))
  return startProcess({ command: workerd.default, args: ['serve', file], port, hosts: toHosts(apps) })
}

/** Apps that answer as those of a fleet do. */
export function startDistinctWorkerd(apps: number, directory: string): Promise<ServerProcess> {
  const toModule = (number: number): string =>
    `export default { fetch() { return new Response('${toGreeting(number)}\\n') } }`
  return startWorkerd({ apps, directory, toModule })
}

function toConfig({ apps, toModule = () => APP, env = {} }: WorkerdOptions, port: number): string {
  const names = Array.from({ length: apps }, (_, i) => `app-${i}`)
  const texts = Object.entries(env).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  )
  const services = names.map((name, i) => toService(name, toModule(i), texts))
  if (apps > 1) {
    services.push(
      toService(
        'router',
        ROUTER,
        names.map((name) => `(name = "${name}", service = "${name}")`),
      ),
    )
  }
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(',\n    ')}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "${apps > 1 ? 'router' : 'app-0'}")]
);
`
}

function toService(name: string, script: string, bindings: readonly string[]): string {
  const worker = `modules = [(name = "main", esModule = ${JSON.stringify(script)})]`
  const more = bindings.length === 0 ? '' : `, bindings = [${bindings.join(', ')}]`
  return `(name = "${name}", worker = (${worker}, compatibilityDate = "${compatibilityDate}"${more}))`
}
