/** A server that is killed while it writes, again and again: what it had acknowledged is there in the end. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { keepAlive, send } from './http.ts'
import type { Answer } from './http.ts'
import type { ServerProcess } from './process.ts'
import { startNano } from './process.ts'

type Ask = (request: { path: string; method?: string; body?: string }) => Promise<Answer>

/** An app that keeps what it is told, and is asked for it. */
export interface Writer {
  /** Its settings. */
  readonly app: object
  /** Before anything is written. */
  readonly prepare?: (ask: Ask) => Promise<unknown>
  /** Resolves to whether it said that it is kept. */
  readonly write: (ask: Ask, index: number) => Promise<boolean>
  /** Of those, which are not there. */
  readonly missing: (ask: Ask, indices: readonly number[]) => Promise<readonly number[]>
}

const HOST = 'writer.test'
const CLIENTS = 16

/** How many of at least `count` were acknowledged before it was killed so often, and which of them are lost. */
export async function killWhileWriting(
  { app, prepare, write, missing }: Writer,
  count: number,
  kills: number,
  clientCount = CLIENTS,
): Promise<{ kept: number; lost: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'nano-crash-'))
  const file = join(folder, 'nano.json')
  const apps = [{ name: 'writer', hostname: HOST, cpu_ms: 10_000, ...app }]
  writeFileSync(file, JSON.stringify({ shards: 2, apps }))
  const agent = keepAlive(clientCount)
  const toAsk =
    ({ port }: ServerProcess): Ask =>
    (request) =>
      send(port, { host: HOST, agent, ...request })
  const kept: number[] = []
  let next = 0
  try {
    for (let round = 1; round <= kills; round++) {
      // oxlint-disable-next-line no-await-in-loop -- a life after the other
      await using server = await startNano(file)
      server.stderr.resume()
      const ask = toAsk(server)
      // oxlint-disable-next-line no-await-in-loop -- the same
      if (round === 1) await prepare?.(ask)
      const until = Math.ceil((count * round) / kills)
      const client = async (): Promise<void> => {
        while (kept.length < until) {
          const index = next++
          // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
          if (await write(ask, index).catch(() => false)) kept.push(index)
        }
      }
      const clients = Array.from({ length: clientCount }, client)
      // oxlint-disable-next-line no-await-in-loop -- the others are on their way then
      await Promise.race(clients)
      server.kill('SIGKILL')
      // oxlint-disable-next-line no-await-in-loop -- the same
      await Promise.all(clients)
    }
    await using server = await startNano(file)
    server.stderr.resume()
    return { kept: kept.length, lost: await missing(toAsk(server), kept) }
  } finally {
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
}
