/** The registry against a model, with shards that fail and steps that overlap. Real shards are in test/operator. */

import * as fc from 'fast-check'
import { describe, it } from 'vitest'

import type { AppConfig } from '../config/config.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import type { Change, ServedState } from '../deploy/change.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { NanoError } from '../errors.ts'
import { Registry } from './registry.ts'

const COMPONENT = { engineHash: 'e', image: { pages: 1 } } as unknown as OpenComponent
const ENGINE = { hash: 'e' } as CompiledEngine

/** Waits a random while, and fails when it is told to. */
class Chance {
  readonly #next: Iterator<number>

  constructor(numbers: Iterable<number>) {
    this.#next = numbers[Symbol.iterator]()
  }

  async act(name: string): Promise<void> {
    const number = Number(this.#next.next().value ?? 1)
    for (let i = 0; i < number % 4; i++) {
      // oxlint-disable-next-line no-await-in-loop -- so many rounds later
      await Promise.resolve()
    }
    if (number > 90) throw new NanoError('COMPONENT_INVALID', name)
  }
}

/** What an app or a route says of versions. */
interface ToldVersions {
  readonly deployment: number | undefined
  readonly canary?: { readonly deployment: number; readonly percent: number } | undefined
}

/** Of an app or a route: which versions, and the part of the second. */
const toRoute = ({ deployment, canary }: ToldVersions) => [deployment, canary?.deployment, canary?.percent]

/** A shard that does what it is told, and checks that it can be done. */
class Shard {
  readonly deployments = new Set<number>()
  /** Of each host name the versions, and the part of the second. */
  readonly routes = new Map<string, (number | undefined)[]>()

  constructor({ deployments, routes }: ServedState) {
    for (const { id } of deployments) this.deployments.add(id)
    for (const { hostname, deployment, canary } of routes) {
      this.routes.set(hostname, toRoute({ deployment, canary }))
    }
  }

  apply(change: Change): void {
    if (change.type === 'deploy') this.deployments.add(change.deployment.id)
    else if (change.type === 'retire') {
      if (!this.deployments.delete(change.deployment)) throw new Error('retired what was not there')
      if ([...this.routes.values()].some(([one, other]) => [one, other].includes(change.deployment))) {
        throw new Error('retired what still serves')
      }
    } else if (change.type === 'switch') {
      const { from, to } = change
      if (from !== undefined && !this.routes.delete(from)) throw new Error(`no route ${from}`)
      if (to === undefined) return
      if (this.routes.has(to.hostname)) throw new Error(`two routes for ${to.hostname}`)
      if (to.canary !== undefined && to.deployment === undefined) throw new Error('a canary beside nothing')
      for (const deployment of [to.deployment, to.canary?.deployment]) {
        if (deployment !== undefined && !this.deployments.has(deployment)) throw new Error('not deployed')
      }
      this.routes.set(to.hostname, toRoute(to))
    }
  }
}

function open(numbers: readonly number[]) {
  const chance = new Chance(numbers)
  const faults: unknown[] = []
  const registry = new Registry({
    opener: {
      component: async () => (await chance.act('component'), COMPONENT),
      forEnv: async (component) => await Promise.resolve(component),
      engine: async () => (await chance.act('engine'), ENGINE),
      images: { load: async () => await Promise.reject(new Error('no shard asks')) },
    },
  })
  let shard = new Shard(registry.state)
  registry.shards = {
    async apply(change) {
      try {
        shard.apply(change)
      } catch (fault) {
        faults.push(fault)
      }
      if (change.type === 'deploy') await chance.act('deploy')
    },
  }
  return {
    registry,
    faults,
    shard: () => shard,
    /** The shard dies, and its successor begins with the state. */
    restart: () => void (shard = new Shard(registry.state)),
  }
}

const toApp = (name: string, hostname: string): AppConfig => ({
  name,
  hostname,
  path: '/app.wasm',
  env: {},
  limits: DEFAULT_LIMITS,
})

const name = fc.constantFrom('a', 'b', 'c')
const hostname = fc.constantFrom('a.test', 'b.test', 'c.test', 'd.test')
const percent = fc.integer({ min: 1, max: 99 })
const share = fc.constantFrom(0, 10, 50, 100)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('put' as const), name, hostname }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('beside' as const), name, hostname, percent }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('share' as const), name, percent: share }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unavailable' as const), name, hostname }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
)

