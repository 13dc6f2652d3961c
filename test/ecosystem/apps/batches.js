import DataLoader from 'dataloader'
import {
  graphql,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLInt,
  GraphQLString,
  parse,
  subscribe,
} from 'graphql'

export default {
  async fetch() {
    const batches = []
    const loader = new DataLoader(async (ids) => {
      batches.push(ids)
      return ids.map((id) => ({ id, name: `u${id}` }))
    })
    const user = new GraphQLObjectType({
      name: 'User',
      fields: () => ({
        name: { type: GraphQLString },
        next: { type: user, resolve: ({ id }) => loader.load(id + 1) },
      }),
    })
    const schema = new GraphQLSchema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: {
          user: { type: user, args: { id: { type: GraphQLInt } }, resolve: (_, { id }) => loader.load(id) },
          fails: {
            type: GraphQLInt,
            resolve() {
              throw new Error('bad')
            },
          },
        },
      }),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          n: {
            type: GraphQLInt,
            async *subscribe() {
              for (let n = 0; n < 3; n++) yield { n }
            },
          },
        },
      }),
    })
    const source = '{ a: user(id: 1) { name next { name } } b: user(id: 4) { next { name } } fails }'
    const events = []
    for await (const event of await subscribe({ schema, document: parse('subscription { n }') }))
      events.push(event)
    return Response.json([await graphql({ schema, source }), batches, events])
  },
}
