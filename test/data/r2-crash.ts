/** Objects and a kill, for the tests of few and of many. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killWhileWriting } from '../harness/crash.ts'
import { keepAlive, send } from '../harness/http.ts'
import { fixture } from '../harness/serve.ts'

const BATCH = 100

export async function killWhilePutting(count: number): Promise<{ kept: number; lost: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'nano-r2-crash-'))
  const agent = keepAlive(16)
  const host = 'r2.test'
  try {
    const app = { name: 'r2', hostname: host, path: fixture('r2'), r2_buckets: [{ binding: 'R2' }] }
    return await killWhileWriting({
      folder,
      count,
      config: { shards: 1, apps: [{ ...app, cpu_ms: 10_000 }] },
      async write({ port }, index) {
        const path = `/${index}`
        const { status } = await send(port, { host, path, method: 'PUT', body: `v${index}`, agent })
        return status === 200
      },
      async missing({ port }, indices) {
        const lost: number[] = []
        for (let at = 0; at < indices.length; at += BATCH) {
          const some = indices.slice(at, at + BATCH)
          const body = JSON.stringify(some.map((index) => ['R2', 'read', `${index}`, undefined, 'text']))
          // oxlint-disable-next-line no-await-in-loop -- in order
          const { text } = await send(port, { host, path: '/', method: 'POST', body })
          const found = JSON.parse(text) as [string, boolean, string][]
          lost.push(...some.filter((index, i) => found[i]?.[2] !== `v${index}`))
        }
        return lost
      },
    })
  } finally {
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
}
