/** Where a shard takes the homes of Durable Objects to be, while other shards come and go. */

import { setImmediate } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'

import { describe, it } from 'vitest'

import { homeOf } from './home-of.ts'
import { Homes } from './homes.ts'
import { Peer } from './peer.ts'

const PLACES = [0, 1, 2]
/** Each place is the home of some. */
const KEYS = Array.from({ length: 60 }, (_, key) => key * 7919)

function open(place: number): Homes {
  return new Homes({ place, places: PLACES.length, take: () => undefined, join: () => undefined })
}

/** Two shards hear of each other; gives who ends what is between them. */
function introduce(one: Homes, place: number, other: Homes, otherPlace: number): () => void {
  const { port1, port2 } = new MessageChannel()
  one.meet(otherPlace, port1)
  other.meet(place, port2)
  return () => port1.close()
}

/** What a shard says of each key: it waits, it is here, or another shard is handed the call. */
const say = (homes: Homes): string[] =>
  KEYS.map((key) => {
    const home = homes.toObjectHome(key)
    if (home === undefined) return 'here'
    return home instanceof Peer ? 'there' : 'waits'
  })

/** What each key's home comes to, of these shards. */
const expected = (of: readonly number[], words: Readonly<Record<number, string>>): string[] =>
  KEYS.map((key) => words[homeOf(key, of)]!)

async function settle(): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one turn of the event loop after the other
  for (let i = 0; i < 20; i++) await setImmediate()
}

describe('the home of an object', () => {
  it('is waited for by a shard that has not heard of it yet', async ({ expect }) => {
    using homes = open(0)
    using second = open(1)
    using third = open(2)
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'waits', 2: 'waits' }))
    const key = KEYS.find((each) => homeOf(each, PLACES) === 1)!
    const waiting = homes.toObjectHome(key) as Promise<void>
    introduce(homes, 0, second, 1)
    await waiting
    expect(homes.toObjectHome(key)).toBeInstanceOf(Peer)
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'there', 2: 'waits' }))
    introduce(homes, 0, third, 2)
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'there', 2: 'there' }))
  })

  it('is waited for when it has gone, until it is back', async ({ expect }) => {
    using homes = open(0)
    using second = open(1)
    using successor = open(1)
    using third = open(2)
    introduce(homes, 0, third, 2)
    const end = introduce(homes, 0, second, 1)
    end()
    await settle()
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'waits', 2: 'there' }))
    introduce(homes, 0, successor, 1)
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'there', 2: 'there' }))
  })

  it('is another one when the main thread gives it up, and the same again when it is back', async ({
    expect,
  }) => {
    using homes = open(0)
    using second = open(1)
    using third = open(2)
    introduce(homes, 0, third, 2)
    const waiting = homes.toObjectHome(KEYS.find((each) => homeOf(each, PLACES) === 1)!) as Promise<void>
    homes.lose(1)
    await waiting
    expect(say(homes)).toEqual(expected([0, 2], { 0: 'here', 2: 'there' }))
    const end = introduce(homes, 0, second, 1)
    expect(say(homes)).toEqual(expected(PLACES, { 0: 'here', 1: 'there', 2: 'there' }))
    // its end may be heard after it was given up
    homes.lose(1)
    end()
    await settle()
    expect(say(homes)).toEqual(expected([0, 2], { 0: 'here', 2: 'there' }))
  })

  it('is here for a shard that hands nothing over any more', async ({ expect }) => {
    using homes = open(0)
    using third = open(2)
    introduce(homes, 0, third, 2)
    const waiting = homes.toObjectHome(KEYS.find((each) => homeOf(each, PLACES) === 1)!) as Promise<void>
    const left = homes.leave()
    await waiting
    expect(say(homes)).toEqual(KEYS.map(() => 'here'))
    await left
    // whoever is still there waits for its successor
    expect(say(third)).toEqual(expected(PLACES, { 0: 'waits', 1: 'waits', 2: 'here' }))
  })
})