describe('a registry', () => {
  it('tells shards of nothing that cannot be done, and what they have is what it says', async ({
    expect,
  }) => {
    const runs = fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.nat(100), { minLength: 60, maxLength: 60 }),
      async (steps, numbers) => {
        const { registry, faults, shard, restart } = open(numbers)
        let pending: Promise<unknown>[] = []
        const settle = async (): Promise<void> => {
          await Promise.allSettled(pending)
          pending = []
        }
        for (const each of steps) {
          if (each.type === 'put') pending.push(registry.put(toApp(each.name, each.hostname)))
          else if (each.type === 'beside') {
            pending.push(registry.putBeside(toApp(each.name, each.hostname), { percent: each.percent }))
          } else if (each.type === 'share') {
            pending.push(registry.setShare(each.name, { percent: each.percent }))
          } else if (each.type === 'remove') pending.push(registry.remove(each.name))
          else if (each.type === 'unavailable')
            pending.push(registry.putUnavailable(toApp(each.name, each.hostname)))
          else if (each.type === 'restart') restart()
          // oxlint-disable-next-line no-await-in-loop -- steps overlap between two of these
          else await settle()
          for (const each of pending) each.catch(() => undefined)
        }
        await settle()
        expect(faults).toEqual([])
        const { apps, state } = registry
        expect(new Set(apps.map((app) => app.hostname)).size).toBe(apps.length)
        expect(apps.filter((app) => app.state === 'opening')).toEqual([])
        expect(shard().routes).toEqual(new Map(apps.map((app) => [app.hostname, toRoute(app)])))
        const serving = apps.flatMap(({ deployment, canary }) => [deployment ?? [], canary?.deployment ?? []])
        expect(shard().deployments).toEqual(new Set(serving.flat()))
        for (const [host, [one, other]] of shard().routes) {
          if (other !== undefined) expect([host, one]).not.toEqual([host, other])
        }
        expect(new Shard(state)).toEqual(shard())
        // what nobody has is free, and what somebody has is not
        for (const each of ['a.test', 'b.test', 'c.test', 'd.test']) {
          const holder = apps.find((app) => app.hostname === each)
          const conflict = registry.findConflict('another', each, 'file')
          expect([each, conflict?.text.match(/by app (\w)/)?.[1]]).toEqual([each, holder?.name])
        }
      },
    )
    await fc.assert(runs, { numRuns: 500 })
  })

  it('serves what was put last and could be', async ({ expect }) => {
    // the second fails at the component
    const { registry } = open([0, 0, 0, 99, 0, 0, 0])
    const first = await registry.put(toApp('a', 'a.test'))
    await expect(registry.put(toApp('a', 'b.test'))).rejects.toThrow('component')
    expect(registry.apps).toMatchObject([
      { name: 'a', hostname: 'a.test', state: 'serving', deployment: first },
    ])
    const third = await registry.put(toApp('a', 'b.test'))
    expect(registry.apps).toMatchObject([{ hostname: 'b.test', deployment: third }])
  })

  it('gives a canary its part, more of it, all, or none, and has two versions at most', async ({
    expect,
  }) => {
    const { registry, shard } = open([])
    const app = toApp('a', 'a.test')
    const one = await registry.put(app)
    await expect(registry.setShare('a', { percent: 10 })).rejects.toThrow('no other version of a serves')
    await expect(registry.putBeside(toApp('a', 'b.test'), { percent: 10 })).rejects.toThrow(
      'expected a version of a that serves b.test, got none',
    )
    const two = await registry.putBeside(app, { percent: 10 })
    expect(shard().routes.get('a.test')).toEqual([one, two, 10])
    await registry.setShare('a', { percent: 50 })
    expect(shard().routes.get('a.test')).toEqual([one, two, 50])
    const three = await registry.putBeside(app, { percent: 5 })
    expect(shard().routes.get('a.test')).toEqual([one, three, 5])
    expect(shard().deployments).toEqual(new Set([one, three]))
    await registry.setShare('a', { percent: 0 })
    expect(shard().deployments).toEqual(new Set([one]))
    const four = await registry.putBeside(app, { percent: 5 })
    const refused = registry.setShare('a', { percent: 100, commit: () => Promise.reject(new Error('disk')) })
    await expect(refused).rejects.toThrow('disk')
    expect(shard().routes.get('a.test')).toEqual([one, four, 5])
    await registry.setShare('a', { percent: 100 })
    expect(shard().routes.get('a.test')).toEqual([four, undefined, undefined])
    expect(shard().deployments).toEqual(new Set([four]))
  })
})
