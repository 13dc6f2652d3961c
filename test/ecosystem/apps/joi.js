import Joi from 'joi'

export default {
  fetch: () => Response.json(Joi.object({ a: Joi.number().required() }).validate({ a: 'x' }).error.message),
}
