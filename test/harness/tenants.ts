/**
 * Tenants and their listener in this thread: for a test that takes a shard's place and says itself when a tenant begins
 * and ends.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { openDialer } from '../../host/bindings/dialer.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { createIngress } from '../../host/ingress/serve.ts'
import type { Ingress } from '../../host/ingress/serve.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Residents } from '../../host/limits/residents.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
import { NO_STORAGE } from '../../host/storage/client.ts'
import { Tenant } from '../../host/tenant/tenant.ts'
import { toSource } from './content.ts'
import { load } from './load.ts'
import { ROOT } from './serve.ts'
import type { AppSpec } from './serve.ts'

export interface Tenants extends AsyncDisposable {
  readonly port: number
  readonly ingress: Ingress
  /** Everything that was logged. */
  readonly log: readonly string[]
  /** A new tenant of the app, which has its host name from here on. */
  deploy(): Tenant
}

/** One app, and a tenant of it for each `deploy`. */
export async function openTenants(app: AppSpec & { hostname: string }): Promise<Tenants> {
  const text = JSON.stringify({ defaults: { cpu_ms: 10_000 }, apps: [app] })
  const { deployments, engines, contents } = await load(text, join(ROOT, 'test/nano.json'))
  const deployment = deployments[0]!
  const engine = loadEngine(engines.get(deployment.engineHash)!)
  const parts = { ...deployment, engine }
  const log: string[] = []
  const services = {
    source: toSource(contents[0]!),
    residents: new Residents(),
    epoch: new Epoch(),
    scheduler: new Scheduler(),
    log: { write: (record: { text: string }) => void log.push(record.text) },
  }
  let current: Tenant | undefined
  const ingress = createIngress({
    shard: 1,
    find: (hostname) => (hostname === app.hostname ? current : undefined),
    onError: (error) => void log.push(error.message),
  })
  ingress.admitHeads(64 * 1024)
  ingress.server.listen(0, '127.0.0.1')
  await once(ingress.server, 'listening')
  return {
    port: (ingress.server.address() as AddressInfo).port,
    ingress,
    log,
    deploy() {
      const { limits, egress } = deployment
      current = new Tenant(parts, {
        ...services,
        storage: NO_STORAGE,
        dialer: openDialer(egress, { limits }),
      })
      return current
    },
    async [Symbol.asyncDispose]() {
      current?.[Symbol.dispose]()
      await ingress.close(0)
    },
  }
}
