/**
 * The app of test/fixtures/fetcher.ts, told what to fetch and asked what came of it.
 */
import { type AppSpec, fixture, type Served, waitFor } from './serve.ts'

/** A fetch that the app is to make. */
export interface FetchTask {
  url: string
  init?: { method?: string; headers?: [string, string][]; body?: string; redirect?: string }
  use?: 'text' | 'some' | 'hold'
  bytes?: number
}

/** What came of it. */
export interface FetchOutcome {
  status?: number
  url?: string
  redirected?: boolean
  headers?: [string, string][]
  text?: string
  bytes?: number
  error?: { name: string; message: string }
}

/** One of these apps, which may fetch from wherever it likes unless it is said otherwise. */
export function fetcher(name: string, more: Partial<AppSpec> = {}): AppSpec {
  return { name, hostname: `${name}.test`, path: fixture('fetcher'), egress: { private: true }, ...more }
}

/** Have the app of this host make a fetch, and wait for what comes of it. */
export async function fetchBy(
  server: Served,
  host: string,
  task: FetchTask,
  key = toKey(),
): Promise<FetchOutcome> {
  await server.send(host, '/start', { method: 'POST', body: JSON.stringify({ ...task, key }) })
  return waitFor(async () => {
    const answer = await server.send(host, `/outcome?key=${key}`)
    return answer.json<FetchOutcome | null>() ?? undefined
  }, 20_000)
}

function toKey(): string {
  return Math.random().toString(36).slice(2)
}
