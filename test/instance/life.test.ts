/**
 * The life of a tenant's instances as a model: whatever is asked for in whatever order, with clients that leave, streams
 * that go on, work that is held, traps and replacements, each client gets one end and nothing is left in the end.
 */
import { setTimeout as later } from 'node:timers/promises'
import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'

import { openDialer } from '../../host/bindings/dialer.ts'
import { DEFAULT_LIMITS, type Limits } from '../../host/config/limits.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Scheduler } from '../../host/limits/scheduler.ts'
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

test('every client gets one end, and nothing is left', { timeout: 120_000 }, async ({ expect }) => {
  using dialer = openDialer()
  const epoch = new Epoch()
  const log = { write() {} }
  await assert(
    asyncProperty(
      array(step, { minLength: 5, maxLength: 40 }),
      constantFrom(true, false),
      async (steps, isCut) => {
        const services = { dialer, epoch, scheduler: new Scheduler(), log }
        const tenant = new Tenant(deployment.with(LIMITS), services)
        const clients: Client[] = []
        const ask = (client: Client): void => void clients.push(client.sendTo(tenant))
        for (const each of steps) {
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
        if (isCut) tenant[Symbol.dispose]()
        else {
          // streams end when they are read, or with the instance that is to be replaced
          for (const client of clients) {
            client.takes = true
            client.listener?.writable()
          }
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
        if (isCut) await Promise.all(clients.map(({ over }) => over))
        tenant[Symbol.dispose]()
      },
    ),
    { numRuns: 25 },
  )
})
