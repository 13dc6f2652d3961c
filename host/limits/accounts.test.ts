/** Who pays for a turn and a fetch, how long a turn may take, and when an account is closed. */
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { APP } from './account.ts'
import { Accounts } from './accounts.ts'

const idle = () => false
const busy = () => true

const BACKGROUND_MS = 100

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open(limits: { cpuMs?: number; subrequests?: number }, ...numbers: number[]) {
  const said: string[] = []
  const closed: number[] = []
  const now = (): number => performance.now()
  const accounts = new Accounts(
    {
      cpuMs: 100,
      scheduledCpuMs: 10,
      scheduledTurnMs: 10,
      subrequests: 2,
      dataCalls: 2,
      backgroundMs: BACKGROUND_MS,
      ...limits,
    },
    {
      onLimit: (code, request) => void said.push(`${code} ${request}`),
      onClosed: (number) => void closed.push(number),
    },
  )
  for (const number of numbers) {
    accounts.open(number, { id: `r${number}`, headers: '', client: `c${number}` }, { cpuMs: 0 })
  }
  /** A turn of these sources that takes so long; those that it leaves with nothing. */
  const turn = (payers: number[], ms: number): readonly number[] => {
    accounts.begin(payers)
    return accounts.charge(ms, now())
  }
  return { accounts, said, closed, turn, now }
}

describe('processor time', () => {
  it('is summed over the turns of a request, which alone is over', ({ expect }) => {
    const { turn } = open({}, 1, 2)
    expect([turn([1], 60), turn([2], 99), turn([1], 41)]).toEqual([[], [], [1]])
  })

  it('that calls have used up is gone with the next turn, however late that is; jobs are waited for', ({
    expect,
  }) => {
    const { accounts, turn, now } = open({}, 1, 2)
    for (const [id, charge] of [
      [1, 'chargeCall'],
      [2, 'chargeJob'],
    ] as const) {
      accounts.begin([id])
      const payer = accounts.takeJob(now())
      accounts[charge](payer, 120, now())
    }
    vi.advanceTimersByTime(1000)
    expect([turn([1], 1), turn([2], 1)]).toEqual([[1], []])
  })

  it('comes back with time, up to what it was', ({ expect }) => {
    const { accounts, turn, now } = open({}, 1)
    turn([1], 120)
    expect(accounts.waitMs(1, now())).toBe(80)
    vi.advanceTimersByTime(80)
    expect(accounts.waitMs(1, now())).toBe(0)
    vi.advanceTimersByTime(86_400_000)
    expect([turn([1], 100), turn([1], 1)]).toEqual([[], [1]])
  })

  it('suffices for a day of small turns', ({ expect }) => {
    const { turn } = open({}, 1)
    // ticks of a hundred a second, a day of them would take too long to count
    for (let i = 0; i < 100_000; i++) {
      vi.advanceTimersByTime(10)
      expect(turn([1], 2)).toEqual([])
    }
  })

  it('is shared by requests that are new in one turn', ({ expect }) => {
    const { turn } = open({}, 1, 2, 3)
    expect([turn([1, 2], 180), turn([3], 90)]).toEqual([[], []])
    expect([turn([1], 11), turn([3], 9), turn([2], 9)]).toEqual([[1], [], []])
  })

  it('of what no request can be named for is the app’s own, and nobody fails for it', ({ expect }) => {
    const { accounts, turn, now } = open({}, 1)
    expect([turn([APP], 80), turn([77], 40)]).toEqual([[], []])
    expect([APP, 77, 1].map((source) => accounts.waitMs(source, now()))).toEqual([80, 80, 0])
  })

  it('is blamed on the client whose request alone the turn was for', ({ expect }) => {
    const { accounts } = open({}, 1, 2)
    const blamed = [[1], [1, 2], [APP], []].map((payers) => {
      accounts.begin(payers)
      return accounts.blamed
    })
    expect(blamed).toEqual(['c1', undefined, undefined, undefined])
  })
})

describe('fetches', () => {
  it('are paid by the payer of the turn that has the most left', ({ expect }) => {
    const { accounts, said } = open({}, 1, 2, 3)
    accounts.begin([1, 2])
    const payers = Array.from({ length: 6 }, () => accounts.takeFetch()?.number)
    expect(payers).toEqual([1, 2, 1, 2, undefined, undefined])
    expect(said).toEqual(['APP_SUBREQUEST_LIMIT r1'])
    accounts.begin([3])
    expect(accounts.takeFetch()?.number).toBe(3)
  })

  it('of the app are paid by whoever is there', ({ expect }) => {
    const { accounts } = open({}, 1, 2)
    accounts.begin([APP])
    expect([accounts.takeFetch()?.number, accounts.takeFetch()?.number]).toEqual([1, 2])
  })

  it('are nobody’s when nobody is there', ({ expect }) => {
    const { accounts, said } = open({})
    accounts.begin([1])
    expect([accounts.takeFetch(), said]).toEqual([undefined, []])
  })
})

