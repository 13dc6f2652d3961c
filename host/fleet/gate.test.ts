import { describe, it } from 'vitest'

import { judge } from './gate.ts'
import type { Answers, GateHost } from './gate.ts'
import { Rollouts } from './rollouts.ts'

const SETTINGS = { steps: [10, 50], seconds: 60, requests: 20, errors: 2 }
const REVISION = 7

const answers = (total: number, failed = 0): Answers => ({ total, failed })

const toHost = (
  host: string,
  before: Answers,
  next: Answers,
  ms = 60_000,
  revision = REVISION,
): GateHost => ({
  host,
  counts: { revision, ms, before, next },
  failure: undefined,
})

const judged = (...hosts: GateHost[]): string => {
  const verdict = judge(hosts, REVISION, SETTINGS)
  return verdict.type === 'stop' ? verdict.reason : verdict.type
}

describe('a gate', () => {
  it('lets a version pass that all hosts have for long enough, with enough answers and no more errors', ({
    expect,
  }) => {
    expect(judged(toHost('a', answers(90, 9), answers(10, 1)), toHost('b', answers(80), answers(10)))).toBe(
      'pass',
    )
  })

  it('waits for time, for answers and for hosts that are not as far', ({ expect }) => {
    expect(judged(toHost('a', answers(90), answers(20), 59_999))).toBe('wait')
    expect(judged(toHost('a', answers(90), answers(19)))).toBe('wait')
    expect(
      judged(toHost('a', answers(90), answers(20)), toHost('b', answers(9), answers(9), 60_000, 6)),
    ).toBe('wait')
    expect(
      judged(toHost('a', answers(90), answers(20)), { host: 'b', counts: undefined, failure: undefined }),
    ).toBe('wait')
    // too few to say anything
    expect(judged(toHost('a', answers(90), answers(4, 4)))).toBe('wait')
  })

  it('stops a version with more errors than the one before, of all hosts together, or that a host cannot serve', ({
    expect,
  }) => {
    expect(
      judged(toHost('a', answers(100, 1), answers(10)), toHost('b', answers(100, 1), answers(10, 1), 5)),
    ).toBe(
      '5.0 % of its 20 answers are errors, of the version before 1.0 % of 200; 2 percent points more are allowed',
    )
    const failing = { host: 'b', counts: undefined, failure: 'its engine is unknown' }
    expect(judged(toHost('a', answers(9), answers(1)), failing)).toBe(
      'host b cannot serve it: its engine is unknown',
    )
  })
})

describe('a step', () => {
  const version = { total: 0, failed: 0 }
  const app = {
    name: 'shop',
    versions: [],
    active: 1,
    canary: { version: 2, percent: 10 },
    rollout: { version: 2, steps: [50] },
    refused: undefined,
  }
  const entry = { app, revision: REVISION }
  const host = (gates: object, failures: object[] = []) =>
    ({ host: 'a', gates, failures, isAlive: true }) as unknown as Parameters<Rollouts['decide']>[1][number]

  it('is counted from when the host serves it, and each step anew', ({ expect }) => {
    const rollouts = new Rollouts()
    const told = (next: number, revision: number, now: number) =>
      rollouts.count(
        [{ app, revision }],
        [
          { app: 'shop', version: 1, total: 100, failed: 1 },
          { app: 'shop', version: 2, total: next, failed: 0 },
          { app: 'other', version: 2, total: 9, failed: 9 },
        ],
        now,
      )['shop']
    expect(told(5, 7, 1000)).toEqual({ revision: 7, ms: 0, before: version, next: version })
    expect(told(12, 7, 3000)).toEqual({ revision: 7, ms: 2000, before: version, next: answers(7) })
    expect(told(20, 8, 4000)).toEqual({ revision: 8, ms: 0, before: version, next: version })
  })

  it('leads to the next, to all clients, or back', ({ expect }) => {
    const decide = (entries: (typeof entry)[], gates: object, failures: object[] = []) =>
      new Rollouts().decide(entries, [host(gates, failures)], { settings: SETTINGS, now: 5 })[0]
    const good = { shop: { revision: REVISION, ms: 60_000, before: answers(99), next: answers(20) } }
    expect(decide([entry], good)?.next).toEqual({
      ...app,
      canary: { version: 2, percent: 50 },
      rollout: { version: 2, steps: [] },
    })
    const last = { app: { ...app, rollout: { version: 2, steps: [] } }, revision: REVISION }
    expect(decide([last], good)?.next).toEqual({ ...app, active: 2, canary: undefined, rollout: undefined })
    const bad = { shop: { revision: REVISION, ms: 1, before: answers(99), next: answers(20, 20) } }
    expect(decide([entry], bad)?.next).toMatchObject({
      active: 1,
      canary: undefined,
      rollout: undefined,
      refused: { version: 2, at: 5 },
    })
    expect(decide([entry], {})).toBeUndefined()
    // another app has the host name there: the host's own affair
    expect(
      decide([entry], {}, [{ app: 'shop', revision: REVISION, code: 'APP_CONFLICT', reason: '' }]),
    ).toBeUndefined()
  })
})
