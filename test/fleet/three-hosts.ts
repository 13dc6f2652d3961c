/**
 * Three hosts, each a process of its own, and a NATS cluster of three nodes, all on ports of this machine: what of them is
 * killed or hangs, comes again, and what is asked of the hosts meanwhile.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

import { toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { keepAlive, send } from '../harness/http.ts'
import { NatsCluster } from '../harness/nats.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { sleep, waitFor } from '../harness/serve.ts'

const HEALTHY_MS = 60_000
const TOKEN = 'a-token-of-the-tests'

/** One host. */
export class Host {
  readonly name: string
  readonly #config: string
  readonly #agent = keepAlive(4)
  #process: ServerProcess | undefined
  /** It is neither killed nor does it hang. */
  isLive = false
  /** Requests to it that are under way. */
  #open = 0

  constructor(folder: string, name: string, nats: readonly string[]) {
    this.name = name
    const own = join(folder, name)
    mkdirSync(own)
    this.#config = join(own, 'nano.json')
    writeFileSync(
      this.#config,
      JSON.stringify({ shards: 1, defaults: { cpu_ms: 10_000 }, fleet: { nats, host: name, key: false } }),
    )
  }

  async start(): Promise<void> {
    this.#process = await startNano(this.#config, { env: { NANO_ADMIN_TOKEN: TOKEN } })
    this.#process.stderr.resume()
    this.isLive = true
  }

  get admin(): Ask {
    return toAsk({ adminUrl: `http://127.0.0.1:${this.#process!.adminPort}` })
  }

  /** The version that answers, or the status. */
  async ask(app: string): Promise<string> {
    this.#open++
    try {
      const request = { host: `${app}.test`, path: '/', agent: this.#agent }
      const { status, text } = await send(this.#process!.port, request)
      return status === 200 ? text.split(' ', 1)[0]! : `${status} ${text}`
    } catch (error) {
      return (error as Error).message
    } finally {
      this.#open--
    }
  }

  /** As `kill -9`, when nobody waits for an answer of it. */
  async kill(): Promise<void> {
    await this.#leave()
    await this.#process?.[Symbol.asyncDispose]()
  }

  /** It hangs. */
  async stop(): Promise<void> {
    await this.#leave()
    this.#process!.kill('SIGSTOP')
  }

  resume(): void {
    this.#process!.kill('SIGCONT')
    this.isLive = true
  }

  async #leave(): Promise<void> {
    this.isLive = false
    await waitFor(() => this.#open === 0, 10_000)
  }
}

/** A disturbance: how it begins, and how it ends. */
export interface Disturbance {
  readonly what: string
  readonly begin: () => Promise<void> | void
  readonly end: () => Promise<void> | void
}

export class ThreeHosts implements AsyncDisposable {
  readonly hosts: readonly Host[]
  readonly #cluster: NatsCluster
  readonly #folder: string

  private constructor(folder: string, cluster: NatsCluster) {
    this.#folder = folder
    this.#cluster = cluster
    this.hosts = ['a', 'b', 'c'].map((name) => new Host(folder, name, cluster.urls))
  }

  static async start(): Promise<ThreeHosts> {
    const cluster = await NatsCluster.start()
    const fleet = new ThreeHosts(mkdtempSync(join(tmpdir(), 'nano-three-')), cluster)
    await Promise.all(fleet.hosts.map((host) => host.start()))
    return fleet
  }

  get live(): readonly Host[] {
    return this.hosts.filter(({ isLive }) => isLive)
  }

  /** Every kind of disturbance, of each host and node by turns. */
  disturbance(index: number): Disturbance {
    const host = this.hosts[Math.floor(index / 4) % 3]!
    const number = Math.floor(index / 4 + 1) % 3
    const node = this.#cluster.nodes[number]!
    const kinds: readonly Disturbance[] = [
      { what: `node ${number} is killed`, begin: () => node.kill(), end: () => node.start() },
      { what: `host ${host.name} is killed`, begin: () => host.kill(), end: () => host.start() },
      { what: `node ${number} hangs`, begin: () => node.stop(), end: () => node.resume() },
      { what: `host ${host.name} hangs`, begin: () => host.stop(), end: () => host.resume() },
    ]
    return kinds[index % kinds.length]!
  }

  /** Resolves when every node has all that there is: another one may go. */
  async isHealthy(): Promise<void> {
    await waitFor(async () => {
      const client = await connect({ servers: this.#cluster.urls, timeout: 2000 }).catch(() => undefined)
      if (client === undefined) return undefined
      try {
        const { streams } = await jetstreamManager(client)
        let isCurrent = true
        for await (const { cluster } of streams.list()) {
          const replicas = cluster?.replicas ?? []
          isCurrent &&=
            cluster?.leader !== undefined && replicas.length === 2 && replicas.every(({ current }) => current)
        }
        return isCurrent || undefined
      } catch {
        return undefined
      } finally {
        await client.close()
        await sleep(100)
      }
    }, HEALTHY_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.kill()))
    await this.#cluster[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
