import { RateLimiterMemory } from 'rate-limiter-flexible'
import Bottleneck from 'bottleneck'
import PQueue from 'p-queue'
import Keyv from 'keyv'
export default {
  async fetch() {
    const out = []
    const l = new RateLimiterMemory({ points: 2, duration: 60 })
    out.push((await l.consume('k')).remainingPoints, (await l.consume('k')).remainingPoints)
    try {
      await l.consume('k')
    } catch (e) {
      out.push(e.consumedPoints, e.constructor.name)
    }
    const b = new Bottleneck({ maxConcurrent: 1, minTime: 5 })
    const order = []
    await Promise.all(
      [1, 2, 3].map((n) =>
        b.schedule(async () => {
          order.push(n)
        }),
      ),
    )
    out.push(order)
    const q = new PQueue({ concurrency: 2 })
    const r = await q.addAll(
      [1, 2, 3, 4].map((n) => async () => {
        await new Promise((s) => setTimeout(s, 5 - n))
        return n * 2
      }),
    )
    await q.onIdle()
    out.push(r, q.size)
    const kv = new Keyv({ namespace: 'x' })
    await kv.set('a', { b: 1 }, 1000)
    out.push(await kv.get('a'), await kv.has('z'), await kv.delete('a'), (await kv.get('a')) ?? null)
    return Response.json(out)
  },
}
