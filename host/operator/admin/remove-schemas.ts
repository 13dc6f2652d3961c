/** What the admin API takes of whoever removes an app. */

import { z } from '@hono/zod-openapi'

export const DATA_QUERY = z.object({
  data: z.enum(['true', 'false']).optional().openapi({
    description:
      'true: what the app has kept goes, too, for good: namespaces, databases, buckets and caches of all its versions. Requests that it has begun are cut.',
  }),
})

export const REMOVED = z.object({
  success: z.literal(true),
  kept_by: z.array(z.string()).optional().openapi({
    description:
      'With data=true, in a fleet: the other hosts. What they have on disks of their own stays there; what hosts share is gone.',
  }),
})

export const REMOVE_QUERY = DATA_QUERY.extend({
  hostname: z.string({ error: 'expected a host name, got none' }),
})
