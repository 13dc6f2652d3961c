/**
 * What one shard's thread does to an app that is asked all the time while many others come up at once: its requests'
 * latency in the thread's own processor time, which does not depend on what else the machine does. Tenants, scheduler and
 * engine are those of a shard; clients stand on the same thread, without sockets, and ask again when they are answered.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { openDialer } from '../host/bindings/dialer.ts'
import { splitComponent } from '../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../host/config/limits.ts'
import { Engines } from '../host/deploy/open-engines.ts'
import { loadEngine } from '../host/engine/load.ts'
import { splitImage, type Image } from '../host/image/image.ts'
import { toPageFile } from '../host/image/mapped.ts'
import { pack, toContent, toContentId, unpack, type BaseImage } from '../host/image/packed.ts'
import { Epoch } from '../host/limits/epoch.ts'
import { Residents } from '../host/limits/residents.ts'
import { Scheduler } from '../host/limits/scheduler.ts'
import { NO_STORAGE } from '../host/storage/client.ts'
import { NOBODY, type Exchange } from '../host/tenant/exchange.ts'
import { Tenant } from '../host/tenant/tenant.ts'
import { toSource } from '../test/harness/content.ts'
import { quantile } from './figure.ts'
import type { Bench } from './figure.ts'
import { buildExample } from './nano.ts'

const OTHERS = 200
const CLIENTS = [1, 8, 64]
/** Of processor time, before the others come. */
const BEFORE_MS = 1500
const US_PER_MS = 1000
/** The kernel counts a thread's processor time in such steps: what takes less may read as nothing. */
const STEP_MS = 4
/** Nobody is told to wait, however slow the machine is. */
const LIMITS = { ...DEFAULT_LIMITS, timeoutMs: 600_000, cpuMs: 10_000 }

export async function starts(bench: Bench): Promise<void> {
  const { component, directory } = bench
  const other = join(directory, 'other.wasm')
  await buildExample('classic', other)
  const { skeletonHash } = splitComponent(readFileSync(component))
  const compiled = await new Engines().open(skeletonHash, () => undefined)
  const image = toShared(component, other, skeletonHash)
  for (const clients of CLIENTS) {
    bench.tell(`${OTHERS} apps come up beside ${clients} clients`)
    const engine = loadEngine(compiled)
    const services = {
      storage: NO_STORAGE,
      epoch: new Epoch(),
      scheduler: new Scheduler(),
      log: { write() {} },
      residents: new Residents(),
      source: toSource({ image }),
    }
    let id = 0
    const open = (): Tenant => {
      const parts = { name: `app-${++id}`, id, engine, image, env: {}, limits: LIMITS }
      return new Tenant(parts, { ...services, dialer: openDialer() })
    }
    const { before, during, firsts, tookMs } = await measure(open, clients)
    const [peace, unrest] = [quantile(before, 0.99), quantile(during, 0.99)]
    bench.add({
      name: `p99 in processor time, ${clients} clients, ${OTHERS} apps come up`,
      value: unrest / Math.max(peace, STEP_MS),
      unit: 'x',
      note:
        `${peace.toFixed(2)} ms before, ${unrest.toFixed(2)} while, at most ${quantile(during, 1).toFixed(1)}; ` +
        `p50 ${quantile(before, 0.5).toFixed(2)}, ${quantile(during, 0.5).toFixed(2)}; ` +
        `all there after ${tookMs.toFixed(0)}, their p99 ${quantile(firsts, 0.99).toFixed(0)}`,
    })
  }
}

/** Latencies, in milliseconds of this thread's processor time. */
async function measure(
  open: () => Tenant,
  clients: number,
): Promise<{ before: number[]; during: number[]; firsts: number[]; tookMs: number }> {
  const warm = open()
  let times: number[] = []
  const over = new AbortController()
  const again = async (): Promise<void> => {
    while (!over.signal.aborted) times.push(await ask(warm))
  }
  const running = Array.from({ length: clients }, again)
  const start = now()
  while (now() < start + BEFORE_MS / 3) await nextIteration()
  times = []
  while (now() < start + BEFORE_MS) await nextIteration()
  const before = times
  times = []
  const begun = now()
  const others = Array.from({ length: OTHERS }, open)
  const firsts = await Promise.all(others.map((tenant) => ask(tenant)))
  const tookMs = now() - begun
  over.abort()
  await Promise.all(running)
  const during = times
  for (const tenant of [warm, ...others]) tenant[Symbol.dispose]()
  return { before, during, firsts, tookMs }
}

const nextIteration = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** It is asked with the next iteration of the event loop, as by a socket. */
async function ask(tenant: Tenant): Promise<number> {
  await nextIteration()
  const start = now()
  await new Promise<void>((resolve, reject) => {
    const exchange: Exchange = {
      id: 'r',
      client: '203.0.113.1',
      method: 'GET',
      headers: '',
      url: 'http://app.test/',
      hasBody: false,
      pullBody() {},
      cancelBody() {},
      start() {},
      write: () => true,
      send: () => resolve(),
      finish: () => resolve(),
      fail: (code) => reject(new Error(`an app failed: ${code}`)),
    }
    if (tenant.handle(exchange) === NOBODY) reject(new Error('an app took no request'))
  })
  return now() - start
}

function now(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / US_PER_MS
}

/** The component's image as a shard has it: what it shares with another app's is a layer of its own. */
function toShared(component: string, other: string, engineHash: string): Image {
  const [own, shared] = [component, other].map((file) => {
    const { segments, memoryMinPages } = splitComponent(readFileSync(file))
    return splitImage(segments, memoryMinPages)
  }) as [Image, Image]
  const layer = shared.layers[0]!
  const base: BaseImage = { id: toContentId(engineHash, { image: shared }), layer, file: toPageFile(layer) }
  return toContent(unpack(pack({ image: own }, base), () => base)).image
}
