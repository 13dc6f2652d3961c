/** When the clock calls an app, as nano.json and the settings of a deploy say it. */

import type * as z from 'zod'

import { isTimeZone, parseCron } from '../cron/expression.ts'
import { closed, expected, flag, list, text, textThat } from './values.ts'

/** A text is a cron expression. */
export function expectCron({ value, issues }: z.core.ParsePayload<string>): void {
  const parsed = parseCron(value)
  if (typeof parsed === 'string') issues.push({ code: 'custom', message: parsed, input: value })
}

/** A list that no person writes. */
const MOST_CRONS = 250

export const triggers = closed({
  crons: list(text('a cron expression').check(expectCron))
    .max(MOST_CRONS, { error: expected(`at most ${MOST_CRONS} cron expressions`) })
    .meta({
      description:
        'Cron expressions of five fields, as Cloudflare has them: days of the week from 1, Sunday, to 7, or SUN to SAT.',
    })
    .exactOptional(),
  time_zone: textThat(isTimeZone, 'a time zone of the IANA database, such as Europe/Berlin')
    .meta({ default: 'UTC', description: 'Of the expressions, such as Europe/Berlin.' })
    .exactOptional(),
  overlap: flag()
    .meta({
      default: false,
      description: 'A run begins although the one before of its expression is not done.',
    })
    .exactOptional(),
}).meta({ id: 'triggers', description: 'When the scheduled handler of the app is called.' })
