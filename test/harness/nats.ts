/** NATS servers of a test's own, with JetStream, on free ports of this machine: one, or a cluster of three. */

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { jetstreamManager } from '@nats-io/jetstream'
import { connect as connectClient } from '@nats-io/transport-node'

import { findPort } from '../../bench/server-process.ts'

/** Undefined: there is one on this machine. */
export const NO_NATS =
  spawnSync('nats-server', ['--version']).status === 0
    ? undefined
    : 'there is no nats-server on this machine (apt-get install nats-server)'

const START_MS = 20_000
const PAUSE_MS = 50

export class NatsServer implements AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Where it has its data. */
  readonly folder: string
  readonly #config: string
  #process: ChildProcess | undefined

  /** `config`: what stands in its file besides. */
  constructor(folder: string, port: number, config: string) {
    this.port = port
    this.url = `nats://127.0.0.1:${port}`
    this.folder = folder
    this.#config = join(folder, 'nats.conf')
    mkdirSync(folder, { recursive: true })
    const own = `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}" }\n`
    writeFileSync(this.#config, own + config)
  }

  /** One for itself. */
  static async start(config = ''): Promise<NatsServer> {
    const server = new NatsServer(mkdtempSync(join(tmpdir(), 'nano-nats-')), await findPort(), config)
    await server.start()
    return server
  }

  /** With what it had when it ended. Resolves when it takes connections. */
  async start(): Promise<void> {
    const child = spawn('nats-server', ['-c', this.#config], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    let log = ''
    child.stderr.on('data', (bytes: Buffer) => (log += String(bytes)))
    const end = Date.now() + START_MS
    while (!(await isOpen(this.port))) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`nats-server did not start: ${log}`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** It hangs: its connections stay, and nothing comes of it. */
  stop(): void {
    this.#process?.kill('SIGSTOP')
  }

  /** After `stop`. */
  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** At once, as `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class NatsCluster implements AsyncDisposable {
  readonly nodes: readonly NatsServer[]
  readonly #folder: string

  private constructor(folder: string, nodes: readonly NatsServer[]) {
    this.#folder = folder
    this.nodes = nodes
  }

  /** Three nodes, which know one another. `config`: what stands in the file of each besides. */
  static async start(config = ''): Promise<NatsCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'nano-nats-'))
    const [ports, routes] = await Promise.all([findPorts(3), findPorts(3)])
    const others = routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')
    const nodes = ports.map((port, index) => {
      const cluster = `cluster { name: nano, listen: "127.0.0.1:${routes[index]}", routes: [${others}] }`
      return new NatsServer(join(folder, `n${index}`), port, `server_name: n${index}\n${cluster}\n${config}`)
    })
    const started = new NatsCluster(folder, nodes)
    try {
      await Promise.all(nodes.map((node) => node.start()))
      await started.#elects()
    } catch (error) {
      await started[Symbol.asyncDispose]()
      throw error
    }
    return started
  }

  /** Resolves when JetStream has a leader, which knows that there are three. */
  async #elects(): Promise<void> {
    const client = await connectClient({ servers: this.urls })
    const end = Date.now() + START_MS
    const streams = async (): Promise<void> => {
      const { streams } = await jetstreamManager(client)
      await streams.add({ name: 'started', subjects: ['started'], num_replicas: 3 })
      await streams.delete('started')
    }
    while (
      !(await streams().then(
        () => true,
        () => false,
      ))
    ) {
      if (Date.now() > end) throw new Error('the cluster has elected no leader')
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    await client.close()
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Different ones. */
async function findPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await findPort())
  return [...ports]
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
  socket.destroy()
  return isOpen
}
