/** Real threads that do not come to life, or end when nobody expects it any more. */

import { describe, it } from 'vitest'

import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { LogEntry } from '../log/entry.ts'
import { Shards } from './shards.ts'
import type { CommonData, Served } from './shards.ts'

const DATA: CommonData = {
  port: 0,
  host: '127.0.0.1',
  reusePort: true,
  allowLoopback: false,
  durable: undefined,
  logsRequests: false,
  trustedProxies: [],
  liveInstances: 1,
  liveMemoryMb: 1,
  connectionLimits: DEFAULT_CONNECTION_LIMITS,
}

const SERVED: Served = {
  state: { deployments: [], routes: [], engines: new Map() },
  longestTurnMs: 0,
  has: () => false,
  hasVersion: () => false,
  load: async () => await Promise.reject(new Error('nothing is served')),
}

/** Threads that do this; `number` counts them from 1, `tell` posts to the main thread. */
function open(script: string, count = 1, lostMs?: number) {
  const log: LogEntry[] = []
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { number } = workerData
    const tell = (message) => parentPort.postMessage(message)
    const serve = () => {
      tell({ type: 'ready', port: 8000 })
      parentPort.on('message', ({ type }) => {
        if (type === 'ping') tell({ type: 'pong' })
        if (type === 'stop') parentPort.close()
      })
    }
    ${script}`
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const shards = new Shards({
    script: url,
    data: DATA,
    served: SERVED,
    storage: { connect() {} },
    count,
    silenceMs: 900,
    startSilenceMs: 900,
    lostMs,
    log: (entry) => void log.push(entry),
  })
  return {
    shards,
    log,
    texts: () => log.map(({ text }) => text),
    async [Symbol.asyncDispose]() {
      await shards.close()
    },
  }
}

const LONG = { timeout: 15_000, interval: 20 }

describe('shards', () => {
  it('fail to start when one of their threads hangs before it is ready', async ({ expect }) => {
    await using server = open(`if (number === 1) serve(); else for (;;);`, 2)
    await expect(server.shards.start()).rejects.toThrow('shard 1 has not answered for 900 ms')
  }, 20_000)

  it('say what a thread has to say, with the time at which it happened there', async ({ expect }) => {
    await using server = open(`
      tell({ type: 'log', entry: { time: 1234, level: 'warn', text: 'said' } })
      serve()`)
    await server.shards.start()
    expect(server.log).toEqual([{ time: 1234, level: 'warn', text: 'said' }])
  })

  it('are started again when a thread hangs before it is ready', async ({ expect }) => {
    await using server = open(`
      if (number === 2) for (;;);
      serve()
      if (number === 1) setTimeout(() => process.exit(1), 100)`)
    expect(await server.shards.start()).toBe(8000)
    await expect.poll(() => server.shards.state, LONG).toMatchObject({ listening: 1, restarts: 2 })
    expect(server.texts()).toEqual([
      'shard 0 died and is started again in 500 ms',
      'shard 0 has not answered for 900 ms and is ended',
      'shard 0 did not start (shard 0 has not answered for 900 ms) and is started again in 1000 ms',
    ])
  }, 20_000)

  it('give one up that is missing for too long, and say so to those that are there and those that come', async ({
    expect,
  }) => {
    await using server = open(
      `
      const { place } = workerData
      parentPort.on('message', (message) => {
        if (message.type !== 'lost') return
        tell({ type: 'log', entry: { time: 1, level: 'info', text: 'place ' + place + ' has lost ' + message.place } })
        if (number === 3) setTimeout(() => process.exit(1), 50)
      })
      if (place > 0 || number === 1) serve()
      if (number === 1) setTimeout(() => process.exit(1), 100)`,
      3,
      700,
    )
    await server.shards.start()
    const lost = (): string[] => server.texts().filter((text) => /lost|missing/.test(text))
    await expect.poll(() => lost().filter((text) => text === 'place 2 has lost 0').length, LONG).toBe(2)
    expect(lost()[0]).toBe('shard 0 is missing: until it is back, other shards begin its Durable Objects')
    expect(lost().slice(1).toSorted()).toEqual([
      'place 1 has lost 0',
      'place 2 has lost 0',
      'place 2 has lost 0',
    ])
  }, 20_000)

  it('keep the successor of a thread that said it cannot start and went on living', async ({ expect }) => {
    await using server = open(`
      if (number === 2) {
        tell({ type: 'failed', code: 'INTERNAL', text: 'no room' })
        setTimeout(() => process.exit(1), 3000)
      } else {
        serve()
        if (number === 1) setTimeout(() => process.exit(1), 100)
      }`)
    await server.shards.start()
    await expect.poll(() => server.shards.state, LONG).toMatchObject({ listening: 1, restarts: 2 })
    // the second thread was ended before the third began, so that nothing of it can come late
    expect(server.texts().at(-1)).toBe('shard 0 did not start (no room) and is started again in 1000 ms')
  }, 20_000)
})
