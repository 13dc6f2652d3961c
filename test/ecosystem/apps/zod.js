import { z } from 'zod'

const Schema = z.object({ mail: z.email(), face: z.emoji().optional(), age: z.coerce.number().min(3) })

export default {
  fetch: () =>
    Response.json([
      Schema.safeParse({ mail: 'a@b.co', age: '7' }).data,
      Schema.safeParse({ mail: 'a', age: 1 }).error.issues.map(({ path, code }) => [path, code]),
    ]),
}
