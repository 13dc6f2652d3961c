/** What a turn is about. */
import { it } from 'vitest'
import type { GuestEvent } from '../bindings/binding.ts'
import { Agenda } from './agenda.ts'

const due: GuestEvent = { tag: 'timer-due' }
const gone = (val: number): GuestEvent => ({ tag: 'client-gone', val })
const request = (id: number): GuestEvent => ({
  tag: 'request',
  val: { id, method: 'GET', url: 'http://a.test/', headers: '', hasBody: false },
})

it('new requests come together and first, behind what starts the app; then one source after the other', ({
  expect,
}) => {
  const agenda = new Agenda([gone(99)], () => 0)
  agenda.post(due, 0)
  agenda.post(gone(1), 1)
  agenda.addRequest(2, request(2))
  agenda.addRequest(3, request(3), new Uint8Array(1))
  const turns = [1, 2, 3, 4].map(() => agenda.take())
  expect(turns.map((turn) => turn?.payers)).toEqual([[2, 3], [0], [1], undefined])
  expect(turns[0]!.events.map(({ tag }) => tag)).toEqual([
    'client-gone',
    'request',
    'request',
    'request-body',
  ])
  expect([agenda.isEmpty, agenda.waitMs]).toEqual([true, Infinity])
})

it('a source that has to wait is passed over, and the least wait is known', ({ expect }) => {
  const waits = [30, 20, 0]
  const agenda = new Agenda([], (source) => waits[source]!)
  for (const source of [0, 1, 2]) agenda.post(due, source)
  expect([agenda.waitMs, agenda.take()?.source, agenda.waitMs, agenda.take()]).toEqual([0, 2, 20, undefined])
  // what waited for a request that is over waits for the app
  agenda.close(1)
  expect(agenda.waitMs).toBe(30)
})

it('when it is cleared it knows whom the guest never heard of', ({ expect }) => {
  const agenda = new Agenda([], () => 0)
  agenda.addRequest(1, request(1))
  agenda.take()
  agenda.addRequest(2, request(2))
  agenda.post(due, 0)
  expect([agenda.hasNew, agenda.clear(), agenda.hasNew, agenda.isEmpty]).toEqual([true, [2], false, true])
})

it('new requests of an object come one by one, each with its body', ({ expect }) => {
  const agenda = new Agenda([], () => 0, true)
  agenda.addRequest(1, request(1), new Uint8Array(1))
  agenda.addRequest(2, request(2))
  const turns = [1, 2, 3].map(() => agenda.take())
  expect(turns.map((turn) => turn && [turn.payers, turn.events.map(({ tag }) => tag)])).toEqual([
    [[1], ['request', 'request-body']],
    [[2], ['request']],
    undefined,
  ])
})
