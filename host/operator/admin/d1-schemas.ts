/** What the admin API takes and gives of D1 databases. */

import { z } from '@hono/zod-openapi'

import { NAME } from './schemas.ts'

export const DATABASE = NAME.extend({
  database: z.string().openapi({ param: { name: 'database', in: 'path' } }),
})

const value = z.union([z.string(), z.number(), z.null()])

export const STATEMENTS = z
  .object({
    statements: z
      .array(z.object({ sql: z.string(), params: z.array(value).default([]) }))
      .openapi({ description: 'One transaction.' }),
  })
  .openapi('Statements')

export const RESULTS = z
  .object({
    results: z.array(
      z.object({
        success: z.literal(true),
        meta: z.record(z.string(), z.unknown()),
        results: z.array(z.record(z.string(), z.unknown())),
      }),
    ),
  })
  .openapi('Results')
