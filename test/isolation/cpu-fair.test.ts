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
  const state = { isOn: true, answers: 0 }
  const ask = async (hostname: string): Promise<void> => {
    while (state.isOn) {
      const answer = await server.send(hostname, '/burn?rounds=1500000')
      expect(answer.status).toBe(200)
      state.answers++
    }
  }
  const busy = hogs.flatMap(({ hostname }) => Array.from({ length: CLIENTS }, () => ask(hostname)))
  await sleep(500)
  const neighbour = watchNeighbour(server)
  /** Of the hogs, while one request of the neighbour waited for its own. */
  const overtaking: number[] = []
  for (const end = performance.now() + ATTACK_MS; performance.now() < end; await sleep(5)) {
    const before = state.answers
    await server.send('neighbour.test', '/note?who=neighbour')
    overtaking.push(state.answers - before)
  }
  await neighbour.stop()
  state.isOn = false
  await Promise.all(busy)
  overtaking.sort((a, b) => a - b)
  const [median, most] = [overtaking[overtaking.length >> 1]!, overtaking.at(-1)!]
  console.log(`${state.answers} long requests; before each of the neighbour's ${median}, at most ${most}`)
  // one turn answers the clients of one hog; without a lane of their own all four would come before each request
  expect(state.answers).toBeGreaterThan(10)
  expect(median).toBeLessThanOrEqual(2 * CLIENTS)
})
