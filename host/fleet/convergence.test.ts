/** Convergence against a model: whatever is wanted, fails and is missed, in the end the host is as it is wanted. */

import * as fc from 'fast-check'
import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { Convergence } from './convergence.ts'
import type { Failure } from './convergence.ts'

const names = fc.constantFrom('a', 'b', 'c')
const hosts = fc.constantFrom('x', 'y', 'z')

/** What may happen. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), app: names, host: hosts }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), app: names }) },
  // what is told is missed from here on
  { weight: 1, arbitrary: fc.record({ type: fc.constant('lose' as const) }) },
  // all there is is compared
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compare' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('step' as const), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('wake' as const) }) },
)

/** A fleet's state, in which a host name is one app's. */
class Desired {
  readonly apps = new Map<string, { host: string; revision: number }>()
  revision = 1

  put(app: string, host: string): boolean {
    if ([...this.apps].some(([other, wanted]) => other !== app && wanted.host === host)) return false
    this.apps.set(app, { host, revision: ++this.revision })
    return true
  }

  delete(app: string): boolean {
    if (!this.apps.delete(app)) return false
    this.revision++
    return true
  }
}

/** A host, whose steps are taken one by one. */
class Host {
  readonly serving = new Map<string, { host: string; revision: number }>()
  readonly steps: ((fails: boolean) => void)[] = []
  readonly wakes: (() => void)[] = []
  readonly failed: Failure[] = []
  readonly convergence = new Convergence<string>({
    apply: async (app, { goal, revision }) => {
      const fails = await new Promise<boolean>((resolve) => this.steps.push(resolve))
      if (fails) throw new NanoError('COMPONENT_INVALID', 'it does not open')
      if (goal === undefined) {
        this.serving.delete(app)
        return
      }
      const holder = [...this.serving].find(([other, { host }]) => other !== app && host === goal)
      if (holder !== undefined) throw new NanoError('APP_CONFLICT', `${holder[0]} has it`)
      this.serving.set(app, { host: goal, revision })
    },
    release: async (app) => void this.serving.delete(app),
    onFailure: (failure) => this.failed.push(failure),
    pause: (_tries, wake) => this.wakes.push(wake),
  })

  compare(desired: Desired): void {
    for (const [app, { host, revision }] of desired.apps) {
      if (this.serving.get(app)?.revision !== revision) this.convergence.want(app, { goal: host, revision })
    }
    for (const app of ['a', 'b', 'c']) {
      if (!desired.apps.has(app)) this.convergence.want(app, { goal: undefined, revision: desired.revision })
    }
    this.convergence.told(desired.revision)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('convergence', () => {
  it('ends with what is wanted, whatever fails and is missed on the way', async ({ expect }) => {
    const property = fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const desired = new Desired()
      const host = new Host()
      let isWatching = true
      const tell = (app: string): void => {
        if (!isWatching) return
        host.convergence.want(app, { goal: desired.apps.get(app)?.host, revision: desired.revision })
        host.convergence.told(desired.revision)
      }
      const step = async (fails: boolean): Promise<void> => {
        host.steps.shift()?.(fails)
        await turn()
      }
      for (const each of events) {
        if (each.type === 'put' && desired.put(each.app, each.host)) tell(each.app)
        else if (each.type === 'delete' && desired.delete(each.app)) tell(each.app)
        else if (each.type === 'lose') isWatching = false
        else if (each.type === 'compare') {
          isWatching = true
          host.compare(desired)
        } else if (each.type === 'step') await step(each.fails)
        else if (each.type === 'wake') for (const wake of host.wakes.splice(0)) wake()
        // nothing is said to be done that is not
        const { failures, revision } = host.convergence
        for (const [app, wanted] of desired.apps) {
          const isKnown =
            host.serving.get(app)?.revision === wanted.revision ||
            failures.some((failure) => failure.app === app)
          if (isWatching && wanted.revision <= revision) expect([app, isKnown]).toEqual([app, true])
        }
      }
      host.compare(desired)
      for (let round = 0; round < 60; round++) {
        for (const wake of host.wakes.splice(0)) wake()
        while (host.steps.length > 0) await step(false)
        await turn()
      }
      expect(new Map(host.serving)).toEqual(new Map(desired.apps))
      expect([host.convergence.failures, host.convergence.revision]).toEqual([[], desired.revision])
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it('gives up a host name where names go round', async ({ expect }) => {
    const host = new Host()
    host.serving.set('a', { host: 'x', revision: 1 }).set('b', { host: 'y', revision: 2 })
    host.convergence.want('a', { goal: 'y', revision: 3 })
    host.convergence.want('b', { goal: 'x', revision: 4 })
    host.convergence.told(4)
    for (let round = 0; round < 10; round++) {
      await turn()
      for (const step of host.steps.splice(0)) step(false)
      await turn()
      for (const wake of host.wakes.splice(0)) wake()
    }
    expect(Object.fromEntries([...host.serving].map(([app, { host }]) => [app, host]))).toEqual({
      a: 'y',
      b: 'x',
    })
    expect(host.convergence.revision).toBe(4)
  })
})
