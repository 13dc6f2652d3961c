/** Who pays for a turn and a fetch, how long a turn may take, and when an account is closed. */
import { describe, it } from 'vitest'
import { Accounts } from './accounts.ts'

const idle = () => false
const busy = () => true
const REQUEST = { id: 'r', headers: '' }

function open(limits: { cpuMs?: number; subrequests?: number; backgroundMs?: number }, ...numbers: number[]) {
  const said: string[] = []
  const accounts = new Accounts(
    { cpuMs: 100, subrequests: 2, backgroundMs: 20, ...limits },
    (code, request) => said.push(`${code} ${request}`),
    () => said.push('closed'),
  )
  for (const number of numbers) accounts.open(number, { id: `r${number}`, headers: '' })
  /** A turn of these requests that takes so long. */
  const turn = (payers: number[], ms: number): void => {
    accounts.begin(payers)
    accounts.charge(ms)
  }
  const allow = (...payers: number[]): number => {
    accounts.begin(payers)
    return accounts.allowance
  }
  return { accounts, said, turn, allow }
}

describe('processor time', () => {
  it('is summed over the turns of a request', ({ expect }) => {
    const { accounts, turn, allow } = open({}, 1)
    turn([1], 60)
    expect([allow(1), accounts.isOver]).toEqual([40, false])
    turn([1], 41)
    expect(accounts.isOver).toBe(true)
  })

  it('is shared by those who had an event in the turn', ({ expect }) => {
    const { turn, allow } = open({}, 1, 2, 3)
    turn([1, 2, 2], 80)
    expect([allow(1), allow(2), allow(3), allow(1, 3)]).toEqual([60, 60, 100, 100])
  })

  it('is charged to all when nobody can be named', ({ expect }) => {
    const { accounts, turn, allow } = open({}, 1, 2)
    turn([], 40)
    turn([77, 0], 40)
    expect(allow()).toBe(60)
    accounts.done(2)
    accounts.sweep(idle)
    turn([2], 40)
    expect(allow(1)).toBe(20)
  })

  it('leaves a turn a little, and never more than the limit', ({ expect }) => {
    const { turn, allow } = open({}, 1)
    turn([1], 99)
    expect(allow(1)).toBe(5)
    expect(open({ cpuMs: 2 }, 1).allow(1)).toBe(2)
    expect(open({}).allow()).toBe(100)
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

  it('are nobody’s when nobody is there', ({ expect }) => {
    const { accounts, said } = open({})
    accounts.begin([1])
    expect([accounts.takeFetch(), said]).toEqual([undefined, []])
  })
})

describe('an account', () => {
  it('is closed after the turn that completed the response', ({ expect }) => {
    const { accounts } = open({}, 1)
    accounts.done(1)
    expect(accounts.isEmpty).toBe(false)
    accounts.sweep(idle)
    expect([accounts.isEmpty, accounts.hold(1), accounts.release(1)]).toEqual([true, false, false])
  })

  it('stays for the work of waitUntil, however often it is held', ({ expect }) => {
    const { accounts } = open({}, 1)
    accounts.hold(1)
    accounts.done(1)
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(false)
    expect([accounts.release(1), accounts.hold(1)]).toEqual([true, true])
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(false)
    accounts.release(1)
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(true)
  })

  it('lingers when it is the last one and the app has set something going', async ({ expect }) => {
    const { accounts, said } = open({}, 1, 2)
    accounts.done(1)
    accounts.done(2)
    accounts.sweep(busy)
    expect([accounts.isEmpty, accounts.release(2)]).toEqual([false, false])
    accounts.open(3, REQUEST)
    accounts.sweep(busy)
    accounts.done(3)
    accounts.sweep(idle)
    expect(accounts.isEmpty).toBe(true)
    accounts.open(4, REQUEST)
    accounts.done(4)
    accounts.sweep(busy)
    await expect.poll(() => accounts.isEmpty).toBe(true)
    expect(said).toEqual(['closed'])
  })

  it('is closed when the time for that is over', async ({ expect }) => {
    const { accounts, said } = open({ backgroundMs: 20 }, 1, 2)
    accounts.hold(1)
    accounts.hold(2)
    accounts.done(1)
    accounts.done(2)
    accounts.sweep(idle)
    accounts.release(2)
    accounts.sweep(idle)
    await expect.poll(() => accounts.isEmpty).toBe(true)
    expect(said).toEqual(['APP_BACKGROUND_LIMIT r1', 'closed'])
    accounts.open(3, REQUEST)
    accounts[Symbol.dispose]()
    expect(accounts.isEmpty).toBe(true)
  })
})
