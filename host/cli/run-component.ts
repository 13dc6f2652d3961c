/**
 * `run app.wasm`: a component of wasi:http, whoever made it, served or asked once. It is the only app of a server that serves
 * components from elsewhere as any server does; what it may see and reach is what the command line names.
 */

import { request as startHttp } from 'node:http'
import { resolve } from 'node:path'

import { DEFAULTS } from '../config/config.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { EnvValue } from '../config/env.ts'
import { parseSocket } from '../config/foreign-schema.ts'
import type { GuestDirectory, GuestSocket } from '../config/foreign-settings.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { parseRule } from '../egress/rule.ts'
import type { LogFormat } from '../log/line.ts'
import { toLine } from '../log/line.ts'
import { serveUntilSignal } from './serve-until-signal.ts'
import type { StartServer } from './serve-contract.ts'
import { usage } from './usage.ts'

export interface RunComponentOptions {
  readonly dir?: readonly string[]
  readonly writableDir?: readonly string[]
  readonly env?: readonly string[]
  readonly allowFetch?: readonly string[]
  readonly allowSocket?: readonly string[]
  readonly allowLoopback?: true
  readonly port?: number
  readonly request?: string
}

const HOSTNAME = 'localhost'

export async function runComponent(
  path: string,
  options: RunComponentOptions,
  startServer: StartServer,
  format: LogFormat,
): Promise<void> {
  const config = toConfig(path, options)
  if (options.request === undefined)
    return await serveUntilSignal(startServer, format, { config, everyHost: true })
  const server = await startServer({
    config: { ...config, port: 0 },
    everyHost: true,
    log: (entry) => void process.stderr.write(`${toLine(format, entry)}\n`),
    onProgress() {},
  })
  try {
    process.exitCode = (await ask(server.port, options.request)) < 400 ? 0 : 1
  } finally {
    await server.close()
  }
}

function toConfig(path: string, options: RunComponentOptions): Config {
  const { allowFetch = [], allowSocket = [], allowLoopback = false, port = DEFAULTS.port } = options
  const sockets = allowSocket.map(toSocket)
  for (const rule of allowFetch) {
    if (parseRule(rule) === undefined)
      throw usage(`--allow-fetch: expected a host name, an address or a range, got "${rule}"`)
  }
  const app: AppConfig = {
    name: 'component',
    hostname: HOSTNAME,
    path: resolve(path),
    env: Object.fromEntries((options.env ?? []).map(toVariable)),
    limits: DEFAULT_LIMITS,
    // nothing is reached that is not named
    egress: { allow: [...allowFetch, ...allowSocket, ...(allowLoopback ? ['127.0.0.0/8', '[::1]'] : [])] },
    foreign: { directories: toDirectories(options), sockets, processes: 4, requests: 1000 },
  }
  return {
    host: DEFAULTS.host,
    port,
    shards: 1,
    connectionLimits: DEFAULT_CONNECTION_LIMITS,
    admin: false,
    allowLoopback,
    apps: [app],
  }
}

function toDirectories({ dir = [], writableDir = [] }: RunComponentOptions): GuestDirectory[] {
  const toDirectory = (given: string, writable: boolean): GuestDirectory => {
    const [host = '', guest = host] = given.split('::')
    if (host === '' || guest === '')
      throw usage(`--dir: expected a directory, or host::guest, got "${given}"`)
    return { guest, host: resolve(host), writable }
  }
  return [
    ...dir.map((each) => toDirectory(each, false)),
    ...writableDir.map((each) => toDirectory(each, true)),
  ]
}

function toSocket(given: string): GuestSocket {
  const socket = parseSocket(given)
  if (socket === undefined) throw usage(`--allow-socket: expected host:port, got "${given}"`)
  return socket
}

function toVariable(given: string): [name: string, value: EnvValue] {
  const end = given.indexOf('=')
  if (end < 1) throw usage(`--env: expected NAME=value, got "${given}"`)
  return [given.slice(0, end), { type: 'text', value: given.slice(end + 1) }]
}

/** The status; the body goes to stdout as it comes. */
function ask(port: number, path: string): Promise<number> {
  return new Promise((done, fail) => {
    const request = startHttp(
      { host: '127.0.0.1', port, path, headers: { host: HOSTNAME }, agent: false },
      (answer) => {
        answer.on('error', fail)
        answer.on('end', () => done(answer.statusCode ?? 500))
        answer.pipe(process.stdout, { end: false })
      },
    )
    request.on('error', fail)
    request.end()
  })
}
