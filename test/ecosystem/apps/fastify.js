import Fastify from 'fastify'
import { httpServerHandler } from 'cloudflare:node'

const app = Fastify()
const querystring = { type: 'object', properties: { n: { type: 'integer', default: 5 } } }
app.addHook('onRequest', async (request) => {
  request.seen = ['hook']
})
app.get('/', { schema: { querystring } }, async ({ query: { n }, seen }) => ({ n, seen }))
app.listen({ port: 3000 })

export default httpServerHandler({ port: 3000 })
