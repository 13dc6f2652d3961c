import { createSchema, createYoga } from 'graphql-yoga'

const yoga = createYoga({
  logging: false,
  schema: createSchema({ typeDefs: 'type Query { hi: String }', resolvers: { Query: { hi: () => 'yoga' } } }),
})

export default {
  fetch: () =>
    yoga.fetch('http://x/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ hi }"}',
    }),
}
