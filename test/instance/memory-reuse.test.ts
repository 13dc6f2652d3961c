/**
 * The whole memory of each instance, seen from the host: what one tenant wrote into its own is in no other one's, also
 * when that memory was let go and new ones were made of what the system gave.
 */
import { afterAll, beforeAll, test } from 'vitest'

import { openDialer } from '../../host/bindings/dialer.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { Engines } from '../../host/deploy/open-engines.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { layInto, RUN_WORDS, splitImage, type Image } from '../../host/image/image.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Residents } from '../../host/limits/residents.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
import { NO_STORAGE } from '../../host/storage/client.ts'
import { Tenant, type TenantParts } from '../../host/tenant/tenant.ts'
import { toSource } from '../harness/content.ts'
import { buildFixture } from '../harness/component.ts'
import { Client } from './client.ts'

const SECRET = 'a secret that nobody else has: 7c1f9ce2'
const ROUNDS = 20

const Real = WebAssembly.Memory
const made: WebAssembly.Memory[] = []
let deployment: TenantParts & { readonly image: Image }

beforeAll(async () => {
  const { skeletonHash, segments, memoryMinPages } = splitComponent(await buildFixture('hostile-spy'))
  const engines = new Engines()
  const engine = await engines.open(skeletonHash, () => undefined)
  deployment = {
    name: 'spy',
    id: 1,
    engine: loadEngine(engine),
    image: splitImage(segments, memoryMinPages),
    env: {},
    limits: { ...DEFAULT_LIMITS, cpuMs: 10_000 },
  }
  // whoever makes a memory is seen
  WebAssembly.Memory = class extends Real {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean }) {
      super(descriptor)
      // the other kind is the clock's
      if (descriptor.shared !== true) made.push(this)
    }
  }
})

afterAll(() => {
  WebAssembly.Memory = Real
})

function open(name: string): Tenant {
  const log = { write() {} }
  const services = {
    dialer: openDialer(),
    storage: NO_STORAGE,
    epoch: new Epoch(),
    scheduler: new Scheduler(),
    log,
    source: toSource({ image: deployment.image }),
    residents: new Residents(),
  }
  return new Tenant({ ...deployment, name }, services)
}

const ask = (tenant: Tenant, path: string): Promise<Client> => new Client(path).sendTo(tenant).over

const holds = (memory: WebAssembly.Memory): boolean => Buffer.from(memory.buffer).includes(SECRET)

// S39
test('a secret is in the memory of its tenant and of nobody else, whoever came and went', async ({
  expect,
}) => {
  const hide = `/hide?secret=${encodeURIComponent(SECRET)}`
  const spy = open('spy')
  await ask(spy, '/')
  const [spied] = made.splice(0)
  for (let round = 0; round < ROUNDS; round++) {
    const holder = open('holder')
    expect(await ask(holder, hide)).toMatchObject({ status: 200, text: 'hidden' })
    const [own] = made.splice(0)
    expect(holds(own!)).toBe(true)
    // its memory goes, as after a trap, a limit or a replacement
    holder[Symbol.dispose]()
    const next = open('next')
    expect(await ask(next, '/')).toMatchObject({ status: 200 })
    const [fresh] = made.splice(0)
    expect(holds(fresh!)).toBe(false)
    next[Symbol.dispose]()
  }
  expect(holds(spied!)).toBe(false)
  spy[Symbol.dispose]()
})

test('a fresh memory is the image and zeros, to its last byte', ({ expect }) => {
  const { image } = deployment
  const memory = new Real({ initial: image.pages + 1000 })
  layInto(image, memory)
  const bytes = Buffer.from(memory.buffer)
  const zeros = Buffer.alloc(bytes.length)
  const isZero = (from: number, to: number): boolean =>
    bytes.subarray(from, to).equals(zeros.subarray(from, to))
  let end = 0
  const { runs } = image.layers[0]!
  for (let index = 0; index < runs.length; index += RUN_WORDS) {
    const at = runs[index]!
    expect(isZero(end, at)).toBe(true)
    end = at + runs[index + 1]!
  }
  expect(isZero(end, bytes.length)).toBe(true)
})
