/** A server that is killed while an app inserts rows, again and again: what it has acknowledged is there afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { send } from '../harness/http.ts'
import { startNano } from '../harness/process.ts'
import { fixture } from '../harness/serve.ts'

const HOST = 'one.test'
const AT_ONCE = 16
const ROUNDS = 4

/** Rows that were acknowledged, and those of them that are missing in the end. */
export async function insertAndKill(wanted: number): Promise<{ acknowledged: number; missing: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'nano-d1-kill-'))
  try {
    const config = join(folder, 'nano.json')
    const app = { name: 'one', hostname: HOST, path: fixture('d1'), d1_databases: [{ binding: 'DB' }] }
    writeFileSync(config, JSON.stringify({ shards: 2, apps: [app] }))
    const acknowledged: number[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      const server = await startNano(config)
      if (round === 1) await run(server.port, { exec: 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)' })
      await insert(server.port, acknowledged, Math.ceil((wanted * round) / ROUNDS), () =>
        server.kill('SIGKILL'),
      )
      await server.exited
    }
    await using server = await startNano(config)
    const ids = (await run(server.port, { sql: 'SELECT id FROM t', method: 'raw' })) as [number][]
    const there = new Set(ids.map(([id]) => id))
    return { acknowledged: acknowledged.length, missing: acknowledged.filter((id) => !there.has(id)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Until there are so many, and then until nobody answers any more. */
async function insert(port: number, acknowledged: number[], until: number, kill: () => void): Promise<void> {
  let isKilled = false
  const work = async (): Promise<void> => {
    for (;;) {
      const answer = await send(port, { host: HOST, path: '/insert' }).catch(() => undefined)
      if (answer?.status !== 200) return
      const id: unknown = JSON.parse(answer.text)
      if (typeof id === 'number') acknowledged.push(id)
      if (isKilled || acknowledged.length < until) continue
      isKilled = true
      kill()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

async function run(port: number, step: object): Promise<unknown> {
  const { text } = await send(port, { host: HOST, path: '/', method: 'POST', body: JSON.stringify([step]) })
  return (JSON.parse(text) as unknown[])[0]
}
