/** Hosts of a fleet whose data stays when they end: in the test's own process, or each in one of its own, which can be killed. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NatsServer } from '../harness/nats.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { serve } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

export class KeptHosts implements AsyncDisposable {
  readonly nats: NatsServer
  readonly #apps: readonly AppSpec[]
  readonly #folder = mkdtempSync(join(tmpdir(), 'nano-hosts-'))
  readonly #stack = new AsyncDisposableStack()

  private constructor(nats: NatsServer, apps: readonly AppSpec[]) {
    this.#apps = apps
    this.#stack.defer(() => rmSync(this.#folder, { recursive: true, force: true }))
    this.nats = this.#stack.use(nats)
  }

  /** `apps`: of each host, unless it is given others. */
  static async open(...apps: AppSpec[]): Promise<KeptHosts> {
    return new KeptHosts(await NatsServer.start(), apps)
  }

  async serve(host: string, ...apps: AppSpec[]): Promise<Served> {
    const served = await serve(apps.length === 0 ? [...this.#apps] : apps, 1, {
      fleet: { nats: this.nats.url, host, key: false },
      dataDirectory: this.folderOf(host),
    })
    return this.#stack.use(served)
  }

  /** As a process. Apps answer under their names. */
  async start(host: string, ...apps: AppSpec[]): Promise<ServerProcess> {
    const folder = this.folderOf(host)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'nano.json')
    const own = (apps.length === 0 ? this.#apps : apps).map((app) => ({
      hostname: app.name,
      cpu_ms: 10_000,
      ...app,
    }))
    const fleet = { nats: this.nats.url, host, key: false }
    writeFileSync(file, JSON.stringify({ shards: 2, fleet, apps: own }))
    const started = await startNano(file)
    started.stderr.resume()
    return started
  }

  folderOf(host: string): string {
    return join(this.#folder, host)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
