/** A rate limit whose app is sent keys without end. */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'

const KEYS = 100_000
const OF_A_REQUEST = 2000

test(
  'a flood of keys frees nobody who has reached a limit, and touches no neighbour',
  {
    timeout: 60_000,
  },
  async ({ expect }) => {
    const simple = { limit: 3, period: 60 }
    const flooded = { name: 'flooded', hostname: 'flooded.test', path: fixture('kv') }
    const limits = { ratelimits: [{ name: 'LIMITER', namespace_id: '1', simple }], cpu_ms: 10_000 }
    await using server = await serve([{ ...flooded, ...limits }, NEIGHBOUR])
    const ask = async (...keys: string[]): Promise<boolean[]> => {
      const body = JSON.stringify(keys.map((key) => ['LIMITER', 'limit', { key }]))
      const { text } = await server.send('flooded.test', '/', { method: 'POST', body })
      return (JSON.parse(text) as { success: boolean }[]).map(({ success }) => success)
    }
    await using neighbour = watchNeighbour(server)
    expect(await ask('held', 'held', 'held', 'held')).toEqual([true, true, true, false])
    for (let at = 0; at < KEYS; at += OF_A_REQUEST) {
      const keys = Array.from({ length: OF_A_REQUEST }, (_, i) => `key ${at + i}`)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await ask(...keys)).toEqual(keys.map(() => true))
    }
    expect(await ask('held', 'somebody')).toEqual([false, true])
    await neighbour.stop()
  },
)
