/**
 * The race between a shard that begins and ends turns and the ticker that ends those which have had their time. Each
 * side is interrupted by the other at any of its accesses to what they share: a turn that was ended had its time, and
 * one that goes on ends.
 */
import { array, assert, constantFrom, integer, nat, oneof, property, record } from 'fast-check'
import { describe, it, vi, type TestContext } from 'vitest'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { createEpoch, Epoch } from './epoch.ts'
import { ShardClock } from './shard-clock.ts'

type Side = 'shard' | 'ticker'
const ACCESSES = ['load', 'store', 'compareExchange'] as const

/** One step of a side, and where the other one comes in between. */
interface Step {
  readonly side: Side
  /** What a turn may take; what a tick counts. */
  readonly ms: number
  /** Accesses until the other side's next step comes in between. */
  readonly until: number
}

const steps = array(
  record<Step>({
    side: constantFrom<Side>('shard', 'ticker'),
    ms: oneof(nat(3), integer({ min: 1, max: 12 })),
    until: nat(6),
  }),
  { maxLength: 80 },
)

/** Runs the steps from a moment on the clock. Gives what went wrong. */
function play(list: readonly Step[], start: number): string[] {
  const shared = createEpoch()
  const words = new Int32Array(shared.memory.buffer)
  const epoch = new Epoch(shared)
  const clock = new ShardClock(shared.memory)
  words[EPOCH_WORD.now] = start
  // nobody knows what time the thread has had
  words[EPOCH_WORD.thread] = 0
  const left = [...list]
  const wrong: string[] = []
  const under = new Set<Side>()
  let until = Infinity
  /** The clock when the turn had begun, and what it may take. */
  let turn: { from: number; ms: number } | undefined

  const check = (): void => {
    if (turn === undefined || !epoch.isOver()) return
    const had = (words[EPOCH_WORD.now]! - turn.from) | 0
    if (had < turn.ms) wrong.push(`a turn of ${turn.ms} was ended after ${had}`)
  }
  const run = ({ side, ms, until: next }: Step): void => {
    under.add(side)
    until = next
    if (side === 'ticker') clock.advance(ms)
    else if (turn === undefined) {
      const from = words[EPOCH_WORD.now]!
      epoch.begin(ms)
      turn = { from, ms }
    } else {
      check()
      turn = undefined
      epoch.end()
    }
    under.delete(side)
  }
  const spies = ACCESSES.map((name) => {
    const real = Atomics[name] as (...args: unknown[]) => never
    return vi.spyOn(Atomics, name as 'load').mockImplementation((...args: unknown[]) => {
      if (until-- === 0) {
        until = Infinity
        const at = left.findIndex(({ side }) => !under.has(side))
        if (at >= 0) run(left.splice(at, 1)[0]!)
      }
      return real(...args)
    })
  })
  try {
    for (let step = left.shift(); step !== undefined; step = left.shift()) run(step)
    until = Infinity
    if (turn === undefined) run({ side: 'shard', ms: 5, until: Infinity })
    check()
    for (let i = 0; i < 20; i++) clock.advance(1)
    if (!epoch.isOver()) wrong.push('a turn was never ended')
    epoch.end()
    for (let i = 0; i < 20; i++) clock.advance(1)
    if (epoch.isOver()) wrong.push('nobody’s turn was ended')
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return wrong
}

describe('a turn', () => {
  const around = integer({ min: -40, max: 40 })
  it.for([
    ['the clock begins', around],
    ['deadlines begin anew', around.map((near) => (2 ** 31 + near) | 0)],
    ['deadlines are as large as they get', around.map((near) => (2 ** 30 + near) | 0)],
    ['the clock is anywhere', integer()],
  ] as const)('is ended when it has had its time, and not before: where %s', ([, start], { expect }) => {
    assert(
      property(start, steps, (now, list) => {
        expect(play(list, now)).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('has the furthest deadline that there is, when it may take longer', ({ expect }: TestContext) => {
    const shared = createEpoch()
    const epoch = new Epoch(shared)
    const clock = new ShardClock(shared.memory)
    for (const ms of [2 ** 30, 2 ** 40, Infinity]) {
      epoch.begin(ms)
      for (let i = 0; i < 10; i++) clock.advance(5)
      expect(epoch.isOver()).toBe(false)
      epoch.end()
    }
  })
})
