/** Load on a server for some seconds, made by a process of its own, see load-child.ts; or by wrk, where it is installed. */

import { fork } from 'node:child_process'
import { once } from 'node:events'

import type { Order } from './next-host.ts'

/** What each app is asked; `GET /` unless given. */
export interface LoadRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadPlan {
  readonly port: number
  /** Host headers. */
  readonly hosts: readonly string[]
  /** Of each host, where they are not all at the same. */
  readonly ports?: readonly number[] | undefined
  /** In turn unless given. */
  readonly order?: Order
  readonly request?: LoadRequest | undefined
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
  /** Of those that were the first to their host; wrk does not know. */
  readonly firsts?: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }
}

/** Load that goes on until it is stopped, or its seconds are over. */
export interface RunningLoad {
  /** Each of its clients has had an answer, or would have. */
  readonly begun: Promise<void>
  readonly result: Promise<LoadResult>
  stop(): void
}

export async function load(plan: LoadPlan): Promise<LoadResult> {
  return await startLoad(plan).result
}

export function startLoad(plan: LoadPlan): RunningLoad {
  const child = fork(new URL('load-child.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const begun = Promise.withResolvers<void>()
  const answer = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message) => {
      begun.resolve()
      if (message !== 'begun') resolve(message as LoadResult)
    })
    child.once('exit', () => reject(new Error('the load generator ended without a result')))
  })
  answer.catch(() => undefined)
  child.send(plan)
  const result = answer.then(async (given) => {
    if (child.exitCode === null) await once(child, 'exit')
    return given
  })
  return { begun: begun.promise, result, stop: () => void child.send('stop') }
}

/** The request as it goes out. */
export function toRequestText(host: string, request: LoadRequest = { method: 'GET', path: '/' }): string {
  const { method, path, headers = {}, body = '' } = request
  const lines = Object.entries({
    Host: host,
    ...headers,
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
