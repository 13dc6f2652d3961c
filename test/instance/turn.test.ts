/**
 * Turns and what becomes of an instance, with a guest that has no shim (bare-guest.ts): how many times the guest is
 * entered and left, and that whatever it does, every client gets exactly one end.
 */
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { openDialer } from '../../host/bindings/dialer.ts'
import { DEFAULT_LIMITS, type Limits } from '../../host/config/limits.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Residents } from '../../host/limits/residents.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
import type { LogRecord } from '../../host/tenant/log.ts'
import { NO_STORAGE } from '../../host/storage/client.ts'
import { Tenant } from '../../host/tenant/tenant.ts'
import { openBareDeployment, type BareDeployment } from './bare-deployment.ts'
import { Client } from './client.ts'

const MIB = 1024 * 1024

let deployment: BareDeployment
let log: LogRecord[]
let tenant: Tenant

beforeAll(async () => {
  deployment = await openBareDeployment()
})

afterEach(() => tenant[Symbol.dispose]())

afterAll(() => deployment[Symbol.asyncDispose]())

const LIMITS: Limits = { ...DEFAULT_LIMITS, timeoutMs: 1000, memoryMb: 256, cpuMs: 10_000 }

function serve(limits: Partial<Limits> = {}): Tenant {
  log = []
  tenant = new Tenant(deployment.with({ ...LIMITS, ...limits }), {
    dialer: openDialer({ private: true }),
    storage: NO_STORAGE,
    epoch: new Epoch(),
    scheduler: new Scheduler(),
    source: deployment.source,
    residents: new Residents(),
    log: { write: (record) => void log.push(record) },
  })
  return tenant
}

function ask(path: string, body?: readonly Uint8Array[]): Promise<Client> {
  return new Client(path, body).sendTo(tenant).over
}

/** Until it is known that requests are short. */
async function settleIn(): Promise<void> {
  for (let i = 0; i < 60; i++) await ask('/')
}

function later(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}

describe('a turn', () => {
  test('hello is one turn and one crossing, the first one too', async ({ expect }) => {
    serve()
    expect(await ask('/')).toMatchObject({ status: 200, text: 'hello' })
    expect(tenant.counters).toMatchObject({ turns: 1, crossings: 1, requests: 1, instances: 1 })
    await ask('/')
    expect(tenant.counters).toMatchObject({ turns: 2, crossings: 2, requests: 2, instances: 1, ignored: 0 })
  })

  test('short requests that come together are one turn', async ({ expect }) => {
    serve()
    // what is known of their length suffers when the machine is busy
    await expect
      .poll(async () => {
        await settleIn()
        const { turns, crossings } = tenant.counters
        await Promise.all(Array.from({ length: 8 }, () => ask('/')))
        return [tenant.counters.turns - turns, tenant.counters.crossings - crossings]
      })
      .toEqual([1, 8])
  })

  test('nothing is known of an app at first: its requests have a turn each', async ({ expect }) => {
    serve()
    await Promise.all(Array.from({ length: 4 }, () => ask('/')))
    expect(tenant.counters).toMatchObject({ turns: 4, requests: 4 })
  })

  test('a small body comes in the same turn', async ({ expect }) => {
    serve()
    expect((await ask('/size', [new Uint8Array(10)])).text).toBe('10')
    expect(tenant.counters.turns).toBe(1)
  })

  test('a body in chunks is pulled', async ({ expect }) => {
    serve()
    expect(
      (
        await ask(
          '/size',
          [1, 2, 3].map(() => new Uint8Array(1000)),
        )
      ).text,
    ).toBe('3000')
  })

  test('the environment is there, and the time is real', async ({ expect }) => {
    serve()
    expect((await ask('/env')).text).toBe('[{"name":"KEY","value":{"tag":"text","val":"value"}}]')
    const { text } = await ask('/time')
    expect(Math.abs(Number(text) - Date.now())).toBeLessThan(100)
  })

  test('a timer wakes everyone who waits for it', async ({ expect }) => {
    serve()
    await settleIn()
    const started = performance.now()
    const { turns } = tenant.counters
    const answers = await Promise.all([ask('/sleep'), ask('/sleep')])
    expect(answers.map((answer) => answer.text)).toEqual(['awake', 'awake'])
    expect(performance.now() - started).toBeGreaterThanOrEqual(20)
    expect(tenant.counters.turns).toBe(turns + 2)
  })

  test('a slow client stops the guest until it takes bytes', async ({ expect }) => {
    serve()
    const client = new Client('/stream')
    client.takes = false
    client.sendTo(tenant)
    let isOver = false
    void client.over.then(() => (isOver = true))
    await expect.poll(() => client.bytes).toBe(100_000)
    await later(30)
    expect([client.bytes, isOver]).toEqual([100_000, false])
    client.listener?.writable()
    await client.over
  })

  test('nonsense is ignored and counted', async ({ expect }) => {
    serve()
    expect((await ask('/nonsense')).text).toBe('survived')
    expect(tenant.counters).toMatchObject({ ignored: 6, instances: 1 })
    expect(log).toMatchObject([{ event: 'console', text: 'nonsense' }])
  })
})

