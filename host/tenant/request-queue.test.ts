/** Places, who gets the next one, and what one client may have of them. */
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { it } from 'vitest'
import { Link } from '../limits/chain.ts'
import { RequestQueue } from './request-queue.ts'

let names = 0

class Request extends Link {
  readonly client: string
  readonly name = ++names

  constructor(client: string) {
    super()
    this.client = client
  }
}

const from = (client: string): Request => new Request(client)

/** Begins what comes next, as long as there are places. */
function beginAll(queue: RequestQueue<Request>): Request[] {
  const begun: Request[] = []
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
    queue.begin(next)
    begun.push(next)
  }
  return begun
}

it('begins so many, lets so many wait, refuses the others', ({ expect }) => {
  const queue = new RequestQueue<Request>(2, 2)
  const all = Array.from({ length: 5 }, () => from('a'))
  expect(all.map((request) => queue.admit(request))).toEqual([true, true, true, true, false])
  expect(beginAll(queue)).toEqual(all.slice(0, 2))
  expect(queue.length).toBe(2)
})

it('gives a place to the one that waited longest', ({ expect }) => {
  const queue = new RequestQueue<Request>(1, 3)
  const [a, b, c, d] = Array.from({ length: 4 }, () => from('a')) as [Request, Request, Request, Request]
  for (const request of [a, b, c, d]) queue.admit(request)
  expect(beginAll(queue)).toEqual([a])
  queue.leave(c)
  expect(queue.peek()).toBeUndefined()
  queue.leave(a)
  expect(beginAll(queue)).toEqual([b])
  queue.leave(b)
  expect(beginAll(queue)).toEqual([d])
  expect(queue.length).toBe(0)
})

it('begins once more what is put back, before all others', ({ expect }) => {
  const queue = new RequestQueue<Request>(2, 2)
  const [a, b, c] = [from('a'), from('b'), from('c')]
  for (const request of [a, b, c]) queue.admit(request)
  expect(beginAll(queue)).toEqual([a, b])
  queue.putBack(b)
  expect([queue.length, queue.peek()]).toEqual([2, b])
  expect(beginAll(queue)).toEqual([b])
})

it('serves clients by turns', ({ expect }) => {
  const queue = new RequestQueue<Request>(10, 0)
  for (const client of 'aaaaabbc') queue.admit(from(client))
  expect(
    beginAll(queue)
      .map(({ client }) => client)
      .join(''),
  ).toBe('abcabaaa')
})

it('leaves places and room for the next client, whatever one of them holds', ({ expect }) => {
  const queue = new RequestQueue<Request>(256, 256)
  const counts = ['a', 'b', 'c', 'd'].map((client) => {
    let count = 0
    while (queue.admit(from(client))) count++
    beginAll(queue)
    return count
  })
  // seven eighths, the same of what is left, and so on
  expect(counts[0]).toBe(448)
  for (const count of counts) expect(count).toBeGreaterThan(0)
  const begun = new RequestQueue<Request>(256, 256)
  while (begun.admit(from('a')));
  expect(beginAll(begun)).toHaveLength(224)
  const [late] = [from('late')]
  begun.admit(late)
  expect(begun.peek()).toBe(late)
})

it('counts right, whatever comes and goes', ({ expect }) => {
  const step = tuple(constantFrom('admit', 'begin', 'back', 'leave'), constantFrom('a', 'b', 'c'), nat(20))
  assert(
    property(array(step, { maxLength: 120 }), nat(20), nat(20), (steps, places, room) => {
      const queue = new RequestQueue<Request>(places + 1, room)
      const waiting = new Set<Request>()
      const begun = new Set<Request>()
      for (const [name, client, index] of steps) {
        if (name === 'admit') {
          const request = from(client)
          if (queue.admit(request)) waiting.add(request)
        } else if (name === 'begin') {
          const next = queue.peek()
          if (next !== undefined) {
            expect(waiting.delete(next)).toBe(true)
            begun.add(next)
            queue.begin(next)
          }
        } else {
          const all = name === 'back' ? [...begun] : [...waiting, ...begun]
          const request = all[index % Math.max(1, all.length)]
          if (request === undefined) continue
          if (name === 'back') {
            queue.putBack(request)
            begun.delete(request)
            waiting.add(request)
          } else {
            queue.leave(request)
            if (!waiting.delete(request)) begun.delete(request)
          }
        }
        expect(queue.length).toBe(waiting.size)
        expect(new Set(queue.waiting())).toEqual(waiting)
        expect(begun.size).toBeLessThanOrEqual(places + 1)
        expect(begun.size + waiting.size).toBeLessThanOrEqual(places + 1 + room)
      }
      for (const request of [...waiting, ...begun]) queue.leave(request)
      // nothing is left: all places are there for the next one
      expect([queue.length, queue.peek(), queue.admit(from('d'))]).toEqual([0, undefined, true])
    }),
  )
})
