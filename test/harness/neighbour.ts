/**
 * A well-behaved tenant on the same shard that is asked for something all the time, while another one does its worst.
 *
 *     await using neighbour = watchNeighbour(server)   ...attack...   const { answers } = await neighbour.stop()
 */
import { fixture, sleep } from './serve.ts'
import type { AppSpec, Served } from './serve.ts'

/** What the neighbour heard. */
export interface Peace {
  readonly answers: number
  /** Milliseconds of each answer, ascending. */
  readonly times: readonly number[]
}

export interface Neighbour extends AsyncDisposable {
  /** Throws for the first request that was not answered well. */
  stop(): Promise<Peace>
}

const HOST = 'neighbour.test'
const PAUSE_MS = 5

/** The well-behaved tenant; `serve` it beside the hostile one. */
export const NEIGHBOUR: AppSpec = { name: 'neighbour', hostname: HOST, path: fixture('memory') }

/** Ask the neighbour, one request after the other, some at a time, until `stop` or the end of the scope. */
export function watchNeighbour(server: Served, clients = 2): Neighbour {
  const times: number[] = []
  const state = { isOn: true }
  const failures: unknown[] = []
  const ask = async (): Promise<void> => {
    while (state.isOn) {
      const start = performance.now()
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const answer = await server.send(HOST, '/note?who=neighbour')
      times.push(performance.now() - start)
      if (answer.status !== 200) throw new Error(`the neighbour got ${answer.status}: ${answer.text}`)
      // oxlint-disable-next-line no-await-in-loop
      await sleep(PAUSE_MS)
    }
  }
  const over = Array.from({ length: clients }, () => ask().catch((error: unknown) => failures.push(error)))
  const stop = async (): Promise<Peace> => {
    state.isOn = false
    await Promise.all(over)
    if (failures.length > 0) throw failures[0]
    if (times.length === 0) throw new Error('the neighbour was never answered')
    return { answers: times.length, times: times.sort((a, b) => a - b) }
  }
  return {
    stop,
    async [Symbol.asyncDispose](): Promise<void> {
      await stop()
    },
  }
}
