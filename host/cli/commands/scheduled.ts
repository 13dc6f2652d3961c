/** `scheduled`: call the scheduled handler of an app that is served. */

import type { Command } from 'commander'

import { isErrorCode, NanoError } from '../../errors.ts'
import { AdminClient } from '../admin-client.ts'
import { toDuration } from '../messages.ts'
import { flag, integer, option, text } from '../usage.ts'

interface RunReport {
  readonly app: string
  readonly cron: string
  readonly outcome: 'ok' | 'failed'
  readonly code?: string
  readonly no_retry: boolean
  readonly milliseconds: number
  readonly cpu_ms: number
}

interface ScheduledOptions {
  readonly cron?: string
  readonly time?: number
  readonly json?: true
}

export function addScheduled(program: Command): void {
  program
    .command('scheduled')
    .summary("call an app's scheduled handler now")
    .description("Call an app's scheduled handler on a running server, and wait until it is done.")
    .argument('<app>', 'its name')
    .addOption(option('--cron <expression>', "cron of the event (default: the app's first expression)", text))
    .addOption(
      option(
        '--time <ms>',
        'scheduledTime of the event, in milliseconds since 1970 (default: now)',
        integer([0, Number.MAX_SAFE_INTEGER]),
      ),
    )
    .addOption(flag('--json', 'print the report of the admin API'))
    .action(run)
}

async function run(app: string, { cron, time, json }: ScheduledOptions): Promise<void> {
  const path = `/admin/apps/${encodeURIComponent(app)}/scheduled`
  const asked = { cron, scheduled_time: time }
  const report = await new AdminClient().ask<RunReport>('POST', path, { json: asked })
  const took = `in ${toDuration(report.milliseconds)}, ${report.cpu_ms} ms of processor time`
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else if (report.code === undefined) process.stdout.write(`${app}: done ${took}\n`)
  if (report.code === undefined) return
  const code = isErrorCode(report.code) ? report.code : 'INTERNAL'
  throw new NanoError(code, `${app} failed ${took}; see: nano-workers logs ${app}`)
}
