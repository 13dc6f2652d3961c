/** Load on a server for some seconds, made by a process of its own, see load-child.ts. */

import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface LoadPlan {
  readonly port: number
  /** Host headers, taken in turn. */
  readonly hosts: readonly string[]
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly requests: number
  /** Answers other than 200 and connections that broke. */
  readonly errors: number
  readonly seconds: number
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = fork(new URL('load-child.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answer = new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (message) => resolve(message as LoadResult))
    child.once('exit', () => reject(new Error('the load generator ended without a result')))
  })
  answer.catch(() => undefined)
  child.send(plan)
  const result = await answer
  if (child.exitCode === null) await once(child, 'exit')
  return result
}