describe('an account', () => {
  it('is closed after the turn that completed the response', ({ expect }) => {
    const { accounts, closed } = open({}, 1)
    accounts.done(1)
    expect(accounts.isEmpty).toBe(false)
    accounts.sweep(idle)
    expect([accounts.isEmpty, closed, accounts.hold(1), accounts.release(1)]).toEqual([
      true,
      [1],
      false,
      false,
    ])
  })

  it('stays for the work of waitUntil, however often it is held', ({ expect }) => {
    const { accounts } = open({}, 1)
    accounts.hold(1)
    accounts.done(1)
    accounts.sweep(idle)
    expect([accounts.release(1), accounts.hold(1)]).toEqual([true, true])
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(false)
    accounts.release(1)
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(true)
  })

  it('is closed when the time for such work is over, and that is said', ({ expect }) => {
    const { accounts, said, closed } = open({}, 1, 2)
    accounts.hold(1)
    accounts.done(1)
    accounts.sweep(idle)
    vi.advanceTimersByTime(2 * BACKGROUND_MS)
    expect([said, closed, accounts.has(2)]).toEqual([['APP_BACKGROUND_LIMIT r1'], [1], true])
  })

  it('gets no more time by holding again when the work is done', ({ expect }) => {
    const { accounts, closed } = open({}, 1, 2, 3)
    for (const number of [1, 2]) {
      accounts.hold(number)
      accounts.done(number)
    }
    accounts.sweep(idle)
    for (let ms = 0; ms < 2 * BACKGROUND_MS; ms += 10) {
      accounts.release(1)
      accounts.hold(1)
      accounts.sweep(idle)
      vi.advanceTimersByTime(10)
    }
    expect(closed).toEqual([1, 2])
  })

  it('the last one lingers while the app has set something going', ({ expect }) => {
    const { accounts, said } = open({}, 1, 2)
    for (const number of [1, 2]) accounts.done(number)
    accounts.sweep(busy)
    expect([accounts.has(1), accounts.has(2)]).toEqual([false, true])
    accounts.sweep(idle)
    expect([accounts.isEmpty, said]).toEqual([true, []])
  })

  it('lingers for no longer than background work', ({ expect }) => {
    const { accounts, said } = open({}, 1)
    accounts.done(1)
    accounts.sweep(busy)
    vi.advanceTimersByTime(2 * BACKGROUND_MS)
    expect([accounts.isEmpty, said]).toEqual([true, []])
  })

  it('whatever is called in whatever order, is over in time, and once', ({ expect }) => {
    const call = constantFrom('open', 'hold', 'release', 'done', 'idle', 'busy', 'pass')
    assert(
      property(array(tuple(call, nat(3)), { maxLength: 60 }), (calls) => {
        const { accounts, closed, now } = open({})
        const opened = new Set<number>()
        /** Since when it is in the background, at the latest. */
        const done = new Map<number, number>()
        for (const [name, number] of calls) {
          const id = number + 1
          if (name === 'open' && !opened.has(id)) {
            opened.add(id)
            accounts.open(id, { id: `r${id}`, headers: '', client: 'c' }, { cpuMs: 0 })
          } else if (name === 'hold') accounts.hold(id)
          else if (name === 'release') accounts.release(id)
          else if (name === 'done') {
            accounts.done(id)
            if (accounts.has(id) && !done.has(id)) done.set(id, Infinity)
          } else if (name === 'pass') vi.advanceTimersByTime(30)
          else if (name === 'idle' || name === 'busy') {
            accounts.sweep(name === 'idle' ? idle : busy)
            for (const [each, since] of done) if (since === Infinity) done.set(each, now())
          }
          expect(new Set(closed).size).toBe(closed.length)
          for (const [each, since] of done) {
            if (now() - since > BACKGROUND_MS + 10) expect(accounts.has(each)).toBe(false)
          }
          for (const each of opened) {
            if (!done.has(each)) expect(accounts.has(each)).toBe(true)
          }
        }
        accounts[Symbol.dispose]()
        expect(vi.getTimerCount()).toBe(0)
      }),
    )
  })
})
