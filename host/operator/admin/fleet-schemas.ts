/** What the admin API gives of a fleet. */

import { z } from '@hono/zod-openapi'

const FAILURE = { code: z.string(), reason: z.string() }
const TIME = z.string().openapi({ format: 'date-time' })
const NAMES = z.array(z.string())

const HOST = z.object({
  host: z.string(),
  alive: z.boolean().openapi({ description: 'It was heard in the last 15 s.' }),
  release: z.string(),
  started_at: TIME,
  seen_at: TIME,
  revision: z
    .int()
    .openapi({ description: 'It is as the fleet wants it up to this change, but for what failed.' }),
  failed: z.array(z.object({ app: z.string(), ...FAILURE })),
})

const APP = z.object({
  app: z.string(),
  revision: z.int().openapi({ description: 'The change of the fleet that it comes from.' }),
  version: z.int().optional(),
  canary: z.object({ version: z.int(), percent: z.int() }).optional(),
  rollout: z
    .object({ version: z.int(), steps: z.array(z.int()) })
    .optional()
    .openapi({ description: 'A version that comes step by step; the steps that are left.' }),
  refused: z
    .object({ version: z.int(), reason: z.string(), at: TIME })
    .optional()
    .openapi({ description: 'A version that was taken back.' }),
  converged: NAMES.openapi({ description: 'Hosts that serve it so.' }),
  behind: NAMES.openapi({ description: 'Hosts that do not yet.' }),
  failed: z.array(z.object({ host: z.string(), ...FAILURE })),
})

export const FLEET = z
  .object({
    name: z.string(),
    host: z.string().openapi({ description: 'The one that is asked.' }),
    state: z.enum(['watching', 'alone', 'refusing']).openapi({
      description:
        'alone: no NATS server can be reached, and it serves what it knows; refusing: the state is another one than it knew.',
    }),
    problem: z.string().optional(),
    revision: z.int().openapi({ description: 'The last change that it knows.' }),
    hosts: z.array(HOST),
    apps: z.array(APP),
    total: z.int().optional(),
  })
  .openapi('Fleet')
