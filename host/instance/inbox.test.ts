/** Whose events come next, and that none is lost. */
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { it } from 'vitest'
import type { GuestEvent } from '../bindings/binding.ts'
import { Inbox, MOST_EVENTS } from './inbox.ts'

const any = (): boolean => true
const event = (id: number): GuestEvent => ({ tag: 'client-gone', val: id })
const idOf = (each: GuestEvent): unknown => 'val' in each && each.val

it('gives the sources by turns, each with what waits for it', ({ expect }) => {
  const inbox = new Inbox()
  for (const source of [1, 2, 1, 3]) inbox.push(event(source), source)
  const taken = [0, 1, 2, 3].map(() => inbox.take(any))
  expect(taken.map((each) => [each?.source, each?.events.length])).toEqual([
    [1, 2],
    [2, 1],
    [3, 1],
    [undefined, undefined],
  ])
  expect(inbox.isEmpty).toBe(true)
})

it('gives some of many, and then another source’s', ({ expect }) => {
  const inbox = new Inbox()
  for (let i = 0; i < 40; i++) inbox.push(event(i), 1)
  inbox.push(event(99), 2)
  const sources = [0, 1, 2].map(() => inbox.take(any)).map((each) => [each?.source, each?.events.length])
  expect(sources).toEqual([
    [1, 32],
    [2, 1],
    [1, 8],
  ])
})

it('passes over a source that may not have a turn', ({ expect }) => {
  const inbox = new Inbox()
  for (const source of [1, 2]) inbox.push(event(source), source)
  expect(inbox.take((source) => source !== 1)?.source).toBe(2)
  expect(inbox.take((source) => source !== 1)).toBeUndefined()
  expect([inbox.isEmpty, [...inbox.sources]]).toEqual([false, [1]])
})

it('is full at some time', ({ expect }) => {
  const inbox = new Inbox()
  for (let i = 0; i < MOST_EVENTS; i++) inbox.push(event(i), i % 7)
  expect(inbox.push(event(0), 1)).toBe(false)
})

it('loses nothing and keeps the order of each source, whatever is done with it', ({ expect }) => {
  const step = tuple(constantFrom('push', 'take', 'move'), nat(3))
  assert(
    property(array(step, { maxLength: 100 }), (steps) => {
      const inbox = new Inbox()
      const model = new Map<number, number[]>()
      let next = 0
      for (const [name, source] of steps) {
        const line = model.get(source) ?? []
        model.set(source, line)
        if (name === 'push') {
          line.push(next)
          inbox.push(event(next++), source)
        } else if (name === 'move' && source !== 0) {
          model.set(0, [...(model.get(0) ?? []), ...line])
          model.delete(source)
          inbox.move(source, 0)
        } else if (name === 'take') {
          const taken = inbox.take(any)
          if (taken === undefined) expect([...model.values()].flat()).toEqual([])
          else {
            const rest = model.get(taken.source)!
            expect(taken.events.map(idOf)).toEqual(rest.splice(0, taken.events.length))
          }
        }
        expect(inbox.isEmpty).toBe([...model.values()].flat().length === 0)
      }
    }),
  )
})