describe('faults', () => {
  test('a trap fails the open requests and the next one gets a new instance', async ({ expect }) => {
    serve()
    const asleep = ask('/sleep')
    await expect.poll(() => tenant.counters.openRequests, { interval: 1 }).toBe(1)
    const [trapped, sleeper] = await Promise.all([ask('/trap'), asleep])
    expect([trapped.code, sleeper.code]).toEqual(['APP_TRAPPED', 'APP_TRAPPED'])
    expect((await ask('/')).text).toBe('hello')
    expect(tenant.counters).toMatchObject({ traps: 1, instances: 2, liveInstances: 1, openRequests: 0 })
    expect(log.filter(({ event }) => event === 'instance-trapped')).toHaveLength(1)
  })

  test('requests that shared a turn with one that traps are begun once more', async ({ expect }) => {
    serve()
    await settleIn()
    for (let round = 0; round < 3; round++) {
      const paths = ['/', '/', '/trap', '/', '/size']
      const bodies = [[], [], [], [], [new Uint8Array(5)]]
      const answers = await Promise.all(paths.map((path, i) => ask(path, bodies[i])))
      expect(answers.map(({ code, text }) => code ?? text)).toEqual([
        'hello',
        'hello',
        'APP_TRAPPED',
        'hello',
        '5',
      ])
      expect(answers.flatMap(({ faults }) => faults)).toEqual([])
    }
    expect(tenant.counters).toMatchObject({ openRequests: 0, queuedRequests: 0, heldBytes: 0 })
  })

  test('ten thousand that wait behind traps are refused in one go', async ({ expect }) => {
    serve({ concurrentRequests: 1, queuedRequests: 10_000, timeoutMs: 10_000, cpuMs: 100 })
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => ask('/trap')))
    const codes = new Set(answers.map(({ code }) => code))
    expect(codes).toEqual(new Set(['APP_BACKED_OFF', 'APP_BUSY', 'APP_TRAPPED']))
    expect(tenant.counters).toMatchObject({ openRequests: 0, queuedRequests: 0 })
  })

  test('what was answered before a trap reaches its client', async ({ expect }) => {
    serve()
    expect(await ask('/answer-and-trap')).toMatchObject({ text: 'answered', code: undefined })
    expect(tenant.counters.traps).toBe(1)
  })

  test('a stream that was begun in a turn that fell is cut, and not begun once more', async ({ expect }) => {
    serve()
    await expect
      .poll(async () => {
        await settleIn()
        const { turns } = tenant.counters
        const [stream] = await Promise.all(['/stuck', '/trap'].map((path) => ask(path)))
        expect([stream!.faults, stream!.status, stream!.code]).toEqual([[], 200, 'APP_TRAPPED'])
        return tenant.counters.turns - turns
      })
      // one that both began in, and one more of the one that fell
      .toBe(2)
  })

  test('fifty traps in a row', async ({ expect }) => {
    serve()
    const started = performance.now()
    for (let i = 0; i < 50; i++) expect((await ask('/trap')).code).toBe('APP_TRAPPED')
    expect((await ask('/')).text).toBe('hello')
    console.log(`50 traps and new instances: ${Math.round(performance.now() - started)} ms`)
  })

  test('a guest that sets off more events than may wait is ended', async ({ expect }) => {
    serve({ subrequests: 10 })
    expect((await ask('/flood')).code).toBe('APP_BUFFER_LIMIT')
    expect(log.filter(({ event }) => event === 'instance-trapped')).toMatchObject([
      { text: expect.stringContaining('more than 20000 events') },
    ])
    expect((await ask('/')).text).toBe('hello')
  })

  test('a request that can never be answered fails at once', async ({ expect }) => {
    serve()
    const started = performance.now()
    expect((await ask('/hang')).code).toBe('APP_HUNG')
    expect(performance.now() - started).toBeLessThan(200)
    expect(log).toMatchObject([
      { event: 'request-failed', text: expect.stringContaining('GET /hang: APP_HUNG') },
    ])
    expect((await ask('/')).text).toBe('hello')
  })

  test('a body that does not come runs into the timeout', async ({ expect }) => {
    serve({ timeoutMs: 100 })
    const client = new Client('/size', [new Uint8Array(1), new Uint8Array(1)])
    client.pullBody = () => undefined
    const started = performance.now()
    expect((await client.sendTo(tenant).over).code).toBe('APP_TIMEOUT')
    const took = performance.now() - started
    expect([took >= 100, took < 200]).toEqual([true, true])
    expect(tenant.counters.openRequests).toBe(0)
  })

  test('what the handler threw tells the two kinds apart', async ({ expect }) => {
    serve()
    expect((await ask('/throw')).code).toBe('APP_THREW')
    expect((await ask('/fail')).code).toBe('APP_BAD_RESPONSE')
    expect(log.map(({ text }) => text)).toEqual([
      'GET /throw: Error: the handler threw',
      'GET /fail: the handler returned 5',
    ])
  })

  test('a client that goes is forgotten', async ({ expect }) => {
    serve()
    const client = new Client('/sleep').sendTo(tenant)
    await expect.poll(() => tenant.counters.turns, { interval: 1 }).toBe(1)
    client.listener?.clientGone()
    expect(tenant.counters.openRequests).toBe(0)
    await expect.poll(() => tenant.counters.ignored, { timeout: 3000 }).toBe(1)
    expect([client.status, client.code]).toEqual([0, undefined])
  })
})

