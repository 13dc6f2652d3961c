import { ApolloServer, HeaderMap } from '@apollo/server'

const server = new ApolloServer({
  typeDefs: 'type Query { hello(name: String): String }',
  resolvers: { Query: { hello: (_, { name }) => `Hello ${name}` } },
})

export default {
  async fetch() {
    await server.start().catch(() => {})
    const headers = new HeaderMap()
    headers.set('content-type', 'application/json')
    const { body } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body: { query: '{ hello(name: "NANO") }' } },
      context: async () => ({}),
    })
    return new Response(body.string)
  },
}
