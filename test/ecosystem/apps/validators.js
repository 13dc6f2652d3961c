import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import * as superstruct from 'superstruct'
import * as yup from 'yup'

export default {
  async fetch() {
    const user = yup.object({
      name: yup.string().required().min(3),
      age: yup.number().positive().integer(),
      site: yup.string().url(),
    })
    const wrong = await user
      .validate({ name: 'a', age: -1.5, site: 'x' }, { abortEarly: false })
      .catch(({ name, errors }) => [name, errors])
    const tagged = superstruct.object({
      id: superstruct.number(),
      tags: superstruct.array(superstruct.string()),
    })
    const [failure] = superstruct.validate({ id: 'x', tags: ['a', 1] }, tagged)
    const schema = Type.Object({
      a: Type.Integer({ minimum: 3 }),
      b: Type.Optional(Type.String({ pattern: '^x' })),
    })
    return Response.json([
      wrong,
      failure.message,
      [...failure.failures()].map(({ path }) => path),
      Value.Check(schema, { a: 4 }),
      [...Value.Errors(schema, { a: 1, b: 'y' })].map(({ path, message }) => [path, message]),
      Value.Create(schema),
    ])
  },
}