describe('replacement', () => {
  test('by number of requests, under load, without dropping one', async ({ expect }) => {
    serve({ recycleRequests: 10 })
    const paths = ['/', '/sleep', '/hold']
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 7 }, (_, i) => ask(paths[i % paths.length]!)))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    }
    await expect.poll(() => tenant.counters.liveInstances, { timeout: 3000 }).toBe(0)
    expect(tenant.counters).toMatchObject({ requests: 140, instances: 14, traps: 0 })
  })

  test('by memory', async ({ expect }) => {
    serve({ recycleMemoryMb: 64 })
    for (let i = 0; i < 8; i++) expect((await ask('/grow')).text).toBe('grown')
    expect(tenant.counters.instances).toBeGreaterThan(1)
    expect(tenant.counters.memoryBytes).toBeLessThan(100 * MIB)
  })

  test('by nothing to do', async ({ expect }) => {
    serve({ recycleIdleMs: 100 })
    expect((await ask('/')).text).toBe('hello')
    await later(50)
    expect((await ask('/')).text).toBe('hello')
    expect(tenant.counters).toMatchObject({ instances: 1, liveInstances: 1 })
    await expect.poll(() => tenant.counters.liveInstances, { timeout: 3000 }).toBe(0)
    expect((await ask('/')).text).toBe('hello')
    expect(tenant.counters).toMatchObject({ instances: 2, requests: 3, traps: 0 })
  })

  test('a retiring instance stays for its background work', async ({ expect }) => {
    serve({ recycleRequests: 1 })
    await ask('/hold')
    expect(tenant.counters.liveInstances).toBe(1)
    await expect.poll(() => tenant.counters.liveInstances, { timeout: 3000 }).toBe(0)
  })

  test('a stream that nothing feeds does not keep a retiring instance', async ({ expect }) => {
    serve({ recycleRequests: 1 })
    expect((await ask('/stuck')).code).toBe('APP_HUNG')
    await expect.poll(() => tenant.counters.liveInstances, { timeout: 3000 }).toBe(0)
  })

  test('the end of the tenant is the end of its requests', async ({ expect }) => {
    serve()
    const asleep = ask('/sleep')
    await expect.poll(() => tenant.counters.turns, { interval: 1 }).toBe(1)
    tenant[Symbol.dispose]()
    expect((await asleep).code).toBe('SHUTTING_DOWN')
  })
})
