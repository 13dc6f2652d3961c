/**
 * While an app is developed, whoever asks for this path has its scheduled handler called, as with wrangler:
 * `/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=<ms>&format=json`.
 */

import type { RunOutcome } from '../cron/outcome.ts'
import type { ScheduledRun } from '../http/request-head.ts'

const PATH = '/cdn-cgi/handler/scheduled'

/** What is to be run; undefined: the request is one for the app. */
export function toAskedRun(url: string): ScheduledRun | undefined {
  const asked = URL.parse(url)
  if (asked?.pathname !== PATH) return undefined
  const time = Number(asked.searchParams.get('time') ?? Number.NaN)
  return {
    cron: asked.searchParams.get('cron') ?? '',
    scheduledTime: Number.isFinite(time) ? time : Date.now(),
  }
}

/** What whoever asked is told. */
export function toRunAnswer({ code, noRetry }: RunOutcome, url: string) {
  const outcome = code === undefined ? 'ok' : 'exception'
  const isJson = URL.parse(url)?.searchParams.get('format') === 'json'
  const [type, text] = isJson
    ? ['application/json', JSON.stringify({ outcome, noRetry, ...(code === undefined ? {} : { code }) })]
    : ['text/plain; charset=utf-8', outcome]
  return { status: code === undefined ? 200 : 500, type, text }
}
