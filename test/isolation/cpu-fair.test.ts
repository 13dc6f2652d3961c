/** Apps that keep within their limits and work all the time: they are not stopped, and the shard is not theirs. */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'

const CLIENTS = 2
const ATTACK_MS = 3000

test('apps with long turns back to back leave their neighbour half of the shard', async ({ expect }) => {
  const hogs = ['one', 'two', 'three', 'four'].map((name) => ({
    name,
    hostname: `${name}.test`,
    path: fixture('cpu'),
  }))
  await using server = await serve([...hogs, NEIGHBOUR])
  const state = { isOn: true, turns: 0 }
  const ask = async (hostname: string): Promise<void> => {
    while (state.isOn) {
      const answer = await server.send(hostname, '/burn?rounds=1500000')
      expect(answer.status).toBe(200)
      state.turns++
    }
  }
  const busy = hogs.flatMap(({ hostname }) => Array.from({ length: CLIENTS }, () => ask(hostname)))
  await sleep(500)
  state.turns = 0
  const neighbour = watchNeighbour(server, 4)
  await sleep(ATTACK_MS)
  const { answers, times } = await neighbour.stop()
  const { turns } = state
  state.isOn = false
  await Promise.all(busy)
  const median = times[times.length >> 1]!.toFixed(1)
  console.log(`${turns} long requests; the neighbour's ${answers}, median ${median} ms`)
  // without a lane of their own, four long turns would come before each of the neighbour's
  expect(turns).toBeGreaterThan(10)
  expect(answers).toBeGreaterThan(turns)
})
