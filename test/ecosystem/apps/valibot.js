import * as v from 'valibot'

export default {
  fetch: () =>
    Response.json(v.safeParse(v.object({ a: v.pipe(v.string(), v.minLength(3)) }), { a: 'x' }).issues.length),
}
