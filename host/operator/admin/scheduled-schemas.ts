/** What the admin API takes and gives of runs of the clock. */

import { z } from '@hono/zod-openapi'

import { expectCron } from '../../config/triggers.ts'

export const RUN = z.object({
  cron: z
    .string()
    .check(expectCron)
    .optional()
    .openapi({ description: "Of the event; the app's first expression unless given." }),
  scheduled_time: z
    .int()
    .min(0)
    .optional()
    .openapi({ description: 'Of the event, in milliseconds since 1970; now unless given.' }),
})

export const RUN_REPORT = z
  .object({
    app: z.string(),
    cron: z.string(),
    scheduled_time: z.int(),
    outcome: z.enum(['ok', 'failed']),
    code: z.string().openapi({ description: 'Why it failed, one of the closed set of errors.' }).optional(),
    no_retry: z.boolean().openapi({ description: 'The app asked that it is not tried again.' }),
    milliseconds: z.int(),
    cpu_ms: z.number(),
  })
  .openapi('RunReport')
