/** Puts and a kill, for the tests of few and of many. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killWhileWriting } from '../harness/crash.ts'
import { keepAlive, send } from '../harness/http.ts'
import { fixture } from '../harness/serve.ts'

const BATCH = 100

export async function killWhilePutting(count: number): Promise<{ kept: number; lost: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'nano-crash-'))
  const agent = keepAlive(16)
  try {
    const app = { name: 'kv', hostname: 'kv.test', path: fixture('kv'), kv_namespaces: [{ binding: 'KV' }] }
    return await killWhileWriting({
      folder,
      count,
      config: { shards: 1, apps: [{ ...app, cpu_ms: 10_000 }] },
      async write({ port }, index) {
        const { text } = await send(port, {
          host: 'kv.test',
          path: `/${index}`,
          method: 'PUT',
          body: `v${index}`,
          agent,
        })
        return text === 'stored'
      },
      async missing({ port }, indices) {
        const lost: number[] = []
        for (let at = 0; at < indices.length; at += BATCH) {
          const some = indices.slice(at, at + BATCH)
          const body = JSON.stringify([['KV', 'get', some.map(String)]])
          // oxlint-disable-next-line no-await-in-loop -- in order
          const { text } = await send(port, { host: 'kv.test', path: '/', method: 'POST', body })
          const [{ map }] = JSON.parse(text) as [{ map: [string, string | null][] }]
          const found = new Map(map)
          lost.push(...some.filter((index) => found.get(String(index)) !== `v${index}`))
        }
        return lost
      },
    })
  } finally {
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
}
