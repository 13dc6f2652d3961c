/** A server that is killed while it writes: what it had acknowledged is there when it is started again. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { ServerProcess } from './process.ts'
import { startNano } from './process.ts'

export interface CrashCase {
  /** What nano.json says. */
  readonly config: object
  /** Its folder, for the data too. */
  readonly folder: string
  /** So many writes are acknowledged before it is killed; others are on their way then. */
  readonly count: number
  /** Resolves to whether the server said that it is kept. */
  readonly write: (server: ServerProcess, index: number) => Promise<boolean>
  /** Of those, which are not there. */
  readonly missing: (server: ServerProcess, indices: readonly number[]) => Promise<readonly number[]>
}

const CLIENTS = 16

/** How many were acknowledged, and which of them are lost. */
export async function killWhileWriting(given: CrashCase): Promise<{ kept: number; lost: readonly number[] }> {
  const { config, folder, count, write, missing } = given
  const file = join(folder, 'nano.json')
  writeFileSync(file, JSON.stringify(config))
  const kept: number[] = []
  {
    await using server = await startNano(file)
    server.stderr.resume()
    let next = 0
    const client = async (): Promise<void> => {
      while (kept.length < count) {
        const index = next++
        // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
        if (await write(server, index).catch(() => false)) kept.push(index)
      }
    }
    const first = Array.from({ length: CLIENTS }, client)
    await Promise.race(first)
    server.kill('SIGKILL')
    await Promise.all(first)
  }
  await using server = await startNano(file)
  server.stderr.resume()
  return { kept: kept.length, lost: await missing(server, kept) }
}
