import Ajv from 'ajv'

export default {
  fetch() {
    const validate = new Ajv().compile({
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
    })
    return Response.json([validate({ a: 1 }), validate({ a: 'x' }), validate.errors[0].message])
  },
}
