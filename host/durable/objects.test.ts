/** Calls whose object's home is not there yet. */

import { setImmediate } from 'node:timers/promises'

import { describe, it } from 'vitest'

import type { ErrorCode } from '../errors.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange } from '../tenant/exchange.ts'
import { Counts } from '../tenant/report.ts'
import { Objects } from './objects.ts'
import type { ObjectAddress, ObjectsOptions } from './objects.ts'

type Home = ReturnType<ObjectsOptions['toHome']>

class Call implements Exchange {
  readonly id = 'id'
  readonly client = 'client'
  readonly method = 'GET'
  readonly url = 'http://app.test/'
  readonly headers = ''
  readonly hasBody = false
  readonly said: string[] = []

  pullBody(): void {}
  cancelBody(): void {}
  send = () => void this.said.push('send')
  start = () => void this.said.push('start')
  write = () => true
  finish = () => void this.said.push('finish')
  fail = (code: ErrorCode) => void this.said.push(code)
}

/** Deployments that other shards were handed. */
function open(deployment = 1) {
  let home: Home
  const handed: number[] = []
  const refusals: ErrorCode[] = []
  const objects = new Objects({ toHome: () => home })
  const group: ObjectAddress['group'] = {
    name: 'app',
    buffers: new ByteBudget(0),
    counts: new Counts(),
    handOvers: 0,
    open: () => undefined,
  }
  const toAddress = (version: number): ObjectAddress => ({
    namespace: 'app.Room',
    facts: { className: 'Room', id: 'id' },
    group,
    deployment: version,
    refused: (code) => void refusals.push(code),
    again: () => (state.serves === undefined ? undefined : toAddress(state.serves)),
  })
  const state = { serves: deployment as number | undefined }
  const shard: Exclude<Home, Promise<void> | undefined> = {
    handOver(_exchange, hander) {
      handed.push(hander.deployment)
      return { ...NOBODY, cpuMs: 7 }
    },
  }
  const wait = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    home = promise
    return (now: Home) => {
      home = now
      resolve()
    }
  }
  return { objects, address: toAddress(deployment), handed, refusals, state, shard, wait }
}

describe('a call whose object has its home on a shard that is not there yet', () => {
  it('waits for it, whatever else comes first', async ({ expect }) => {
    const { objects, address, handed, shard, wait } = open()
    const call = new Call()
    const first = wait()
    const listener = objects.find(address).handle(call)
    await setImmediate()
    expect([handed, call.said, listener.cpuMs]).toEqual([[], [], 0])
    // another shard has come
    const more = Promise.withResolvers<void>()
    first(more.promise)
    await setImmediate()
    expect(handed).toEqual([])
    wait()(shard)
    more.resolve()
    await setImmediate()
    expect([handed, call.said, listener.cpuMs]).toEqual([[1], [], 7])
  })

  it('is begun here when it comes to that', async ({ expect }) => {
    const { objects, address, refusals, wait } = open()
    const call = new Call()
    const goOn = wait()
    objects.find(address).handle(call)
    goOn(undefined)
    await setImmediate()
    // there is no room
    expect([call.said, refusals]).toEqual([['APP_BUSY'], ['APP_BUSY']])
  })

  it('is for the version that the app has by then', async ({ expect }) => {
    const { objects, address, handed, shard, state, wait } = open()
    const goOn = wait()
    objects.find(address).handle(new Call())
    state.serves = 2
    goOn(shard)
    await setImmediate()
    expect(handed).toEqual([2])
  })

  it('fails when the app has gone', async ({ expect }) => {
    const { objects, address, handed, refusals, shard, state, wait } = open()
    const call = new Call()
    const goOn = wait()
    objects.find(address).handle(call)
    state.serves = undefined
    goOn(shard)
    await setImmediate()
    expect([handed, call.said, refusals]).toEqual([[], ['APP_REPLACED'], ['APP_REPLACED']])
  })

  it('goes nowhere when its caller has gone, or the shard ends', async ({ expect }) => {
    const { objects, address, handed, shard, wait } = open()
    const call = new Call()
    const goOn = wait()
    objects.find(address).handle(call).clientGone()
    goOn(shard)
    await setImmediate()
    const again = wait()
    objects.find(address).handle(call)
    objects[Symbol.dispose]()
    again(shard)
    await setImmediate()
    expect([handed, call.said]).toEqual([[], []])
  })
})
