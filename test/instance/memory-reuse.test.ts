/**
 * The whole memory of each instance, seen from the host: what one tenant wrote into its own is in no other one's, also
 * when that memory was let go and used again.
 */
import { setTimeout as later } from 'node:timers/promises'

import { beforeAll, test } from 'vitest'

import { openDialer } from '../../host/bindings/dialer.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { Engines } from '../../host/deploy/open-engines.ts'
import type { CompiledEngine, Engine } from '../../host/engine/guest.ts'
import { loadEngine } from '../../host/engine/load.ts'
import type { Spare } from '../../host/engine/spares.ts'
import { RUN_WORDS, splitImage, type Image } from '../../host/image/image.ts'
import { toPageFile } from '../../host/image/mapped.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Residents } from '../../host/limits/residents.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
import { NO_STORAGE } from '../../host/storage/client.ts'
import { Tenant, type TenantParts } from '../../host/tenant/tenant.ts'
import { hasPageFiles } from '../../host/native/page-file.ts'
import { WASM_PAGE } from '../../host/wasm/memory.ts'
import { toSource } from '../harness/content.ts'
import { buildFixture } from '../harness/component.ts'
import { Client } from './client.ts'

const SECRET = 'a secret that nobody else has: 7c1f9ce2'
const ROUNDS = 20

let compiled: CompiledEngine
let deployment: TenantParts & { readonly image: Image }
/** What the instances get, the latest last; looked at before the guest runs. */
const taken: Spare[] = []
const memories = new Set<WebAssembly.Memory>()
const wrong: string[] = []
/** All of one shard. */
const epoch = new Epoch()

beforeAll(async () => {
  const { skeletonHash, segments, memoryMinPages } = splitComponent(await buildFixture('hostile-spy'))
  const engines = new Engines()
  compiled = await engines.open(skeletonHash, () => undefined)
  const engine = loadEngine(compiled)
  // all of it is of a source, so that memories are made before they are asked for, too
  const image = { ...splitImage(segments, memoryMinPages), source: 'spy' }
  const limits = { ...DEFAULT_LIMITS, cpuMs: 10_000 }
  deployment = { name: 'spy', id: 1, engine, image, env: {}, limits }
  watch(engine, image)
})

/** What guests of an engine get is looked at. */
function watch({ spares }: Engine, image: Image): void {
  const fresh = Buffer.alloc(1024 * WASM_PAGE)
  const { runs, bytes } = image.layers[0]!
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    fresh.set(bytes.subarray(runs[i + 2], runs[i + 2]! + runs[i + 1]!), runs[i])
  }
  const take = spares.take.bind(spares)
  spares.take = (...wanted) => {
    const spare = take(...wanted)
    const { memory } = spare.blank
    const found = Buffer.from(memory.buffer)
    if (!found.equals(fresh.subarray(0, found.length))) wrong.push(`the memory of instance ${taken.length}`)
    taken.push(spare)
    memories.add(memory)
    return spare
  }
}

function open(name: string): Tenant {
  const log = { write() {} }
  const services = {
    dialer: openDialer(),
    storage: NO_STORAGE,
    epoch,
    scheduler: new Scheduler(),
    log,
    source: toSource({ image: deployment.image }),
    residents: new Residents(),
  }
  return new Tenant({ ...deployment, name }, services)
}

const ask = (tenant: Tenant, path: string): Promise<Client> => new Client(path).sendTo(tenant).over

const holds = ({ blank }: Spare): boolean => Buffer.from(blank.memory.buffer).includes(SECRET)

// S39
test.for(hasPageFiles ? ['copied', 'mapped'] : ['copied'])(
  'a secret is in the memory of its tenant and of nobody else, whoever came and went, when what they share is %s',
  async (kind, { expect }) => {
    if (kind === 'mapped') {
      const [layer] = deployment.image.layers
      const image = { ...deployment.image, mappable: { layer: layer!, file: toPageFile(layer!)! } }
      deployment = { ...deployment, image, engine: loadEngine(compiled) }
      watch(deployment.engine, image)
      for (const list of [taken, wrong]) list.length = 0
      memories.clear()
    }
    const hide = `/hide?secret=${encodeURIComponent(SECRET)}`
    const spy = open('spy')
    await ask(spy, '/')
    const spied = taken.at(-1)!
    for (let round = 0; round < ROUNDS; round++) {
      const holder = open('holder')
      expect(await ask(holder, hide)).toMatchObject({ status: 200, text: 'hidden' })
      expect(holds(taken.at(-1)!)).toBe(true)
      // its memory goes, as after a limit or a replacement, and is restored at once, in part or in idle time
      holder[Symbol.dispose]()
      if (round % 3 > 0) await later(round * 2)
      const next = open('next')
      expect(await ask(next, '/')).toMatchObject({ status: 200 })
      expect(holds(taken.at(-1)!)).toBe(false)
      next[Symbol.dispose]()
    }
    expect(holds(spied)).toBe(false)
    spy[Symbol.dispose]()
    // to the last byte, each time
    expect(wrong).toEqual([])
    expect(taken.length).toBe(2 * ROUNDS + 1)
    expect(taken.every(({ filling }) => (filling?.mapped === undefined) === (kind === 'copied'))).toBe(true)
    expect(memories.size).toBeLessThan(ROUNDS)
  },
)

test('a memory in which a guest fell is nobody’s again', async ({ expect }) => {
  const holder = open('holder')
  await ask(holder, '/')
  const fallen = taken.at(-1)!
  await ask(holder, '/hide-and-hoard')
  for (let i = 0; i < 5; i++) {
    const next = open('next')
    await ask(next, '/')
    expect(taken.at(-1)!.blank).not.toBe(fallen.blank)
    next[Symbol.dispose]()
  }
  holder[Symbol.dispose]()
})
