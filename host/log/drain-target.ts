/**
 * What a drain may lead to: a file, to which lines are appended, or an endpoint that takes them by POST. Which one is the
 * operator's to say, so that no egress policy of an app holds for it.
 */

import { appendFile } from 'node:fs/promises'

import type { LogDrain } from '../config/config.ts'
import type { DrainTarget } from './drain.ts'

/** An app's lines are for its developers and the operator's group. */
const FILE_MODE = 0o640

/** How long an endpoint has to take a batch. */
const POST_MS = 10_000

const TOO_MANY_REQUESTS = 429
const REQUEST_TIMEOUT = 408

/** What stands for the app's name, which has only letters, digits, ".", "_" and "-". */
const APP = '{app}'

export function openTarget(drain: LogDrain, app: string): DrainTarget {
  if (drain.type === 'file') return toFile(drain.path.replaceAll(APP, app))
  return toEndpoint(drain.url.replaceAll(APP, app), drain.headers)
}

/** Opened for each batch, so that it may be moved away and is made again. */
function toFile(path: string): DrainTarget {
  return {
    async send(lines) {
      await appendFile(path, lines, { mode: FILE_MODE })
      return 'taken'
    },
  }
}

function toEndpoint(url: string, headers: Readonly<Record<string, string>>): DrainTarget {
  return {
    async send(lines) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', ...headers },
        body: lines,
        redirect: 'error',
        signal: AbortSignal.timeout(POST_MS),
      })
      await response.body?.cancel()
      const { ok, status } = response
      if (ok) return 'taken'
      if (status >= 500 || status === TOO_MANY_REQUESTS || status === REQUEST_TIMEOUT) {
        throw new Error(`status ${status}`)
      }
      return 'refused'
    },
  }
}
