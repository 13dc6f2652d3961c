/**
 * The life of a tenant and its instances as a model: whatever is asked for in whatever order, with clients that leave,
 * streams that go on, work that is held, traps, replacements and drains, each client gets one end and nothing is left in
 * the end, by whichever of its ways the tenant comes there.
 */
import { setTimeout as later } from 'node:timers/promises'
import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, option, record } from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'

import { openDialer } from '../../host/bindings/dialer.ts'
import { DEFAULT_LIMITS, type Limits } from '../../host/config/limits.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Residents } from '../../host/limits/residents.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
import { NO_STORAGE } from '../../host/storage/client.ts'
import { Tenant } from '../../host/tenant/tenant.ts'
import { openBareDeployment, type BareDeployment } from './bare-deployment.ts'
import { Client } from './client.ts'

const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  timeoutMs: 60,
  backgroundMs: 40,
  retireMs: 100,
  recycleIdleMs: 100,
  recycleRequests: 5,
  memoryMb: 256,
  cpuMs: 10_000,
  concurrentRequests: 6,
  queuedRequests: 4,
}

let deployment: BareDeployment

beforeAll(async () => {
  deployment = await openBareDeployment()
})

afterAll(() => deployment[Symbol.asyncDispose]())

/** What a client can ask the guest for: an answer, a sleep, work that is held, a stream, none of them, the end. */
const path = constantFrom('/', '/sleep', '/hold', '/stream', '/stuck', '/hang', '/throw', '/trap')

const step = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant('ask' as const), path, takes: constantFrom(true, false) }),
  },
  { weight: 1, arbitrary: record({ kind: constant('upload' as const), chunks: nat(3) }) },
  { weight: 2, arbitrary: record({ kind: constant('leave' as const), which: nat(20) }) },
  { weight: 2, arbitrary: record({ kind: constant('read' as const), which: nat(20) }) },
  { weight: 3, arbitrary: record({ kind: constant('pass' as const), ms: constantFrom(0, 1, 5, 25) }) },
)

/** More than whatever a client asks for takes; and less. */
const AMPLE_MS = 600_000
const graceMs = constantFrom(AMPLE_MS, AMPLE_MS, 30, 5, 0)

/** How it ends: by itself, at once, or in a drain that is asked for after so many steps, and perhaps again at the end. */
const ending = oneof(
  constant({ kind: 'rest' as const }),
  constant({ kind: 'cut' as const }),
  record({ kind: constant('drain' as const), after: nat(40), graceMs, again: option(graceMs) }),
)

test('every client gets one end, and nothing is left', { timeout: 120_000 }, async ({ expect }) => {
  const epoch = new Epoch()
  const log = { write() {} }
  await assert(
    asyncProperty(array(step, { minLength: 5, maxLength: 40 }), ending, async (steps, end) => {
      const services = {
        dialer: openDialer(),
        storage: NO_STORAGE,
        epoch,
        scheduler: new Scheduler(),
        log,
        source: deployment.source,
        residents: new Residents(),
      }
      const tenant = new Tenant(deployment.with(LIMITS), services)
      const clients: Client[] = []
      const drains: Promise<void>[] = []
      /** Clients that were there when the drain began. */
      let early: Client[] = []
      const drain = (ms: number): void => void drains.push(tenant.drain(ms, 'SHUTTING_DOWN'))
      const ask = (client: Client): void => {
        clients.push(client.sendTo(tenant))
        if (drains.length > 0) expect(client.code).toBe('SHUTTING_DOWN')
      }
      for (const [at, each] of steps.entries()) {
        if (end.kind === 'drain' && at === Math.min(end.after, steps.length - 1)) {
          early = [...clients]
          drain(end.graceMs)
        }
        if (each.kind === 'ask') {
          const client = new Client(each.path, [], `client ${clients.length % 3}`)
          client.takes = each.takes
          ask(client)
        } else if (each.kind === 'upload') {
          const chunks = Array.from({ length: each.chunks }, () => new Uint8Array(10))
          ask(new Client('/size', chunks))
        } else if (each.kind === 'pass') await later(each.ms)
        else if (each.kind === 'leave') clients[each.which]?.leave()
        else {
          const client = clients[each.which]
          if (client !== undefined) client.takes = true
          client?.listener?.writable()
        }
        const { openRequests, queuedRequests } = tenant.counters
        expect(openRequests).toBeLessThanOrEqual(LIMITS.concurrentRequests)
        expect(openRequests + queuedRequests).toBeLessThanOrEqual(
          LIMITS.concurrentRequests + LIMITS.queuedRequests,
        )
      }
      // streams end when they are read, or with the instance that is to be replaced
      const read = (): void => {
        for (const client of clients) {
          client.takes = true
          client.listener?.writable()
        }
      }
      if (end.kind === 'cut') tenant[Symbol.dispose]()
      else if (end.kind === 'drain') {
        read()
        if (end.again !== null) drain(end.again)
        await Promise.all(drains)
        const isAmple = Math.min(end.graceMs, end.again ?? AMPLE_MS) === AMPLE_MS
        if (isAmple) expect(early.filter(({ code }) => code === 'SHUTTING_DOWN')).toEqual([])
      } else {
        read()
        await Promise.race([Promise.all(clients.map(({ over }) => over)), later(400)])
        for (const client of clients) client.leave()
        await expect.poll(() => tenant.counters.liveInstances, { timeout: 3000, interval: 5 }).toBe(0)
      }
      for (const client of clients) expect([client.url, client.faults]).toEqual([client.url, []])
      const { openRequests, queuedRequests, heldBytes, liveInstances } = tenant.counters
      expect({ openRequests, queuedRequests, heldBytes, liveInstances }).toEqual({
        openRequests: 0,
        queuedRequests: 0,
        heldBytes: 0,
        liveInstances: 0,
      })
      expect(tenant.isBusy).toBe(false)
      if (end.kind !== 'rest') await Promise.all(clients.map(({ over }) => over))
      const { counters } = tenant
      tenant[Symbol.dispose]()
      await tenant.drain(AMPLE_MS, 'SHUTTING_DOWN')
      expect(tenant.counters).toEqual(counters)
    }),
    { numRuns: 40 },
  )
})

test('what an instance is made of is given back when its client left before it was there', async ({
  expect,
}) => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let lent = 0
  const tenant = new Tenant(deployment.with(LIMITS), {
    dialer: openDialer(),
    storage: NO_STORAGE,
    epoch: new Epoch(),
    scheduler: new Scheduler(),
    log: { write() {} },
    residents: new Residents(),
    async source() {
      asked.resolve()
      await answer.promise
      const { content } = await deployment.source()
      lent++
      return { content, free() {}, [Symbol.dispose]: () => void lent-- }
    },
  })
  const client = new Client('/').sendTo(tenant)
  await asked.promise
  client.leave()
  answer.resolve()
  await expect.poll(() => lent).toBe(1)
  await expect.poll(() => lent).toBe(0)
  expect(tenant.counters.instances).toBe(0)
  expect((await new Client('/').sendTo(tenant).over).status).toBe(200)
  expect(lent).toBe(0)
  tenant[Symbol.dispose]()
})
