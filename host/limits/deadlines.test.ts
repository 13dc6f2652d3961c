/** What is late, in which order, and that no order of calls tangles the list. */
import { array, assert, property, nat, oneof, record, constant } from 'fast-check'
import { afterEach, beforeEach, it, vi } from 'vitest'
import { Deadlines, type Deadline } from './deadlines.ts'

const TIMEOUT_MS = 100

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open() {
  const late: string[] = []
  const deadlines = new Deadlines(TIMEOUT_MS)
  const start = (name: string): Deadline => deadlines.start({ late: () => void late.push(name) })
  return { deadlines, late, start }
}

it('tells those that were not met, in order', ({ expect }) => {
  const { late, start } = open()
  const [first, , third, , fifth] = ['a', 'b', 'c', 'd', 'e'].map((name) => start(name))
  for (const deadline of [third!, first!, fifth!, first!]) deadline.cancel()
  vi.advanceTimersByTime(2 * TIMEOUT_MS)
  expect(late).toEqual(['b', 'd'])
})

it('tells nobody any more when it is disposed of', ({ expect }) => {
  const { deadlines, late, start } = open()
  const deadline = start('a')
  deadlines[Symbol.dispose]()
  deadline.cancel()
  vi.advanceTimersByTime(2 * TIMEOUT_MS)
  expect([late, vi.getTimerCount()]).toEqual([[], 0])
})

it('goes on when somebody who is late starts another one', ({ expect }) => {
  const { deadlines, late, start } = open()
  deadlines.start({ late: () => void start('second') })
  vi.advanceTimersByTime(3 * TIMEOUT_MS)
  expect(late).toEqual(['second'])
})

/** What can be done, in any order. */
const calls = array(
  oneof(
    record({ call: constant('start' as const) }),
    record({ call: constant('cancel' as const), which: nat(30) }),
    record({ call: constant('pass' as const), ms: nat(60) }),
  ),
  { maxLength: 80 },
)

it('whatever the order of calls, each is late once, in its time, unless it was met', ({ expect }) => {
  assert(
    property(calls, (all) => {
      const { deadlines, late, start } = open()
      const model: { deadline: Deadline; at: number; isMet: boolean }[] = []
      for (const step of all) {
        const now = performance.now()
        if (step.call === 'start') {
          model.push({ deadline: start(String(model.length)), at: now + TIMEOUT_MS, isMet: false })
        } else if (step.call === 'pass') vi.advanceTimersByTime(step.ms)
        else {
          const item = model[step.which]
          item?.deadline.cancel()
          if (item !== undefined && !late.includes(String(step.which))) item.isMet = true
        }
        const must = model.flatMap(({ at, isMet }, i) =>
          !isMet && at + 10 < performance.now() ? [String(i)] : [],
        )
        const may = model.flatMap(({ at, isMet }, i) =>
          !isMet && at <= performance.now() ? [String(i)] : [],
        )
        expect(late).toEqual(may.slice(0, late.length))
        expect(late.length).toBeGreaterThanOrEqual(must.length)
      }
      deadlines[Symbol.dispose]()
      expect(vi.getTimerCount()).toBe(0)
    }),
  )
})
