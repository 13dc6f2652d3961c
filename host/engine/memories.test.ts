/** What V8's collector makes of memories: nothing while they are made, and a full collection for some of those that are dropped. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { it } from 'vitest'

const MODULE = new URL('memories.ts', import.meta.url).href
const COUNT = 60

/** A thread of its own, which has next to nothing else. */
async function countCollections(body: string): Promise<number> {
  const script = `
    import { constants, PerformanceObserver } from 'node:perf_hooks'
    import { parentPort } from 'node:worker_threads'
    import { makeMemory, tellCollector } from '${MODULE}'
    const pause = () => new Promise((resolve) => setTimeout(resolve, 3))
    const make = () => makeMemory(178, 2048)
    let count = 0
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) count++
    })
    observer.observe({ entryTypes: ['gc'] })
    const all = []
    ${body}
    await new Promise((resolve) => setTimeout(resolve, 50))
    parentPort.postMessage(count)`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`))
  const [count] = (await once(worker, 'message')) as [number]
  await worker.terminate()
  return count
}

it('has no collection for memories that are made', async ({ expect }) => {
  const count = await countCollections(
    `for (let i = 0; i < ${COUNT}; i++) { all.push(make()); await pause() }`,
  )
  expect(count).toBeLessThanOrEqual(1)
})

it('has collections for memories that are dropped', async ({ expect }) => {
  const count = await countCollections(
    `for (let i = 0; i < ${COUNT}; i++) { tellCollector(make()); await pause() }`,
  )
  expect(count).toBeGreaterThanOrEqual(3)
})
